//! How far rows that wait have gone, and which rows of an older state those are.

use serde::{Deserialize, Serialize};
use std::cmp::Ordering;

/// A place in the order in which rows go: by their time; those of one time by what tells them apart (in a sort the id,
/// in a join the side), and those of which that is the same as they came. What comes later may have its place before
/// what waits, so a number of rows alone would not say which they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(in crate::preprocess) struct Reached {
    pub(super) time: i64,
    pub(super) tie: u64,
    /// Of those of that very time and tie so many have gone.
    pub(super) of_it: u64,
}

/// Which rows of an older state have gone: to be asked in the order in which they go.
pub(in crate::preprocess) struct Past(Reached);

impl Reached {
    pub(super) const NOTHING: Reached = Reached::before(i64::MIN);
    pub(super) const ALL: Reached = Reached { time: i64::MAX, tie: u64::MAX, of_it: u64::MAX };

    /// All that lies before a time has gone.
    pub(super) const fn before(time: i64) -> Reached {
        Reached { time, tie: 0, of_it: 0 }
    }

    /// The next goes, in the order of times and ties.
    #[inline]
    pub(in crate::preprocess) fn pass(&mut self, time: i64, tie: u64) {
        match (time, tie).cmp(&(self.time, self.tie)) {
            Ordering::Greater => *self = Reached { time, tie, of_it: 1 },
            Ordering::Equal => self.of_it += 1,
            Ordering::Less => {}
        }
    }

    /// What has gone of a state that had come as far as `here` when it was saved.
    pub(super) fn since(self, here: Reached) -> Past {
        let known = if (self.time, self.tie) == (here.time, here.tie) { here.of_it } else { 0 };
        Past(Reached { of_it: self.of_it.saturating_sub(known), ..self })
    }
}

impl Past {
    /// Whether the next of the state has gone.
    pub(in crate::preprocess) fn has(&mut self, time: i64, tie: u64) -> bool {
        let Past(to) = self;
        match (time, tie).cmp(&(to.time, to.tie)) {
            Ordering::Less => true,
            Ordering::Equal => to.of_it.checked_sub(1).map(|left| to.of_it = left).is_some(),
            Ordering::Greater => false,
        }
    }

    /// Whether all of a time have gone.
    pub(in crate::preprocess) fn has_all(&self, time: i64) -> bool {
        time < self.0.time
    }
}
