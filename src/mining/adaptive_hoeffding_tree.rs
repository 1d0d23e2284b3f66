//! Says what class a record is of, and learns it: a Hoeffding tree that replaces what has become wrong.
//!
//! ```toml
//! operator = "adaptive_hoeffding_tree"
//! label = "size"        # str, bool or i64: what is to be foretold
//! features = ["x"]      # default: every numeric column but the label
//! # nominal = ["kind"]  # default: every str column but the label
//! seed = 1              # decides how often a leaf learns a record
//! # per = "site"        # a tree for each value of a column, or of several
//! ```
//!
//! | x f64 (in) | size str (in) | x f64 (out) | size str (out) | predicted str (out) | probability f64 (out) | correct bool (out) |
//! |---|---|---|---|---|---|---|
//! | 1 9 2 8 1.5 NULL 8.5 | low high low high NULL low low | 1 9 2 8 1.5 NULL 8.5 | low high low high NULL low low | NULL low low low low NULL high | NULL 1 0.5 0.75 1 NULL 1 | NULL false true false NULL NULL false |
//!
//! It is the tree of `hoeffding_tree`, with all its parameters, for streams whose rules change: each node watches how
//! often the tree below it errs, with a window that finds changes (ADWIN, `drift_delta`). When a branch errs more than
//! before, another tree begins beside it, which learns the same records. When both have been watched for more than
//! `switch_records` records, and the other one errs less by a bound for `switch_significance`, it takes the branch's
//! place; when it errs more by as much, it is given up; when the branch gets worse once more, another begins.
//!
//! An answer adds the votes of the leaf that the record comes to and of the leaves of the trees beside its way, each
//! weighed by the inverse square of how often it errs: by 1, the least there is, where it always does, and where it has
//! not erred yet, too, as River has it. With `bootstrap` (the usual case) a leaf learns a record once or, as a draw
//! from a Poisson distribution of mean 1 says, more often.
//!
//! Each record is answered first and learned then (prequential). `predicted` is the likeliest class, `probability` how
//! likely it is, `correct` whether it was right. They are NULL until a label was seen; a record without a label is
//! answered and not learned from. One with a feature that is NULL, not finite, or beyond 1e150 passes with NULL results
//! and is not learned from. Labels may come later than their records, by the inlet `labels`, and `on_drift` resets the
//! model: both as `naive_bayes` has them.
//!
//! The report has a row of scores, as that of `naive_bayes`, and behind them what `hoeffding_tree` says of its tree,
//! and how many trees have begun beside another (`alternates`), were `switched` to, and `pruned`. `explain` and
//! `path` tell of the tree as `hoeffding_tree` has them, without what grows beside it.
//!
//! Memory, for each key: `memory_max` at most for all nodes, those beside the tree included, of which each takes 2 KB
//! for its window; and what one record adds. The leaves that promise least stop learning then. The state is saved in
//! one piece; with `per` in pieces of some keys. A record costs what it costs `hoeffding_tree` for the tree and for
//! each tree beside its way, and a value of a window for each level.
//!
//! Bifet & Gavaldà 2009, Adaptive learning from evolving data streams, IDA; as River's
//! `HoeffdingAdaptiveTreeClassifier`, with MOA's rule for an error that has become less (by the window's mean).

use super::common::tree::{Grown, Pace, plan_trees};
use super::common::{PORTS, ROLES};
use crate::operator::{Input, Inputs, PlanResult, Shows, Spec};
use crate::params::{self, JsonSchema, With};
use model::{AdaptiveTree, Switching};
use serde::Deserialize;

mod model;

pub(super) const OPERATOR: Spec = Spec::new(
    "adaptive_hoeffding_tree",
    "learns to foretell a class: a Hoeffding tree that replaces what has become wrong",
    include_str!("adaptive_hoeffding_tree.rs"),
    plan,
)
.parameters::<Params>()
.reads(Inputs::Roles(ROLES))
.ports(PORTS)
.called(&["hat", "hoeffding_adaptive_tree", "hoeffding_adaptive_tree_classifier", "adaptive_tree"])
.seeded("seed")
.keyed("per")
.shows(Shows::Quality, &["accuracy", "kappa", "kappa_t", "majority_accuracy", "no_change_accuracy"]);

type Params = With<Pace, With<Own, Grown>>;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Own {
    /// How likely a node's window may see a change of errors where there is none.
    #[serde(default = "drift_delta")]
    #[schemars(range(min = 1e-15, max = 0.5))]
    drift_delta: f64,
    /// How likely it may be that the tree which takes a branch's place does not err less.
    #[serde(default = "switch_significance")]
    #[schemars(range(min = 1e-15, max = 0.5))]
    switch_significance: f64,
    /// Both trees must have been watched for more records than these.
    #[serde(default = "switch_records")]
    #[schemars(range(min = 1, max = 1000000))]
    switch_records: u32,
    /// Leaves learn a record as often as a draw says, once at least.
    #[serde(default = "yes")]
    bootstrap: bool,
}

fn drift_delta() -> f64 {
    0.002
}

fn switch_significance() -> f64 {
    0.05
}

fn switch_records() -> u32 {
    300
}

fn yes() -> bool {
    true
}

fn plan(params: params::Params, inputs: &[Input]) -> PlanResult {
    let With { own: pace, shared: With { own, shared } } = params::read::<Params>(params)?;
    let switching = Switching {
        drift_delta: own.drift_delta,
        significance: own.switch_significance,
        records_min: u64::from(own.switch_records),
        bootstrap: own.bootstrap,
    };
    plan_trees(OPERATOR.name, pace, shared, inputs, |settings, given| {
        AdaptiveTree::new(settings, switching, given.seed)
    })
}
