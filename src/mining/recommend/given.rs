//! What a topology says to the step `recommend`.

use crate::params::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Params {
    /// The column of lists in the baskets.
    pub items: String,
    /// So many rules at most for each basket.
    #[serde(default = "five")]
    #[schemars(range(min = 1, max = 1000))]
    pub k: usize,
    /// Which rules are the best: by confidence, or by lift.
    #[serde(default)]
    pub rank_by: RankBy,
    /// So many rules are kept at most.
    #[serde(default = "million")]
    #[schemars(range(min = 1, max = 10_000_000))]
    pub max_rules: usize,
    /// Decides nothing: nothing here is drawn.
    #[serde(default = "one")]
    pub seed: u64,
}

fn five() -> usize {
    5
}

fn million() -> usize {
    1_000_000
}

fn one() -> u64 {
    1
}

/// Which rules are the best.
#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(super) enum RankBy {
    #[default]
    Confidence,
    Lift,
}
