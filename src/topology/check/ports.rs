//! The ports of a stage: its main one, what it rejects, and what its steps let out.

use super::{Draft, Findings};
use crate::data::{Field, Schema, Type};
use crate::operator::{Cx, PORTS_MAX, Planned, PlannedPort, PortKind};
use crate::topology::plan::{Port, PortOf};

/// What a report begins with: which one it is, and of which worker.
const SET: &str = "set";
const WORKER: &str = "worker";

/// The ports of one step: its report, then those that it moves records to.
pub(super) fn of_step(
    draft: &Draft,
    step: usize,
    planned: &Planned,
    findings: &mut Findings,
) -> Option<Vec<Port>> {
    let mut ports = Vec::new();
    if let Some(own) = &planned.report {
        let schema = report(draft, own, planned.per.is_empty(), findings)?;
        let (name, of) = ("report".to_string(), Some((step, PortOf::Report)));
        ports.push(Port { name, schema, kind: PortKind::Adds, of });
    }
    let side = |(at, side): (usize, &PlannedPort)| {
        let PlannedPort { name, schema, kind } = side.clone();
        Port { name, schema, kind, of: Some((step, PortOf::Side(at))) }
    };
    ports.extend(planned.ports.iter().enumerate().map(side));
    Some(ports)
}

/// All ports of a stage, in the order in which workers number them.
pub(super) fn of_stage(
    draft: &Draft,
    output: Schema,
    of_steps: Vec<Port>,
    findings: &mut Findings,
) -> Option<Vec<Port>> {
    let main = Port { name: String::new(), schema: output, kind: PortKind::Moves, of: None };
    let (name, schema) = ("rejected".to_string(), Cx::rejected_schema());
    let rejected = Port { name, schema, kind: PortKind::Adds, of: None };
    let ports: Vec<Port> = [main, rejected].into_iter().chain(of_steps).collect();
    if ports.len() > PORTS_MAX {
        let what = format!(
            "{}: it has {} ports, and {PORTS_MAX} are the most (part the stage)",
            draft.who,
            ports.len()
        );
        findings.value(&draft.at, what);
        return None;
    }
    Some(ports)
}

/// The rows of a report begin with the number of the set they belong to, and the worker if each has a model of its own.
fn report(draft: &Draft, own: &Schema, one_model: bool, findings: &mut Findings) -> Option<Schema> {
    // Both names are taken, so that a topology is sound with one worker and with several.
    if let Some(twice) = [SET, WORKER].into_iter().find(|name| own.index(name).is_some()) {
        let what =
            format!("{}: its report would have two columns \"{twice}\": rename the one it reads", draft.who);
        findings.value(&draft.at, what);
        return None;
    }
    let mut schema = Schema::of(&[(SET, Type::I64)]);
    if draft.workers > 1 && one_model {
        schema = schema.with(WORKER, Type::I64);
    }
    // What a report tells of is no record: a time in it is not when a row happened.
    schema.fields.extend(own.fields.iter().map(|field| Field::new(&field.name, field.of)));
    Some(schema)
}
