//! What the step `fill` remembers of a column, and how a value that is missing is made of it.

use super::given::{Method, Part};
use crate::data::{Batch, Column, Type, Value, Values};
use crate::numeric::is_known;
use crate::preprocess::common::{Cell, is_missing};
use serde::{Deserialize, Serialize};

/// A longer text is not remembered.
const TEXT_MAX: usize = 64 << 10;
/// The places of the counts.
const FILLED: usize = 0;
const MISSING: usize = 1;

/// What is remembered of a column.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) enum Known {
    Nothing,
    Last(Cell),
    Mean { n: u64, mean: f64 },
}

impl Part {
    pub(super) fn fresh(&self) -> Known {
        match self.method {
            Method::Value(_) => Known::Nothing,
            Method::Last => Known::Last(Cell::Null),
            Method::Mean => Known::Mean { n: 0, mean: 0.0 },
        }
    }

    /// Learns from a value that is there.
    #[inline]
    fn learn(known: &mut Known, column: &Column, row: usize) {
        match known {
            Known::Nothing => {}
            Known::Last(cell) => cell.take(column, row, TEXT_MAX),
            Known::Mean { n, mean } => {
                if let Some(x) = column.number(row).filter(|x| is_known(*x)) {
                    *n += 1;
                    *mean += (x - *mean) / *n as f64;
                }
            }
        }
    }

    /// What a missing value becomes.
    fn value<'a>(&'a self, known: &'a Known) -> Value<'a> {
        match (&self.method, known) {
            (Method::Value(cell), _) | (_, Known::Last(cell)) => cell.value(),
            (_, Known::Mean { n: 0, .. } | Known::Nothing) => Value::Null,
            (_, Known::Mean { mean, .. }) if self.of == Type::I64 => Value::I64(mean.round() as i64),
            (_, Known::Mean { mean, .. }) => Value::F64(*mean),
        }
    }

    /// Takes one row: learns from its value, or fills it. Texts are written into a column of their own.
    #[inline]
    pub(super) fn step(
        &self,
        known: &mut Known,
        (column, row): (&mut Column, usize),
        texts: Option<&mut Column>,
        counts: &mut [u64],
    ) {
        if !is_missing(column, row) {
            Part::learn(known, column, row);
            if let Some(texts) = texts {
                texts.extend(column, row, row + 1);
            }
            return;
        }
        let value = self.value(known);
        counts[if value == Value::Null { MISSING } else { FILLED }] += 1;
        match texts {
            Some(texts) => texts.push(value),
            None => put(column, row, &value),
        }
    }

    /// Whether a column has to be written anew to be filled.
    pub(super) fn is_rewritten(&self, column: &Column) -> bool {
        matches!(self.of, Type::Str | Type::List) && column.valid.nulls() > 0
    }

    /// Takes a whole column of one memory.
    pub(super) fn run(&self, known: &mut Known, batch: &mut Batch, counts: &mut [u64]) {
        let rows = batch.len();
        let column = &batch.columns[self.column];
        let none = column.valid.nulls() == 0
            && !matches!(&column.values, Values::F64(v) if v.iter().any(|x| x.is_nan()));
        match known {
            Known::Nothing if none => {}
            Known::Last(cell) if none => {
                if let Some(last) = rows.checked_sub(1) {
                    cell.take(column, last, TEXT_MAX);
                }
            }
            _ => {
                let mut texts = self.is_rewritten(column).then(|| batch.new_column(self.of));
                for row in 0..rows {
                    self.step(known, (&mut batch.columns[self.column], row), texts.as_mut(), counts);
                }
                place(batch, self.column, texts);
            }
        }
    }
}

/// Writes a value of a fixed width where there was none.
fn put(column: &mut Column, row: usize, value: &Value<'_>) {
    match (&mut column.values, value) {
        (Values::Bool(v), Value::Bool(x)) => v[row] = *x,
        (Values::I64(v), Value::I64(x)) | (Values::Time(v), Value::Time(x)) => v[row] = *x,
        (Values::F64(v), Value::F64(x)) => v[row] = *x,
        // A number that is none becomes NULL.
        (Values::F64(v), Value::Null) => v[row] = 0.0,
        (_, Value::Null) => {}
        (values, value) => panic!("{value:?} does not fit into {values:?}: plan sees to that"),
    }
    column.valid.set(row, *value != Value::Null);
}

/// Puts a column that was written anew in the place of the old one.
pub(super) fn place(batch: &mut Batch, at: usize, column: Option<Column>) {
    if let Some(column) = column {
        let old = std::mem::replace(&mut batch.columns[at], column);
        batch.put_aside(old);
    }
}

impl Part {
    /// Whether it can have remembered this.
    pub(super) fn fits(&self, known: &Known) -> bool {
        match (&self.method, known) {
            (Method::Value(_), Known::Nothing) => true,
            (Method::Last, Known::Last(cell)) => {
                cell.of().is_none_or(|of| of == self.of) && cell.bytes() <= TEXT_MAX
            }
            (Method::Mean, Known::Mean { mean, .. }) => mean.is_finite(),
            _ => false,
        }
    }
}
