//! The ports of a stage: what it lets out, and by which names others read it.

use super::Stage;
use crate::data::Schema;
use crate::operator::{PortId, PortKind};
use serde::{Deserialize, Serialize};

/// What the port is called by which the report of a stage's last step that makes one leaves.
pub(crate) const REPORT: &str = "report";

/// A port of a stage.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Port {
    /// As its step calls it; the main port has none.
    pub name: String,
    pub schema: Schema,
    pub kind: PortKind,
    /// The step that has it, and its place among that step's ports; the main port and `rejected` are no step's own.
    pub of: Option<(usize, PortOf)>,
}

/// Which port of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PortOf {
    Report,
    /// As `Cx::side` numbers it.
    Side(usize),
}

impl Stage {
    /// Columns of its main stream; empty for a sink.
    pub fn output(&self) -> &Schema {
        &self.ports[PortId::MAIN.index()].schema
    }

    /// Columns of what a watcher sees of a port: of a sink those that it gets over an inlet.
    pub(crate) fn shown(&self, port: PortId, inlet: usize) -> &Schema {
        let got = self.steps.last().and_then(|step| step.inputs.get(inlet));
        match got {
            Some(input) if self.sink && port == PortId::MAIN => &input.schema,
            _ => &self.ports[port.index()].schema,
        }
    }

    /// The port that `from` means by what it says behind the stage's name: the last one of that name, or by
    /// `STEP/NAME` that of a step. The main port goes by no name.
    pub fn port(&self, said: &str) -> Option<PortId> {
        find_port(&self.ports, said)
    }

    /// As `from` says it, with the slash before it; the main port is empty.
    pub(crate) fn port_suffix(&self, port: PortId) -> String {
        let called = called(&self.ports, port.index());
        if called.is_empty() { called } else { format!("/{called}") }
    }

    /// Its ports, each with its number.
    pub(crate) fn all_ports(&self) -> impl Iterator<Item = (PortId, &Port)> {
        self.ports.iter().enumerate().map(|(at, port)| (PortId(at as u8), port))
    }

    /// The ports that each step moves records to, in the order of its plan.
    pub(crate) fn sides_by_step(&self) -> Vec<Vec<PortId>> {
        let side = |step: usize| {
            let mine = self
                .all_ports()
                .filter(move |(_, port)| matches!(port.of, Some((of, PortOf::Side(_))) if of == step));
            mine.map(|(id, _)| id).collect()
        };
        (0..self.steps.len()).map(side).collect()
    }
}

/// What a port is called among others: by its step too, where a later one has the same name.
pub(crate) fn called(ports: &[Port], at: usize) -> String {
    let Port { name, of, .. } = &ports[at];
    match of {
        Some((step, _)) if find_port(ports, name).is_none_or(|last| last.index() != at) => {
            format!("{step}/{name}")
        }
        _ => name.clone(),
    }
}

/// As `Stage::port`, for a stage that is no plan yet.
pub(crate) fn find_port(ports: &[Port], said: &str) -> Option<PortId> {
    let step = said.split_once('/').and_then(|(step, name)| Some((step.parse::<usize>().ok()?, name)));
    let fits = |port: &Port| match step {
        Some((step, name)) => port.name == name && port.of.is_some_and(|(of, _)| of == step),
        None => port.name == said,
    };
    ports.iter().rposition(fits).map(|at| PortId(at as u8))
}
