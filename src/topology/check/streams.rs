//! A path that leads to a standard stream means what `-` means, however it is written.

use super::rooms::Cast;
use super::{Draft, Findings};
use crate::identity::descriptor;
use crate::topology::spans::under;
use std::path::Path;
use toml::Value;

/// Writes `-` for such a path, so that everybody behind this knows one name only.
pub(super) fn settle(drafts: &mut [Draft], casts: &[Cast], findings: &mut Findings) {
    for (draft, cast) in drafts.iter_mut().zip(casts) {
        for (step, spec) in draft.steps.iter_mut().zip(&cast.specs) {
            let Some((_, spec)) = spec else { continue };
            let Some((key, said)) = spec.place.and_then(|key| Some((key, step.params.get(key)?.as_str()?)))
            else {
                continue;
            };
            let (what, instead) = match (descriptor(Path::new(said)), spec.is_source()) {
                (Some(0), true) | (Some(1), false) => {
                    step.params.insert(key.to_string(), Value::String("-".to_string()));
                    continue;
                }
                (Some(0), false) => {
                    ("standard input, and nothing can be written there", "\"-\" is standard output")
                }
                (Some(1), true) => ("standard output, and nothing can be read there", "name a file"),
                (Some(2), true) => ("standard error, and nothing can be read there", "name a file"),
                (Some(2), false) => (
                    "standard error, where the program speaks itself",
                    "\"-\" is standard output, or name a file",
                ),
                _ => continue,
            };
            let what = format!("{}: {}: {said} is {what} ({instead})", draft.who, spec.name);
            findings.value(&under(&step.at, &[key]), what);
        }
    }
}
