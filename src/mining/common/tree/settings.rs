//! What a topology says of how trees grow, checked.

use super::choices::{Criterion, LeafPrediction};
use super::split::Judge;
use crate::params::JsonSchema;
use crate::units::Bytes;
use serde::{Deserialize, Serialize};

/// No tree grows in less; one that held more could not be saved in one piece.
const MEMORY_LEAST: u64 = 64 << 10;
const MEMORY_MOST: u64 = 512 << 20;

/// The parameters that all tree learners share.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::mining) struct Growth {
    /// When the bound has come down to this, the best split is taken even if the next is as good.
    #[serde(default = "tau")]
    #[schemars(range(min = 0.0, max = 1.0))]
    tau: f64,
    /// How a leaf answers: as its majority, by naive Bayes, or the better of the two so far.
    #[serde(default)]
    leaf_prediction: LeafPrediction,
    /// What a good split reduces: the entropy of the classes, or Gini's impurity.
    #[serde(default)]
    split_criterion: Criterion,
    /// Leaves so deep are not split; no bound but that of memory, if absent.
    #[schemars(range(min = 1, max = 1000))]
    depth_max: Option<u32>,
    /// How many cuts of a numeric feature are tried, evenly between its least and greatest value.
    #[serde(default = "cuts")]
    #[schemars(range(min = 1, max = 1000))]
    cuts: usize,
    /// Two branches at least must have more than this share of the weight.
    #[serde(default = "branch_share_min")]
    #[schemars(range(min = 0.0, max = 0.5))]
    branch_share_min: f64,
    /// A leaf in which one class has more than this share is not split.
    #[serde(default = "class_share_max")]
    #[schemars(range(min = 0.5, max = 1.0))]
    class_share_max: f64,
    /// What the nodes of a model may hold; then the leaves that promise least stop learning, counted.
    #[serde(default = "memory_max")]
    #[schemars(range(min = MEMORY_LEAST, max = MEMORY_MOST))]
    memory_max: Bytes,
}

fn tau() -> f64 {
    0.05
}

fn cuts() -> usize {
    10
}

fn branch_share_min() -> f64 {
    0.01
}

fn class_share_max() -> f64 {
    0.99
}

fn memory_max() -> Bytes {
    Bytes(32 << 20)
}

impl Growth {
    /// What is meant where nobody says anything.
    #[cfg(test)]
    pub(in crate::mining) fn usual() -> Growth {
        Growth {
            tau: tau(),
            leaf_prediction: LeafPrediction::default(),
            split_criterion: Criterion::default(),
            depth_max: None,
            cuts: cuts(),
            branch_share_min: branch_share_min(),
            class_share_max: class_share_max(),
            memory_max: memory_max(),
        }
    }
}

/// The parameters of a tree alone; their usual values are others in a forest.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::mining) struct Pace {
    /// A leaf is tried for a split each time so many records have come to it.
    #[serde(default = "grace_period")]
    #[schemars(range(min = 1, max = 1000000))]
    pub(in crate::mining) grace_period: u32,
    /// How likely it may be that a split is not the best: less is surer and slower.
    #[serde(default = "delta")]
    #[schemars(range(min = 1e-15, max = 0.5))]
    pub(in crate::mining) delta: f64,
    /// Nominal features split in two (is it this value?), never into all their values.
    #[serde(default)]
    pub(in crate::mining) binary_splits: bool,
}

fn grace_period() -> u32 {
    200
}

fn delta() -> f64 {
    1e-7
}

/// How a tree grows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(in crate::mining) struct Settings {
    /// How many features there are of each kind.
    pub(in crate::mining) numeric: usize,
    pub(in crate::mining) nominal: usize,
    /// A leaf is tried each so much weight.
    pub(super) grace: f64,
    pub(super) delta: f64,
    pub(super) tau: f64,
    pub(super) prediction: LeafPrediction,
    pub(super) depth_max: u32,
    pub(super) judge: Judge,
    pub(super) class_share_max: f64,
    pub(in crate::mining) memory_max: usize,
    /// How many bytes a learner keeps beside each node.
    pub(in crate::mining) beside: usize,
    /// How many features a leaf looks at, drawn when it begins; all, if absent.
    pub(in crate::mining) sample: Option<usize>,
}

impl Settings {
    pub(in crate::mining) fn new(
        growth: &Growth,
        pace: Pace,
        (numeric, nominal): (usize, usize),
    ) -> Settings {
        Settings {
            numeric,
            nominal,
            grace: f64::from(pace.grace_period),
            delta: pace.delta,
            tau: growth.tau,
            prediction: growth.leaf_prediction,
            depth_max: growth.depth_max.unwrap_or(u32::MAX),
            judge: Judge {
                criterion: growth.split_criterion,
                branch_share_min: growth.branch_share_min,
                cuts: growth.cuts,
                binary: pace.binary_splits,
            },
            class_share_max: growth.class_share_max,
            memory_max: growth.memory_max.0 as usize,
            beside: 0,
            sample: None,
        }
    }

    /// How many features of each kind a leaf looks at, on average.
    pub(super) fn looked(&self) -> (usize, usize) {
        let all = self.numeric + self.nominal;
        let looked = self.sample.map_or(all, |sample| sample.min(all));
        let numeric = (looked * self.numeric).div_ceil(all.max(1));
        (numeric, looked - numeric)
    }
}
