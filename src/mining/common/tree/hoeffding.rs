//! A Hoeffding tree that grows with its stream (Domingos & Hulten 2000, Mining high-speed data streams, KDD).
//!
//! Its nodes lie in one vector and name each other by their place in it, which they keep as long as they are there.

use super::choices::LeafPrediction;
use super::leaf::Leaf;
use super::node::{Branch, Node, Routes};
use super::observers::Observers;
use super::scratch::Scratch;
use super::settings::Settings;
use super::split::{self, Best, Candidate};
use crate::mining::common::Row;
use crate::numeric::SplitMix64;
use serde::{Deserialize, Serialize};

/// The place of no node.
pub(in crate::mining) const NONE: u32 = u32::MAX;

/// A tree, the first of its nodes being the root.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(in crate::mining) struct Tree {
    pub(super) nodes: Vec<Node>,
    pub(super) free: Vec<u32>,
    /// What its nodes hold.
    pub(super) bytes: usize,
    /// How often a leaf was deactivated for want of memory.
    pub(super) deactivated: u64,
    /// No leaf learns any more: nothing can be deactivated.
    pub(super) full: bool,
    seed: u64,
    drawn: u64,
    #[serde(skip)]
    pub(super) scratch: Scratch,
}

/// Where a record comes to: a leaf, and the branch above it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::mining) struct Place {
    pub(in crate::mining) leaf: u32,
    pub(in crate::mining) above: u32,
}

impl Tree {
    pub(in crate::mining) const ROOT: u32 = 0;

    /// A tree of one leaf. The seed decides which features leaves look at, where they don't look at all.
    pub(in crate::mining) fn new(settings: &Settings, seed: u64) -> Tree {
        let mut tree = Tree {
            nodes: Vec::new(),
            free: Vec::new(),
            bytes: 0,
            deactivated: 0,
            full: false,
            seed,
            drawn: 0,
            scratch: Scratch::default(),
        };
        tree.new_leaf(settings, Vec::new(), 0);
        tree
    }

    /// A new leaf that begins with these classes, in a free place.
    pub(in crate::mining) fn new_leaf(&mut self, settings: &Settings, counts: Vec<f64>, depth: u32) -> u32 {
        let leaf = Leaf::new(counts, depth, self.observers(settings));
        self.full = false;
        let node = Node::Leaf(Box::new(leaf));
        self.bytes += node.bytes() + settings.beside;
        if let Some(at) = self.free.pop() {
            self.nodes[at as usize] = node;
            return at;
        }
        self.nodes.push(node);
        (self.nodes.len() - 1) as u32
    }

    /// Takes a node and all below it out; their places, its own first, are added to `gone`. Leaves that were stopped
    /// get its memory.
    pub(in crate::mining) fn remove(&mut self, settings: &Settings, at: u32, gone: &mut Vec<u32>) {
        self.take_all_out(settings, at, gone);
        self.use_room(settings, Tree::shared(settings));
    }

    fn take_all_out(&mut self, settings: &Settings, at: u32, gone: &mut Vec<u32>) {
        let mut next = gone.len();
        gone.push(at);
        while let Some(at) = gone.get(next).copied() {
            next += 1;
            if let Node::Branch(branch) = self.take_out(settings, at) {
                gone.extend_from_slice(&branch.children);
            }
        }
    }

    fn take_out(&mut self, settings: &Settings, at: u32) -> Node {
        let node = std::mem::replace(&mut self.nodes[at as usize], Node::Free);
        self.bytes -= node.bytes() + settings.beside;
        self.free.push(at);
        node
    }

    /// Puts another node, with all below it, into the place of this one, which goes with all below it.
    pub(in crate::mining) fn supersede(
        &mut self,
        settings: &Settings,
        at: u32,
        by: u32,
        gone: &mut Vec<u32>,
    ) {
        let from = gone.len();
        let node = self.take_out(settings, by);
        self.bytes += node.bytes() + settings.beside;
        self.take_all_out(settings, at, gone);
        gone[from] = by;
        self.free.retain(|free| *free != at);
        self.nodes[at as usize] = node;
        self.use_room(settings, Tree::shared(settings));
    }

    /// Observers of all features, or of some that are drawn.
    pub(super) fn observers(&mut self, settings: &Settings) -> Observers {
        let (numeric, all) = (settings.numeric as u32, settings.numeric + settings.nominal);
        let mut features: Vec<u32> = (0..all as u32).collect();
        if let Some(sample) = settings.sample.filter(|sample| *sample < all) {
            let mut random = SplitMix64::at(self.seed, self.drawn);
            self.drawn += 1;
            for at in 0..sample {
                features.swap(at, at + random.below((all - at) as u64) as usize);
            }
            features.truncate(sample);
            features.sort_unstable();
        }
        let nominal = features.split_off(features.partition_point(|feature| *feature < numeric));
        Observers::new(features, nominal.iter().map(|feature| feature - numeric))
    }

    /// The node that a record goes to from this one; `None` from a leaf.
    #[inline]
    pub(in crate::mining) fn next(&mut self, at: u32, row: Row<'_>) -> Option<u32> {
        let Node::Branch(branch) = &self.nodes[at as usize] else { return None };
        self.scratch.visited += 1;
        Some(branch.child(row))
    }

    /// The leaf that a record comes to.
    #[inline]
    pub(in crate::mining) fn find(&mut self, from: u32, row: Row<'_>) -> Place {
        let mut place = Place { leaf: from, above: NONE };
        while let Some(next) = self.next(place.leaf, row) {
            place = Place { leaf: next, above: place.leaf };
        }
        place
    }

    /// The same for a record that is learned: a value that has no branch gets one, as long as there is memory.
    #[inline]
    pub(in crate::mining) fn step(&mut self, at: u32, settings: &Settings, row: Row<'_>) -> Option<u32> {
        let Node::Branch(branch) = &mut self.nodes[at as usize] else { return None };
        self.scratch.visited += 1;
        let next = branch.take(row);
        Some(next.unwrap_or_else(|| self.grow(at, settings, row)))
    }

    #[cold]
    fn grow(&mut self, at: u32, settings: &Settings, row: Row<'_>) -> u32 {
        let depth = self.depth(at) + 1;
        let leaf = (self.bytes < settings.memory_max).then(|| self.new_leaf(settings, Vec::new(), depth));
        let Node::Branch(branch) = &mut self.nodes[at as usize] else { return at };
        let before = branch.bytes();
        let next = branch.grow(row, leaf);
        self.bytes = self.bytes - before + branch.bytes();
        next
    }

    /// Learns a record.
    #[inline]
    pub(in crate::mining) fn learn(&mut self, settings: &Settings, row: Row<'_>, class: usize, weight: f64) {
        let mut place = Place { leaf: Tree::ROOT, above: NONE };
        while let Some(next) = self.step(place.leaf, settings, row) {
            place = Place { leaf: next, above: place.leaf };
        }
        self.learn_at(place.leaf, settings, row, class, weight);
    }

    /// Learns a record at its leaf, which may become a branch then: true.
    #[inline]
    pub(in crate::mining) fn learn_at(
        &mut self,
        at: u32,
        settings: &Settings,
        row: Row<'_>,
        class: usize,
        weight: f64,
    ) -> bool {
        let Node::Leaf(leaf) = &mut self.nodes[at as usize] else { return false };
        let bayes = match self.scratch.recall(at, row) {
            _ if settings.prediction != LeafPrediction::Adaptive => None,
            Some(bayes) => bayes,
            None => {
                self.scratch.logs.resize(leaf.counts.len(), 0.0);
                leaf.bayes(row, &mut self.scratch.logs)
            }
        };
        let grew = leaf.learn(row, class, weight, bayes);
        if grew {
            self.bytes = self.bytes - leaf.recount() + leaf.counted;
        }
        let tried = leaf.total - leaf.tried_at >= settings.grace && leaf.depth < settings.depth_max;
        let split = tried && self.try_to_split(at, settings);
        if (grew || split) && self.bytes > settings.memory_max && !self.full {
            self.make_room(settings);
        } else if split {
            self.use_room(settings, settings.memory_max / 2);
        }
        split
    }

    fn try_to_split(&mut self, at: u32, settings: &Settings) -> bool {
        let Node::Leaf(leaf) = &mut self.nodes[at as usize] else { return false };
        leaf.tried_at = leaf.total;
        let Some(observers) = &leaf.observers else { return false };
        if leaf.is_pure() || leaf.total - leaf.promise() > settings.class_share_max * leaf.total {
            return false;
        }
        let best = settings.judge.best(leaf, observers, &mut self.scratch.desk);
        let range = settings.judge.range(leaf);
        let bound = (range * range * (1.0 / settings.delta).ln() / (2.0 * leaf.total)).sqrt();
        match best {
            Best { first: Some(first), second }
                if first.merit > 0.0 && (first.merit - second > bound || bound < settings.tau) =>
            {
                self.split(at, settings, &first);
                true
            }
            _ => false,
        }
    }

    /// Puts a branch into a leaf's place, and leaves below it.
    fn split(&mut self, at: u32, settings: &Settings, chosen: &Candidate) {
        let Node::Leaf(leaf) = &self.nodes[at as usize] else { return };
        let Some(observers) = &leaf.observers else { return };
        let distributions = split::children(observers, chosen, &mut self.scratch.desk);
        let routes = Routes::of(observers, chosen, &distributions);
        let numeric = settings.numeric as u32;
        let feature = match chosen.observer.checked_sub(observers.numeric.len()) {
            None => observers.numeric[chosen.observer],
            Some(nominal) => numeric + observers.nominal[nominal].feature,
        };
        let (depth, counts, gain) = (leaf.depth, leaf.counts.clone(), leaf.total * chosen.merit);
        self.bytes -= self.nodes[at as usize].bytes();
        let leaves = distributions.into_iter().map(|counts| self.new_leaf(settings, counts, depth + 1));
        let children = leaves.collect();
        let branch =
            Node::Branch(Box::new(Branch { feature, numeric, routes, children, counts, depth, gain }));
        self.bytes += branch.bytes();
        self.nodes[at as usize] = branch;
    }

    /// How many branches records have passed since it was made or read.
    #[cfg(test)]
    pub(super) fn visited(&self) -> u64 {
        self.scratch.visited
    }
}
