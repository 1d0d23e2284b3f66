//! Batches that a sink holds until its store has taken them.
//!
//! They stay until the store has them for good, so that what it rolled back can be written again as it was. While
//! anything is held the account is held too: it speaks of no record that is not stored.

use super::{Cx, Next};
use crate::data::{Batch, Schema, Values};
use crate::params::JsonSchema;
use crate::units::Span;

/// When what is held is written; the first of them counts.
#[derive(Clone, Copy, Debug, serde::Deserialize, serde::Serialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Commit {
    /// At so many records.
    #[schemars(range(min = 1))]
    records: usize,
    /// At this age of the oldest record in it.
    age: Span,
}

impl Default for Commit {
    fn default() -> Commit {
        Commit { records: 10_000, age: Span::from_ms(100) }
    }
}

/// It is also written at this size, so that long records don't fill the memory.
const BYTES_MAX: usize = 16 << 20;

/// What the next write will store, by inlet.
pub(crate) struct Held {
    commit: Commit,
    batches: Vec<Batch>,
    records: usize,
    bytes: usize,
    due_ns: u64,
}

impl Held {
    /// Nothing yet, of inlets with these columns.
    pub(crate) fn new<'a>(commit: Commit, inlets: impl IntoIterator<Item = &'a Schema>) -> Held {
        let batches = inlets.into_iter().map(Batch::new).collect();
        Held { commit, batches, records: 0, bytes: 0, due_ns: 0 }
    }

    /// Adds what has come over an inlet.
    pub(crate) fn add(&mut self, batch: &Batch, cx: &Cx) {
        if batch.is_empty() {
            return;
        }
        if self.records == 0 {
            self.due_ns = cx.now_ns.saturating_add(self.commit.age.ns);
        }
        self.batches[cx.inlet].extend(batch, 0, batch.len());
        self.records += batch.len();
        self.bytes += bytes_of(batch);
    }

    /// Whether it is to be written now.
    pub(crate) fn is_due(&self, now_ns: u64) -> bool {
        let full = self.records >= self.commit.records || self.bytes >= BYTES_MAX;
        self.records > 0 && (full || now_ns >= self.due_ns)
    }

    /// All that is held, by inlet.
    pub(crate) fn batches(&self) -> &[Batch] {
        &self.batches
    }

    /// The store has it.
    pub(crate) fn clear(&mut self) {
        self.batches.iter_mut().for_each(Batch::clear);
        (self.records, self.bytes) = (0, 0);
    }

    /// What the sink wants next; the account is held while there is something.
    pub(crate) fn next(&self, cx: &mut Cx) -> Next {
        if self.records == 0 {
            return Next::Wait;
        }
        cx.hold();
        Next::At(self.due_ns)
    }
}

/// About the memory that a batch takes.
fn bytes_of(batch: &Batch) -> usize {
    let of = |values: &Values| match values {
        Values::Str(text) => text.parts().1.len(),
        Values::List(lists) => lists.parts().1.parts().1.len(),
        _ => 0,
    };
    let texts: usize = batch.columns.iter().map(|column| of(&column.values)).sum();
    texts + batch.len() * batch.columns.len() * 8
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Type, Value};
    use crate::operator::{Account, Desk};

    const COMMIT: Commit = Commit { records: 5, age: Span { ns: 100 } };

    fn texts(rows: usize, text: &str) -> Batch {
        let mut batch = Batch::new(&schema());
        for _ in 0..rows {
            batch.id.push(0);
            batch.born_ns.push(0);
            batch.columns[0].push(Value::Str(text));
        }
        batch
    }

    fn schema() -> Schema {
        Schema::of(&[("s", Type::Str)])
    }

    fn start() -> (Held, Desk) {
        (Held::new(COMMIT, [&schema(), &schema()]), Desk::new(Cx::new("run", "store", Account::default())))
    }

    #[test]
    fn it_is_due_at_a_count_at_an_age_and_at_a_size() {
        let (mut held, mut desk) = start();
        desk.cx().now_ns = 1000;
        held.add(&texts(0, ""), desk.cx());
        assert!(
            !held.is_due(u64::MAX) && held.next(desk.cx()) == Next::Wait && !desk.was_held(),
            "it is empty"
        );
        held.add(&texts(3, "a"), desk.cx());
        desk.cx().now_ns = 1050;
        held.add(&texts(1, "a"), desk.cx());
        assert_eq!((held.is_due(1099), held.is_due(1100)), (false, true), "the oldest record counts");
        held.add(&texts(1, "a"), desk.cx());
        assert!(held.is_due(1050));
        held.clear();
        assert!(!held.is_due(u64::MAX));
        held.add(&texts(1, &"x".repeat(BYTES_MAX)), desk.cx());
        assert!(held.is_due(1050));
    }

    #[test]
    fn what_was_not_stored_stays_by_inlet_and_holds_the_account() {
        let (mut held, mut desk) = start();
        desk.cx().now_ns = 7;
        for (inlet, rows) in [(0, 2), (1, 1), (0, 2)] {
            desk.cx().inlet = inlet;
            held.add(&texts(rows, "a"), desk.cx());
            assert_eq!(held.next(desk.cx()), Next::At(107));
            assert!(desk.was_held());
        }
        let rows = |held: &Held| held.batches().iter().map(Batch::len).collect::<Vec<_>>();
        assert_eq!(rows(&held), [4, 1]);
        held.clear();
        assert_eq!((rows(&held), held.next(desk.cx()), desk.was_held()), (vec![0, 0], Next::Wait, false));
    }
}
