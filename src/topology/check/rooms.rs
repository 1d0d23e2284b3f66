//! Finds the operators of every stage, and sees that each stands where its room allows: sources first in a stage
//! that reads nothing, sinks last.

use super::{Draft, Findings};
use crate::operator::Spec;
use crate::params::nearest;
use crate::registry::find_in;
use crate::topology::Rooms;
use crate::topology::key::has;
use crate::topology::key_list::STAGE;
use crate::topology::keys::StepDraft;
use crate::topology::reader::shown;
use crate::topology::spans::under;

const SINKS: &str = "storage";

/// The operators of one stage.
pub(super) struct Cast {
    /// One a step; `None` where there is no such operator, or not at that place.
    pub specs: Vec<Option<(&'static str, &'static Spec)>>,
}

impl Cast {
    /// Whether it ends in a sink; `None` when that can't be known.
    pub(super) fn sink(&self) -> Option<bool> {
        self.specs.last().copied().flatten().map(|(room, _)| room == SINKS)
    }

    /// The first operator that must be the only worker of its stage, and why.
    pub(super) fn alone(&self) -> Option<(&'static str, &'static str)> {
        self.specs.iter().flatten().find_map(|(_, spec)| Some((spec.name, spec.alone?)))
    }
}

pub(super) fn cast(rooms: &Rooms, drafts: &[Draft], findings: &mut Findings) -> Vec<Cast> {
    drafts.iter().map(|draft| cast_stage(rooms, draft, findings)).collect()
}

fn cast_stage(rooms: &Rooms, draft: &Draft, findings: &mut Findings) -> Cast {
    let steps = draft.steps.iter().enumerate();
    let specs = steps.map(|(index, step)| {
        let name = step.operator.as_ref()?;
        let found = find_in(rooms, name, index == 0 && draft.from.is_none());
        if found.is_none() {
            misplaced(rooms, draft, (index, step), name, findings);
        }
        let (room, spec) = found?;
        if room == SINKS && index + 1 < draft.steps.len() {
            let what = format!("{}: {name} stores, so it can only be the last step", draft.who);
            findings.value(&under(&step.at, &["operator"]), what);
            return None;
        }
        Some((room, spec))
    });
    Cast { specs: specs.collect() }
}

/// Says why there is no such operator here.
fn misplaced(
    rooms: &Rooms,
    draft: &Draft,
    (index, step): (usize, &StepDraft),
    name: &str,
    findings: &mut Findings,
) {
    let source = index == 0 && draft.from.is_none();
    let (at, who) = (under(&step.at, &["operator"]), &draft.who);
    if find_in(rooms, name, !source).is_none() {
        let quoted = shown(&toml::Value::String(name.to_string()));
        let what = format!("{who}: there is no operator {quoted} (`sluicebox list` shows all)");
        let names = |source: bool| {
            let all = rooms.iter().flat_map(|(_, specs)| specs.iter());
            all.filter(move |spec| spec.is_source() == source).map(|spec| spec.name)
        };
        let told = findings.value(&at, what);
        told.suggest(name, names(source));
        told.suggest(name, names(!source));
    } else if !source {
        let what = match index {
            0 => format!("{who}: {name} is a source and reads no stage: take \"from\" away"),
            _ => format!("{who}: {name} is a source, so it can only be the first step, without \"from\""),
        };
        let place = if index == 0 { under(&draft.at, &["from"]) } else { at };
        findings.value(&place, what);
    } else {
        let params =
            draft.steps.iter().filter(|step| step.at == draft.at).flat_map(|step| step.params.keys());
        let keys: Vec<&str> = params.map(String::as_str).filter(|key| !has(STAGE, key)).collect();
        if let Some(near) = nearest("from", keys) {
            let what = format!("{who}: unknown key \"{near}\"");
            findings.key(&under(&draft.at, &[&near]), what).nearest = Some("from".to_string());
        } else {
            findings.value(&at, format!("{who}: {name} reads a stage: say which with \"from\""));
        }
    }
}
