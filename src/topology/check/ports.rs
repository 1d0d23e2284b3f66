//! The ports of a stage: its main one, what it rejects, and what its steps let out.

use super::{Draft, Findings};
use crate::data::{Schema, Type};
use crate::operator::{Cx, PORTS_MAX, PlannedPort, PortKind};
use crate::topology::plan::{Port, PortOf};

/// The ports of one step: its report, then those that it moves records to.
pub(super) fn of_step(
    draft: &Draft,
    step: usize,
    report: Option<Schema>,
    sides: Vec<PlannedPort>,
    findings: &mut Findings,
) -> Option<Vec<Port>> {
    let mut ports = Vec::new();
    if let Some(own) = report {
        let schema = self::report(draft, &own, findings)?;
        let (name, of) = ("report".to_string(), Some((step, PortOf::Report)));
        ports.push(Port { name, schema, kind: PortKind::Adds, of });
    }
    let side = |(at, PlannedPort { name, schema, kind })| {
        let of = Some((step, PortOf::Side(at)));
        Port { name, schema, kind, of }
    };
    ports.extend(sides.into_iter().enumerate().map(side));
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
