//! What is known of one stream that is watched: its detector, and the newest changes that it found.

use super::{Detector, Seen};
use crate::data::{Column, Value};
use crate::numeric::Change;
use serde::{Deserialize, Serialize};

pub(super) const STATE_VERSION: u16 = 1;
/// So many changes are told again in each report; the number of a change tells how many there were.
const KEPT: usize = 20;

#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Watched<D> {
    detector: D,
    /// How many values it has looked at, and how many changes it found.
    values: u64,
    changes: u64,
    /// The newest of them, the oldest first.
    told: Vec<Told>,
}

/// A change as the report tells it.
#[derive(Clone, Serialize, Deserialize)]
struct Told {
    number: u64,
    at: u64,
    found: u64,
    time: Option<i64>,
    before: f64,
    after: f64,
}

impl<D: Detector> Watched<D> {
    pub(super) fn new(detector: D) -> Watched<D> {
        Watched { detector, values: 0, changes: 0, told: Vec::new() }
    }

    /// Looks at a value.
    #[inline]
    pub(super) fn add(&mut self, x: f64) -> Seen {
        self.values += 1;
        self.detector.add(x)
    }

    /// Keeps a change that the value looked at last has shown.
    #[cold]
    pub(super) fn keep(&mut self, change: Change, time: Option<i64>) {
        let number = self.changes;
        self.changes += 1;
        if self.told.len() == KEPT {
            self.told.remove(0);
        }
        let at = self.values.saturating_sub(change.since);
        let (before, after) = (change.before, change.after);
        self.told.push(Told { number, at, found: self.values - 1, time, before, after });
    }

    /// Adds a row for each change; `key` is called for each.
    pub(super) fn report(&self, timed: bool, columns: &mut [Column], key: &mut dyn FnMut()) {
        for told in &self.told {
            key();
            let time = timed.then(|| told.time.map_or(Value::Null, Value::Time));
            let head = [told.number, told.at, told.found].map(|n| Value::I64(n as i64));
            let means = [told.before, told.after].map(Value::F64);
            let row = head.into_iter().chain(time).chain(means);
            columns.iter_mut().zip(row).for_each(|(column, value)| column.push(value));
        }
    }

    pub(super) fn fits(&self, fresh: &D) -> bool {
        self.detector.fits(fresh) && self.told.len() <= KEPT
    }
}
