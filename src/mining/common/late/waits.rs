//! What waits under a key: a record for its label, with all that its answer will be scored and learned by, or a label.

use crate::mining::common::scores::Baselines;
use serde::{Deserialize, Serialize};

/// What waits under a key.
#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
pub(in crate::mining::common) struct Waits {
    /// Its event time; the least there is where it has none.
    pub(super) time: i64,
    /// The class: of a label, or the one that was predicted; none, where there was no answer.
    pub(in crate::mining::common) class: Option<Vec<u8>>,
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
        let Waits { time, class, predicted, baselines, of, born, cells } = self;
        (*time, *predicted) = (other.time, other.predicted);
        (*baselines, *born) = (other.baselines, other.born);
        class.clone_from(&other.class);
        of.clone_from(&other.of);
        cells.clone_from(&other.cells);
    }
}

impl Waits {
    /// Whether it can be of a model with so many features, numbers and names, and of so many classes at most.
    pub(in crate::mining::common) fn fits(&self, features: usize, classes: usize) -> bool {
        let shares = self.cells.len().checked_sub(features);
        let inside = |class: u32| shares.is_some_and(|shares| (class as usize) < shares);
        self.predicted.is_none_or(inside)
            && (self.cells.is_empty() || shares.is_some_and(|shares| shares <= classes))
    }
}
