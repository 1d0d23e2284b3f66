//! What a window holds, and the row that it becomes.

use super::aggregate::{Aggregate, alike};
use super::fields::bytes;
use super::function::Function;
use crate::data::{Batch, Value, key};
use crate::operator::Cx;
use serde::{Deserialize, Serialize};

#[cfg(test)]
std::thread_local! {
    /// How often states were merged.
    pub(super) static MERGES: std::cell::Cell<u64> = const { std::cell::Cell::new(0) };
}

/// The records of a window, or of a part of it.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct State {
    pub records: u64,
    pub held: Vec<Aggregate>,
}

impl Clone for State {
    fn clone(&self) -> State {
        State { records: self.records, held: self.held.clone() }
    }

    /// Into the memory that is there: a window that opens takes that of one that has closed.
    fn clone_from(&mut self, other: &State) {
        self.records = other.records;
        self.held.clone_from(&other.held);
    }
}

impl State {
    pub(super) fn new(held: Vec<Aggregate>) -> State {
        State { records: 0, held }
    }

    pub(super) fn merge(&mut self, other: &State) {
        #[cfg(test)]
        MERGES.set(MERGES.get() + 1);
        self.records += other.records;
        self.held.iter_mut().zip(&other.held).for_each(|(held, other)| held.merge(other));
    }

    /// What it takes beside what has a fixed size.
    pub(super) fn bytes(&self) -> usize {
        bytes(&self.held)
    }

    /// Whether what was loaded can be one like `fresh`.
    pub(super) fn is_like(&self, fresh: &State) -> bool {
        alike(&self.held, &fresh.held)
    }
}

/// Why a row goes out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    /// Its window has come to its end, or had to go.
    Closed,
    /// Its window goes on.
    Early,
    /// Its window had come to its end before, and was given records since.
    Restated,
}

/// How a row is made up: its bounds, the columns of the key, the fields, and its marks.
#[derive(Clone, Debug)]
pub(super) struct Shape {
    /// How many columns a key has.
    pub width: usize,
    pub functions: Vec<Function>,
    /// The bounds are times.
    pub timed: bool,
    pub early: bool,
    pub restated: bool,
}

/// Start and end stand before the key's columns.
pub(super) const BOUNDS: usize = 2;

/// Where rows go.
pub(super) struct Rows<'a> {
    pub out: &'a mut Batch,
    pub cx: &'a mut Cx,
    pub born_ns: u64,
    pub shape: &'a Shape,
}

impl Rows<'_> {
    /// Adds a window's row. Behind the columns of the key there may be more bytes.
    pub(super) fn write(&mut self, key: &[u8], [start, end]: [i64; 2], state: &State, mark: Mark) {
        let Rows { out, cx, born_ns, shape } = self;
        out.id.push(cx.new_id());
        out.born_ns.push(*born_ns);
        let bound = |at| if shape.timed { Value::Time(at) } else { Value::I64(at) };
        out.columns[0].push(bound(start));
        out.columns[1].push(bound(end));
        let (keys, fields) = out.columns[BOUNDS..].split_at_mut(shape.width);
        key::read(key, keys).expect("the key was made of these columns");
        let (fields, marks) = fields.split_at_mut(shape.functions.len());
        for ((column, held), function) in fields.iter_mut().zip(&state.held).zip(&shape.functions) {
            held.write(*function, column);
        }
        let told = [(shape.early, Mark::Early), (shape.restated, Mark::Restated)];
        let told = told.iter().filter(|(shown, _)| *shown);
        marks.iter_mut().zip(told).for_each(|(column, (_, of))| column.push(Value::Bool(mark == *of)));
    }
}

/// A record on its way into its windows.
#[derive(Clone, Copy)]
pub(super) struct Record<'a> {
    pub batch: &'a Batch,
    pub row: usize,
    pub time: i64,
    /// How far its own source had read before it, if that is beyond its time.
    pub passed: Option<i64>,
}

/// What became of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Taken {
    In,
    /// Its own source had passed all its windows.
    Late,
    /// It was not late, and yet all its windows have closed.
    Closed,
}
