//! Says what class a record is of, and learns it: a decision tree that grows while the stream runs.
//!
//! ```toml
//! operator = "hoeffding_tree"
//! label = "size"        # str, bool or i64: what is to be foretold
//! features = ["x"]      # default: every numeric column but the label
//! # nominal = ["kind"]  # default: every str column but the label
//! # grace_period = 200  # how often a leaf is tried for a split
//! # per = "site"        # a tree for each value of a column, or of several
//! ```
//!
//! | x f64 (in) | size str (in) | x f64 (out) | size str (out) | predicted str (out) | probability f64 (out) | correct bool (out) |
//! |---|---|---|---|---|---|---|
//! | 1 9 2 8 1.5 NULL 8.5 | low high low high NULL low low | 1 9 2 8 1.5 NULL 8.5 | low high low high NULL low low | NULL low low low low NULL high | NULL 1 0.5 0.6666666666666666 1 NULL 1 | NULL false true false NULL NULL false |
//!
//! Each record is answered first and learned then (prequential). `predicted` is the likeliest class, `probability` how
//! likely it is, `correct` whether it was right. They are NULL until a label was seen; a record without a label is
//! answered and not learned from. One with a feature that is NULL, not finite, or beyond 1e150 passes with NULL results
//! and is not learned from. Labels may come later than their records, by the inlet `labels`, and `on_drift` resets the
//! model: both as `naive_bayes` has them.
//!
//! The tree begins as one leaf. A leaf counts its classes and observes each feature: a Gaussian with least and greatest
//! value for each class of a number, counts of each value of a name. Each time `grace_period` records have come to it,
//! it looks for the best split of each feature: of a number at one of `cuts` cuts evenly between its least and greatest
//! value, of a name into all its values or, where that parts better or `binary_splits` is set, into one value and the
//! rest. It splits by the best one when that gains more than the next by Hoeffding's bound for `delta`, or when the
//! bound has come below `tau`: then the two are as good as equal. A leaf where one class has more than
//! `class_share_max` waits; so does a split that leaves all but one branch with `branch_share_min` at most.
//!
//! A leaf answers by its majority or by naive Bayes on what it has observed, whichever was right more often about the
//! records that came to it (`leaf_prediction = "adaptive"`). In naive Bayes a nominal value counts once more than it
//! came, and a number that does not vary in a class counts for nothing there. A new leaf answers from what the split
//! gave it.
//!
//! A nominal value that a branch has never seen goes the way that most records went; when it is learned it gets a
//! branch of its own. A leaf tells 4,096 values of a feature apart, and a branch has as many ways at most: what comes
//! beyond shares one.
//!
//! The report has a row of scores, as that of `naive_bayes`, and behind them how many `nodes` and `leaves` the tree
//! has, how many `leaves_learning`, its `depth`, `tree_bytes`, and how often a leaf was stopped (`leaves_stopped`).
//! With `explain = "tree"` it has a row for each node: `tree` (0), `node`, its `parent` and `depth`, the `condition`
//! that leads to it, the `feature` it asks for and its `cut`, the `class` of most weight, its `share`, the `weight`
//! of all and the `weights` of each class (of a branch: as it was split), whether it `learns`, and the node as a line
//! of `text`: these lines are the tree. With `explain = "importance"` it has a row for each `feature`: its
//! `importance` is the share of all that splits have gained (merit times weight) that splits by it have. `path =
//! true` gives each record the conditions that led it to its leaf.
//!
//! ```toml
//! operator = "hoeffding_tree"
//! label = "late"
//! per = ["site"]
//! nominal = ["kind"]
//! leaf_prediction = "majority"
//! probabilities = ["true"]
//! path = true
//! ```
//!
//! | site i64 (in) | kind str (in) | late bool (in) | site i64 (out) | kind str (out) | late bool (out) | predicted bool (out) | probability f64 (out) | correct bool (out) | probability_true f64 (out) | path list<str> (out) |
//! |---|---|---|---|---|---|---|---|---|---|---|
//! | 1 1 2 1 1 | a b b b c | true false false false NULL | 1 1 2 1 1 | a b b b c | true false false false NULL | NULL true NULL true false | NULL 1 NULL 0.5 0.6666666666666666 | NULL false NULL false NULL | NULL 1 NULL 0.5 0.3333333333333333 | NULL [] NULL [] [] |
//!
//! With `per` each key learns as if the others were not there; NULL is a key too, and every record is a touch of its
//! key. When there are `keys_max` keys and one more comes, the one least recently touched goes, and begins anew if it
//! comes back. Several workers own their keys and share `keys_max`; without `per` each of them has a model of its
//! own.
//!
//! Memory, for each key: the nodes hold `memory_max` at most, and what one record adds. When there is more, the
//! leaves that promise least (whose records are nearly all of one class, or few) stop learning and go on counting
//! classes, so that nine tenths of the bound are used; leaves that promise more by then learn again, anew, and so do
//! those of most promise when memory becomes free. A leaf takes 40 bytes a class and number, 8 bytes a class and
//! nominal value, and 20 a nominal value. The state is saved in one piece; with `per` in pieces of some keys. A record
//! costs a step for each level of its way and one density a class and feature. Each `grace_period` of a leaf costs
//! `cuts` times classes times numbers more, and an addition for each class and value of a name, with a logarithm or
//! two where the value has that class: of one value against the rest only where the value has more than
//! `branch_share_min` of the weight.
//!
//! Domingos & Hulten 2000, Mining high-speed data streams, KDD; Kirkby 2007, Improving Hoeffding trees (adaptive
//! leaves, memory). As River's `HoeffdingTreeClassifier` and MOA's `HoeffdingTree`, but that a leaf which finds no
//! split stays active.

use super::common::tree::{Grown, Pace, plan_trees};
use super::common::{PORTS, ROLES};
use crate::operator::{Input, Inputs, PlanResult, Shows, Spec};
use crate::params::{self, With};
use model::HoeffdingTree;

mod model;

pub(super) const OPERATOR: Spec = Spec::new(
    "hoeffding_tree",
    "learns to foretell a class: a decision tree that grows while the stream runs",
    include_str!("hoeffding_tree.rs"),
    plan,
)
.parameters::<Params>()
.reads(Inputs::Roles(ROLES))
.ports(PORTS)
.called(&["vfdt", "ht", "hoeffdingtree", "hoeffding_tree_classifier", "decision_tree", "tree", "classifier"])
.seeded("seed")
.keyed("per")
.shows(Shows::Quality, &["accuracy", "kappa", "kappa_t", "majority_accuracy", "no_change_accuracy"]);

type Params = With<Pace, Grown>;

fn plan(params: params::Params, inputs: &[Input]) -> PlanResult {
    let With { own: pace, shared } = params::read::<Params>(params)?;
    plan_trees(OPERATOR.name, pace, shared, inputs, |settings, given| {
        HoeffdingTree::new(settings, given.seed)
    })
}
