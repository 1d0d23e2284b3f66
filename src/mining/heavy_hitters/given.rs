//! What a topology says to `heavy_hitters`.

use crate::operator::KEYS_LIMIT;
use crate::params::{JsonSchema, Names};
use crate::units::Stretch;
use serde::Deserialize;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Params {
    /// The column whose values are counted: texts, whole numbers, or lists of texts.
    pub items: String,
    /// So many of the commonest go out.
    #[serde(default = "ten")]
    #[schemars(range(min = 1, max = 1_000_000))]
    pub k: usize,
    /// So many values are counted at a time; never fewer than k.
    #[serde(default = "thousand")]
    #[schemars(range(min = 1, max = 1_000_000))]
    pub counters: usize,
    /// How often a set goes out: after so many records, or so long; only at the end, if absent.
    pub every: Option<Stretch>,
    /// Counters for each value of these columns; one set of them for all, if absent.
    pub per: Option<Names>,
    /// How many keys of `per` are remembered (100000, if absent); the one least recently touched goes.
    #[schemars(range(min = 1, max = KEYS_LIMIT))]
    pub keys_max: Option<u64>,
    /// Decides nothing: nothing here is drawn.
    #[serde(default = "one")]
    pub seed: u64,
}

fn ten() -> usize {
    10
}

fn thousand() -> usize {
    1000
}

fn one() -> u64 {
    1
}
