//! One column of a batch: its values and which of them are valid.

use super::{Bits, Lists, Text, Type, runs};
use std::ops::Range;

mod some;

/// The values of a column, one variant a type. The slot of a NULL row holds the type's zero, so that equal
/// rows are equal bytes.
#[derive(Clone, Debug, PartialEq)]
pub enum Values {
    Bool(Vec<bool>),
    I64(Vec<i64>),
    F64(Vec<f64>),
    Str(Text),
    /// Nanoseconds since 1970-01-01 UTC.
    Time(Vec<i64>),
    List(Lists),
}

/// A typed column; `values` and `valid` have the same length.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    pub values: Values,
    pub valid: Bits,
}

/// One value, for the slow paths: rendering, tests, messages.
#[derive(Clone, Debug, PartialEq)]
pub enum Value<'a> {
    Null,
    Bool(bool),
    I64(i64),
    F64(f64),
    Str(&'a str),
    Time(i64),
    List(Vec<&'a str>),
}

/// As the index of a row: there is none, and its value is NULL.
pub(crate) const NO_ROW: u32 = u32::MAX;

/// Runs the same code over whichever vector a column holds.
macro_rules! each {
    ($values:expr, $v:ident => $do:expr) => {
        match $values {
            Values::Bool($v) => $do,
            Values::I64($v) | Values::Time($v) => $do,
            Values::F64($v) => $do,
            Values::Str($v) => $do,
            Values::List($v) => $do,
        }
    };
}

/// Keeps the elements of these runs.
pub(super) fn retain<T: Copy>(values: &mut Vec<T>, runs: &[Range<usize>]) {
    let mut end = 0;
    for run in runs {
        values.copy_within(run.clone(), end);
        end += run.len();
    }
    values.truncate(end);
}

/// Adds elements by their index.
pub(super) fn gather<T: Copy>(values: &mut Vec<T>, other: &[T], rows: &[u32]) {
    values.extend(rows.iter().map(|row| other[*row as usize]));
}

impl Column {
    pub fn new(of: Type) -> Column {
        let values = match of {
            Type::Bool => Values::Bool(Vec::new()),
            Type::I64 => Values::I64(Vec::new()),
            Type::F64 => Values::F64(Vec::new()),
            Type::Str => Values::Str(Text::default()),
            Type::Time => Values::Time(Vec::new()),
            Type::List => Values::List(Lists::default()),
        };
        Column { values, valid: Bits::default() }
    }

    pub fn of(&self) -> Type {
        match self.values {
            Values::Bool(_) => Type::Bool,
            Values::I64(_) => Type::I64,
            Values::F64(_) => Type::F64,
            Values::Str(_) => Type::Str,
            Values::Time(_) => Type::Time,
            Values::List(_) => Type::List,
        }
    }

    pub fn len(&self) -> usize {
        each!(&self.values, v => v.len())
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Forgets the rows, keeps the memory.
    pub fn clear(&mut self) {
        each!(&mut self.values, v => v.clear());
        self.valid.clear();
    }

    pub fn push_null(&mut self) {
        match &mut self.values {
            Values::Bool(v) => v.push(false),
            Values::I64(v) | Values::Time(v) => v.push(0),
            Values::F64(v) => v.push(0.0),
            Values::Str(v) => v.push(""),
            Values::List(v) => v.push([]),
        }
        self.valid.push(false);
    }

    /// Adds one value.
    ///
    /// # Panics
    /// When the value is not of the column's type.
    pub fn push(&mut self, value: Value<'_>) {
        match (&mut self.values, value) {
            (_, Value::Null) => return self.push_null(),
            (Values::Bool(v), Value::Bool(x)) => v.push(x),
            (Values::I64(v), Value::I64(x)) | (Values::Time(v), Value::Time(x)) => v.push(x),
            (Values::F64(v), Value::F64(x)) => v.push(x),
            (Values::Str(v), Value::Str(x)) => v.push(x),
            (Values::List(v), Value::List(x)) => v.push(x),
            (values, value) => panic!("{value:?} does not fit into {values:?}"),
        }
        self.valid.push(true);
    }

    /// The value of one row.
    pub fn value(&self, row: usize) -> Value<'_> {
        if !self.valid.get(row) {
            return Value::Null;
        }
        match &self.values {
            Values::Bool(v) => Value::Bool(v[row]),
            Values::I64(v) => Value::I64(v[row]),
            Values::F64(v) => Value::F64(v[row]),
            Values::Str(v) => Value::Str(v.get(row)),
            Values::Time(v) => Value::Time(v[row]),
            Values::List(v) => Value::List(v.get(row).collect()),
        }
    }

    /// Adds rows `from..to` of a column of the same type.
    pub fn extend(&mut self, other: &Column, from: usize, to: usize) {
        match (&mut self.values, &other.values) {
            (Values::Bool(v), Values::Bool(o)) => v.extend_from_slice(&o[from..to]),
            (Values::I64(v), Values::I64(o)) | (Values::Time(v), Values::Time(o)) => {
                v.extend_from_slice(&o[from..to])
            }
            (Values::F64(v), Values::F64(o)) => v.extend_from_slice(&o[from..to]),
            (Values::Str(v), Values::Str(o)) => v.extend(o, from, to),
            (Values::List(v), Values::List(o)) => v.extend(o, from, to),
            _ => panic!("columns of {} and {} don't mix", self.of(), other.of()),
        }
        self.valid.extend(&other.valid, from, to);
    }

    /// Adds rows as `extend` does, in a column of texts only as long as it has no more than `room` bytes: then it is
    /// full.
    pub(crate) fn extend_within(&mut self, room: usize, other: &Column, from: usize, to: usize) {
        match (&mut self.values, &other.values) {
            (Values::Str(v), Values::Str(o)) => {
                v.extend_within(room, o, from, to);
                self.valid.extend(&other.valid, from, to);
            }
            _ => self.extend(other, from, to),
        }
    }

    /// Texts have found no room: what the column holds is of no use.
    pub(crate) fn is_full(&self) -> bool {
        matches!(&self.values, Values::Str(v) if v.is_full())
    }

    /// Whether all rows of a column of the same type can be added.
    pub(crate) fn takes(&self, other: &Column) -> bool {
        match (&self.values, &other.values) {
            (Values::Str(v), Values::Str(o)) => v.takes(o),
            _ => true,
        }
    }

    /// Adds rows of a column of the same type by their index.
    pub(crate) fn gather(&mut self, other: &Column, rows: &[u32]) {
        match (&mut self.values, &other.values) {
            (Values::Bool(v), Values::Bool(o)) => gather(v, o, rows),
            (Values::I64(v), Values::I64(o)) | (Values::Time(v), Values::Time(o)) => gather(v, o, rows),
            (Values::F64(v), Values::F64(o)) => gather(v, o, rows),
            (Values::Str(v), Values::Str(o)) => v.gather(o, rows),
            (Values::List(v), Values::List(o)) => v.gather(o, rows),
            _ => panic!("columns of {} and {} don't mix", self.of(), other.of()),
        }
        self.valid.gather(&other.valid, rows);
    }

    /// Keeps the rows whose mask is true, in place.
    pub fn retain(&mut self, keep: &[bool]) {
        let mut runs = Vec::new();
        runs::find(keep, &mut runs);
        self.retain_runs(&runs);
    }

    /// Keeps the rows of these runs, which come in order.
    pub(super) fn retain_runs(&mut self, runs: &[Range<usize>]) {
        match &mut self.values {
            Values::Bool(v) => retain(v, runs),
            Values::I64(v) | Values::Time(v) => retain(v, runs),
            Values::F64(v) => retain(v, runs),
            Values::Str(v) => v.retain(runs.iter().cloned()),
            Values::List(v) => v.retain(runs),
        }
        self.valid.retain(runs);
    }

    /// A number as f64, the form in which miners learn from it; `None` when it is NULL.
    ///
    /// # Panics
    /// When the column is not numeric: `plan` sees to that.
    pub fn number(&self, row: usize) -> Option<f64> {
        let number = match &self.values {
            Values::I64(v) => v[row] as f64,
            Values::F64(v) => v[row],
            _ => panic!("a {} column is no number", self.of()),
        };
        self.valid.get(row).then_some(number)
    }
}
