//! What makes the trees of a forest differ, and when one goes.

use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Replacing {
    /// How often a tree learns a record, on average.
    pub(super) lambda: f64,
    /// The deltas of each tree's windows: for a tree to begin in the background, and to take its place.
    pub(super) warning_delta: f64,
    pub(super) drift_delta: f64,
}
