//! Lets the first so many records through, of all or of each key; the rest are filtered, and counted.
//!
//! ```toml
//! operator = "limit"
//! n = 2
//! skip = 1             # so many records go before those (default 0)
//! ```
//!
//! | x i64 (in) | x i64 (out) |
//! |---|---|
//! | 10 20 30 40 50 | 20 30 |
//!
//! ```toml
//! operator = "limit"
//! n = 1
//! per = "who"          # so many of each key
//! keys_max = 1000      # so many keys are remembered (default 100000)
//! ```
//!
//! | who str (in) | x i64 (in) | who str (out) | x i64 (out) |
//! |---|---|---|---|
//! | a b a NULL b NULL | 1 2 3 4 5 6 | a b NULL | 1 2 4 |
//!
//! Which records are the first is decided by the order in which they come. The stage does not end when it has let its
//! records through: it goes on taking what comes and counts it as filtered, so that what is before it is not held up,
//! and a run ends when its sources do. Let the source have an end (`count`), or run it `--for` some time, where no more
//! is wanted.
//!
//! NULL is a key too. When there are `keys_max` keys and one more comes, the one least recently touched goes, and
//! begins anew if it comes back. Several workers own their keys; without `per` one worker has to do it. Its state is 8
//! bytes, with `per` for each key. Event time goes on as it came.

use crate::data::Batch;
use crate::data::state::{Loader, Saver};
use crate::error::{Error, Result};
use crate::operator::{Cx, Input, KEYS_LIMIT, Next, Operator, Per, PlanResult, Planned, Spec, States, only};
use crate::params::{self, JsonSchema, Names};
use serde::Deserialize;

pub(super) const OPERATOR: Spec =
    Spec::new("limit", "lets the first so many records through", include_str!("limit.rs"), plan)
        .parameters::<Params>()
        .called(&["head", "first_n", "take", "fetch_first", "top_n_rows", "max_records"])
        .keyed("per")
        .leaves(|_, inputs| Some(only(inputs).clone()));

const STATE_VERSION: u16 = 1;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Params {
    /// So many records are let through.
    n: u64,
    /// So many records go before those that are let through.
    #[serde(default)]
    skip: u64,
    /// So many for each value of these columns; of all, if absent.
    per: Option<Names>,
    /// How many keys of `per` are remembered (100000, if absent); the one least recently touched goes.
    #[schemars(range(min = 1, max = KEYS_LIMIT))]
    keys_max: Option<u64>,
}

fn plan(params: params::Params, inputs: &[Input]) -> PlanResult {
    let Params { n, skip, per, keys_max } = params::read(params)?;
    let schema = only(inputs);
    let mut problems = Vec::new();
    let per = Per::check(per.as_ref(), keys_max, schema, &mut problems);
    if !problems.is_empty() {
        return Err(problems);
    }
    let key = per.as_ref().map_or(Vec::new(), |per| per.columns.clone());
    let limit = Limit { skip, end: skip.saturating_add(n), states: States::new(per, 0), keep: Vec::new() };
    Ok(Planned {
        alone: key.is_empty().then_some("without per there is one first record"),
        stateful: true,
        per: key,
        ..Planned::new(schema.clone(), move || limit.clone())
    })
}

#[derive(Clone)]
struct Limit {
    /// Records are let through from this one of their key on, and before this one.
    skip: u64,
    end: u64,
    /// How many have come; no more than `end` are counted.
    states: States<u64>,
    keep: Vec<bool>,
}

impl Limit {
    fn identity(&self) -> [String; 1] {
        [format!("{} {}", self.skip, self.end)]
    }
}

impl Operator for Limit {
    fn process(&mut self, batch: &mut Batch, cx: &mut Cx) -> Result<Next> {
        let Limit { skip, end, states, keep } = self;
        let before = batch.len();
        match states {
            States::One(seen) if *seen >= *end => batch.clear(),
            States::One(seen) => {
                let rows = *seen..seen.saturating_add(before as u64);
                keep.clear();
                keep.extend(rows.clone().map(|at| (*skip..*end).contains(&at)));
                *seen = rows.end.min(*end);
                batch.retain(keep);
            }
            States::Each(each) => {
                let gone = each.begin(cx);
                keep.clear();
                for row in 0..before {
                    let seen = each.state(batch, row);
                    keep.push((*skip..*end).contains(seen));
                    *seen = (*seen + 1).min(*end);
                }
                each.tell_gone(gone, cx);
                batch.retain(keep);
            }
        }
        cx.filtered((before - batch.len()) as u64);
        Ok(Next::Wait)
    }

    fn save(&mut self, out: &mut Saver<'_>) -> Result<Next> {
        let identity = self.identity();
        self.states.save(STATE_VERSION, &identity, out)
    }

    fn load(&mut self, from: &mut Loader<'_>) -> Result<()> {
        let (identity, end) = (self.identity(), self.end);
        if self.states.load(STATE_VERSION, &identity, from, |seen| *seen <= end)? {
            return Ok(());
        }
        Err(Error::failed("the state is of another limit or key than the topology says (start without it)"))
    }
}
