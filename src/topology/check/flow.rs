//! Columns from stage to stage: what each step reads, whether its parameters fit, what it leaves.

use super::graph::Edge;
use super::rooms::Cast;
use super::step;
use super::{Draft, Finding, Findings, Inlet, workers};
use crate::data::{Schema, Type};
use crate::operator::{Cx, Input};
use crate::topology::Preflight;
use crate::topology::plan::{Step, Stream};

/// What is known of a stage once all its steps are planned.
#[derive(Default)]
pub(super) struct Known {
    pub inlets: Vec<Inlet>,
    pub steps: Vec<Step>,
    pub output: Schema,
    pub report: Option<(usize, Schema)>,
    pub sink: bool,
    pub absorbs: bool,
    pub stateful: bool,
    pub results: Vec<String>,
    /// What its last step alone may write to.
    pub fills: Vec<String>,
    pub preflights: Vec<Preflight>,
    /// A source's columns, where it looked at its data to find the type of one.
    pub sampled: Option<Schema>,
}

/// Plans every stage, in `order`. `None`: something is wrong with it, or before it.
pub(super) fn run(
    drafts: &[Draft],
    casts: &[Cast],
    edges: &[Vec<Edge>],
    order: &[usize],
    findings: &mut Findings,
) -> Vec<Option<Known>> {
    let mut flow: Vec<Option<Known>> = drafts.iter().map(|_| None).collect();
    for (draft, cast) in drafts.iter().zip(casts) {
        workers::of_room(draft, cast, findings);
    }
    for &stage in order {
        let (draft, cast) = (&drafts[stage], &casts[stage]);
        let inlets = inlets(draft, &edges[stage], casts, &flow, findings);
        share(draft, &edges[stage], &inlets, findings);
        let sound = cast.sound && inlets.iter().all(Option::is_some);
        let reads = draft.from.as_ref().is_none_or(|from| !from.is_empty() && from.len() == inlets.len());
        if !sound || !reads {
            continue;
        }
        let inlets: Vec<Inlet> = inlets.into_iter().flatten().collect();
        let many = cast.specs[0].is_some_and(|(_, spec)| spec.many);
        if many || same_columns(draft, &edges[stage], &inlets, findings) {
            flow[stage] = plan(draft, cast, &edges[stage], inlets, findings);
        }
    }
    flow
}

/// What each entry of `from` brings, as far as it is known.
fn inlets(
    draft: &Draft,
    edges: &[Edge],
    casts: &[Cast],
    flow: &[Option<Known>],
    findings: &mut Findings,
) -> Vec<Option<Inlet>> {
    let mut inlet = |edge: &Edge| {
        let (stage, stream) = edge.to?;
        let known = flow[stage].as_ref();
        let schema = match stream {
            Stream::Rejected => Cx::rejected_schema(),
            Stream::Main => known.filter(|_| casts[stage].sink() == Some(false))?.output.clone(),
            Stream::Report => match &known?.report {
                Some((_, schema)) => schema.clone(),
                None => {
                    let of = edge.said.trim_end_matches(Stream::Report.suffix());
                    let what = format!("{}: \"{of}\" makes no report: no step of it has one", draft.who);
                    findings.value(&edge.at, what);
                    return None;
                }
            },
        };
        Some(Inlet { stage, stream, schema })
    };
    edges.iter().map(&mut inlet).collect()
}

/// `by` names columns of everything that is read.
fn share(draft: &Draft, edges: &[Edge], inlets: &[Option<Inlet>], findings: &mut Findings) {
    for (column, at) in &draft.by {
        let lacks = edges
            .iter()
            .zip(inlets.iter())
            .filter_map(|(edge, inlet)| inlet.as_ref().map(|inlet| (&edge.said, &inlet.schema)))
            .find(|(_, schema)| schema.index(column).is_none());
        if let Some((said, schema)) = lacks {
            let what = format!("{}: \"{said}\" has no column \"{column}\" (there are: {schema})", draft.who);
            findings.value(at, what).suggest(column, schema.names());
        }
    }
}

/// Without `many`, all that a stage reads has the same columns.
fn same_columns(draft: &Draft, edges: &[Edge], inlets: &[Inlet], findings: &mut Findings) -> bool {
    let mut same = true;
    for (edge, inlet) in edges.iter().zip(inlets).skip(1) {
        let (first, schema) = (&inlets[0].schema, &inlet.schema);
        if schema == first {
            continue;
        }
        same = false;
        let column = |schema: &Schema, at: usize| {
            schema.fields.get(at).map_or("none".to_string(), |field| format!("{} {}", field.name, field.of))
        };
        let at = (0..).find(|at| schema.fields.get(*at) != first.fields.get(*at)).expect("they differ");
        let what = format!(
            "{}: \"{}\" and \"{}\" must have the same columns in the same order: column {} is {} here, {} there",
            draft.who,
            edge.said,
            edges[0].said,
            at + 1,
            column(schema, at),
            column(first, at),
        );
        let also = (findings.places.value(&edges[0].at), "there".to_string());
        let told: &mut Finding = findings.value(&edge.at, what);
        told.also = Some(also);
    }
    same
}

fn plan(
    draft: &Draft,
    cast: &Cast,
    edges: &[Edge],
    inlets: Vec<Inlet>,
    findings: &mut Findings,
) -> Option<Known> {
    let name = draft.name.clone().unwrap_or_default();
    let mut known = Known { inlets, sink: cast.sink() == Some(true), ..Known::default() };
    for (index, (step, spec)) in draft.steps.iter().zip(&cast.specs).enumerate() {
        let (_, spec) = spec.as_ref()?;
        let inputs = if index > 0 {
            vec![Input { name: name.clone(), schema: known.output }]
        } else if draft.from.is_some() {
            let input = |(edge, inlet): (&Edge, &Inlet)| Input {
                name: edge.said.clone(),
                schema: inlet.schema.clone(),
            };
            edges.iter().zip(&known.inlets).map(input).collect()
        } else {
            step::sample(draft, step, spec, findings)?
        };
        let planned = step::plan(draft, step, spec, &inputs, findings)?;
        let guessed = |name: &str| step.params.get("types").and_then(|types| types.get(name)).is_none();
        if !inputs.is_empty() && draft.from.is_none() && index == 0 && planned.output.names().any(guessed) {
            known.sampled = Some(planned.output.clone());
        }
        known.stateful |= planned.stateful;
        if planned.stateful {
            workers::of_stateful(draft, spec.name, findings);
        }
        if let Some(report) = planned.report {
            known.report = Some((index, report));
        }
        known.absorbs |= planned.absorbs;
        known.results.extend(planned.results);
        known.fills.extend(planned.fills);
        known.preflights.extend(planned.preflight);
        known.steps.push(Step { operator: spec.name.to_string(), params: step.params.clone(), inputs });
        known.output = planned.output;
    }
    known.report = match known.report {
        None => None,
        Some((index, schema)) => Some((index, report(draft, &schema, findings)?)),
    };
    Some(known)
}

/// The rows of a report begin with the number of the set they belong to, and the worker if there are several.
fn report(draft: &Draft, own: &Schema, findings: &mut Findings) -> Option<Schema> {
    let mut schema = Schema::of(&[("set", Type::I64)]);
    if draft.workers > 1 {
        schema = schema.with("worker", Type::I64);
    }
    if let Some(twice) = schema.names().find(|name| own.index(name).is_some()) {
        let what =
            format!("{}: its report would have two columns \"{twice}\": rename the one it reads", draft.who);
        findings.value(&draft.at, what);
        return None;
    }
    schema.fields.extend(own.fields.iter().cloned());
    Some(schema)
}
