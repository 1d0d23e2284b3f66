//! One step against what it reads: asks the operator, and finds the places of what it says is wrong.

use super::{Draft, Findings};
use crate::data::Schema;
use crate::operator::{Input, Planned, Spec};
use crate::params::Problem;
use crate::topology::key::names;
use crate::topology::key_list::STAGE;
use crate::topology::keys::StepDraft;
use crate::topology::reader::renamed;
use crate::topology::spans::{Path, under};

/// What a source finds when it looks at its data: its only input, or none where it does not look.
pub(super) fn sample(
    draft: &Draft,
    step: &StepDraft,
    spec: &Spec,
    findings: &mut Findings,
) -> Option<Vec<Input>> {
    let Some(sample) = spec.sample else { return Some(Vec::new()) };
    let input = |schema| vec![Input::new("sample", schema)];
    let error = match sample(&step.params) {
        Ok(schema) => return Some(input(schema)),
        Err(error) => error,
    };
    // A wrong parameter is better told by `plan`, which knows its key. What it says of columns only follows.
    let problems = (spec.plan)(step.params.clone(), &input(Schema::default())).err().unwrap_or_default();
    let same: Vec<Problem> =
        problems.into_iter().filter(|problem| error.sentence.contains(&problem.what)).collect();
    if same.is_empty() {
        let mut at = spec.place.into_iter().chain(["operator"]).map(|key| under(&step.at, &[key]));
        let at = at.find(|at| findings.places.written(at)).unwrap_or_else(|| step.at.clone());
        findings.value(&at, format!("{}: {}: {}", draft.who, spec.name, error.sentence));
    }
    same.into_iter().for_each(|problem| tell(draft, step, spec, problem, findings));
    None
}

/// Asks the operator; tells what is wrong.
pub(super) fn plan(
    draft: &Draft,
    step: &StepDraft,
    spec: &Spec,
    inputs: &[Input],
    findings: &mut Findings,
) -> Option<Planned> {
    match (spec.plan)(step.params.clone(), inputs) {
        Ok(planned) => Some(planned),
        Err(problems) => {
            problems.into_iter().for_each(|problem| tell(draft, step, spec, problem, findings));
            None
        }
    }
}

fn tell(draft: &Draft, step: &StepDraft, spec: &Spec, problem: Problem, findings: &mut Findings) {
    let at = place(step, &problem.path);
    if let ([key], true) = (problem.path.as_slice(), problem.what.starts_with("unknown key"))
        && let Some(now) = renamed(key)
    {
        findings.key(&at, format!("{}: \"{key}\" was renamed \"{now}\"", draft.who));
        return;
    }
    let what = format!("{}: {}: {}", draft.who, spec.name, problem.what);
    let key_is_wrong = problem.what.starts_with("unknown key");
    let place = match problem.offset {
        Some(offset) => findings.places.inside(&at, offset),
        None if key_is_wrong => findings.places.key(&at),
        None => findings.places.value(&at),
    };
    let told = findings.add(place, what);
    told.nearest = problem.nearest;
    // With `operator =` the stage's own keys stand beside the operator's.
    if let (true, true, [key]) = (key_is_wrong, step.at == draft.at, problem.path.as_slice()) {
        told.suggest(key, names(STAGE));
    }
}

/// The path of a parameter. A list's entries come as `[0]`; what concerns the step is told of its operator.
fn place(step: &StepDraft, path: &[String]) -> Path {
    if path.is_empty() {
        return under(&step.at, &["operator"]);
    }
    let plain =
        |key: &String| key.strip_prefix('[').and_then(|key| key.strip_suffix(']')).unwrap_or(key).to_string();
    step.at.iter().cloned().chain(path.iter().map(plain)).collect()
}
