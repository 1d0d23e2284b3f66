//! Snapshots of stages that have nothing to save.

use super::flow::Known;
use super::{Draft, Findings};
use crate::topology::spans::under;

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
