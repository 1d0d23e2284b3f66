//! What a stage asks for and has nothing to do it with: snapshots without a state, a summary without a report.

use super::flow::Known;
use super::{Draft, Findings};
use crate::topology::spans::under;

/// Finds stages that are to show a report and make none.
pub(super) fn summaries(drafts: &[Draft], flow: &[Option<Known>], findings: &mut Findings) {
    for (draft, known) in drafts.iter().zip(flow) {
        let Some(known) = known.as_ref().filter(|_| draft.upkeep.summary) else { continue };
        if !known.ports.iter().any(|port| port.name == "report") {
            let what = format!("{}: none of its steps makes a report that could be shown", draft.who);
            findings.value(&under(&draft.at, &["summary"]), what);
        }
    }
}

/// Warns of a stage that asks for snapshots and remembers nothing.
pub(super) fn warn(drafts: &[Draft], flow: &[Option<Known>], findings: &mut Findings) {
    for (draft, known) in drafts.iter().zip(flow) {
        if draft.upkeep.keeps_open && known.as_ref().is_some_and(|known| !known.stateful) {
            let what =
                format!("{}: none of its steps remembers anything that a snapshot could save", draft.who);
            findings.warn(&under(&draft.at, &["snapshot_every"]), what);
        }
    }
}
