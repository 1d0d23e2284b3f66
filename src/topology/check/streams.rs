//! A path that leads to a standard stream means what `-` means, however it is written; and standard input is read once.

use super::rooms::Cast;
use super::{Draft, Findings};
use crate::identity::descriptor;
use crate::operator::Spec;
use crate::topology::plan::STDIN;
use crate::topology::spans::{Path, under};
use std::path::Path as File;
use toml::Value;

/// Writes `-` for such a path, also for a list of it alone, so that everybody behind this knows one name only.
pub(super) fn settle(file: &File, drafts: &mut [Draft], casts: &[Cast], findings: &mut Findings) {
    // Who reads standard input, and where that is said.
    let mut reader: Option<(String, Path)> = None;
    for (draft, cast) in drafts.iter_mut().zip(casts) {
        let Draft { steps, who, .. } = draft;
        for (step, spec) in steps.iter_mut().zip(&cast.specs) {
            let Some((_, spec)) = spec else { continue };
            let Some((key, value)) = spec.place.and_then(|key| Some((key, step.params.get_mut(key)?))) else {
                continue;
            };
            let at = under(&step.at, &[key]);
            for said in texts(value) {
                if let Err(what) = settle_one(said, spec) {
                    findings.value(&at, format!("{who}: {}: {what}", spec.name));
                }
                if spec.is_source() && said == STDIN {
                    let other = reader.replace((who.clone(), at.clone()));
                    tell_of_readers(file, (who, &at), other, findings);
                }
            }
            if let Some(only) = value.as_array().filter(|all| **all == [Value::String(STDIN.to_string())]) {
                *value = only[0].clone();
            }
        }
    }
}

/// The text under a key, or those of a list.
fn texts(value: &mut Value) -> impl Iterator<Item = &mut String> {
    let all = match value {
        Value::Array(all) => all.as_mut_slice(),
        one => std::slice::from_mut(one),
    };
    all.iter_mut().filter_map(|value| if let Value::String(said) = value { Some(said) } else { None })
}

fn settle_one(said: &mut String, spec: &Spec) -> Result<(), String> {
    let (what, instead) = match (descriptor(File::new(said)), spec.is_source()) {
        (Some(0), true) | (Some(1), false) => {
            STDIN.clone_into(said);
            return Ok(());
        }
        (Some(0), false) => ("standard input, and nothing can be written there", "\"-\" is standard output"),
        (Some(1), true) => ("standard output, and nothing can be read there", "name a file"),
        (Some(2), true) => ("standard error, and nothing can be read there", "name a file"),
        (Some(2), false) => {
            ("standard error, where the program speaks itself", "\"-\" is standard output, or name a file")
        }
        _ => return Ok(()),
    };
    Err(format!("{said} is {what} ({instead})"))
}

/// What comes on standard input goes to one.
fn tell_of_readers(
    file: &File,
    (who, at): (&str, &Path),
    other: Option<(String, Path)>,
    findings: &mut Findings,
) {
    if file == File::new(STDIN) {
        let what = format!(
            "{who}: the topology itself is read from standard input: give it a file, or let the source read another \
             place"
        );
        findings.value(at, what);
    }
    let Some((earlier, there)) = other else { return };
    let also = findings.places.value(&there);
    let what =
        format!("{who}: {earlier} reads standard input already (let one read it, and both read that stage)");
    findings.value(at, what).also = Some((also, "the first one".to_string()));
}
