//! Which worker of a consumer gets a record: the owner of its key, or the least loaded one.

use crate::data::key::{self, KeyOf};
use crate::data::{Batch, Schema};

/// Chooses workers by key: its hash modulo the workers.
pub(super) struct ByKey {
    key: KeyOf,
    /// The rows of each worker, of the batch at hand.
    rows: Vec<Vec<u32>>,
}

impl ByKey {
    /// `None` when no key is asked for, or there is nothing to choose.
    pub(super) fn new(by: &[String], schema: &Schema, workers: usize) -> Option<ByKey> {
        let columns: Vec<usize> = by.iter().filter_map(|name| schema.index(name)).collect();
        let rows = vec![Vec::new(); workers];
        (!columns.is_empty() && workers > 1).then_some(ByKey { key: KeyOf::new(columns), rows })
    }

    /// Parts a batch: each worker's rows, in their order, into its own of `parts`.
    pub(super) fn part(&mut self, batch: &Batch, parts: &mut [Batch]) {
        self.rows.iter_mut().for_each(Vec::clear);
        for row in 0..batch.len() {
            let worker = self.worker(batch, row);
            self.rows[worker].push(row as u32);
        }
        for (part, rows) in parts.iter_mut().zip(&self.rows) {
            part.clear();
            part.gather(batch, rows);
        }
    }

    /// The worker that owns the key of a row.
    fn worker(&mut self, batch: &Batch, row: usize) -> usize {
        (key::hash(self.key.of(batch, row)) % self.rows.len() as u64) as usize
    }
}

/// The place of the one with the smallest load; equals take turns, beginning behind the last one.
pub(super) fn least_loaded<T>(workers: &[T], last: usize, mut load: impl FnMut(&T) -> u64) -> usize {
    let distance = |worker: usize| (worker + workers.len() - last - 1) % workers.len();
    let loads = workers.iter().enumerate().map(|(worker, of)| (load(of), distance(worker), worker));
    loads.min().map_or(0, |(_, _, worker)| worker)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Type, Value};

    #[test]
    fn a_key_has_one_owner_and_null_is_a_key() {
        let schema = Schema::of(&[("a", Type::Str), ("b", Type::Str)]);
        let mut batch = Batch::new(&schema);
        for (a, b) in
            [("ab", Value::Str("c")), ("a", Value::Str("bc")), ("ab", Value::Str("c")), ("x", Value::Null)]
        {
            batch.id.push(0);
            batch.born_ns.push(0);
            batch.columns[0].push(Value::Str(a));
            batch.columns[1].push(b);
        }
        let mut by = ByKey::new(&["a".into(), "b".into()], &schema, 1000).unwrap();
        let owners: Vec<usize> = (0..4).map(|row| by.worker(&batch, row)).collect();
        assert_eq!(owners[0], owners[2]);
        assert_ne!(owners[0], owners[1], "the same bytes, but other columns");
        let mut parts = vec![Batch::new(&schema); 1000];
        by.part(&batch, &mut parts);
        assert_eq!((parts[owners[0]].len(), parts.iter().map(Batch::len).sum::<usize>()), (2, 4));
        assert!(ByKey::new(&[], &schema, 4).is_none());
        assert!(ByKey::new(&["a".into()], &schema, 1).is_none());
    }

    #[test]
    fn equal_loads_take_turns() {
        assert_eq!(least_loaded(&[5, 5, 5], 0, |n| *n), 1);
        assert_eq!(least_loaded(&[5, 5, 5], 2, |n| *n), 0);
        assert_eq!(least_loaded(&[5, 4, 5], 1, |n| *n), 1);
    }
}
