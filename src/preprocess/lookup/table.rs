//! The rows of a table by their key, and of each key by their version.

use crate::data::key::{self, KeyOf};
use crate::data::{Batch, Column, NO_ROW, Schema, Values};
use crate::operator::Index;
use std::cmp::Ordering;
use std::ops::Range;

/// How records find rows.
#[derive(Clone, Default)]
pub(super) struct Plan {
    /// The columns of the key, of records and of the table.
    pub record_key: Vec<usize>,
    pub key: Vec<usize>,
    /// The columns of the version, of records and of the table.
    pub version: Option<(usize, usize)>,
    /// The columns of the table that are added.
    pub added: Vec<usize>,
    pub columns: Schema,
}

impl Plan {
    /// Of the columns of a file these are held that are of the key, the version, or added: what another holds is of no
    /// account.
    pub(super) fn keep_only(&mut self, columns: &Schema) {
        let Plan { key, version, added, .. } = self;
        let mut kept: Vec<usize> =
            key.iter().chain(version.iter().map(|(_, at)| at)).chain(&*added).copied().collect();
        kept.sort_unstable();
        kept.dedup();
        let wanted = key.iter_mut().chain(version.iter_mut().map(|(_, at)| at)).chain(added);
        wanted.for_each(|at| *at = kept.partition_point(|kept| kept < at));
        self.columns = Schema { fields: kept.iter().map(|at| columns.fields[*at].clone()).collect() };
    }
}

/// A table that is there.
#[derive(Clone, Default)]
pub(super) struct Table {
    pub rows: Batch,
    index: Index,
    /// Where the rows of each key stand in `order`.
    keys: Vec<Range<u32>>,
    /// Rows by key, those of a key by version, of equal ones as they stand in the file.
    order: Vec<u32>,
}

impl Table {
    /// Of rows; one whose key or version is NULL is found by nobody.
    pub(super) fn new(plan: &Plan, rows: Batch) -> Table {
        let mut key = KeyOf::new(plan.key.clone());
        let mut index = Index::default();
        // A key's first row, and how many it has.
        let mut found: Vec<(u32, u32)> = Vec::new();
        let mut of_row = vec![NO_ROW; rows.len()];
        for (row, of) in of_row.iter_mut().enumerate() {
            let versioned = plan.version.is_none_or(|(_, at)| rows.columns[at].valid.get(row));
            if !versioned || !key.is_whole(&rows, row) {
                continue;
            }
            let hash = key::hash(key.of(&rows, row));
            let is =
                |at: u32| key::same(&rows, &plan.key, found[at as usize].0 as usize, &rows, &plan.key, row);
            let at = index.find(hash, is).unwrap_or_else(|| {
                index.insert(hash, found.len() as u32);
                found.push((row as u32, 0));
                (found.len() - 1) as u32
            });
            found[at as usize].1 += 1;
            *of = at;
        }
        let mut end = 0;
        let mut keys: Vec<Range<u32>> = Vec::new();
        for (_, rows) in &found {
            keys.push(end..end);
            end += rows;
        }
        let mut order = vec![0; end as usize];
        for (row, at) in of_row.iter().enumerate().filter(|(_, at)| **at != NO_ROW) {
            let key = &mut keys[*at as usize];
            order[key.end as usize] = row as u32;
            key.end += 1;
        }
        if let Some((_, version)) = plan.version {
            let column = &rows.columns[version];
            for key in &keys {
                let rows = &mut order[key.start as usize..key.end as usize];
                rows.sort_by(|a, b| compare(column, *a as usize, column, *b as usize));
            }
        }
        Table { rows, index, keys, order }
    }

    /// How many keys it has.
    pub(super) fn keys(&self) -> usize {
        self.keys.len()
    }

    /// The row that a record finds; of several of its version the last.
    #[inline]
    pub(super) fn find(&self, plan: &Plan, key: &mut KeyOf, batch: &Batch, row: usize) -> Option<u32> {
        if !key.is_whole(batch, row) {
            return None;
        }
        let hash = key::hash(key.of(batch, row));
        let first = |at: u32| self.order[self.keys[at as usize].start as usize] as usize;
        let at = self
            .index
            .find(hash, |at| key::same(&self.rows, &plan.key, first(at), batch, &plan.record_key, row))?;
        let Range { start, end } = self.keys[at as usize];
        let rows = &self.order[start as usize..end as usize];
        let Some((of_record, of_table)) = plan.version else { return rows.last().copied() };
        let (ours, theirs) = (&batch.columns[of_record], &self.rows.columns[of_table]);
        if !ours.valid.get(row) {
            return None;
        }
        let fit = rows.partition_point(|at| compare(theirs, *at as usize, ours, row) != Ordering::Greater);
        rows[..fit].last().copied()
    }
}

/// The order of two values of one type, neither of them NULL.
fn compare(a: &Column, a_row: usize, b: &Column, b_row: usize) -> Ordering {
    match (&a.values, &b.values) {
        (Values::I64(a), Values::I64(b)) | (Values::Time(a), Values::Time(b)) => a[a_row].cmp(&b[b_row]),
        (Values::F64(a), Values::F64(b)) => a[a_row].total_cmp(&b[b_row]),
        (Values::Str(a), Values::Str(b)) => a.get(a_row).cmp(b.get(b_row)),
        _ => Ordering::Equal,
    }
}
