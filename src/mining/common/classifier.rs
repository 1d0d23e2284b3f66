//! What a classifier is to the stage around it: it answers with a vote for each class, and it learns a record.

use serde::Serialize;
use serde::de::DeserializeOwned;

/// One record as a learner sees it: numbers, and nominal values as codes, dense in order of first appearance. A value
/// beyond the bound has the code `codes::BEYOND`.
#[derive(Clone, Copy, Debug)]
pub(in crate::mining) struct Row<'a> {
    pub(in crate::mining) numeric: &'a [f64],
    pub(in crate::mining) nominal: &'a [u32],
}

/// A model of one stream, or of one key of it. It is made once, of checked parameters; what every key begins with is a
/// copy of it. All its numbers are finite, and it never panics, whatever comes.
pub(in crate::mining) trait Classifier:
    Clone + Send + Serialize + DeserializeOwned + 'static
{
    /// Writes a vote of 0 or more for each class that was seen so far; all zero: no answer. There is a class at least.
    /// Of a model that only looks things up `self` does not change; one that keeps accounts of itself may.
    fn predict(&mut self, row: Row<'_>, votes: &mut [f64]);

    /// Learns one record of a class. Classes are dense numbers: a new one is the number of those before it.
    fn learn(&mut self, row: Row<'_>, class: usize, weight: f64);

    /// Whether this state, which was read, can be that of a model which was planned as `planned` is.
    fn fits(&self, planned: &Self) -> bool;
}
