//! Scores how far a record lies off by median and median distance, which strangers don't move.
//!
//! ```toml
//! operator = "robust_zscore"
//! features = ["x"]       # default: every numeric column
//! ```
//!
//! | x f64 (in) | x f64 (out) | score f64 (out) | feature str (report) | n i64 (report) | median f64 (report) | mad f64 (report) |
//! |---|---|---|---|---|---|---|
//! | 1 3 NULL 2 4 9 | 1 3 NULL 2 4 9 | 0 1000000 NULL 0 1.348979500392163 4.384183376274531 | x | 5 | 3 | 1 |
//!
//! `score` is |x − median| / (1.4826 × MAD), MAD being the median distance of the values so far from their median: of a
//! normal distribution as many standard deviations. It is measured by what came before, and then the record is
//! learned. Of several features it is that of the one farthest off. Where more than half of the values are one, MAD
//! is 0: then 1.2533 mean distances count as a deviation; where all are one, any other scores 1,000,000, which is the
//! most there is. The first record scores 0.
//!
//! Median and MAD come of a KLL sketch of 256 values in its highest level. Up to 256 values they are exact. Beyond
//! that the median has a rank within 1.3 % of the middle in 99 of 100 streams, and within the MAD lie 50 % of the
//! values, give or take 2.6 %. They are taken anew when there is one value more for each 128.
//!
//! A record with a feature that is NULL, not finite or beyond 1e150 passes with NULL and is not learned from.
//!
//! With `usual = true` each feature has a column `usual_FEATURE` beside it: its median before the record.
//!
//! ```toml
//! operator = "robust_zscore"
//! features = ["x"]
//! usual = true
//! ```
//!
//! | x f64 (in) | x f64 (out) | score f64 (out) | usual_x f64 (out) |
//! |---|---|---|---|
//! | 1 3 NULL 2 | 1 3 NULL 2 | 0 1000000 NULL 0 | NULL 1 NULL 2 |
//!
//! The report has a row for each feature: `feature`, `n` records learned, `median`, `mad`.
//!
//! ```toml
//! operator = "robust_zscore"
//! features = ["x"]
//! window = 1000          # the newest 500 to 1000 records count; absent: all of them
//! per = "site"           # medians for each value of a column, or of several
//! keys_max = 1000        # at most for so many values (default 100000)
//! ```
//!
//! | site str (in) | x i64 (in) | site str (out) | x i64 (out) | score f64 (out) |
//! |---|---|---|---|---|
//! | a b a b a | 1 70 3 71 2 | a b a b a | 1 70 3 71 2 | 0 0 1000000 1000000 0 |
//!
//! With `per` each key has medians of its own; NULL is a key too. When there are `keys_max` keys and one more comes,
//! the one least recently touched goes, and begins anew if it comes back. Without `per` each of several workers has
//! medians of its own for all that falls to it.
//!
//! A key takes 12 KB at most for each feature, with `window` twice that. A record takes constant time; one for which
//! medians are taken anew 20 us for each feature. The state is saved in one piece, with `per` in pieces of some keys.
//!
//! Iglewicz & Hoaglin 1993, How to detect and handle outliers; Karnin, Lang & Liberty 2016, Optimal quantile
//! approximation in streams, FOCS.

use super::common::score::{self, Model, ScoreParams, Settings, planned};
use crate::data::{Type, Value};
use crate::operator::{Input, PlanResult, Shows, Spec, only};
use crate::params::{self, JsonSchema, With};
use serde::Deserialize;
use spread::{Rule, Spread};

mod spread;

pub(super) const OPERATOR: Spec = Spec::new(
    "robust_zscore",
    "scores how far a record lies off, by median and median distance",
    include_str!("robust_zscore.rs"),
    plan,
)
.parameters::<With<Params, ScoreParams>>()
.called(&["mad", "modified_zscore", "modified_z_score", "median_absolute_deviation", "robust_scaler"])
.seeded("seed")
.keyed("per")
.leaves(|params, inputs| {
    // What is usual has a column for each feature, and which these are may be what is wrong.
    let usual = params.get("usual").is_some_and(|usual| usual.as_bool() != Some(false));
    (!usual).then(|| score::output(only(inputs)))
})
.shows(Shows::Scores, &["feature", "n", "median", "mad"]);

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Params {
    /// So many of the newest records count, half of them at least; absent: all.
    #[schemars(range(min = 2, max = 1_000_000_000))]
    window: Option<u64>,
    /// Adds a column `usual_FEATURE` for each feature: its median so far.
    #[serde(default)]
    usual: bool,
}

fn plan(given: params::Params, inputs: &[Input]) -> PlanResult {
    let With { own, shared } = params::read::<With<Params, ScoreParams>>(given)?;
    let (seed, window) = (shared.seed, own.window.unwrap_or(0));
    let settings = Settings { identity: format!("{seed} {window}"), usual: own.usual };
    planned(shared, inputs, settings, Vec::new(), |names| {
        (Spread::new(names.len()), Rule { names: names.to_vec(), seed, window, values: Vec::new() })
    })
}

impl Model for Spread {
    type Rule = Rule;
    const REPORT: &'static [(&'static str, Type)] =
        &[("feature", Type::Str), ("n", Type::I64), ("median", Type::F64), ("mad", Type::F64)];

    #[inline]
    fn score(&mut self, point: &[f64], rule: &mut Rule) -> f64 {
        Spread::score(self, point, rule)
    }

    fn usual(&self, feature: usize) -> Option<f64> {
        (self.n > 0).then(|| self.features[feature].median)
    }

    fn report(&self, rule: &Rule, row: &mut dyn FnMut(&[Value<'_>])) {
        for (name, feature) in rule.names.iter().zip(&self.features) {
            let known = |x: f64| if self.n > 0 { Value::F64(x) } else { Value::Null };
            let n = Value::I64(self.n as i64);
            row(&[Value::Str(name), n, known(feature.median), known(feature.mad)]);
        }
    }

    fn fits(&self, _: &Rule, dims: usize) -> bool {
        self.is_of(dims)
    }
}
