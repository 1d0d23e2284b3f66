//! Columns from stage to stage: what each step reads, whether its parameters fit, what it leaves.

use super::graph::Edge;
use super::rooms::Cast;
use super::step;
use super::{Draft, Finding, Findings, Inlet, ports, roles, workers};
use crate::data::Schema;
use crate::operator::{Input, Inputs};
use crate::topology::Preflight;
use crate::topology::plan::{Port, Step, find_port};

/// What is known of a stage once all its steps are planned.
#[derive(Default)]
pub(super) struct Known {
    pub inlets: Vec<Inlet>,
    pub steps: Vec<Step>,
    pub ports: Vec<Port>,
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
        let cast_roles = roles::of_stage(draft, cast, &edges[stage], findings);
        let mut inlets = inlets(&cast_roles, draft, &edges[stage], &flow, findings);
        roles::share(draft, &edges[stage], &mut inlets, findings);
        let sound = cast.sound && cast_roles.is_some() && inlets.iter().all(Option::is_some);
        let reads = draft.from.as_ref().is_none_or(|from| !from.is_empty() && from.len() == inlets.len());
        if !sound || !reads {
            continue;
        }
        let inlets: Vec<Inlet> = inlets.into_iter().flatten().collect();
        let any = cast.specs[0].is_some_and(|(_, spec)| spec.inputs == Inputs::Any);
        if any || same_columns(draft, &edges[stage], &inlets, findings) {
            flow[stage] = plan(draft, cast, &edges[stage], inlets, findings);
        }
    }
    flow
}

/// What each entry of `from` brings, as far as it is known.
fn inlets(
    roles: &Option<Vec<Option<String>>>,
    draft: &Draft,
    edges: &[Edge],
    flow: &[Option<Known>],
    findings: &mut Findings,
) -> Vec<Option<Inlet>> {
    let mut inlet = |(at, edge): (usize, &Edge)| {
        let (stage, said) = edge.to.as_ref()?;
        let known = flow[*stage].as_ref()?;
        let Some(port) = find_port(&known.ports, said) else {
            tell_no_port(draft, edge, &known.ports, findings);
            return None;
        };
        let schema = known.ports[port.index()].schema.clone();
        let role = roles.as_ref().and_then(|roles| roles[at].clone());
        Some(Inlet { stage: *stage, port, role, by: Vec::new(), schema })
    };
    edges.iter().enumerate().map(&mut inlet).collect()
}

fn tell_no_port(draft: &Draft, edge: &Edge, ports: &[Port], findings: &mut Findings) {
    let (name, said) = edge.said.split_once('/').unwrap_or((&edge.said, ""));
    let what = match said {
        "report" => format!("{}: \"{name}\" makes no report: no step of it has one", draft.who),
        _ => {
            let names: Vec<String> = ports[1..].iter().map(|port| format!("\"{}\"", port.name)).collect();
            format!("{}: \"{name}\" has no port \"{said}\" (there is {})", draft.who, names.join(", "))
        }
    };
    let choices: Vec<String> = ports[1..].iter().map(|port| format!("{name}/{}", port.name)).collect();
    let told = findings.value(&edge.at, what);
    if said != "report" {
        told.suggest(&edge.said, choices.iter().map(String::as_str));
    }
}

/// Where an operator reads one stream, or one a role, all that comes by it has the same columns.
fn same_columns(draft: &Draft, edges: &[Edge], inlets: &[Inlet], findings: &mut Findings) -> bool {
    let mut same = true;
    for (edge, inlet) in edges.iter().zip(inlets) {
        let of_role = inlets.iter().position(|other| other.role == inlet.role).expect("it is one itself");
        let (first, there, schema) = (&inlets[of_role].schema, &edges[of_role], &inlet.schema);
        if schema == first {
            continue;
        }
        same = false;
        let column = |schema: &Schema, at: usize| {
            schema.fields.get(at).map_or("none".to_string(), |field| field.to_string())
        };
        let at = (0..).find(|at| schema.fields.get(*at) != first.fields.get(*at)).expect("they differ");
        let what = format!(
            "{}: \"{}\" and \"{}\" must have the same columns in the same order: column {} is {} here, {} there",
            draft.who,
            edge.said,
            there.said,
            at + 1,
            column(schema, at),
            column(first, at),
        );
        let also = (findings.places.value(&there.at), "there".to_string());
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
    let (mut output, mut ports) = (Schema::default(), Vec::new());
    for (index, (step, spec)) in draft.steps.iter().zip(&cast.specs).enumerate() {
        let (_, spec) = spec.as_ref()?;
        let inputs = if index > 0 {
            vec![Input { name: name.clone(), role: spec.inputs.plain().map(str::to_string), schema: output }]
        } else if draft.from.is_some() {
            let input = |(edge, inlet): (&Edge, &Inlet)| Input {
                name: edge.said.clone(),
                role: inlet.role.clone(),
                schema: inlet.schema.clone(),
            };
            edges.iter().zip(&known.inlets).map(input).collect()
        } else {
            step::sample(draft, step, spec, findings)?
        };
        let planned = step::plan(draft, step, spec, &inputs, findings)?;
        let declared = spec.typed.and_then(|key| step.params.get(key));
        let guessed = |name: &str| declared.and_then(|types| types.get(name)).is_none();
        if !inputs.is_empty() && draft.from.is_none() && index == 0 && planned.output.names().any(guessed) {
            known.sampled = Some(planned.output.clone());
        }
        known.stateful |= planned.stateful;
        if planned.stateful {
            workers::of_stateful(draft, spec.name, findings);
        }
        ports.extend(ports::of_step(draft, index, planned.report, planned.ports, findings)?);
        known.absorbs |= planned.absorbs;
        known.results.extend(planned.results);
        known.fills.extend(planned.fills);
        known.preflights.extend(planned.preflight);
        known.steps.push(Step { operator: spec.name.to_string(), params: step.params.clone(), inputs });
        output = planned.output;
    }
    if known.sink {
        output = Schema::default();
    }
    known.ports = ports::of_stage(draft, output, ports, findings)?;
    Some(known)
}
