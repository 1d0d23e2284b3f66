//! What a classifier is to the stage around it: it answers with a vote for each class, and it learns a record.

use super::tree::{Condition, NodeView};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// One record as a learner sees it: numbers, and nominal values as codes, dense in order of first appearance. A value
/// beyond the bound has the code `codes::BEYOND`.
#[derive(Clone, Copy, Debug)]
pub(in crate::mining) struct Row<'a> {
    pub(in crate::mining) numeric: &'a [f64],
    pub(in crate::mining) nominal: &'a [u32],
}

/// The class of a record that is not learned.
pub(in crate::mining) const NO_CLASS: u32 = u32::MAX;

/// Records in their order, handed over together. They are answered and learned as if each came alone.
#[derive(Clone, Copy, Debug)]
pub(in crate::mining) struct Lot<'a> {
    /// The numbers of all records, and their names.
    pub(in crate::mining) numeric: &'a [f64],
    pub(in crate::mining) nominal: &'a [u32],
    /// How many of each a record has.
    pub(in crate::mining) features: (usize, usize),
    /// The class that each record is to be learned as, or `NO_CLASS`.
    pub(in crate::mining) classes: &'a [u32],
    /// How many classes were known before each record.
    pub(in crate::mining) known: &'a [u32],
    /// Room for votes that each record has: as many as there are classes in the end.
    pub(in crate::mining) width: usize,
}

impl<'a> Lot<'a> {
    pub(in crate::mining) fn len(&self) -> usize {
        self.classes.len()
    }

    /// One record.
    #[inline]
    pub(in crate::mining) fn row(&self, at: usize) -> Row<'a> {
        let (numeric, nominal) = self.features;
        Row {
            numeric: &self.numeric[at * numeric..][..numeric],
            nominal: &self.nominal[at * nominal..][..nominal],
        }
    }
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

    /// What it counts of itself: whole numbers in the report, behind the scores.
    const COUNTS: &'static [&'static str] = &[];

    /// These numbers.
    fn counts(&self) -> Vec<u64> {
        Vec::new()
    }

    /// Whether it has several trees.
    const MANY: bool = false;

    /// How many answer.
    fn trees(&self) -> usize {
        1
    }

    /// Shows the nodes of its trees, each before those below it, with the number of the tree.
    fn each_node(&self, _each: &mut dyn FnMut(usize, NodeView<'_>)) {}

    /// Adds to each feature, numbers first, how much it helps.
    fn add_importance(&self, _to: &mut [f64]) {}

    /// Shows what leads a record to its leaf, tree by tree.
    fn path(&self, _row: Row<'_>, _each: &mut dyn FnMut(usize, Condition)) {}

    /// Answers and learns records as if they came one by one, with so many threads: writes for each as many votes as
    /// the lot is wide. Called only of those whose parameters ask for several.
    fn work(&mut self, _lot: &Lot<'_>, _threads: usize, _votes: &mut [f64]) {}
}
