//! One step against what it reads: asks the operator, and finds the places of what it says is wrong.

use super::{Draft, Findings};
use crate::data::{Field, Schema, Type};
use crate::error::{Error, Result};
use crate::expr::Expr;
use crate::operator::{Input, Planned, Sample, Spec};
use crate::params::{self, Params, Problem};
use crate::printable::is_hidden;
use crate::topology::key::{has, names};
use crate::topology::key_list::STAGE;
use crate::topology::keys::StepDraft;
use crate::topology::problem::Severity;
use crate::topology::reader::{points_on, renamed};
use crate::topology::spans::{Path, under};

/// What came of a step.
pub(super) struct Stepped {
    /// With what it reads; `None` when something is wrong with it, or before it.
    pub planned: Option<(Planned, Vec<Input>)>,
    /// The columns that it leaves, also of one that is wrong, where they can be known.
    pub output: Option<Schema>,
    /// It remembers records, as far as that is known.
    pub stateful: bool,
}

/// Checks a step. `reads`: `None` where its columns can't be known; what does not depend on them is checked still.
pub(super) fn check(
    draft: &Draft,
    step: &StepDraft,
    spec: &Spec,
    (reads, wanted): (Option<Vec<Input>>, &[(String, Type)]),
    findings: &mut Findings,
) -> Stepped {
    let schema = (spec.parameters)();
    let wrong = params::wrong(&schema, &step.params);
    let sound = wrong.is_empty();
    let params = if sound { Some(step.params.clone()) } else { params::mend(&schema, &step.params, &wrong) };
    // What was put right as it was meant is as good as written so.
    let sure = params.as_ref().filter(|params| {
        sound || (params::is_sure(&schema, &wrong) && params::wrong(&schema, params).is_empty())
    });
    let reads = match (spec.sample, sure) {
        (None, _) => reads,
        (Some(sample), Some(params)) => {
            self::sample(draft, (step, params), spec, sample, findings).map(|found| typed(found, wanted))
        }
        (Some(_), None) => None,
    };
    let output = reads.as_ref().and_then(|reads| spec.leaves?(&step.params, reads));
    let mut stepped = Stepped { planned: None, output, stateful: false };
    let sure = sure.is_some();
    let renamed = renamed_keys(&wrong, &step.params);
    let told: Vec<Path> = wrong.iter().map(|problem| problem.path.clone()).collect();
    let wrong = in_own_words(wrong, step, spec, reads.as_deref());
    wrong.into_iter().for_each(|problem| tell(draft, step, spec, problem, findings));
    let (Some(reads), Some(params)) = (reads, params) else {
        // A source that could not look at its data has no expressions.
        syntax(draft, step, spec, (&schema, &told), findings);
        return stepped;
    };
    match (spec.plan)(params, &reads) {
        Ok(planned) => {
            stepped.stateful = planned.stateful;
            warn_of_hidden(draft, step, spec, (&planned.output, &reads), findings);
            if sure {
                stepped.output = Some(planned.output.clone());
            }
            if sound {
                planned.warnings.iter().for_each(|problem| warn(draft, step, spec, problem, findings));
                stepped.planned = Some((planned, reads));
            }
        }
        Err(problems) => {
            // Of columns that a stage names for its workers is told where they are shared out.
            let shared_out = |problem: &Problem| {
                !draft.by.is_empty() && problem.path.first().is_some_and(|key| key == "by")
            };
            let problems = problems.into_iter().filter(|problem| !shared_out(problem));
            let as_written =
                |problem| if sound { Some(problem) } else { as_written(problem, step, &told, &renamed) };
            let problems = problems.filter_map(as_written);
            problems.for_each(|problem| tell(draft, step, spec, problem, findings));
        }
    }
    stepped
}

/// A name that shows otherwise than it is: by its column's first step, once.
fn warn_of_hidden(
    draft: &Draft,
    step: &StepDraft,
    spec: &Spec,
    (output, reads): (&Schema, &[Input]),
    findings: &mut Findings,
) {
    let comes = |name: &str| reads.iter().any(|input| input.schema.index(name).is_some());
    for field in &output.fields {
        if field.name.chars().any(is_hidden) && (spec.sample.is_some() || !comes(&field.name)) {
            let what = format!(
                "{}: {}: the name of column \"{}\" has characters that can't be seen: rename it (select), or whoever \
                 reads the results must write them too",
                draft.who, spec.name, field.name
            );
            findings.warn(&place(step, &[]), what);
        }
    }
}

/// Of parameters that were put right only what was written counts, a key by its name in the file.
fn as_written(
    mut problem: Problem,
    step: &StepDraft,
    told: &[Path],
    renamed: &[(String, String)],
) -> Option<Problem> {
    let key = problem.path.first_mut()?;
    if let Some((written, _)) = renamed.iter().find(|(_, meant)| meant == key) {
        written.clone_into(key);
        return Some(problem);
    }
    let told = told.iter().any(|path| path.first() == Some(key));
    (step.params.contains_key(key) && !told).then_some(problem)
}

/// Keys that are written under another word than the one that is meant: as written, and as meant.
fn renamed_keys(wrong: &[Problem], params: &Params) -> Vec<(String, String)> {
    let renamed = |problem: &Problem| match (problem.path.as_slice(), &problem.nearest) {
        ([key], Some(meant)) if is_unknown(problem) && !params.contains_key(meant) => {
            Some((key.clone(), meant.clone()))
        }
        _ => None,
    };
    wrong.iter().filter_map(renamed).collect()
}

fn is_unknown(problem: &Problem) -> bool {
    problem.what.starts_with("unknown key")
}

/// What a schema refuses, as the operator tells it where it has words of its own for that key.
fn in_own_words(wrong: Vec<Problem>, step: &StepDraft, spec: &Spec, reads: Option<&[Input]>) -> Vec<Problem> {
    let Some(reads) = reads.filter(|_| !wrong.is_empty()) else { return wrong };
    let own = (spec.plan)(step.params.clone(), reads).err().unwrap_or_default();
    let same =
        |problem: &Problem| own.iter().find(|own| !own.path.is_empty() && own.path == problem.path).cloned();
    wrong.into_iter().map(|problem| same(&problem).unwrap_or(problem)).collect()
}

/// What a source finds when it looks at its data.
fn sample(
    draft: &Draft,
    (step, params): (&StepDraft, &Params),
    spec: &Spec,
    sample: fn(&Params) -> Result<Sample>,
    findings: &mut Findings,
) -> Option<Schema> {
    let found = match &step.unseen {
        Some(unseen) => unseen.clone().map(Sample::from).map_err(Error::failed),
        None => sample(params),
    };
    let error = match found {
        Ok(Sample { schema, notes }) => {
            for note in notes {
                let at = written(step, spec, &note.path, findings);
                findings.warn(&at, format!("{}: {}: {}", draft.who, spec.name, note.what));
            }
            return Some(schema);
        }
        Err(error) => error,
    };
    // A wrong parameter is better told by `plan`, which knows its key. What it says of columns only follows.
    let problems = (spec.plan)(params.clone(), &[sampled(Schema::default())]).err().unwrap_or_default();
    let same: Vec<Problem> =
        problems.into_iter().filter(|problem| error.sentence.contains(&problem.what)).collect();
    if same.is_empty() {
        let at = written(step, spec, &[], findings);
        findings.value(&at, format!("{}: {}: {}", draft.who, spec.name, error.sentence));
    }
    same.into_iter().for_each(|problem| tell(draft, step, spec, problem, findings));
    None
}

/// What a source found, with the types that are wanted of columns in which it saw no value.
fn typed(mut schema: Schema, wanted: &[(String, Type)]) -> Vec<Input> {
    for field in schema.fields.iter_mut().filter(|field| field.is_open()) {
        if let Some((name, of)) = wanted.iter().find(|(name, _)| *name == field.name) {
            *field = Field::new(name, *of);
        }
    }
    vec![sampled(schema)]
}

fn sampled(schema: Schema) -> Input {
    Input::sampled(schema)
}

/// The place of a parameter, or, where it is not written, that of the data.
fn written(step: &StepDraft, spec: &Spec, path: &[String], findings: &Findings) -> Path {
    let keys = path.iter().map(String::as_str).chain(spec.place).chain(["operator"]);
    let mut at = keys.map(|key| under(&step.at, &[key]));
    at.find(|at| findings.places.written(at)).unwrap_or_else(|| step.at.clone())
}

/// Tells of expressions that are none, whatever the columns; not where something else is `told` already.
fn syntax(
    draft: &Draft,
    step: &StepDraft,
    spec: &Spec,
    (schema, told): (&serde_json::Value, &[Path]),
    findings: &mut Findings,
) {
    let params = toml::Value::Table(step.params.clone());
    let mut found = Vec::new();
    params::expressions(schema, &params, &[], &mut found);
    for (path, text) in found.into_iter().filter(|(path, _)| !told.contains(path)) {
        if let Some(problem) = Expr::syntax(text) {
            tell(draft, step, spec, Problem { path, ..problem }, findings);
        }
    }
}

/// Warns of what can be done and is likely not meant.
fn warn(draft: &Draft, step: &StepDraft, spec: &Spec, problem: &Problem, findings: &mut Findings) {
    let at = place(step, &problem.path);
    let what = format!("{}: {}: {}", draft.who, spec.name, problem.what);
    let place = match problem.offset {
        Some(offset) => findings.places.inside(&at, offset),
        None => findings.places.value(&at),
    };
    findings.add(&at, place, what).severity = Severity::Warning;
}

fn tell(draft: &Draft, step: &StepDraft, spec: &Spec, problem: Problem, findings: &mut Findings) {
    let at = place(step, &problem.path);
    if let ([key], true) = (problem.path.as_slice(), is_unknown(&problem))
        && let Some(now) = renamed(key)
    {
        findings.key(&at, format!("{}: \"{key}\" was renamed \"{now}\"", draft.who));
        return;
    }
    let key_is_wrong = is_unknown(&problem);
    let beside = key_is_wrong && step.at == draft.at;
    let mut what = format!("{}: {}: {}", draft.who, spec.name, problem.what);
    match (problem.path.as_slice(), beside) {
        ([key], true) => what += points_on(key).unwrap_or_default(),
        ([.., key], false) if key_is_wrong && has(STAGE, key) => {
            what += " (it is a key of the stage: put it beside \"steps\")";
        }
        _ => {}
    }
    let place = match problem.offset {
        Some(offset) => findings.places.inside(&at, offset),
        None if key_is_wrong => findings.places.key(&at),
        None => findings.places.value(&at),
    };
    let told = findings.add(&at, place, what);
    told.nearest = problem.nearest;
    // With `operator =` the stage's own keys stand beside the operator's.
    if let (true, [key]) = (beside, problem.path.as_slice()) {
        told.meant(key, names(STAGE));
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
