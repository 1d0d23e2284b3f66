//! Turns numbers into running z-scores: how many standard deviations each lies from the mean so far.
//!
//! ```toml
//! operator = "standardize"
//! fields = ["x"]
//! prefix = "z_"        # adds z_x at the end; without it x itself is replaced, and is f64 then
//! ```
//!
//! | x i64 (in) | x i64 (out) | z_x f64 (out) |
//! |---|---|---|
//! | 1 2 NULL 3 | 1 2 NULL 3 | 0 1 NULL 1.224744871391589 |
//!
//! A record counts towards the mean and the deviation it is measured by. The deviation is the population's
//! (the sum of squares is divided by n, not n - 1); while it is 0, so for the first record, z is 0. So it is while it
//! is less than 2⁻⁴⁸ of the mean: that is what rounding makes of values that are one (0.3 and 0.1 + 0.2).
//!
//! NULL stays NULL. A value that is not finite, or whose square is not (beyond 1e150), gives NULL. Neither is
//! learned from, and each field keeps its own count.
//!
//! ```toml
//! operator = "standardize"
//! fields = ["b", "a"]
//! ```
//!
//! | a i64 (in) | b f64 (in) | c str (in) | a f64 (out) | b f64 (out) | c str (out) |
//! |---|---|---|---|---|---|
//! | 4 NULL 8 | 5 inf 5 | p q r | 0 NULL 1 | 0 NULL 0 | p q r |
//!
//! ```toml
//! operator = "standardize"
//! fields = ["x"]
//! per = "who"          # a mean and a deviation for each value of a column, or of several (a list)
//! keys_max = 1000      # at most for so many values (default 100000)
//! ```
//!
//! | who str (in) | x i64 (in) | who str (out) | x f64 (out) |
//! |---|---|---|---|
//! | a b a NULL b NULL b | 1 5 3 7 5 9 11 | a b a NULL b NULL b | 0 0 1 0 0 1 1.4142135623730951 |
//!
//! With `per` each key is measured as if the others were not there; NULL is a key too. When there are `keys_max` keys
//! and one more comes, the one least recently touched goes, and begins anew if it comes back. A record without a value
//! to learn from does not count as a touch. Several workers own their keys and share `keys_max`; without `per` each of
//! them has one mean and one deviation for all that falls to it.
//!
//! Its state is 24 bytes a field, saved in one piece; with `per` in pieces of some keys.
//!
//! Welford's running variance (Welford 1962, Note on a method for calculating corrected sums of squares and
//! products, Technometrics 4:419).

use crate::data::state::{Loader, Saver};
use crate::data::{Batch, Column, Schema, Type, Value, Values};
use crate::error::{Error, Result};
use crate::numeric::{Moments, is_known};
use crate::operator::{Cx, Input, KEYS_LIMIT, Next, Operator, Per, PlanResult, Planned, Spec, States, only};
use crate::params::{self, JsonSchema, Names};
use crate::preprocess::common::{Scaled, place};
use serde::Deserialize;

pub(super) const OPERATOR: Spec =
    Spec::new("standardize", "running z-scores of numeric columns", include_str!("standardize.rs"), plan)
        .parameters::<Params>()
        .called(&["scale", "scaler", "standard_scaler", "normalize", "normalise", "zscore", "z_score"])
        .keyed("per");

const STATE_VERSION: u16 = 3;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Params {
    /// The numeric columns.
    fields: Vec<String>,
    /// The scores go to columns of their own, named with this before the column's name; absent: they replace it.
    prefix: Option<String>,
    /// One model for each value of these columns; one for all, if absent.
    per: Option<Names>,
    /// How many keys of `per` are remembered (100000, if absent); the one least recently touched goes.
    #[schemars(range(min = 1, max = KEYS_LIMIT))]
    keys_max: Option<u64>,
}

fn plan(params: params::Params, inputs: &[Input]) -> PlanResult {
    let Params { fields, prefix, per, keys_max } = params::read(params)?;
    let schema = only(inputs);
    let mut problems = Vec::new();
    let per = Per::check(per.as_ref(), keys_max, schema, &mut problems);
    let scaled = Scaled::check(&fields, prefix.as_deref(), per.as_ref(), schema, &mut problems);
    if !problems.is_empty() {
        return Err(problems);
    }
    let Scaled { columns, output, passes } = scaled;
    let key = per.as_ref().map_or(Vec::new(), |per| per.columns.clone());
    let standardize = Standardize {
        output: output.clone(),
        replaces: prefix.is_none(),
        states: States::new(per, vec![Moments::default(); fields.len()]),
        fields,
        columns,
        scores: Vec::new(),
    };
    Ok(Planned { stateful: true, per: key, passes, ..Planned::new(output, move || standardize.clone()) })
}

#[derive(Clone)]
struct Standardize {
    output: Schema,
    fields: Vec<String>,
    columns: Vec<usize>,
    replaces: bool,
    /// Moments of each field.
    states: States<Vec<Moments>>,
    /// The z-scores of each field, while a batch is worked on record by record.
    scores: Vec<Column>,
}

impl Standardize {
    /// Learns the records one by one, each with the moments of its key: a key may go while others still come.
    fn learn_each(&mut self, batch: &mut Batch, cx: &mut Cx) {
        let States::Each(each) = &mut self.states else { panic!("the caller saw it") };
        let gone = each.begin(cx);
        self.scores.extend(self.columns.iter().map(|_| batch.new_column(Type::F64)));
        for row in 0..batch.len() {
            let number = |at: usize| batch.columns[at].number(row).filter(|x| is_known(*x));
            if self.columns.iter().all(|at| number(*at).is_none()) {
                self.scores.iter_mut().for_each(Column::push_null);
                continue;
            }
            let moments = each.state(batch, row);
            for ((scores, at), moments) in self.scores.iter_mut().zip(&self.columns).zip(moments) {
                scores.push(number(*at).map_or(Value::Null, |x| Value::F64(score(moments, x))));
            }
        }
        each.tell_gone(gone, cx);
        for (scores, at) in self.scores.drain(..).zip(&self.columns) {
            place(self.replaces, batch, *at, scores);
        }
    }
}

/// Learns one value and says where it lies.
#[inline]
fn score(moments: &mut Moments, x: f64) -> f64 {
    moments.learn(x);
    moments.score(x)
}

/// Learns a column and writes its z-scores.
fn score_column(moments: &mut Moments, column: &Column, out: &mut Column) {
    match &column.values {
        Values::F64(v) => score_values(moments, v.iter().copied(), column, out),
        Values::I64(v) => score_values(moments, v.iter().map(|x| *x as f64), column, out),
        _ => panic!("plan takes numbers only, not {}", column.of()),
    }
}

fn score_values(
    moments: &mut Moments,
    values: impl Iterator<Item = f64> + Clone,
    of: &Column,
    out: &mut Column,
) {
    let Values::F64(scores) = &mut out.values else { panic!("a z-score is f64") };
    let known = |(row, x): (usize, f64)| is_known(x) && of.valid.get(row);
    let mut all = true;
    scores.extend(values.clone().enumerate().map(|(row, x)| {
        let known = known((row, x));
        all &= known;
        if known { score(moments, x) } else { 0.0 }
    }));
    match all {
        true => out.valid.push_valid(of.len()),
        false => values.enumerate().for_each(|at| out.valid.push(known(at))),
    }
}

impl Operator for Standardize {
    fn process(&mut self, batch: &mut Batch, cx: &mut Cx) -> Result<Next> {
        let States::One(moments) = &mut self.states else {
            self.learn_each(batch, cx);
            return Ok(Next::Wait);
        };
        for (moments, at) in moments.iter_mut().zip(&self.columns) {
            let mut scores = batch.new_column(Type::F64);
            score_column(moments, &batch.columns[*at], &mut scores);
            place(self.replaces, batch, *at, scores);
        }
        Ok(Next::Wait)
    }

    fn finish(&mut self, batch: &mut Batch, _cx: &mut Cx) -> Result<Next> {
        batch.reset(&self.output);
        Ok(Next::End)
    }

    fn save(&mut self, out: &mut Saver<'_>) -> Result<Next> {
        self.states.save(STATE_VERSION, &self.fields, out)
    }

    fn load(&mut self, from: &mut Loader<'_>) -> Result<()> {
        let dims = self.fields.len();
        if self.states.load(STATE_VERSION, &self.fields, from, |moments| moments.len() == dims)? {
            return Ok(());
        }
        Err(Error::failed(format!(
            "the state is of other fields or keys than the topology says, which are the fields {:?} (start without it)",
            self.fields
        )))
    }
}
