//! What a topology says to the step `evaluate`.

use crate::mining::common::Told;
use crate::operator::KEYS_LIMIT;
use crate::params::{JsonSchema, Names};
use serde::Deserialize;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Params {
    /// The column that says what a record turned out to be: str, bool or i64.
    pub(super) label: String,
    /// The column that says what was predicted, of the same type.
    #[serde(default = "predicted")]
    pub(super) prediction: String,
    /// The column that says how likely the prediction is, from 0 to 1; none, if absent.
    pub(super) probability: Option<String>,
    /// What the report has: a row of scores, or one for each class.
    #[serde(default)]
    pub(super) report: Told,
    /// How many of the newest records the scores "window_…" and "auc" are about.
    #[serde(default = "thousand")]
    #[schemars(range(min = 1, max = 100000))]
    pub(super) window: usize,
    /// What a record still counts in the scores "fading_…" when one more has come.
    #[serde(default = "nearly_one")]
    #[schemars(range(min = 0.5, max = 1.0))]
    pub(super) fading: f64,
    /// How many classes there may be; a record of one more is not scored, and counted.
    #[serde(default = "hundred")]
    #[schemars(range(min = 2, max = 10000))]
    pub(super) classes_max: usize,
    /// Scores for each value of these columns; for all records together, if absent.
    pub(super) per: Option<Names>,
    /// How many keys of `per` are remembered (100000, if absent); the one least recently touched goes.
    #[schemars(range(min = 1, max = KEYS_LIMIT))]
    pub(super) keys_max: Option<u64>,
}

fn predicted() -> String {
    "predicted".to_string()
}

fn thousand() -> usize {
    1000
}

fn nearly_one() -> f64 {
    0.999
}

fn hundred() -> usize {
    100
}
