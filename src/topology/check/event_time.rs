//! Where event time may begin: at a source, or where records still come in the order in which one source read them; and
//! once in a stage, whose account has room for one.

use super::flow::Known;
use super::graph::Edge;
use super::{Draft, Findings};
use crate::topology::spans::under;

/// A step that names the event time SHALL stand in its source's stage, or down a line of stages with one worker and one
/// inlet each: elsewhere the order that it sees, and with it what is late, is the scheduler's.
pub(super) fn on_a_line(
    drafts: &[Draft],
    edges: &[Vec<Edge>],
    flow: &[Option<Known>],
    findings: &mut Findings,
) {
    for (stage, known) in flow.iter().enumerate() {
        let begins = known.as_ref().map_or(&[][..], |known| &known.time_begins);
        let Some(step) = begins.last() else { continue };
        let draft = &drafts[stage];
        let what = match off_the_line(drafts, edges, stage) {
            Some(why) => format!(
                "what is late would depend on the scheduler: {why} (begin event time before that, best at the source)"
            ),
            None if begins.len() > 1 => "event time begins twice in this stage: part it in two".to_string(),
            None => continue,
        };
        findings.value(&under(&draft.steps[*step].at, &["operator"]), format!("{}: {what}", draft.who));
    }
}

/// Why records do not come to a stage as one source has read them, if they do not.
fn off_the_line(drafts: &[Draft], edges: &[Vec<Edge>], mut stage: usize) -> Option<String> {
    loop {
        let draft = &drafts[stage];
        if draft.workers > 1 {
            return Some(format!("{} has {} workers", draft.who, draft.workers));
        }
        match edges[stage].as_slice() {
            [] => return None,
            [edge] => stage = edge.to.as_ref()?.0,
            several => return Some(format!("{} reads {} streams", draft.who, several.len())),
        }
    }
}
