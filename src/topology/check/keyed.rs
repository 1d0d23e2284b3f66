//! Which columns decide about the worker that gets a record: those that all steps with a state for each key share.

use super::{Draft, Findings, Inlet};
use crate::data::Schema;
use crate::operator::{Planned, Spec};
use crate::topology::keys::{Named, StepDraft};
use crate::topology::spans::{Path, under};

/// What is known of the keys of a stage while its steps are planned, one after the other.
#[derive(Default)]
pub(super) struct Keyed {
    /// The columns that come in, by the first inlet, and its role.
    inlet: Schema,
    role: Option<String>,
    /// For each column behind the last step planned, the column of the inlet that it is.
    pub origins: Vec<Option<usize>>,
    pub steps: Vec<Remembers>,
}

/// A step that remembers records.
pub(super) struct Remembers {
    pub operator: &'static str,
    /// The parameter by which it keeps a state for each key, if it can, and where that is said or could be.
    parameter: Option<&'static str>,
    pub at: Path,
    /// The columns of its key; none where it has one state for all records.
    pub per: Vec<Read>,
    pub any_order: bool,
    /// All columns that it reads.
    reads: Vec<Read>,
}

/// A column that a step reads, and which of the inlet it is.
#[derive(Clone)]
pub(super) struct Read {
    pub name: String,
    pub origin: Option<usize>,
}

impl Keyed {
    /// A stage before its first step: what comes in, comes as it is.
    pub(super) fn new(first: Option<&Inlet>) -> Keyed {
        let (inlet, role) = first.map(|first| (first.schema.clone(), first.role.clone())).unwrap_or_default();
        Keyed { origins: (0..inlet.len()).map(Some).collect(), inlet, role, steps: Vec::new() }
    }

    /// One step more, and what it reads.
    pub(super) fn step(&mut self, draft: &StepDraft, spec: &Spec, planned: &Planned, input: Option<&Schema>) {
        let none = Schema::default();
        let input = input.unwrap_or(&none);
        let origin = |at: usize| self.origins.get(at).copied().flatten();
        if planned.stateful && planned.alone.is_none() {
            let name = |at: usize| input.fields[at].name.clone();
            let read = |at: usize| Read { name: name(at), origin: origin(at) };
            let said = spec.keyed.map(|key| under(&draft.at, &[key])).filter(|_| !planned.per.is_empty());
            self.steps.push(Remembers {
                operator: spec.name,
                parameter: spec.keyed,
                at: said.unwrap_or_else(|| under(&draft.at, &["operator"])),
                per: planned.per.iter().map(|at| read(*at)).collect(),
                any_order: planned.any_order,
                reads: (0..input.len()).map(read).collect(),
            });
        }
        let passed = planned.passed(input).into_iter();
        self.origins = passed.map(|from| from.and_then(origin)).collect();
    }

    /// A step that remembers and is wrong. Where it names a key of its own, no more can be said of it.
    pub(super) fn blind(&mut self, draft: &StepDraft, spec: &Spec) {
        if spec.keyed.is_none_or(|key| !draft.params.contains_key(key)) {
            self.steps.push(Remembers {
                operator: spec.name,
                parameter: spec.keyed,
                at: under(&draft.at, &["operator"]),
                per: Vec::new(),
                any_order: true,
                reads: Vec::new(),
            });
        }
    }

    /// What can be said of the steps so far where others are wrong: never which columns choose.
    pub(super) fn by_as_far(&self, draft: &Draft, findings: &mut Findings) -> Option<Vec<String>> {
        let unkeyed = self.steps.iter().filter(|step| step.per.is_empty());
        if draft.workers > 1 && draft.by.is_empty() && self.steps.iter().all(|step| step.per.is_empty()) {
            unkeyed.for_each(|step| tell_no_key(draft, step, findings));
        }
        None
    }

    /// The columns whose values choose the worker: those said, else what the steps have in common. `None`: something
    /// is wrong, and told.
    pub(super) fn by(&self, draft: &Draft, findings: &mut Findings) -> Option<Vec<String>> {
        let own: Vec<String> = self.own(draft).map(|by| by.name.clone()).collect();
        if draft.workers == 1 {
            return Some(own);
        }
        let keyed: Vec<&Remembers> = self.steps.iter().filter(|step| !step.per.is_empty()).collect();
        let by = match keyed.first() {
            None => own,
            Some(_) if made_within(draft, &keyed, findings) => return None,
            Some(first) => {
                let common = self.common(first, &keyed);
                if common.is_empty() {
                    tell_nothing_common(draft, &keyed, findings);
                    return None;
                }
                if !self.is_part(draft, &common, findings) {
                    return None;
                }
                if own.is_empty() { common } else { own }
            }
        };
        for step in self.steps.iter().filter(|step| step.per.is_empty()) {
            match by.is_empty() {
                true => tell_no_key(draft, step, findings),
                false => self.warn_of_a_model_for_each_worker(draft, step, &by, findings),
            }
        }
        Some(by)
    }

    /// What `by` says of the first inlet.
    fn own<'a>(&self, draft: &'a Draft) -> impl Iterator<Item = &'a Named> {
        draft.by.iter().filter(|by| by.role.is_none() || by.role == self.role)
    }

    /// Columns of the inlet that all keys have.
    fn common(&self, first: &Remembers, keyed: &[&Remembers]) -> Vec<String> {
        let shared = |read: &&Read| {
            keyed.iter().all(|step| step.per.iter().any(|column| column.origin == read.origin))
        };
        let origins = first.per.iter().filter(shared).filter_map(|read| read.origin);
        origins.map(|at| self.inlet.fields[at].name.clone()).collect()
    }

    /// A `by` of one's own must be part of what the keys have in common, or records of one key part.
    fn is_part(&self, draft: &Draft, common: &[String], findings: &mut Findings) -> bool {
        // Of a column that does not come in it has been told already.
        let mut odd = self.own(draft).filter(|by| !common.contains(&by.name));
        let Some(Named { name: column, at, .. }) = odd.find(|by| self.inlet.index(&by.name).is_some()) else {
            return true;
        };
        let what = format!(
            "{}: \"by\" names \"{column}\", and states are kept per {}: records of one key would go to several \
             workers (leave \"by\" out, it follows by itself)",
            draft.who,
            common.join(" and ")
        );
        findings.value(at, what);
        false
    }

    fn warn_of_a_model_for_each_worker(
        &self,
        draft: &Draft,
        step: &Remembers,
        by: &[String],
        findings: &mut Findings,
    ) {
        // As the step calls them, where it still has them.
        let named = |column: &String| {
            let here = step.reads.iter().find(|read| read.origin == self.inlet.index(column));
            here.map_or(column.clone(), |read| read.name.clone())
        };
        let names: Vec<String> = by.iter().map(named).collect();
        let advice = step.parameter.map_or(String::new(), |parameter| {
            let quoted: Vec<String> = names.iter().map(|name| format!("\"{name}\"")).collect();
            let list = match quoted.as_slice() {
                [one] => one.clone(),
                many => format!("[{}]", many.join(", ")),
            };
            format!(" ({parameter} = {list} keeps one for each)")
        });
        let what = format!(
            "{}: {} keeps one model for each worker, not for each {}: its results depend on the number of \
             workers{advice}",
            draft.who,
            step.operator,
            names.join(" and ")
        );
        findings.warn(&step.at, what);
    }
}

/// The worker must be known before the stage: a key that is made in it comes too late. Tells each.
fn made_within(draft: &Draft, keyed: &[&Remembers], findings: &mut Findings) -> bool {
    let mut made = false;
    for step in keyed {
        for read in step.per.iter().filter(|read| read.origin.is_none()) {
            made = true;
            let what = format!(
                "{}: {} keeps a state per {}, which is made within this stage: with several workers a record's \
                 worker is chosen before (part the stage, and make \"{}\" in the one before)",
                draft.who, step.operator, read.name, read.name
            );
            findings.value(&step.at, what);
        }
    }
    made
}

fn tell_nothing_common(draft: &Draft, keyed: &[&Remembers], findings: &mut Findings) {
    let key = |step: &&Remembers| {
        let names: Vec<&str> = step.per.iter().map(|read| read.name.as_str()).collect();
        format!("{} per {}", step.operator, names.join(" and "))
    };
    let keys: Vec<String> = keyed.iter().map(key).collect();
    let what = format!(
        "{}: {} have no column in common by which several workers could share the records (part the stage)",
        draft.who,
        keys.join(", ")
    );
    findings.value(&keyed[keyed.len() - 1].at, what);
}

/// A step with one state must get all of a key, as long as it can't have a state for each.
fn tell_no_key(draft: &Draft, step: &Remembers, findings: &mut Findings) {
    let per = step.parameter.map_or(String::new(), |parameter| {
        format!("{parameter} = \"COLUMN\", a model for each of its values, or ")
    });
    let what = format!(
        "{}: {} remembers records: several workers need {per}by = \"COLUMN\", a model for each worker",
        draft.who, step.operator
    );
    findings.value(&under(&draft.at, &["workers"]), what);
}
