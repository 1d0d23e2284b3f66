//! Ports by which records leave for nowhere.

use super::flow::Known;
use super::{Draft, Findings};
use crate::operator::PortKind;
use crate::topology::keys::StepDraft;
use crate::topology::spans::{Path, under};

/// Warns of ports by which records leave for nowhere, where something of their stage is read.
pub(super) fn warn(drafts: &[Draft], flow: &[Option<Known>], findings: &mut Findings) {
    let reads = || flow.iter().flatten().flat_map(|known| &known.inlets);
    for (stage, (draft, known)) in drafts.iter().zip(flow).enumerate() {
        let read = |port: usize| reads().any(|inlet| inlet.stage == stage && inlet.port.index() == port);
        let ports = known.iter().flat_map(|known| &known.ports).enumerate();
        for (at, port) in ports.filter(|(_, port)| port.kind == PortKind::Moves) {
            let Some((step, _)) = port.of else { continue };
            if read(at) || !reads().any(|inlet| inlet.stage == stage) {
                continue;
            }
            let name = draft.name.as_deref().unwrap_or_default();
            let what = format!(
                "{}: nobody reads its port \"{1}\": what leaves by it ends there, counted as filtered \
                 (from = \"{name}/{1}\" reads it)",
                draft.who, port.name
            );
            findings.warn(&named_in(&draft.steps[step], &port.name), what);
        }
    }
}

/// Where a step names a port: a key of one of its tables, the text of one of its keys, else its operator.
fn named_in(step: &StepDraft, port: &str) -> Path {
    let named = step.params.iter().find_map(|(key, value)| match value {
        toml::Value::Table(table) if table.contains_key(port) => Some(under(&step.at, &[key, port])),
        toml::Value::String(text) if text == port => Some(under(&step.at, &[key])),
        _ => None,
    });
    named.unwrap_or_else(|| under(&step.at, &["operator"]))
}
