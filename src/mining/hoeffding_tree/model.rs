//! A Hoeffding tree as a classifier.

use crate::mining::common::tree::{Condition, NodeView, OWN, Settings, Tree, own_counts};
use crate::mining::common::{Classifier, Row};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct HoeffdingTree {
    settings: Settings,
    tree: Tree,
}

impl HoeffdingTree {
    pub(super) fn new(settings: Settings, seed: u64) -> HoeffdingTree {
        HoeffdingTree { tree: Tree::new(&settings, seed), settings }
    }
}

impl Classifier for HoeffdingTree {
    #[inline]
    fn predict(&mut self, row: Row<'_>, votes: &mut [f64]) {
        self.tree.predict(&self.settings, row, votes);
    }

    #[inline]
    fn learn(&mut self, row: Row<'_>, class: usize, weight: f64) {
        self.tree.learn(&self.settings, row, class, weight);
    }

    fn fits(&self, planned: &HoeffdingTree) -> bool {
        self.settings == planned.settings && self.tree.is_sound(&self.settings, [Tree::ROOT].into_iter())
    }

    const COUNTS: &'static [&'static str] = &OWN;

    fn counts(&self) -> Vec<u64> {
        own_counts([&self.tree].into_iter()).to_vec()
    }

    fn each_node(&self, each: &mut dyn FnMut(usize, NodeView<'_>)) {
        self.tree.each_node(|node| each(0, node));
    }

    fn add_importance(&self, to: &mut [f64]) {
        self.tree.add_gains(to);
    }

    fn path(&self, row: Row<'_>, each: &mut dyn FnMut(usize, Condition)) {
        self.tree.path(row, |condition| each(0, condition));
    }
}
