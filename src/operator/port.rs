//! Ports: the named streams that a stage lets out beside its main one.

use crate::data::Schema;
use crate::params::{NAMED, Problem, is_name};
use serde::{Deserialize, Serialize};

/// So many ports may a stage have, its main one included.
pub(crate) const PORTS_MAX: usize = 16;

/// A port of a stage, by its place among them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PortId(pub u8);

impl PortId {
    /// What is left in the batch behind the last step.
    pub const MAIN: PortId = PortId(0);
    /// Records that any step refused.
    pub const REJECTED: PortId = PortId(1);

    pub fn index(self) -> usize {
        usize::from(self.0)
    }
}

/// What a port does with records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PortKind {
    /// They leave the main stream by it: late ones, a branch.
    Moves,
    /// It has rows of its own beside the main stream: a report, what was rejected.
    Adds,
}

/// A port as the step that has it plans it.
#[derive(Clone, Debug, PartialEq)]
pub struct PlannedPort {
    /// As `from` says it behind the stage's name.
    pub name: String,
    pub schema: Schema,
    pub kind: PortKind,
}

impl PlannedPort {
    /// A port by which records leave the main stream.
    pub fn moves(name: &str, schema: Schema) -> PlannedPort {
        PlannedPort { name: name.to_string(), schema, kind: PortKind::Moves }
    }

    /// A port that has rows of its own.
    pub(crate) fn adds(name: &str, schema: Schema) -> PlannedPort {
        PlannedPort { name: name.to_string(), schema, kind: PortKind::Adds }
    }
}

/// Names behind a stage's that mean something else: other ports, and topics of live results.
const TAKEN: [&str; 8] = ["report", "rejected", "late", "stats", "json", "msgpack", "csv", "bincode"];

/// Whether a user may call a port so: as a stage, but not as what is there already.
pub(crate) fn branch_name(name: &str) -> Result<(), Problem> {
    if TAKEN.contains(&name) {
        return Err(Problem::whole(format!(
            "\"{name}\" is another port or topic of a stage: choose another name"
        )));
    }
    match is_name(name) {
        true => Ok(()),
        false => Err(Problem::whole(format!("{name:?} can't be a name: {NAMED}"))),
    }
}
