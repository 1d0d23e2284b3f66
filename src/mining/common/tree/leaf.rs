//! A leaf of a tree: what it counts of the records that reach it, and which of its two answers it trusts.

use super::observers::Observers;
use super::settings::LeafPrediction;
use crate::mining::common::Row;
use serde::{Deserialize, Serialize};

/// What a leaf knows. Without observers it is inactive: it counts classes, and never splits.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Leaf {
    /// The weight of each class, what it began with included.
    pub(super) counts: Vec<f64>,
    pub(super) total: f64,
    pub(super) depth: u32,
    /// The weight at the last attempt to split.
    pub(super) tried_at: f64,
    /// The weight of records that the majority class and that naive Bayes were right about, before they learned them.
    majority_right: f64,
    bayes_right: f64,
    pub(super) observers: Option<Observers>,
    /// How many bytes of it the tree has counted.
    pub(super) counted: usize,
}

/// The first of the greatest; `None` when there is none, or nothing but -∞.
#[inline]
pub(super) fn greatest(of: &[f64]) -> Option<usize> {
    let (mut best, mut most) = (None, f64::NEG_INFINITY);
    for (at, x) in of.iter().enumerate() {
        if *x > most {
            (best, most) = (Some(at), *x);
        }
    }
    best
}

impl Leaf {
    pub(super) fn new(counts: Vec<f64>, depth: u32, observers: Observers) -> Leaf {
        let total = counts.iter().sum();
        let mut leaf = Leaf {
            counts,
            total,
            depth,
            tried_at: total,
            majority_right: 0.0,
            bayes_right: 0.0,
            observers: Some(observers),
            counted: 0,
        };
        leaf.recount();
        leaf
    }

    pub(super) fn bytes(&self) -> usize {
        size_of::<Leaf>() + self.counts.len() * 8 + self.observers.as_ref().map_or(0, Observers::bytes)
    }

    /// Counts its bytes anew; answers how many had been counted.
    pub(super) fn recount(&mut self) -> usize {
        let bytes = self.bytes();
        std::mem::replace(&mut self.counted, bytes)
    }

    /// How much weight is not of its greatest class: what a split could gain.
    pub(super) fn promise(&self) -> f64 {
        self.total - self.counts.iter().copied().fold(0.0, f64::max)
    }

    pub(super) fn is_pure(&self) -> bool {
        self.counts.iter().filter(|count| **count > 0.0).count() < 2
    }

    /// Naive Bayes' answer, its logarithms written into `logs`; `None` from an inactive leaf or one that has seen
    /// nothing.
    #[inline]
    pub(super) fn bayes(&mut self, row: Row<'_>, logs: &mut [f64]) -> Option<usize> {
        let observers = self.observers.as_mut()?;
        if self.total <= 0.0 {
            return None;
        }
        observers.log_likelihoods(row, &self.counts, self.total, logs);
        greatest(logs)
    }

    /// Whether it answers with naive Bayes.
    #[inline]
    pub(super) fn trusts_bayes(&self, prediction: LeafPrediction) -> bool {
        match prediction {
            LeafPrediction::Majority => false,
            LeafPrediction::NaiveBayes => true,
            LeafPrediction::Adaptive => self.bayes_right >= self.majority_right,
        }
    }

    /// Learns a record, `bayes` being what naive Bayes said of it; true when it needed more memory for that.
    #[inline]
    pub(super) fn learn(&mut self, row: Row<'_>, class: usize, weight: f64, bayes: Option<usize>) -> bool {
        let mut grew = class >= self.counts.len();
        if self.observers.is_some() {
            if self.total <= 0.0 || greatest(&self.counts) == Some(class) {
                self.majority_right += weight;
            }
            if bayes == Some(class) {
                self.bayes_right += weight;
            }
        }
        if grew {
            self.counts.resize(class + 1, 0.0);
        }
        self.counts[class] += weight;
        self.total += weight;
        if let Some(observers) = &mut self.observers {
            grew |= observers.learn(row, class, weight);
        }
        grew
    }
}
