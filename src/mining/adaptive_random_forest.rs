//! Says what class a record is of, and learns it: many trees that differ, each replaced when its errors become more.
//!
//! ```toml
//! operator = "adaptive_random_forest"
//! label = "size"        # str, bool or i64: what is to be foretold
//! features = ["x"]      # default: every numeric column but the label
//! # nominal = ["kind"]  # default: every str column but the label
//! trees = 10            # how many trees, 1 to 1000
//! seed = 1              # decides all draws
//! ```
//!
//! | x f64 (in) | size str (in) | x f64 (out) | size str (out) | predicted str (out) | probability f64 (out) | correct bool (out) |
//! |---|---|---|---|---|---|---|
//! | 1 9 2 8 1.5 NULL 8.5 | low high low high NULL low low | 1 9 2 8 1.5 NULL 8.5 | low high low high NULL low low | NULL low high low low NULL high | NULL 1 0.5141758241758242 0.6217709248115614 0.7944142774168018 NULL 0.7845330910042508 | NULL false false false NULL NULL false |
//!
//! Each tree is one of `hoeffding_tree`, with all its parameters but quicker to split, and differs from the others by
//! draws of its own: it learns a record as often as a Poisson distribution of mean `lambda` says, and each of its
//! leaves looks at `features_max` features only, drawn when the leaf begins. Names split in two (`binary_splits`):
//! split into all their values, they would leave little to each tree.
//!
//! Each tree has two windows that find changes of its errors (ADWIN). When the one of `warning_delta` finds that
//! errors have changed, another tree begins in the background, which learns as the tree does; when the one of
//! `drift_delta` does, that tree takes its place, or a new one, if none has begun. An answer adds the votes of all
//! trees, each weighed by the share of records that it was right about since it began to answer.
//!
//! Each record is answered first and learned then (prequential). `predicted` is the likeliest class, `probability` how
//! likely it is, `correct` whether it was right. They are NULL until a label was seen; a record without a label is
//! answered and not learned from. One with a feature that is NULL, not finite, or beyond 1e150 passes with NULL results
//! and is not learned from. Labels may come later than their records, by the inlet `labels`, and `on_drift` resets the
//! model: both as `naive_bayes` has them.
//!
//! The report has a row of scores, as that of `naive_bayes`, and behind them what `hoeffding_tree` says of its tree,
//! here of all trees together (`depth`: of the deepest), and how many `warnings` and `drifts` there were. `explain =
//! "tree"` shows the trees that answer one after another, by their number in `tree`. `explain = "importance"` is the
//! mean over them of what `hoeffding_tree` has. `path = true` gives each record a text for each tree: `tree 3: x <= 4
//! AND y > 1`.
//!
//! With `threads` several threads share the trees out and work through a batch, each tree by tree: the same answers and
//! the same state, bit by bit, as with one, where there are processors in less time. So it is with one model, whose
//! labels come with the records, and without `path`; else one thread does it. Votes take 8 MB more then, or those of 32
//! records, if that is more: 256 bytes a tree and class.
//!
//! Memory, for each key: `memory_max` at most for all trees, those in the background included, each having an equal
//! part of it, 16 KB at least; and what one record adds to each. The state is saved in one piece; with `per` in
//! pieces of some keys. A record costs what it costs `hoeffding_tree`, twice at most, for each tree, with leaves
//! tried `lambda` times as often.
//!
//! Gomes et al. 2017, Adaptive random forests for evolving data stream classification, Machine Learning 106:1469. As
//! River's `ARFClassifier`, with MOA's share of features (60 %; River's is the square root of their number).

use super::common::tree::{Grown, Pace, plan_trees};
use super::common::{PORTS, ROLES};
use crate::operator::{Input, Inputs, PlanResult, Shows, Spec};
use crate::params::{self, JsonSchema, With};
use model::Forest;
use replacing::Replacing;
use serde::Deserialize;

mod crew;
mod member;
mod model;
mod replacing;

pub(super) const OPERATOR: Spec = Spec::new(
    "adaptive_random_forest",
    "learns to foretell a class: many trees that differ, each replaced when its errors become more",
    include_str!("adaptive_random_forest.rs"),
    plan,
)
.parameters::<Params>()
.reads(Inputs::Roles(ROLES))
.ports(PORTS)
.called(&["arf", "arf_classifier", "random_forest", "forest", "ensemble", "bagging"])
.seeded("seed")
.keyed("per")
.shows(Shows::Quality, &["accuracy", "kappa", "kappa_t", "majority_accuracy", "no_change_accuracy"]);

type Params = With<Own, Grown>;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Own {
    /// How many trees.
    #[serde(default = "trees")]
    #[schemars(range(min = 1, max = 1000))]
    trees: usize,
    /// How many threads share the trees out, where a batch has 32 records or more; results do not depend on it.
    #[serde(default = "one")]
    #[schemars(range(min = 1, max = 256))]
    threads: usize,
    /// How many features a leaf looks at; 60 % of them, if absent.
    #[schemars(range(min = 1, max = 1000000))]
    features_max: Option<usize>,
    /// How often a tree learns a record, on average.
    #[serde(default = "lambda")]
    #[schemars(range(min = 0.01, max = 100.0))]
    lambda: f64,
    /// A leaf is tried for a split each time so many records have come to it, each as often as it was learned.
    #[serde(default = "grace_period")]
    #[schemars(range(min = 1, max = 1000000))]
    grace_period: u32,
    /// How likely it may be that a split is not the best: less is surer and slower.
    #[serde(default = "delta")]
    #[schemars(range(min = 1e-15, max = 0.5))]
    delta: f64,
    /// Nominal features split in two (is it this value?), never into all their values.
    #[serde(default = "yes")]
    binary_splits: bool,
    /// How likely a window may see a change where there is none, for a tree to begin in the background.
    #[serde(default = "warning_delta")]
    #[schemars(range(min = 1e-15, max = 0.5))]
    warning_delta: f64,
    /// The same for that tree to take its place.
    #[serde(default = "drift_delta")]
    #[schemars(range(min = 1e-15, max = 0.5))]
    drift_delta: f64,
}

fn trees() -> usize {
    10
}

fn one() -> usize {
    1
}

fn lambda() -> f64 {
    6.0
}

fn grace_period() -> u32 {
    50
}

fn delta() -> f64 {
    0.01
}

fn yes() -> bool {
    true
}

fn warning_delta() -> f64 {
    0.01
}

fn drift_delta() -> f64 {
    0.001
}

/// No tree grows in less.
const TREE_BYTES_MIN: usize = 16 << 10;

fn plan(params: params::Params, inputs: &[Input]) -> PlanResult {
    let With { own, shared } = params::read::<Params>(params)?;
    let Own { grace_period, delta, binary_splits, lambda, warning_delta, drift_delta, .. } = own;
    let pace = Pace { grace_period, delta, binary_splits };
    plan_trees(OPERATOR.name, pace, shared, inputs, |mut settings, given| {
        // Each tree may have another in the background.
        settings.memory_max = (settings.memory_max / (2 * own.trees)).max(TREE_BYTES_MIN);
        let features = settings.numeric + settings.nominal;
        let sample = own.features_max.unwrap_or((features as f64 * 0.6).round() as usize);
        settings.sample = Some(sample.clamp(1, features));
        given.threads = own.threads;
        Forest::new(settings, Replacing { lambda, warning_delta, drift_delta }, own.trees, given.seed)
    })
}
