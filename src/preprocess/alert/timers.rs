//! Which keys become due at which time, in the order of both.

use std::collections::BTreeSet;

/// Times and keys. A key that comes takes the memory of one that has gone.
#[derive(Clone, Default)]
pub(super) struct Timers {
    due: BTreeSet<(i64, Vec<u8>)>,
    /// One that is looked for.
    probe: (i64, Vec<u8>),
    /// Keys that have gone, for their memory.
    spare: Vec<Vec<u8>>,
}

/// So many keys are kept for their memory, each of so many bytes at most.
const SPARE: usize = 64;
const SPARE_BYTES: usize = 256;

impl Timers {
    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.due.len()
    }

    /// The first time at which one is due.
    pub(super) fn first(&self) -> Option<i64> {
        self.due.first().map(|(due, _)| *due)
    }

    pub(super) fn insert(&mut self, due: i64, key: &[u8]) {
        let mut own = self.spare.pop().unwrap_or_default();
        own.extend_from_slice(key);
        self.due.insert((due, own));
    }

    pub(super) fn remove(&mut self, due: i64, key: &[u8]) {
        self.probe.0 = due;
        self.probe.1.clear();
        self.probe.1.extend_from_slice(key);
        if let Some((_, key)) = self.due.take(&self.probe) {
            self.keep(key);
        }
    }

    /// Takes the first out if its time has come.
    pub(super) fn pop(&mut self, time: i64) -> Option<(i64, Vec<u8>)> {
        self.due.first().filter(|(due, _)| *due <= time)?;
        self.due.pop_first()
    }

    /// Takes the memory of a key that is done with.
    pub(super) fn keep(&mut self, mut key: Vec<u8>) {
        if self.spare.len() < SPARE && key.capacity() <= SPARE_BYTES {
            key.clear();
            self.spare.push(key);
        }
    }
}

impl FromIterator<(i64, Vec<u8>)> for Timers {
    fn from_iter<I: IntoIterator<Item = (i64, Vec<u8>)>>(due: I) -> Timers {
        Timers { due: due.into_iter().collect(), ..Timers::default() }
    }
}
