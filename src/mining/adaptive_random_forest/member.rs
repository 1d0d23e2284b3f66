//! One tree of a forest, with what watches it and what may take its place.

use super::replacing::Replacing;
use crate::mining::common::Row;
use crate::mining::common::tree::{Settings, Tree};
use crate::numeric::{Adwin, AdwinSettings, SplitMix64};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Member {
    pub(super) tree: Tree,
    /// Begun at a warning, it learns as the tree does and does not answer.
    background: Option<Tree>,
    warning: Adwin,
    drift: Adwin,
    /// Records since the tree began to answer, and those of them that it was right about.
    answered: u64,
    right: u64,
    seed: u64,
    drawn: u64,
    /// How many trees were begun here.
    begun: u64,
    pub(super) warnings: u64,
    pub(super) drifts: u64,
}

fn window(delta: f64) -> Adwin {
    Adwin::new(AdwinSettings { delta, ..AdwinSettings::default() })
}

impl Member {
    pub(super) fn new(settings: &Settings, replacing: Replacing, seed: u64) -> Member {
        Member {
            tree: Tree::new(settings, seed),
            background: None,
            warning: window(replacing.warning_delta),
            drift: window(replacing.drift_delta),
            answered: 0,
            right: 0,
            seed,
            drawn: 0,
            begun: 0,
            warnings: 0,
            drifts: 0,
        }
    }

    /// Another tree, that draws other features.
    fn fresh(&mut self, settings: &Settings) -> Tree {
        self.begun += 1;
        Tree::new(settings, self.seed.wrapping_add(self.begun))
    }

    /// Writes its votes; answers how much they count: the share of records that it was right about.
    #[inline]
    pub(super) fn vote(&mut self, settings: &Settings, row: Row<'_>, votes: &mut [f64]) -> f64 {
        self.tree.predict(settings, row, votes);
        if self.right == 0 { 1.0 } else { self.right as f64 / self.answered as f64 }
    }

    #[inline]
    pub(super) fn learn(
        &mut self,
        settings: &Settings,
        replacing: Replacing,
        row: Row<'_>,
        class: usize,
        weight: f64,
    ) {
        let place = self.tree.find(Tree::ROOT, row);
        let right = self.tree.best_at(place, settings, row) == Some(class);
        self.answered += 1;
        self.right += u64::from(right);
        let mut random = SplitMix64::at(self.seed, self.drawn);
        self.drawn += 1;
        let times = random.poisson(replacing.lambda);
        if times == 0 {
            return;
        }
        let weight = weight * f64::from(times);
        if let Some(background) = &mut self.background {
            background.learn(settings, row, class, weight);
        }
        self.tree.learn(settings, row, class, weight);
        let wrong = f64::from(u8::from(!right));
        if self.warning.add(wrong) {
            self.warnings += 1;
            self.background = Some(self.fresh(settings));
            self.warning = window(replacing.warning_delta);
        }
        if self.drift.add(wrong) {
            self.drifts += 1;
            self.tree = match self.background.take() {
                Some(background) => background,
                None => self.fresh(settings),
            };
            self.warning = window(replacing.warning_delta);
            self.drift = window(replacing.drift_delta);
            (self.answered, self.right) = (0, 0);
        }
    }

    /// Whether it can be one that was read.
    pub(super) fn is_sound(&self, settings: &Settings, replacing: Replacing) -> bool {
        let is_sound = |tree: &Tree| tree.is_sound(settings, [Tree::ROOT].into_iter());
        is_sound(&self.tree)
            && self.background.iter().all(is_sound)
            && self.right <= self.answered
            && self.warning.is_like(&window(replacing.warning_delta))
            && self.drift.is_like(&window(replacing.drift_delta))
    }

    /// The tree that answers, and the one in the background.
    pub(super) fn trees(&self) -> impl Iterator<Item = &Tree> {
        [&self.tree].into_iter().chain(&self.background)
    }
}
