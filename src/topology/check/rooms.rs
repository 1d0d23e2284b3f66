//! Finds the operators of every stage, and sees that each stands where its room allows: sources first in a stage
//! that reads nothing, sinks last.

use super::{Draft, Findings};
use crate::operator::Spec;
use crate::params::nearest;
use crate::topology::Rooms;
use crate::topology::key::has;
use crate::topology::key_list::STAGE;
use crate::topology::keys::StepDraft;
use crate::topology::reader::shown;
use crate::topology::spans::under;

const SINKS: &str = "storage";

/// The operators of one stage.
pub(super) struct Cast {
    /// One a step, as far as they are known.
    pub specs: Vec<Option<(&'static str, &'static Spec)>>,
    /// All are known and in an order that can be.
    pub sound: bool,
}

impl Cast {
    /// Whether it ends in a sink; `None` when that can't be known.
    pub fn sink(&self) -> Option<bool> {
        self.specs.last().copied().flatten().map(|(room, _)| room == SINKS)
    }

    /// The first operator that must be the only worker of its stage, and why.
    pub fn alone(&self) -> Option<(&'static str, &'static str)> {
        self.specs.iter().flatten().find_map(|(_, spec)| Some((spec.name, spec.alone?)))
    }
}

/// The operator of that name, a source or not.
pub(in crate::topology) fn find(
    rooms: &Rooms,
    name: &str,
    source: bool,
) -> Option<(&'static str, &'static Spec)> {
    let mut all = rooms.iter().flat_map(|(room, specs)| specs.iter().map(move |spec| (*room, *spec)));
    all.find(|(_, spec)| spec.name == name && spec.is_source() == source)
}

pub(super) fn cast(rooms: &Rooms, drafts: &[Draft], findings: &mut Findings) -> Vec<Cast> {
    drafts.iter().map(|draft| cast_stage(rooms, draft, findings)).collect()
}

fn cast_stage(rooms: &Rooms, draft: &Draft, findings: &mut Findings) -> Cast {
    let mut cast = Cast { specs: Vec::new(), sound: !draft.steps.is_empty() };
    for (index, step) in draft.steps.iter().enumerate() {
        let source = index == 0 && draft.from.is_none();
        let Some(name) = &step.operator else {
            cast.specs.push(None);
            cast.sound = false;
            continue;
        };
        let found = find(rooms, name, source);
        if found.is_none() {
            misplaced(rooms, draft, (index, step), name, findings);
            cast.sound = false;
        }
        if found.is_some_and(|(room, _)| room == SINKS) && index + 1 < draft.steps.len() {
            let what = format!("{}: {name} stores, so it can only be the last step", draft.who);
            findings.value(&under(&step.at, &["operator"]), what);
            cast.sound = false;
        }
        cast.specs.push(found);
    }
    cast
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
    if find(rooms, name, !source).is_none() {
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
