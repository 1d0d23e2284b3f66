//! `test`: the tests that topologies carry.

use crate::args::Test;
use crate::terminal::{await_stdin, may_colour};
use crate::{print, print_as_is, tell};
use serde_json::{Value, json};
use sluicebox::error::{Error, Result, reason};
use sluicebox::params::nearest;
use sluicebox::printable::one_line;
use sluicebox::registry::ROOMS;
use sluicebox::topology::plan::{Plan, origin};
use sluicebox::topology::{self, Case, Checked, Problems};
use sluicebox::trial::{self, Failure, Pair, Verdict};
use std::path::Path;

/// A topology, and what came of its tests.
struct File {
    name: String,
    checked: std::result::Result<Checked, Problems>,
    /// The tests that were run: each by its place in the file, with the path of its stages.
    ran: Vec<(usize, String, Verdict)>,
}

pub fn test(args: &Test) -> Result<()> {
    let files: Vec<File> = args.files.iter().map(|file| load(file, args)).collect();
    let ran = || files.iter().flat_map(|file| &file.ran);
    let (all, failed) = (ran().count(), ran().filter(|(_, _, verdict)| !verdict.holds()).count());
    let broken = files.iter().filter(|file| file.checked.is_err()).count();
    if let (Some(only), 0, 0) = (&args.only, all, broken) {
        return Err(none_called(only, &files));
    }
    if let Some(path) = &args.junit {
        let text = trial::junit(&files.iter().map(suite).collect::<Vec<_>>());
        std::fs::write(path, text)
            .map_err(|e| Error::failed(format!("cannot write {}: {}", path.display(), reason(&e))))?;
    }
    if args.json {
        let each: Value = files.iter().map(as_json).collect();
        let ok = failed + broken == 0;
        let object = json!({ "ok": ok, "passed": all - failed, "failed": failed, "files": each });
        print_as_is(&format!("{object}\n"))?;
    } else {
        files.iter().try_for_each(|file| print(&as_text(file)))?;
        let s = if all == 1 { "" } else { "s" };
        if all > 0 {
            print(&format!("{all} test{s}: {} passed, {failed} failed\n", all - failed))?;
        }
    }
    let problems: Vec<&Problems> = files.iter().filter_map(|file| file.checked.as_ref().err()).collect();
    match problems.as_slice() {
        [] if failed == 0 => Ok(()),
        [] => Err(Error::failed(format!("{failed} of {all} test{} failed", if all == 1 { "" } else { "s" }))),
        [one] if files.len() == 1 => Err(Error::drawn(one.render(may_colour()))),
        several => {
            several.iter().for_each(|one| tell(&format!("{}\n", one.render(may_colour()))));
            Err(Error::usage(format!("{broken} of {} files have problems", files.len())))
        }
    }
}

fn load(file: &Path, args: &Test) -> File {
    await_stdin(file);
    let checked = topology::load_unseen(file, &args.sets);
    let mut ran = Vec::new();
    if let Ok(Checked { plan, cases, .. }) = &checked {
        let meant = |case: &Case| args.only.as_deref().is_none_or(|only| trial::is_meant(case, only));
        for (at, case) in cases.iter().enumerate().filter(|(_, case)| meant(case)) {
            ran.push((at, path(plan, case), trial::run(&ROOMS, plan, case)));
        }
    }
    File { name: origin(file), checked, ran }
}

/// The stages that a test goes through.
fn path(plan: &Plan, case: &Case) -> String {
    let names: Vec<&str> = case.path.iter().map(|stage| plan.stages[*stage].name.as_str()).collect();
    names.join(", ")
}

/// No test was meant.
fn none_called(only: &str, files: &[File]) -> Error {
    let cases = files.iter().filter_map(|file| file.checked.as_ref().ok()).flat_map(|checked| &checked.cases);
    let names: Vec<&str> = cases.map(|case| case.name.as_str()).collect();
    let near = nearest(only, names.iter().copied()).map_or_else(
        || match names.is_empty() {
            true => " (there are none at all)".to_string(),
            false => format!(" (there are: {})", names.join(", ")),
        },
        |near| format!(": did you mean \"{near}\"?"),
    );
    Error::usage(format!("there is no test \"{only}\"{near}"))
}

fn as_text(file: &File) -> String {
    let Ok(checked) = &file.checked else { return String::new() };
    if checked.cases.is_empty() {
        return format!(
            "{} has no tests: begin one with [[test]] (`sluicebox list topology` shows its keys)\n",
            file.name
        );
    }
    let mut text = if file.ran.is_empty() { String::new() } else { format!("{}\n", file.name) };
    for (at, stages, verdict) in &file.ran {
        let case = &checked.cases[*at];
        let left = trial::left_out(&checked.plan, case);
        let left = if left.is_empty() { String::new() } else { format!(", without {}", left.join(" and ")) };
        let word = if verdict.holds() { "ok    " } else { "FAILED" };
        text += &format!("  {word}  {} ({stages}{left}, line {})\n", one_line(&case.name), case.line);
        for failure in &verdict.failures {
            failure.to_string().lines().for_each(|line| text += &format!("    {line}\n"));
        }
    }
    text
}

fn suite(file: &File) -> trial::Suite<'_> {
    let (cases, problems) = match &file.checked {
        Ok(checked) => (checked.cases.as_slice(), None),
        Err(problems) => (&[][..], Some(problems.render(false))),
    };
    let tests = file.ran.iter().map(|(at, path, verdict)| (&cases[*at], path.as_str(), verdict)).collect();
    trial::Suite { file: &file.name, tests, problems }
}

fn as_json(file: &File) -> Value {
    match &file.checked {
        Err(problems) => {
            json!({ "file": file.name, "ok": false, "problems": problems.to_json(), "tests": [] })
        }
        Ok(checked) => {
            let test = |(at, _, verdict): &(usize, String, Verdict)| {
                let case = &checked.cases[*at];
                let stages: Vec<&str> =
                    case.path.iter().map(|stage| checked.plan.stages[*stage].name.as_str()).collect();
                json!({
                    "name": case.name,
                    "line": case.line,
                    "stages": stages,
                    "left_out": trial::left_out(&checked.plan, case),
                    "ok": verdict.holds(),
                    "failures": verdict.failures.iter().map(failure).collect::<Value>(),
                })
            };
            let ok = file.ran.iter().all(|(_, _, verdict)| verdict.holds());
            json!({ "file": file.name, "ok": ok, "tests": file.ran.iter().map(test).collect::<Value>() })
        }
    }
}

fn failure(failure: &Failure) -> Value {
    match failure {
        Failure::Stopped(why) => json!({ "error": why }),
        Failure::Rejected { reason, n } => json!({ "rejected": reason, "n": n }),
        Failure::Count { name, got, wanted } => json!({ "count": name, "got": got, "wanted": wanted }),
        Failure::Rows(differs) => json!({
            "stream": differs.stream,
            "got": differs.got,
            "wanted": differs.wanted,
            "differ": differs.odd,
            "columns": differs.columns,
            "rows": differs.pairs.iter().map(pair).collect::<Value>(),
        }),
    }
}

fn pair(pair: &Pair) -> Value {
    json!({
        "got": pair.got.as_ref().map(|(row, cells)| json!({ "row": row, "cells": cells })),
        "wanted": pair.wanted.as_ref().map(|(row, cells)| json!({ "row": row, "cells": cells })),
        "differs": pair.differs,
    })
}
