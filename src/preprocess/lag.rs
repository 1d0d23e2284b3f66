//! Puts beside each record what one before it said: the price of the trade before, of the same share.
//!
//! ```toml
//! operator = "lag"
//! fields = ["price"]
//! per = "symbol"        # or a list of columns; absent: the record before, whatever it is of
//! ```
//!
//! | symbol str (in) | price f64 (in) | symbol str (out) | price f64 (out) | previous_price f64 (out) |
//! |---|---|---|---|---|
//! | a b a a b | 10 7 11 NULL 8 | a b a a b | 10 7 11 NULL 8 | NULL NULL 10 11 7 |
//!
//! The columns are added at the end, of the types of `fields`, under their names with `prefix` before. A record that
//! has none before it gets NULL, and so does one whose record before says NULL.
//!
//! ```toml
//! operator = "lag"
//! fields = ["x", "name"]
//! n = 2                 # what the record before the last one said
//! prefix = "was_"
//! ```
//!
//! | x i64 (in) | name str (in) | x i64 (out) | name str (out) | was_x i64 (out) | was_name str (out) |
//! |---|---|---|---|---|---|
//! | 1 2 3 4 | p q r s | 1 2 3 4 | p q r s | NULL NULL 1 2 | NULL NULL p q |
//!
//! The order within a key is that of arrival: put the step `sort` before it where records come disordered. It is SQL's
//! `lag(x, n) OVER (PARTITION BY … )`.
//!
//! It keeps `n` records of each key, of `fields` alone. At most `keys_max` (100000) keys are remembered; the one least
//! recently touched goes, and begins anew if it comes back. What texts take is bounded by these two numbers alone.
//! After a crash the records that came since the last snapshot are not among those before.

use super::common::{RowsBefore, beside};
use crate::data::state::{Loader, Saver};
use crate::data::{Batch, Column, Schema, key};
use crate::error::Result;
use crate::operator::{Cx, Input, KEYS_LIMIT, Next, Operator, Per, PlanResult, Planned, Spec, only};
use crate::params::{self, JsonSchema, Names};
use serde::Deserialize;

pub(super) const OPERATOR: Spec =
    Spec::new("lag", "puts beside each record what one before it said", include_str!("lag.rs"), plan)
        .parameters::<Params>()
        .called(&["previous", "shift", "prev", "delay", "lag_over"])
        .keyed("per");

const STATE_VERSION: u16 = 1;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Params {
    /// The columns whose values of before are added.
    fields: Names,
    /// So many records before: 1 is the one before.
    #[serde(default = "one")]
    #[schemars(range(min = 1, max = 10_000))]
    n: usize,
    /// The new columns are called so, with the column's name behind it.
    #[serde(default = "previous")]
    prefix: String,
    /// The record before of the same value of these columns; of all, if absent.
    per: Option<Names>,
    /// How many keys of `per` are remembered (100000, if absent); the one least recently touched goes.
    #[schemars(range(min = 1, max = KEYS_LIMIT))]
    keys_max: Option<u64>,
}

fn one() -> usize {
    1
}

fn previous() -> String {
    "previous_".to_string()
}

fn plan(params: params::Params, inputs: &[Input]) -> PlanResult {
    let Params { fields, n, prefix, per, keys_max } = params::read(params)?;
    let schema = only(inputs);
    let mut problems = Vec::new();
    let per = Per::check(per.as_ref(), keys_max, schema, &mut problems);
    let (output, columns) = beside(schema, &fields, &prefix, |field| Ok(Some(field.of)), &mut problems);
    if !problems.is_empty() {
        return Err(problems);
    }
    let key = per.as_ref().map_or(Vec::new(), |per| per.columns.clone());
    let before = RowsBefore::new(schema, columns, n, per);
    let lag = Lag { output: output.clone(), before, new: Vec::new() };
    Ok(Planned { stateful: true, per: key, ..Planned::new(output, move || lag.clone()) })
}

#[derive(Clone)]
struct Lag {
    output: Schema,
    before: RowsBefore,
    /// The columns that are added, while a batch is worked on.
    new: Vec<Column>,
}

impl Operator for Lag {
    fn process(&mut self, batch: &mut Batch, cx: &mut Cx) -> Result<Next> {
        let Lag { output, before, new } = self;
        for field in &output.fields[batch.columns.len()..] {
            new.push(batch.new_column(field.of));
        }
        before.each(batch, cx, |_, _, before| match before {
            Some(row) => _ = key::read(row, new).expect("the row was made of these columns"),
            None => new.iter_mut().for_each(Column::push_null),
        });
        batch.columns.append(new);
        Ok(Next::Wait)
    }

    fn finish(&mut self, batch: &mut Batch, _: &mut Cx) -> Result<Next> {
        batch.reset(&self.output);
        Ok(Next::End)
    }

    fn save(&mut self, out: &mut Saver<'_>) -> Result<Next> {
        self.before.save(STATE_VERSION, out)
    }

    fn load(&mut self, from: &mut Loader<'_>) -> Result<()> {
        self.before.load(STATE_VERSION, from)
    }
}
