//! Columns from stage to stage: what each step reads, whether its parameters fit, what it leaves.
//!
//! Behind a step that is wrong all is still checked: with the columns that it would leave, where no parameter of it
//! could change them; else what does not depend on columns.

use super::graph::Edge;
use super::keyed::Keyed;
use super::open::{self, Wanted};
use super::rooms::Cast;
use super::step::{self, Stepped};
use super::{Draft, Finding, Findings, Inlet, ports, roles, workers};
use crate::data::{Schema, Type};
use crate::operator::{Cx, Fill, Input, Inputs, Planned, PortId, Spec};
use crate::topology::Preflight;
use crate::topology::plan::{Port, Step, called, find_port};

/// What is known of a stage once all its steps are planned.
#[derive(Default)]
pub(super) struct Known {
    pub inlets: Vec<Inlet>,
    /// The columns that choose the worker.
    pub by: Vec<String>,
    pub keyed: Keyed,
    pub steps: Vec<Step>,
    pub ports: Vec<Port>,
    pub sink: bool,
    pub absorbs: bool,
    pub stateful: bool,
    /// The steps that event time begins with.
    pub time_begins: Vec<usize>,
    pub results: Vec<String>,
    /// What its last step alone may write to.
    pub fills: Vec<Fill>,
    pub preflights: Vec<Preflight>,
    /// A source's columns, where it looked at its data to find the type of one.
    pub sampled: Option<Schema>,
}

/// What a stage lets out.
#[derive(Default)]
struct Flow {
    /// `None`: something is wrong with it, or its columns can't be known.
    known: Option<Known>,
    /// The columns of its main stream, also of a stage that is wrong, where they can be known.
    output: Option<Schema>,
}

/// Plans every stage; once more where that shows which type a column must have in which its source saw no value.
pub(super) fn run(
    drafts: &[Draft],
    casts: &[Cast],
    edges: &[Vec<Edge>],
    order: &[usize],
    findings: &mut Findings,
) -> Vec<Option<Known>> {
    let (mut wanted, told) = (Wanted::default(), findings.list.len());
    loop {
        let mut more = wanted.clone();
        let flow = once(drafts, casts, edges, order, &mut more, findings);
        if more == wanted {
            return flow.into_iter().map(|flow| flow.known).collect();
        }
        findings.list.truncate(told);
        wanted = more;
    }
}

/// Plans every stage: in `order`, so that its columns are known, and then those that no order has. What is wanted of
/// sources for the next time is added.
fn once(
    drafts: &[Draft],
    casts: &[Cast],
    edges: &[Vec<Edge>],
    order: &[usize],
    wanted: &mut Wanted,
    findings: &mut Findings,
) -> Vec<Flow> {
    let mut flow: Vec<Flow> = drafts.iter().map(|_| Flow::default()).collect();
    for (draft, cast) in drafts.iter().zip(casts) {
        workers::of_room(draft, cast, findings);
    }
    let roles = drafts.iter().zip(casts).zip(edges);
    let roles: Vec<_> =
        roles.map(|((draft, cast), edges)| roles::of_stage(draft, cast, edges, findings)).collect();
    for &stage in order {
        let (draft, cast, edges) = (&drafts[stage], &casts[stage], &edges[stage]);
        let mut inlets = inlets(draft, edges, &roles[stage], &flow, findings);
        roles::share(draft, edges, &mut inlets, findings);
        let mut inlets: Option<Vec<Inlet>> = inlets.into_iter().collect();
        inlets.iter_mut().for_each(|inlets| join_zones(inlets));
        let any = cast.specs.first().copied().flatten().is_none_or(|(_, spec)| spec.inputs == Inputs::Any);
        if let (false, Some(inlets)) = (any, &inlets) {
            let inlets_of = |stage: usize| flow[stage].known.as_ref().map_or(&[][..], |known| &known.inlets);
            open::settle(inlets, inlets_of, wanted);
        }
        let fit = |inlets: &Vec<Inlet>| {
            (draft.from.is_none() || !inlets.is_empty())
                && (any || same_columns(draft, edges, inlets, findings))
        };
        let inlets = inlets.filter(|_| roles[stage].is_some()).filter(fit);
        flow[stage] = plan(draft, cast, edges, inlets, &open::of(wanted, stage), findings);
    }
    for stage in (0..drafts.len()).filter(|stage| !order.contains(stage)) {
        flow[stage] = plan(&drafts[stage], &casts[stage], &edges[stage], None, &[], findings);
    }
    flow
}

/// What each entry of `from` brings, as far as it is known.
fn inlets(
    draft: &Draft,
    edges: &[Edge],
    roles: &Option<Vec<Option<String>>>,
    flow: &[Flow],
    findings: &mut Findings,
) -> Vec<Option<Inlet>> {
    let inlet = |(at, edge): (usize, &Edge)| {
        let role = roles.as_ref().and_then(|roles| roles[at].clone());
        let ((stage, said), watch) = (edge.to.as_ref()?, edge.watch);
        let from = &flow[*stage];
        let Some(known) = &from.known else {
            // Nothing is planned of this, but columns can be checked.
            let schema = match said.as_str() {
                "" => from.output.clone()?,
                "rejected" => Cx::rejected_schema(),
                _ => return None,
            };
            return Some(Inlet { stage: *stage, port: PortId::MAIN, role, watch, by: Vec::new(), schema });
        };
        let Some(port) = find_port(&known.ports, said) else {
            tell_no_port(draft, edge, &known.ports, findings);
            return None;
        };
        let mut schema = known.ports[port.index()].schema.clone();
        if watch {
            // Copies that may be missed have no event time.
            schema = schema.untimed();
        }
        Some(Inlet { stage: *stage, port, role, watch, by: Vec::new(), schema })
    };
    edges.iter().enumerate().map(inlet).collect()
}

fn tell_no_port(draft: &Draft, edge: &Edge, ports: &[Port], findings: &mut Findings) {
    let (name, said) = edge.said.split_once('/').unwrap_or((&edge.said, ""));
    let what = match said {
        "report" => format!("{}: \"{name}\" makes no report: no step of it has one", draft.who),
        _ => {
            let names: Vec<String> =
                (1..ports.len()).map(|at| format!("\"{}\"", called(ports, at))).collect();
            format!("{}: \"{name}\" has no port \"{said}\" (there is {})", draft.who, names.join(", "))
        }
    };
    let choices: Vec<String> = (1..ports.len()).map(|at| format!("{name}/{}", called(ports, at))).collect();
    let told = findings.value(&edge.at, what);
    if said != "report" {
        told.suggest(&edge.said, choices.iter().map(String::as_str));
    }
}

/// What comes by one role, and has the same columns, is of one zone or of several.
fn join_zones(inlets: &mut [Inlet]) {
    let joined = |inlet: &Inlet| {
        let mut schema = inlet.schema.clone();
        let others = inlets.iter().filter(|other| other.role == inlet.role).map(|other| &other.schema);
        others.filter(|other| inlet.schema.has_columns_of(other)).for_each(|other| schema.join_zones(other));
        schema
    };
    let schemas: Vec<Schema> = inlets.iter().map(joined).collect();
    inlets.iter_mut().zip(schemas).for_each(|(inlet, schema)| inlet.schema = schema);
}

/// Where an operator reads one stream, or one a role, all that comes by it has the same columns.
fn same_columns(draft: &Draft, edges: &[Edge], inlets: &[Inlet], findings: &mut Findings) -> bool {
    let mut same = true;
    for (edge, inlet) in edges.iter().zip(inlets) {
        let of_role = inlets.iter().position(|other| other.role == inlet.role).expect("it is one itself");
        let (first, there, schema) = (&inlets[of_role].schema, &edges[of_role], &inlet.schema);
        if schema.has_columns_of(first) {
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

/// Checks the steps of a stage, one after the other: each reads what the one before leaves. `wanted`: types of columns
/// in which a source sees no value.
fn plan(
    draft: &Draft,
    cast: &Cast,
    edges: &[Edge],
    inlets: Option<Vec<Inlet>>,
    wanted: &[(String, Type)],
    findings: &mut Findings,
) -> Flow {
    let name = draft.name.clone().unwrap_or_default();
    let mut reads: Option<Vec<Input>> = inlets
        .as_ref()
        .map(|inlets| edges.iter().zip(inlets).map(|(edge, inlet)| input(edge, inlet)).collect());
    if draft.steps.is_empty() {
        reads = None;
    }
    let mut known =
        Known { inlets: inlets.unwrap_or_default(), sink: cast.sink() == Some(true), ..Known::default() };
    known.keyed = Keyed::new(known.inlets.first());
    let mut ports = Some(Vec::new());
    for (index, (step, spec)) in draft.steps.iter().zip(&cast.specs).enumerate() {
        let Some((_, spec)) = spec.filter(|(_, spec)| index == 0 || !spec.inputs.needs_roles()) else {
            (reads, ports) = (None, None);
            continue;
        };
        if index > 0 {
            let role = spec.inputs.plain();
            reads.iter_mut().flatten().for_each(|input| input.role = role.map(str::to_string));
        }
        let Stepped { planned, output, stateful: remembers } =
            step::check(draft, step, spec, (reads, wanted), findings);
        known.stateful |= remembers;
        reads = output.map(|schema| vec![Input::new(&name, schema)]);
        let Some((planned, inputs)) = planned else {
            if remembers {
                known.keyed.blind(step, spec);
            }
            ports = None;
            continue;
        };
        known.keyed.step(step, spec, &planned, inputs.first().map(|input| &input.schema));
        let of_step = ports::of_step(draft, index, &planned, findings);
        ports = ports.zip(of_step).map(|(ports, of_step): (Vec<Port>, _)| [ports, of_step].concat());
        known.add(draft, (index, spec), planned, inputs, findings);
    }
    let by = match ports {
        Some(_) => known.keyed.by(draft, findings),
        None => known.keyed.by_as_far(draft, findings),
    };
    let by = by.filter(|by| roles::follow(draft, edges, by, &mut known.inlets, findings));
    let output = if known.sink {
        Some(Schema::default())
    } else {
        reads.and_then(|mut reads| Some(reads.pop()?.schema))
    };
    let whole = output.clone().zip(ports);
    let ports = whole.and_then(|(output, ports)| ports::of_stage(draft, output, ports, findings));
    let known = ports.zip(by).map(|(ports, by)| Known { ports, by, ..known });
    Flow { known, output }
}

fn input(edge: &Edge, inlet: &Inlet) -> Input {
    Input { name: edge.said.clone(), role: inlet.role.clone(), schema: inlet.schema.clone() }
}

impl Known {
    /// A step in which nothing is wrong.
    fn add(
        &mut self,
        draft: &Draft,
        (index, spec): (usize, &Spec),
        planned: Planned,
        inputs: Vec<Input>,
        findings: &mut Findings,
    ) {
        let step = &draft.steps[index];
        let declared = spec.typed.and_then(|key| step.params.get(key));
        let guessed = |name: &str| declared.and_then(|types| types.get(name)).is_none();
        if spec.is_source()
            && spec.typed.is_some()
            && !inputs.is_empty()
            && planned.output.names().any(guessed)
        {
            self.sampled = Some(planned.output);
        }
        self.time_begins.extend(planned.time.as_ref().map(|_| index));
        if let Some(why) = planned.alone {
            workers::of_alone(draft, spec.name, why, findings);
        }
        self.absorbs |= planned.absorbs;
        self.results.extend(planned.results);
        self.fills.extend(planned.fills);
        self.preflights.extend(planned.preflight);
        self.steps.push(Step { operator: spec.name.to_string(), params: step.params.clone(), inputs });
    }
}
