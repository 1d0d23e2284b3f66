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

use crate::data::key::{self, KeyOf};
use crate::data::state::{Loader, Saver};
use crate::data::{Batch, Column, Field, Schema};
use crate::error::{Error, Result};
use crate::operator::{
    Cx, Input, KEYS_LIMIT, Next, Operator, Per, PlanResult, Planned, Spec, States, column, only,
};
use crate::params::{self, JsonSchema, Names, Problem};
use crate::preprocess::common::Before;
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
    let (mut output, mut columns) = (schema.clone(), Vec::new());
    for (i, name) in fields.all().iter().enumerate() {
        match added(&mut output, schema, (name, &prefix)) {
            Ok(at) => columns.push(at),
            Err(problem) if problem.path == ["fields"] => {
                problems.push(Problem { path: fields.path("fields", i), ..problem });
            }
            Err(problem) => problems.push(problem),
        }
    }
    if fields.all().is_empty() {
        problems.push(Problem::at("fields", "no column is named"));
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let key = per.as_ref().map_or(Vec::new(), |per| per.columns.clone());
    let lag = Lag {
        output: output.clone(),
        identity: columns.iter().map(|at| schema.fields[*at].to_string()).chain([n.to_string()]).collect(),
        n,
        row: KeyOf::new(columns.clone()),
        columns,
        states: States::new(per, Before::default()),
        new: Vec::new(),
    };
    Ok(Planned { stateful: true, per: key, ..Planned::new(output, move || lag.clone()) })
}

/// Adds the column for one of `fields`; answers where that lies.
fn added(
    output: &mut Schema,
    schema: &Schema,
    (name, prefix): (&str, &str),
) -> std::result::Result<usize, Problem> {
    let at = column(schema, "fields", name)?;
    let new = format!("{prefix}{name}");
    if output.index(&new).is_some() {
        return Err(Problem::at("prefix", format!("there is a column \"{new}\" already")));
    }
    output.fields.push(Field::new(&new, schema.fields[at].of).in_zone(&schema.zone()));
    Ok(at)
}

#[derive(Clone)]
struct Lag {
    output: Schema,
    /// What must be the same for a state to fit.
    identity: Vec<String>,
    n: usize,
    row: KeyOf,
    columns: Vec<usize>,
    states: States<Before>,
    /// The columns that are added, while a batch is worked on.
    new: Vec<Column>,
}

impl Operator for Lag {
    fn process(&mut self, batch: &mut Batch, cx: &mut Cx) -> Result<Next> {
        let Lag { n, row: of_row, columns, states, new, .. } = self;
        for at in columns.iter() {
            let of = batch.columns[*at].of();
            new.push(batch.new_column(of));
        }
        let gone = match states {
            States::One(_) => 0,
            States::Each(each) => each.begin(cx),
        };
        for row in 0..batch.len() {
            let before = match states {
                States::One(before) => before,
                States::Each(each) => each.state(batch, row),
            };
            match before.oldest(*n) {
                Some(row) => {
                    key::read(row, new).expect("the row was made of these columns");
                }
                None => new.iter_mut().for_each(Column::push_null),
            }
            before.put(of_row.of(batch, row), *n);
        }
        if let States::Each(each) = states {
            each.tell_gone(gone, cx);
        }
        batch.columns.append(new);
        Ok(Next::Wait)
    }

    fn finish(&mut self, batch: &mut Batch, _: &mut Cx) -> Result<Next> {
        batch.reset(&self.output);
        Ok(Next::End)
    }

    fn save(&mut self, out: &mut Saver<'_>) -> Result<Next> {
        self.states.save(STATE_VERSION, &self.identity, out)
    }

    fn load(&mut self, from: &mut Loader<'_>) -> Result<()> {
        let first = self.output.len() - self.columns.len();
        let types: Vec<_> = self.output.fields[first..].iter().map(|field| field.of).collect();
        let reads = |row: &[u8]| {
            let mut columns: Vec<Column> = types.iter().map(|of| Column::new(*of)).collect();
            key::read(row, &mut columns).is_some_and(<[u8]>::is_empty)
        };
        let n = self.n;
        if self.states.load(STATE_VERSION, &self.identity, from, |before| before.is_sound(n, reads))? {
            return Ok(());
        }
        Err(Error::failed("the state is of other fields or keys than the topology says (start without it)"))
    }
}
