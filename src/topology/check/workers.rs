//! How many workers a stage may have, and what tells them apart.

use super::rooms::Cast;
use super::{Draft, Findings, WORKERS_MAX};
use crate::topology::spans::under;

pub(super) fn total(drafts: &[Draft], findings: &mut Findings) {
    let mut sum = 0;
    for draft in drafts {
        sum += usize::from(draft.workers);
        if sum > WORKERS_MAX {
            let what =
                format!("{}: with its workers there are {sum}, at most {WORKERS_MAX} can be", draft.who);
            findings.value(&under(&draft.at, &["workers"]), what);
            return;
        }
    }
}

/// What can be said of a stage before its columns are known.
pub(super) fn of_room(draft: &Draft, cast: &Cast, findings: &mut Findings) {
    let at = under(&draft.at, &["workers"]);
    let who = &draft.who;
    let first = cast.specs.first().copied().flatten();
    if first.is_some_and(|(_, spec)| spec.is_source()) {
        if draft.workers > 1 && cast.alone().is_none() {
            findings.value(&at, format!("{who}: a source with several workers is not built yet"));
        }
        if let Some(by) = draft.by.first() {
            findings
                .key(&by.at, format!("{who}: a source reads no stage, so \"by\" has nothing to share out"));
        }
    }
    if draft.workers > 1 && draft.from.iter().flatten().any(|from| from.watch) {
        findings.value(&at, format!("{who}: who watches works with one worker: each would get every record"));
    }
    if let Some((alone, why)) = cast.alone().filter(|_| draft.workers > 1) {
        let what = format!("{who}: {alone} works with one worker: {why}");
        findings.value(&at, what);
    }
}

/// A step that can't share its work, as it is planned.
pub(super) fn of_alone(draft: &Draft, operator: &str, why: &str, findings: &mut Findings) {
    if draft.workers > 1 {
        let what = format!("{}: {operator} works with one worker: {why}", draft.who);
        findings.value(&under(&draft.at, &["workers"]), what);
    }
}
