//! Scores how strange a record is, by half-space trees: trees that part space by chance, and count who falls where.
//!
//! ```toml
//! operator = "half_space_trees"
//! features = ["x"]       # default: every numeric column
//! trees = 25             # the usual is 10
//! height = 3             # how often a record is parted from others in a tree; the usual is 8
//! window_size = 4        # records that are counted together; the usual is 250
//! seed = 1               # decides where space is cut (default 1)
//! ```
//!
//! | x f64 (in) | x f64 (out) | score f64 (out) |
//! |---|---|---|
//! | 0 1 0.5 NULL | 0 1 0.5 NULL | 0 0 0 NULL |
//!
//! `score` lies between 0 and 1, and a greater one is stranger. It is 0 for the first `window_size` records. From
//! then on it is measured by the records of the last full window: at each node that a record comes by, how many there
//! were, times 2 for each level; the sum over all trees, as a share of the most it could be, is taken from 1. A tree
//! is not gone down below a node that had less than a tenth of the window. Then the record is counted in the window
//! that fills.
//!
//! Features are brought to 0 to 1 by the least and the greatest value so far, those of the record not among them; a
//! value beyond them falls to the outermost cell. One that widens them far changes where all others fall, so scores are
//! high until a window is full again. `scale = false`: features are in 0 to 1 as they are.
//!
//! A record with a feature that is NULL, not finite or beyond 1e150 passes with NULL and is not learned from. Strange
//! records that come in a heap are strange for a window only: then they are what is usual.
//!
//! The report has a row: `n` records scored, `mean_score` and `max_score` of them.
//!
//! ```toml
//! operator = "half_space_trees"
//! features = ["x", "y"]
//! per = "site"           # counts for each value of a column, or of several
//! keys_max = 1000        # at most for so many values (default 100000)
//! ```
//!
//! | site str (in) | x f64 (in) | y i64 (in) | site str (out) | x f64 (out) | y i64 (out) | score f64 (out) | site str (report) | n i64 (report) | mean_score f64 (report) | max_score f64 (report) |
//! |---|---|---|---|---|---|---|---|---|---|---|
//! | a b a | 0 1 inf | 2 3 4 | a b a | 0 1 inf | 2 3 4 | 0 0 NULL | a b | 1 1 | 0 0 | 0 0 |
//!
//! With `per` all keys share where space is cut, and each counts its own records; NULL is a key too. When there are
//! `keys_max` keys and one more comes, the one least recently touched goes, and begins anew if it comes back. Without
//! `per` each of several workers counts all that falls to it.
//!
//! A key takes `trees` × 2^(`height` + 4) bytes: 40 KB, of the paper's 25 trees of height 15 13 MB. A record costs
//! `trees` × (`height` + 1) nodes, twice where it widens the limits: 0.2 us for the usual ten trees of height 8. No
//! record pays for the end of a window. The state is saved in one piece, with `per` in pieces of some keys.
//!
//! Tan, Ting & Liu 2011, Fast anomaly detection for streaming data, IJCAI.

use super::common::score::{self, Model, ScoreParams, Settings, planned};
use crate::data::{Type, Value};
use crate::operator::{Input, PlanResult, Shows, Spec, only};
use crate::params::{self, JsonSchema, Problem, With};
use masses::{Masses, Rule, Seen, WINDOW_MAX};
use serde::Deserialize;
use space::Space;

mod masses;
mod space;

pub(super) const OPERATOR: Spec = Spec::new(
    "half_space_trees",
    "scores how strange a record is, by half-space trees",
    include_str!("half_space_trees.rs"),
    plan,
)
.parameters::<With<Params, ScoreParams>>()
.called(&["hst", "hs_trees", "isolation_forest", "anomaly", "anomaly_detection", "outlier", "outliers"])
.seeded("seed")
.keyed("per")
.leaves(|_, inputs| Some(score::output(only(inputs))))
.shows(Shows::Scores, &["n", "mean_score", "max_score"]);

/// What the trees of one stream may take.
const NODES_MAX: usize = 1 << 25;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct Params {
    /// How many trees there are.
    #[schemars(range(min = 1, max = 1000))]
    trees: usize,
    /// How often a tree parts a record from others.
    #[schemars(range(min = 1, max = 18))]
    height: usize,
    /// Records that are counted together.
    #[schemars(range(min = 1, max = WINDOW_MAX))]
    window_size: u32,
    /// Features are brought to 0 to 1 by their limits so far.
    scale: bool,
}

impl Default for Params {
    fn default() -> Params {
        Params { trees: 10, height: 8, window_size: 250, scale: true }
    }
}

fn plan(given: params::Params, inputs: &[Input]) -> PlanResult {
    let With { own, shared } = params::read::<With<Params, ScoreParams>>(given)?;
    let Params { trees, height, window_size, scale } = own;
    let mut problems = Vec::new();
    let nodes = trees << (height + 1);
    if nodes > NODES_MAX {
        let what = format!(
            "{trees} trees of height {height} are {nodes} nodes, and {NODES_MAX} is the most (take less height: each \
             level doubles them)"
        );
        problems.push(Problem::at("height", what));
    }
    let seed = shared.seed;
    let settings = format!("{trees} {height} {window_size} {scale} {seed}");
    let settings = Settings { identity: settings, usual: false };
    planned(shared, inputs, settings, problems, |names| {
        let rule =
            Rule { space: Space::new(trees, height, names.len(), seed), window: window_size, scaled: scale };
        (Masses::new(names.len()), (rule, Seen::default()))
    })
}

impl Model for Masses {
    type Rule = (Rule, Seen);
    const REPORT: &'static [(&'static str, Type)] =
        &[("n", Type::I64), ("mean_score", Type::F64), ("max_score", Type::F64)];

    #[inline]
    fn score(&mut self, point: &[f64], (rule, seen): &mut (Rule, Seen)) -> f64 {
        Masses::score(self, point, rule, seen)
    }

    fn report(&self, _: &(Rule, Seen), row: &mut dyn FnMut(&[Value<'_>])) {
        let scores = &self.scores;
        let mean = scores.sum / scores.n.max(1) as f64;
        row(&[Value::I64(scores.n as i64), Value::F64(mean), Value::F64(scores.max)]);
    }

    fn fits(&self, (rule, _): &(Rule, Seen), dims: usize) -> bool {
        self.is_of(rule, dims)
    }
}
