//! A Hoeffding tree each of whose nodes watches its errors, and grows another in its place where they become more.

use crate::mining::common::tree::{Condition, NONE, NodeView, OWN, Place, Settings, Tree, own_counts};
use crate::mining::common::{Classifier, Row};
use crate::numeric::{Adwin, AdwinSettings, SplitMix64};
use serde::{Deserialize, Serialize};

/// When a node gives its place away.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Switching {
    /// How sure a change of errors must be: the delta of each node's window.
    pub(super) drift_delta: f64,
    /// How sure it must be which of two subtrees errs less.
    pub(super) significance: f64,
    /// Both must have been watched for more records than these.
    pub(super) records_min: u64,
    /// Whether leaves learn records as often as a draw says, once at least, and once on average more.
    pub(super) bootstrap: bool,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct AdaptiveTree {
    settings: Settings,
    switching: Switching,
    tree: Tree,
    /// By node; none before a record has come to it.
    watches: Vec<Option<Box<Watch>>>,
    seed: u64,
    drawn: u64,
    pub(super) told: Told,
    #[serde(skip)]
    desk: Desk,
}

/// What a node knows of the errors below it.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Watch {
    errors: Adwin,
    /// The root of what may take its place.
    alternate: Option<u32>,
}

/// What became of alternates.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Told {
    pub(super) begun: u64,
    pub(super) switched: u64,
    pub(super) pruned: u64,
}

#[derive(Clone, Debug, Default)]
struct Desk {
    votes: Vec<f64>,
    /// Where subtrees begin that are still to be asked, or to learn.
    roots: Vec<u32>,
    gone: Vec<u32>,
}

/// About what a node's window holds.
pub(super) const WATCH_BYTES: usize = 2048;

impl AdaptiveTree {
    pub(super) fn new(mut settings: Settings, switching: Switching, seed: u64) -> AdaptiveTree {
        settings.beside = WATCH_BYTES;
        AdaptiveTree {
            tree: Tree::new(&settings, seed),
            settings,
            switching,
            watches: Vec::new(),
            seed,
            drawn: 0,
            told: Told::default(),
            desk: Desk::default(),
        }
    }

    fn errors(&self) -> Adwin {
        Adwin::new(AdwinSettings { delta: self.switching.drift_delta, ..AdwinSettings::default() })
    }

    #[inline]
    fn alternate(&self, at: u32) -> Option<u32> {
        self.watches.get(at as usize)?.as_ref()?.alternate
    }

    fn set_alternate(&mut self, at: u32, alternate: Option<u32>) {
        if let Some(Some(watch)) = self.watches.get_mut(at as usize) {
            watch.alternate = alternate;
        }
    }

    /// Counts a record of a node as right or wrong. Whether its errors have become more.
    #[inline]
    fn observe(&mut self, at: u32, wrong: bool) -> bool {
        if self.watches.len() <= at as usize {
            self.watches.resize(at as usize + 1, None);
        }
        if self.watches[at as usize].is_none() {
            let errors = self.errors();
            self.watches[at as usize] = Some(Box::new(Watch { errors, alternate: None }));
        }
        let Some(watch) = &mut self.watches[at as usize] else { return false };
        let before = watch.errors.mean();
        watch.errors.add(f64::from(u8::from(wrong))) && watch.errors.mean() > before
    }

    /// Lets a node's errors decide: another subtree begins, takes its place, or is given up. Whether it took its place.
    fn decide(&mut self, at: u32, worse: bool) -> bool {
        let other = self.alternate(at);
        if worse {
            self.give_up(other);
            let depth = self.tree.depth(at);
            let leaf = self.tree.new_leaf(&self.settings, Vec::new(), depth);
            self.set_alternate(at, Some(leaf));
            self.told.begun += 1;
            return false;
        }
        let Some(other) = other else { return false };
        let (Some(Some(ours)), Some(Some(theirs))) =
            (self.watches.get(at as usize), self.watches.get(other as usize))
        else {
            return false;
        };
        let (ours, theirs) = (&ours.errors, &theirs.errors);
        if ours.width().min(theirs.width()) <= self.switching.records_min {
            return false;
        }
        let share = ours.mean();
        let n = 1.0 / ours.width() as f64 + 1.0 / theirs.width() as f64;
        let bound = (2.0 * share * (1.0 - share) * (2.0 / self.switching.significance).ln() * n).sqrt();
        let gain = share - theirs.mean();
        if gain > bound {
            self.switch(at, other);
            return true;
        }
        if -gain > bound {
            self.give_up(Some(other));
            self.set_alternate(at, None);
        }
        false
    }

    /// Takes subtrees out that were to take a place, with all that was to take places in them.
    fn give_up(&mut self, alternate: Option<u32>) {
        let Some(alternate) = alternate else { return };
        self.told.pruned += 1;
        self.tree.remove(&self.settings, alternate, &mut self.desk.gone);
        self.forget_gone();
    }

    /// Puts another subtree into a node's place.
    fn switch(&mut self, at: u32, other: u32) {
        self.told.switched += 1;
        let watch = self.watches[other as usize].take();
        self.watches[at as usize] = watch;
        self.tree.supersede(&self.settings, at, other, &mut self.desk.gone);
        self.forget_gone();
    }

    /// Nodes that are not there any more are watched no more; what was to take their places goes too.
    fn forget_gone(&mut self) {
        while let Some(at) = self.desk.gone.pop() {
            let watch = self.watches.get_mut(at as usize).and_then(Option::take);
            if let Some(alternate) = watch.and_then(|watch| watch.alternate) {
                self.told.pruned += 1;
                self.tree.remove(&self.settings, alternate, &mut self.desk.gone);
            }
        }
    }

    /// Lets the tree below a root learn a record. Subtrees on its way that are to take a place learn it too: their
    /// roots are added to those that are still to learn.
    fn learn_below(&mut self, root: u32, row: Row<'_>, class: usize, weight: f64) {
        let place = self.tree.find(root, row);
        let wrong = self.tree.best_at(place, &self.settings, row) != Some(class);
        let mut at = root;
        loop {
            let worse = self.observe(at, wrong);
            if !self.tree.is_branch(at) {
                break;
            }
            if self.decide(at, worse) {
                // What has taken the place has not learned the record yet.
                return self.desk.roots.push(at);
            }
            self.desk.roots.extend(self.alternate(at));
            let Some(next) = self.tree.step(at, &self.settings, row) else { break };
            at = next;
        }
        let weight = weight * self.times();
        if self.tree.learn_at(at, &self.settings, row, class, weight) {
            // It is a branch now, which has answered nothing yet; nor have the leaves below it.
            self.watches[at as usize] = None;
        }
    }

    /// How often a leaf learns a record.
    fn times(&mut self) -> f64 {
        if !self.switching.bootstrap {
            return 1.0;
        }
        let mut random = SplitMix64::at(self.seed, self.drawn);
        self.drawn += 1;
        f64::from(random.poisson(1.0).max(1))
    }

    /// Adds the votes of a leaf, weighed by how seldom it has erred.
    fn add_votes(&mut self, place: Place, row: Row<'_>, votes: &mut [f64]) {
        self.desk.votes.resize(votes.len(), 0.0);
        self.tree.votes(place, &self.settings, row, &mut self.desk.votes);
        let watch = self.watches.get(place.leaf as usize).and_then(Option::as_ref);
        let error = watch.map_or(0.0, |watch| watch.errors.mean());
        let weight = if error > 0.0 { 1.0 / (error * error) } else { 1.0 };
        votes.iter_mut().zip(&self.desk.votes).for_each(|(all, vote)| *all += weight * vote);
    }
}

impl Classifier for AdaptiveTree {
    fn predict(&mut self, row: Row<'_>, votes: &mut [f64]) {
        votes.fill(0.0);
        self.desk.roots.clear();
        self.desk.roots.push(Tree::ROOT);
        while let Some(root) = self.desk.roots.pop() {
            let mut place = Place { leaf: root, above: NONE };
            while let Some(next) = self.tree.next(place.leaf, row) {
                self.desk.roots.extend(self.alternate(place.leaf));
                place = Place { leaf: next, above: place.leaf };
            }
            self.add_votes(place, row, votes);
        }
    }

    fn learn(&mut self, row: Row<'_>, class: usize, weight: f64) {
        self.desk.roots.clear();
        self.desk.roots.push(Tree::ROOT);
        while let Some(root) = self.desk.roots.pop() {
            self.learn_below(root, row, class, weight);
        }
    }

    fn fits(&self, planned: &AdaptiveTree) -> bool {
        let watched = self.watches.iter().flatten();
        let like = self.errors();
        (&self.settings, self.switching) == (&planned.settings, planned.switching)
            && self.watches.len() <= self.tree.places()
            && watched.clone().all(|watch| watch.errors.is_like(&like))
            && self
                .tree
                .is_sound(&self.settings, watched.filter_map(|watch| watch.alternate).chain([Tree::ROOT]))
    }

    const COUNTS: &'static [&'static str] = &COUNTS;

    fn counts(&self) -> Vec<u64> {
        let Told { begun, switched, pruned } = self.told;
        let mut counts = own_counts([&self.tree].into_iter()).to_vec();
        counts.extend([begun, switched, pruned]);
        counts
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

/// Those of a tree, and what became of alternates.
const COUNTS: [&str; OWN.len() + 3] =
    [OWN[0], OWN[1], OWN[2], OWN[3], OWN[4], OWN[5], "alternates", "switched", "pruned"];
