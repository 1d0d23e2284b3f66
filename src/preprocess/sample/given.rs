//! What a topology says to the step `sample`, and whether it can be.

use crate::data::Schema;
use crate::operator::{KEYS_LIMIT, KEYS_MAX, Per};
use crate::params::{self, JsonSchema, Names, Problem};
use crate::units::{Bytes, Share, Stretch};
use serde::Deserialize;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Params {
    /// Each record stays with this chance.
    rate: Option<Share>,
    /// Of `rate`: records that are alike in these columns stay or go as one.
    together: Option<Names>,
    /// So many records are kept, any with the same chance.
    #[schemars(range(min = 1, max = 1_000_000))]
    n: Option<usize>,
    /// Of `n`: a sample goes out after so many records of its key, or so often; at the end alone, if absent.
    every: Option<Stretch>,
    /// Of `n`: so many for each value of these columns; of all, if absent.
    per: Option<Names>,
    /// How many keys of `per` have a sample at once (100000, if absent); the one least recently touched goes out.
    #[schemars(range(min = 1, max = KEYS_LIMIT))]
    keys_max: Option<u64>,
    /// Of `n`: how many bytes all samples of a worker may take ("256MiB", if absent).
    #[schemars(range(min = BYTES_MIN))]
    memory: Option<Bytes>,
    /// Decides the draws.
    #[serde(default = "one")]
    seed: u64,
}

fn one() -> u64 {
    1
}

/// Less holds no sample.
const BYTES_MIN: u64 = 64 << 10;
const BYTES: u64 = 256 << 20;

/// How a sample is taken.
#[derive(Clone, Debug)]
pub(super) enum Way {
    Rate { rate: f64, together: Option<Vec<usize>> },
    Count { n: usize, every: Option<Stretch>, per: Vec<usize>, keys_max: usize, bytes_max: usize },
}

pub(super) struct Given {
    pub way: Way,
    pub seed: u64,
}

/// What the parameters say; `Err` has all that is wrong with them.
pub(super) fn check(given: params::Params, schema: &Schema) -> Result<Given, Vec<Problem>> {
    let Params { rate, together, n, every, per, keys_max, memory, seed } = params::read(given)?;
    let mut problems = Vec::new();
    let by = Per::check(per.as_ref(), keys_max, schema, &mut problems);
    problems.extend(every.and_then(Stretch::wrong).map(|what| Problem::at("every", what)));
    let mut only_of = |key: &str, given: bool, of: &str| {
        if given {
            problems.push(Problem::at(key, format!("it says something of {of} alone: leave it out")));
        }
    };
    let way = match (rate, n) {
        (Some(Share(rate)), None) => {
            only_of("per", per.is_some(), "n");
            // Columns that decide are checked as those of a key are.
            let mut wrong = Vec::new();
            let together = Per::check(together.as_ref(), None, schema, &mut wrong).map(|per| per.columns);
            problems.extend(wrong.into_iter().map(|mut problem| {
                if let Some(key) = problem.path.first_mut() {
                    *key = "together".to_string();
                }
                problem
            }));
            Some(Way::Rate { rate, together })
        }
        (None, Some(n)) => {
            only_of("together", together.is_some(), "rate");
            let keys_max = by.as_ref().map_or(KEYS_MAX as usize, |by| by.keys_max);
            let bytes_max = memory.map_or(BYTES, |Bytes(bytes)| bytes) as usize;
            let per = by.map_or(Vec::new(), |by| by.columns);
            Some(Way::Count { n, every, per, keys_max, bytes_max })
        }
        (None, None) => {
            problems.push(Problem::whole("say how many records stay: rate = \"1%\", or n = 1000"));
            None
        }
        (Some(_), Some(_)) => {
            let what = "a part of all is kept, or so many: leave out one of rate and n";
            problems.push(Problem::at("n", what));
            None
        }
    };
    match way {
        Some(way) if problems.is_empty() => Ok(Given { way, seed }),
        _ => Err(problems),
    }
}
