//! No two stages write to the same file or table: each would write over the other's records.

use super::flow::Known;
use super::rooms::Cast;
use super::{Draft, Findings};
use crate::topology::spans::{Path, under};
use std::collections::HashMap;

pub(super) fn once(drafts: &[Draft], casts: &[Cast], flow: &[Option<Known>], findings: &mut Findings) {
    let mut first: HashMap<&str, (&Draft, Path)> = HashMap::new();
    for ((draft, cast), known) in drafts.iter().zip(casts).zip(flow) {
        for fills in known.iter().flat_map(|known| &known.fills) {
            let Some((earlier, at)) = first.get(fills.as_str()) else {
                first.insert(fills, (draft, place(draft, cast)));
                continue;
            };
            let also = findings.places.value(at);
            let what = format!(
                "{}: {} writes to {fills} already (choose another, or let one stage read both)",
                draft.who, earlier.who
            );
            findings.value(&place(draft, cast), what).also = Some((also, "the first one".to_string()));
        }
    }
}

/// Where a stage says what it writes to.
fn place(draft: &Draft, cast: &Cast) -> Path {
    let step = draft.steps.last().map_or(&draft.at, |step| &step.at);
    let card = cast.specs.last().copied().flatten();
    under(step, &[card.and_then(|(_, spec)| spec.place).unwrap_or("operator")])
}
