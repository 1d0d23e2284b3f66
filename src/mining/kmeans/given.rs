//! What a topology says to the step `kmeans`.

use super::rule::{COPIES, Half};
use super::sample::KEPT_MAX;
use crate::data::Schema;
use crate::operator::KEYS_LIMIT;
use crate::params::{JsonSchema, Names, Problem};
use crate::units::{Share, Span};
use serde::Deserialize;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Params {
    /// How many centres.
    #[schemars(range(min = 1, max = COPIES))]
    pub k: usize,
    /// The columns that distances are measured in; every numeric column, if absent.
    pub features: Option<Vec<String>>,
    /// Decides the draws of the reseeding.
    #[serde(default = "one")]
    pub seed: u64,
    /// After so many records, or so much event time, what was learned counts half; absent: all counts alike.
    pub half_life: Option<HalfLife>,
    /// A centre with less than this part of the weight of the heaviest is put anew: 0.01 %, if absent, where there is a
    /// half_life, else none is.
    pub dead_below: Option<Share>,
    /// Distances are in deviations of the features, and not in their own units.
    #[serde(default)]
    pub scale: bool,
    /// So many records are kept for the silhouette (300, if absent; with per none); 0: none.
    #[schemars(range(min = 0, max = KEPT_MAX))]
    pub sample: Option<usize>,
    /// One model for each value of these columns; one for all, if absent.
    pub per: Option<Names>,
    /// How many keys of `per` are remembered (100000, if absent); the one least recently touched goes.
    #[schemars(range(min = 1, max = KEYS_LIMIT))]
    pub keys_max: Option<u64>,
}

fn one() -> u64 {
    1
}

/// After so many records, or so long, what was learned counts half.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub(super) enum HalfLife {
    /// So many records.
    Records(#[schemars(range(min = 1))] u64),
    /// So long, by event time.
    Time(Span),
}

/// Checks a half-life against the columns that come in.
pub(super) fn half(given: Option<HalfLife>, schema: &Schema, problems: &mut Vec<Problem>) -> Half {
    let mut wrong = |what: &str| {
        problems.push(Problem::at("half_life", what));
        Half::Never
    };
    match given {
        None => Half::Never,
        Some(HalfLife::Records(0)) => wrong("at least one record is needed: say 1 or more, or leave it out"),
        Some(HalfLife::Records(n)) => Half::Records((1.0 / n as f64).exp2()),
        Some(HalfLife::Time(Span { ns: 0 })) => wrong("that is no time at all: leave it out"),
        Some(HalfLife::Time(_)) if schema.time().is_none() => {
            wrong("the stream has no event time: say time = \"…\" at its source, or a number of records here")
        }
        Some(HalfLife::Time(Span { ns })) => Half::Time(ns as f64),
    }
}
