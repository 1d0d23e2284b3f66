//! No two stages write to the same file or table: each would write over the other's records.

use super::flow::Known;
use super::{Draft, Findings};
use crate::topology::spans::{Path, under};
use std::collections::HashMap;

pub(super) fn once(drafts: &[Draft], flow: &[Option<Known>], findings: &mut Findings) {
    let mut first: HashMap<&str, &Draft> = HashMap::new();
    for (draft, known) in drafts.iter().zip(flow) {
        for fills in known.iter().flat_map(|known| &known.fills) {
            let Some(earlier) = first.get(fills.as_str()) else {
                first.insert(fills, draft);
                continue;
            };
            let also = findings.places.value(&path(earlier));
            let what = format!(
                "{}: {} writes to {fills} already (choose another, or let one stage read both)",
                draft.who, earlier.who
            );
            findings.value(&path(draft), what).also = Some((also, "the first one".to_string()));
        }
    }
}

/// Where a stage says what it writes to.
fn path(draft: &Draft) -> Path {
    let step = draft.steps.last().map_or(&draft.at, |step| &step.at);
    under(step, &["path"])
}
