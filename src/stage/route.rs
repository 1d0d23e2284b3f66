//! Which worker of a consumer gets a record: the owner of its key, or the least loaded one.

use crate::data::{Batch, Column, Schema, Values};
use xxhash_rust::xxh3::Xxh3;

/// Chooses workers by key: xxh3-64 (seed 0) of the canonical bytes of the key columns, modulo the workers.
/// NULL is a key of its own.
pub struct ByKey {
    columns: Vec<usize>,
    workers: usize,
}

impl ByKey {
    /// `None` when no key is asked for, or there is nothing to choose.
    pub fn new(by: &[String], schema: &Schema, workers: usize) -> Option<ByKey> {
        let columns: Vec<usize> = by.iter().filter_map(|name| schema.index(name)).collect();
        (!columns.is_empty() && workers > 1).then_some(ByKey { columns, workers })
    }

    /// The worker that owns the key of a row.
    pub fn worker(&self, batch: &Batch, row: usize) -> usize {
        let mut hasher = Xxh3::new();
        for column in &self.columns {
            hash(&batch.columns[*column], row, &mut hasher);
        }
        (hasher.digest() % self.workers as u64) as usize
    }
}

/// Canonical bytes: a byte that says valid or NULL, then the value; texts with their length, so that `ab`, `c`
/// is not `a`, `bc`; both zeros of f64 are one.
fn hash(column: &Column, row: usize, hasher: &mut Xxh3) {
    if !column.valid.get(row) {
        return hasher.update(&[0]);
    }
    hasher.update(&[1]);
    let mut text = |text: &str| {
        hasher.update(&(text.len() as u64).to_le_bytes());
        hasher.update(text.as_bytes());
    };
    match &column.values {
        Values::Str(v) => text(v.get(row)),
        Values::List(v) => v.get(row).for_each(text),
        Values::Bool(v) => hasher.update(&[u8::from(v[row])]),
        Values::I64(v) | Values::Time(v) => hasher.update(&v[row].to_le_bytes()),
        Values::F64(v) => hasher.update(&if v[row] == 0.0 { 0.0f64 } else { v[row] }.to_le_bytes()),
    }
}

/// The smallest load wins; equals take turns, beginning behind the last one.
pub fn least_loaded(loads: impl ExactSizeIterator<Item = u64> + Clone, last: usize) -> usize {
    let workers = loads.len();
    let distance = |worker: usize| (worker + workers - last - 1) % workers;
    let best = loads.enumerate().min_by_key(|(worker, load)| (*load, distance(*worker)));
    best.map_or(0, |(worker, _)| worker)
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
        let by = ByKey::new(&["a".into(), "b".into()], &schema, 1000).unwrap();
        let owners: Vec<usize> = (0..4).map(|row| by.worker(&batch, row)).collect();
        assert_eq!(owners[0], owners[2]);
        assert_ne!(owners[0], owners[1], "the same bytes, but other columns");
        assert!(ByKey::new(&[], &schema, 4).is_none());
        assert!(ByKey::new(&["a".into()], &schema, 1).is_none());
    }

    #[test]
    fn equal_loads_take_turns() {
        assert_eq!(least_loaded([5, 5, 5].into_iter(), 0), 1);
        assert_eq!(least_loaded([5, 5, 5].into_iter(), 2), 0);
        assert_eq!(least_loaded([5, 4, 5].into_iter(), 1), 1);
    }
}
