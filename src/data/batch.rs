//! Records of one link, held as columns: what operators work on and frames carry.

use super::late::Late;
use super::{Column, Schema, column, runs};
use std::ops::Range;

/// Rows as columns. The schema is known from the plan and is not carried along.
///
/// `id` is worker number << 48 | the worker's own count. `born_ns` is when the record should have entered
/// (monotonic clock of the host), `late_ns` how far its event time lies behind the greatest one that its source worker
/// had read before it. All columns have as many rows as `id`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Batch {
    pub id: Vec<u64>,
    pub born_ns: Vec<u64>,
    pub late_ns: Late,
    pub columns: Vec<Column>,
    spare: Spare,
}

/// Memory put aside for reuse. It is no part of a batch's value.
#[derive(Clone, Debug, Default)]
struct Spare {
    columns: Vec<Column>,
    runs: Vec<Range<usize>>,
}

impl PartialEq for Spare {
    fn eq(&self, _: &Spare) -> bool {
        true
    }
}

impl Batch {
    /// An empty batch with the columns of a schema.
    pub fn new(schema: &Schema) -> Batch {
        let mut batch = Batch::default();
        batch.reset(schema);
        batch
    }

    /// Forgets all rows and takes columns as another batch has them; reuses memory as `reset` does.
    pub fn reset_like(&mut self, other: &Batch) {
        self.reset_to(other.columns.iter().map(Column::of));
    }

    pub fn len(&self) -> usize {
        self.id.len()
    }

    pub fn is_empty(&self) -> bool {
        self.id.is_empty()
    }

    /// How late a record is, in nanoseconds.
    #[inline]
    pub fn late(&self, row: usize) -> u64 {
        self.late_ns.get(row)
    }

    /// Forgets all rows and takes the columns of `schema`; reuses the memory of columns it had before, so
    /// that a loop which resets the same batch allocates nothing once it is warm.
    pub fn reset(&mut self, schema: &Schema) {
        self.reset_to(schema.fields.iter().map(|field| field.of));
    }

    fn reset_to(&mut self, types: impl Iterator<Item = super::Type> + Clone) {
        self.clear();
        if self.columns.iter().map(Column::of).eq(types.clone()) {
            return;
        }
        self.spare.columns.append(&mut self.columns);
        for of in types {
            let column = self.new_column(of);
            self.columns.push(column);
        }
    }

    /// Forgets the rows, keeps columns and memory.
    pub fn clear(&mut self) {
        self.id.clear();
        self.born_ns.clear();
        self.late_ns.clear();
        self.columns.iter_mut().for_each(Column::clear);
    }

    /// An empty column, from those put aside if there is one of that type. The caller fills it and gives it
    /// back by `columns.push`.
    #[inline]
    pub fn new_column(&mut self, of: super::Type) -> Column {
        let found = self.spare.columns.iter().rposition(|column| column.of() == of);
        let mut column = found.map_or_else(|| Column::new(of), |at| self.spare.columns.swap_remove(at));
        column.clear();
        column
    }

    /// Puts a column's memory aside for `new_column`.
    pub(crate) fn put_aside(&mut self, column: Column) {
        self.spare.columns.push(column);
    }

    /// Keeps the rows whose mask is true.
    pub fn retain(&mut self, keep: &[bool]) {
        assert_eq!(keep.len(), self.len(), "a mask has a flag a row");
        if keep.iter().all(|keep| *keep) {
            return;
        }
        let mut runs = std::mem::take(&mut self.spare.runs);
        runs::find(keep, &mut runs);
        column::retain(&mut self.id, &runs);
        column::retain(&mut self.born_ns, &runs);
        self.late_ns.retain(&runs);
        self.columns.iter_mut().for_each(|column| column.retain_runs(&runs));
        self.spare.runs = runs;
    }

    /// Adds rows `from..to` of a batch of the same columns.
    pub fn extend(&mut self, other: &Batch, from: usize, to: usize) {
        self.late_ns.extend(self.id.len(), &other.late_ns, from, to);
        self.id.extend_from_slice(&other.id[from..to]);
        self.born_ns.extend_from_slice(&other.born_ns[from..to]);
        for (column, of) in self.columns.iter_mut().zip(&other.columns) {
            column.extend(of, from, to);
        }
    }

    /// Adds rows of a batch of the same columns by their index, in any order and as often as they are named.
    pub(crate) fn gather(&mut self, other: &Batch, rows: &[u32]) {
        self.late_ns.gather(self.id.len(), &other.late_ns, rows);
        column::gather(&mut self.id, &other.id, rows);
        column::gather(&mut self.born_ns, &other.born_ns, rows);
        for (column, of) in self.columns.iter_mut().zip(&other.columns) {
            column.gather(of, rows);
        }
    }
}

#[cfg(test)]
pub(super) mod tests;
