//! What waits under a key: a record for its label, with all that its answer will be scored and learned by, or a label.

use crate::mining::common::scores::Baselines;
use serde::{Deserialize, Serialize};

/// What waits under a key.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
pub(in crate::mining::common) struct Waits {
    /// Its event time; the least there is where it has none.
    pub(super) time: i64,
    /// The class: of a label, or the one that was predicted, where there was an answer.
    class: Vec<u8>,
    has_class: bool,
    pub(in crate::mining::common) predicted: Option<u32>,
    pub(in crate::mining::common) baselines: Baselines,
    /// The key of the model that answered, and which one of that key it was.
    pub(in crate::mining::common) of: Vec<u8>,
    pub(in crate::mining::common) born: u64,
    /// Features, codes, probabilities; empty where a feature was NULL.
    pub(in crate::mining::common) cells: Vec<f64>,
}

/// A slot that is used again keeps its memory.
impl Clone for Waits {
    fn clone(&self) -> Waits {
        let mut waits = Waits::default();
        waits.clone_from(self);
        waits
    }

    fn clone_from(&mut self, other: &Waits) {
        let Waits { time, class, has_class, predicted, baselines, of, born, cells } = self;
        (*time, *has_class, *predicted) = (other.time, other.has_class, other.predicted);
        (*baselines, *born) = (other.baselines, other.born);
        class.clone_from(&other.class);
        of.clone_from(&other.of);
        cells.clone_from(&other.cells);
    }
}

impl Waits {
    pub(in crate::mining::common) fn class(&self) -> Option<&[u8]> {
        self.has_class.then_some(&self.class)
    }

    pub(in crate::mining::common) fn set_class(&mut self, class: &[u8]) {
        self.class.clear();
        self.class.extend_from_slice(class);
        self.has_class = true;
    }

    /// Whether it can be of a model with so many features, numbers and names, and of so many classes at most.
    pub(in crate::mining::common) fn fits(&self, features: usize, classes: usize) -> bool {
        let shares = self.cells.len().checked_sub(features);
        let inside = |class: u32| shares.is_some_and(|shares| (class as usize) < shares);
        self.predicted.is_none_or(inside)
            && (self.cells.is_empty() || shares.is_some_and(|shares| shares <= classes))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slot_that_is_used_again_keeps_its_memory() {
        let mut slot = Waits::default();
        slot.set_class(b"a class");
        slot.of.extend_from_slice(b"a key");
        slot.cells.extend_from_slice(&[1.0; 20]);
        let room = |slot: &Waits| [slot.class.capacity(), slot.of.capacity(), slot.cells.capacity()];
        let before = room(&slot);
        slot.clone_from(&Waits::default());
        assert_eq!(slot, Waits::default());
        assert_eq!((slot.class(), room(&slot)), (None, before));
        slot.set_class(b"another");
        assert_eq!((slot.class(), room(&slot)), (Some(&b"another"[..]), before));
    }
}
