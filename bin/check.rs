//! `check`: everything that is wrong with topologies, at once.

use crate::args::Check;
use crate::terminal::{await_stdin, may_colour};
use crate::{print, print_as_is, tell};
use serde_json::{Value, json};
use sluicebox::error::{Error, Result};
use sluicebox::run::apart;
use sluicebox::topology::plan::origin;
use sluicebox::topology::{self, Checked};
use std::path::Path;

pub fn check(args: &Check) -> Result<()> {
    let several = args.files.len() > 1;
    let files: Vec<File> = args.files.iter().map(|file| look(file, args)).collect();
    if args.json {
        print_as_is(&format!("{}\n", as_json(&files)))?;
    }
    let count = files.len();
    let mut wrong = Vec::new();
    for File { name, checked, fault, .. } in files {
        match (fault, checked) {
            (Some(error), _) => wrong.push(error),
            (None, Some(checked)) if !args.json => print(&sound(&name, &checked, several))?,
            (None, _) => {}
        }
    }
    match wrong.len() {
        0 => Ok(()),
        1 if !several => Err(wrong.remove(0)),
        n => {
            wrong.iter().for_each(|error| tell(&format!("{}\n", error.sentence)));
            Err(Error::usage(format!("{n} of {count} files have problems")))
        }
    }
}

/// A file that was looked at.
struct File {
    name: String,
    checked: Option<Checked>,
    problems: Vec<Value>,
    /// Why it can't be run.
    fault: Option<Error>,
}

fn look(file: &Path, args: &Check) -> File {
    let name = origin(file);
    await_stdin(file);
    match topology::load(file, &args.sets) {
        Err(told) => {
            let fault = Some(Error::drawn(told.render(may_colour())));
            File { name, checked: None, problems: told.to_json(), fault }
        }
        Ok(checked) => {
            let warnings = checked.warnings.findings.len();
            if warnings > 0 {
                tell(&checked.warnings.render(may_colour()));
            }
            let strict = (args.strict && warnings > 0).then(|| {
                let s = if warnings == 1 { "" } else { "s" };
                Error::usage(format!("{name} has {warnings} warning{s}, and --strict was said"))
            });
            let fault = apart::check(&checked.plan).and_then(|()| checked.preflight()).err().or(strict);
            File { name, problems: checked.problems_json(), checked: Some(checked), fault }
        }
    }
}

/// What is said of a file in which nothing is wrong: of one among several, a line.
fn sound(name: &str, checked: &Checked, several: bool) -> String {
    let text = topology::describe(checked);
    match several {
        true => format!("{name}: {}\n", text.lines().next().unwrap_or_default()),
        false => text,
    }
}

/// One object: of one file with its description, of several with one of each under `files`.
fn as_json(files: &[File]) -> Value {
    let with = |mut object: Value, file: &File| {
        let described = file.checked.as_ref().map(topology::describe_json);
        if let (Some(object), Some(Value::Object(described))) = (object.as_object_mut(), described) {
            object.extend(described);
        }
        object
    };
    let ok = files.iter().all(|file| file.fault.is_none());
    let problems: Vec<&Value> = files.iter().flat_map(|file| &file.problems).collect();
    let all = json!({ "ok": ok, "problems": problems });
    if let [one] = files {
        return with(all, one);
    }
    let each = files.iter().map(|file| with(json!({ "file": file.name, "ok": file.fault.is_none() }), file));
    json!({ "ok": ok, "problems": problems, "files": each.collect::<Vec<_>>() })
}
