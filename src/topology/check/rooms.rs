//! Finds the operators of every stage, and sees that each stands where its room allows: sources first in a stage
//! that reads nothing, sinks last.

use super::{Draft, Findings, wished};
use crate::operator::Spec;
use crate::params::meant;
use crate::params::shown;
use crate::registry::find_in;
use crate::topology::Rooms;
use crate::topology::keys::{Named, StepDraft, named_by};
use crate::topology::plan::Every;
use crate::topology::spans::under;

const SINKS: &str = "storage";
const EVERY: &str = "every";
const BY: &str = "by";

/// The operators of one stage.
pub(super) struct Cast {
    /// One a step; `None` where there is no such operator, or not at that place.
    pub specs: Vec<Option<(&'static str, &'static Spec)>>,
    /// Whether the last of them stores.
    stores: bool,
}

impl Cast {
    /// Whether it ends in a sink; `None` when that can't be known.
    pub(super) fn sink(&self) -> Option<bool> {
        self.specs.last().copied().flatten().map(|_| self.stores)
    }

    /// The first operator that must be the only worker of its stage, and why.
    pub(super) fn alone(&self) -> Option<(&'static str, &'static str)> {
        self.specs.iter().flatten().find_map(|(_, spec)| Some((spec.name, spec.alone?)))
    }
}

pub(super) fn cast(rooms: &Rooms, drafts: &mut [Draft], findings: &mut Findings) -> Vec<Cast> {
    let names: Vec<String> = drafts.iter().filter_map(|draft| draft.name.clone()).collect();
    drafts.iter_mut().for_each(|draft| read_under_another_word(rooms, draft, &names, findings));
    let casts: Vec<Cast> = drafts.iter().map(|draft| cast_stage(rooms, draft, findings)).collect();
    for (draft, cast) in drafts.iter_mut().zip(&casts) {
        hand_every_on(draft, cast);
        hand_by_on(draft, cast);
    }
    casts
}

/// Whether an operator has a parameter of this name.
fn takes(spec: &Option<(&str, &Spec)>, parameter: &str) -> bool {
    spec.is_some_and(|(_, spec)| (spec.parameters)()["properties"].get(parameter).is_some())
}

/// The columns by which records are shared out are the key by which a step puts records of its roles together, if it
/// has a parameter of that name.
fn hand_by_on(draft: &mut Draft, cast: &Cast) {
    let takes = |spec: &&Option<(&str, &Spec)>| takes(spec, BY);
    if draft.by.is_empty() || !cast.specs.first().as_ref().is_some_and(takes) {
        return;
    }
    let of = |role: Option<&str>| {
        let said = draft.by.iter().filter(|by| by.role.as_deref() == role);
        toml::Value::Array(said.map(|by| by.name.clone().into()).collect())
    };
    let mut roles: Vec<&str> = draft.by.iter().filter_map(|by| by.role.as_deref()).collect();
    roles.dedup();
    let value = match roles.as_slice() {
        [] => of(None),
        roles => toml::Value::Table(roles.iter().map(|role| (role.to_string(), of(Some(role)))).collect()),
    };
    draft.steps[0].params.insert(BY.to_string(), value);
}

/// How often a stage tells of itself is how often a step of it does that has a parameter of that name, where it says
/// nothing else.
fn hand_every_on(draft: &mut Draft, cast: &Cast) {
    let Some(every) = draft.upkeep.every else { return };
    let value: toml::Value = match every {
        Every::Records(n) => (n as i64).into(),
        Every::Time(span) => span.to_string().into(),
    };
    for (step, spec) in draft.steps.iter_mut().zip(&cast.specs) {
        if takes(spec, EVERY) && !step.params.contains_key(EVERY) {
            step.params.insert(EVERY.to_string(), value.clone());
        }
    }
}

/// A stage that says under another word what it reads is told so, and checked as one that reads it: else most of what
/// is wrong with it would be told in the next round only. `names`: of all stages.
fn read_under_another_word(rooms: &Rooms, draft: &mut Draft, names: &[String], findings: &mut Findings) {
    let [step] = draft.steps.as_mut_slice() else { return };
    if draft.from.is_some() || step.at != draft.at {
        return;
    }
    let Some(operator) = &step.operator else { return };
    let may_read = |named: &[Named]| match find_in(rooms, operator, true) {
        // Its name is a source's too, so only a stage's name tells what is meant.
        Some(_) => named.iter().any(|named| names.contains(&named.name)),
        None => true,
    };
    let found = step.params.iter().find_map(|(key, value)| {
        let near = meant(key, ["from"]).is_some();
        let at = under(&draft.at, &[key]);
        Some((key.clone(), named_by(value, &at))).filter(|(_, named)| near && may_read(named))
    });
    let Some((key, named)) = found else { return };
    step.params.remove(&key);
    let told = findings.key(&under(&draft.at, &[&key]), format!("{}: unknown key \"{key}\"", draft.who));
    told.nearest = Some("from".to_string());
    draft.from = Some(named);
}

fn cast_stage(rooms: &Rooms, draft: &Draft, findings: &mut Findings) -> Cast {
    let steps = draft.steps.iter().enumerate();
    let specs = steps.map(|(index, step)| {
        let name = step.operator.as_ref()?;
        let found = find_in(rooms, name, index == 0 && draft.from.is_none());
        let (room, spec) = found.or_else(|| misplaced(rooms, draft, (index, step), name, findings))?;
        if stores((room, spec), step) && index + 1 < draft.steps.len() {
            let what = format!("{}: {name} stores, so it can only be the last step", draft.who);
            findings.value(&under(&step.at, &["operator"]), what);
            return None;
        }
        Some((room, spec))
    });
    let specs: Vec<_> = specs.collect();
    let last = specs.last().copied().flatten().zip(draft.steps.last());
    Cast { stores: last.is_some_and(|(card, step)| stores(card, step)), specs }
}

/// Whether a step is a sink: by its room, or by what is said to it.
fn stores((room, spec): (&str, &Spec), step: &StepDraft) -> bool {
    room == SINKS || spec.stores.is_some_and(|stores| stores(&step.params))
}

/// Says why there is no such operator here. What is meant, if it may stand here, is taken for it, so that its
/// parameters are checked in the same round.
fn misplaced(
    rooms: &Rooms,
    draft: &Draft,
    (index, step): (usize, &StepDraft),
    name: &str,
    findings: &mut Findings,
) -> Option<(&'static str, &'static Spec)> {
    let source = index == 0 && draft.from.is_none();
    let (at, who) = (under(&step.at, &["operator"]), &draft.who);
    if find_in(rooms, name, !source).is_none() {
        let quoted = shown(&toml::Value::String(name.to_string()));
        let why = wished::instead(rooms, name, source);
        let told = findings.value(&at, format!("{who}: there is no operator {quoted} ({why})"));
        told.nearest = wished::called(rooms, name, source);
        let names = |source: bool| {
            let all = rooms.iter().flat_map(|(_, specs)| specs.iter());
            all.filter(move |spec| spec.is_source() == source).map(|spec| spec.name)
        };
        if !wished::is_known(name) {
            told.suggest(name, names(source));
            told.suggest(name, names(!source));
        }
        return find_in(rooms, told.nearest.as_deref()?, source);
    } else if !source {
        let what = match index {
            0 => format!("{who}: {name} is a source and reads no stage: take \"from\" away"),
            _ => format!("{who}: {name} is a source, so it can only be the first step, without \"from\""),
        };
        let place = if index == 0 { under(&draft.at, &["from"]) } else { at };
        findings.value(&place, what);
    } else {
        let what =
            format!("{who}: {name} reads a stage: say which with \"from\" ({})", wished::sources(rooms));
        findings.value(&at, what);
    }
    None
}
