//! A test that a topology carries, as it was checked: rows in, and what must come out of a path of stages.

use super::plan::Step;
use crate::data::{Batch, Schema};
use crate::operator::PortId;

/// One test.
#[derive(Clone, Debug)]
pub struct Case {
    pub name: String,
    /// Where it begins in the file, counted from 1.
    pub line: usize,
    /// The stages that it goes through, by their number in the plan: each reads one that stands before it.
    pub path: Vec<usize>,
    /// What the first of them gets, in this order.
    pub given: Vec<Given>,
    pub wanted: Vec<Wanted>,
    /// What is counted over all of them, by the keys of a test.
    pub counts: Vec<(String, u64)>,
    /// What is rejected, by reason.
    pub reasons: Option<Vec<(String, u64)>>,
    /// Rows may come out in any order.
    pub unordered: bool,
    /// So far may an f64 be from what is wanted, as a share of it where it is beyond 1.
    pub tolerance: f64,
}

/// Rows that the first stage gets over an inlet; a source leaves them.
#[derive(Clone, Debug)]
pub struct Given {
    pub inlet: usize,
    /// The columns of that inlet.
    pub schema: Schema,
    pub rows: Rows,
}

/// Where they are.
#[derive(Clone, Debug)]
pub enum Rows {
    /// As they are written. They have no ids and births yet, only columns.
    Written(Batch),
    /// In a file, which this source reads.
    Read(Step),
}

/// Rows that must leave a stage by a port.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// The stage's place in the path.
    pub stage: usize,
    pub port: PortId,
    /// As a person calls the stream: `clean`, `clean/rejected`.
    pub stream: String,
    pub schema: Schema,
    /// All columns; those that are not named are NULL.
    pub rows: Batch,
    /// By row, which columns it names.
    pub named: Vec<Vec<usize>>,
    /// Where the rows are in a file instead: what reads it.
    pub file: Option<Step>,
}
