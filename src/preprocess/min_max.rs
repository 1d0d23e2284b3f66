//! Brings numbers into the range from 0 to 1: between the least and the greatest so far, or between fixed bounds.
//!
//! ```toml
//! operator = "min_max"
//! fields = ["x"]
//! prefix = "m_"        # adds m_x at the end; without it x itself is replaced, and is f64 then
//! ```
//!
//! | x i64 (in) | x i64 (out) | m_x f64 (out) |
//! |---|---|---|
//! | 4 6 NULL 5 0 3 | 4 6 NULL 5 0 3 | 0 1 NULL 0.5 0 0.5 |
//!
//! A record counts towards the least and the greatest that it is measured by, so nothing lies outside. While both are
//! one, so for the first record, the answer is 0. NULL stays NULL. A value that is not finite, or whose square is not
//! (beyond 1e150), gives NULL, and is not learned from.
//!
//! ```toml
//! operator = "min_max"
//! fields = ["share", "age"]
//! bounds = { age = [0, 120] }   # fixed: nothing is learned; what lies beyond one gives 0 or 1
//! per = "who"                   # a least and a greatest for each value of a column, or of several (a list)
//! keys_max = 1000               # at most for so many values (default 100000)
//! ```
//!
//! | who str (in) | share f64 (in) | age i64 (in) | who str (out) | share f64 (out) | age f64 (out) |
//! |---|---|---|---|---|---|
//! | a b a NULL b | 10 1 30 7 inf | 30 -3 60 150 NULL | a b a NULL b | 0 0 1 0 NULL | 0.25 0 0.5 1 NULL |
//!
//! With `per` each key is measured as if the others were not there; NULL is a key too. When there are `keys_max` keys
//! and one more comes, the one least recently touched goes, and begins anew if it comes back. A record without a value
//! to learn from does not count as a touch. Several workers own their keys and share `keys_max`; without `per` each of
//! them has one range for all that falls to it. Bounds hold for all keys.
//!
//! Its state is 16 bytes a field, saved in one piece; with `per` in pieces of some keys. Event time goes on as it came.

use crate::data::state::{Loader, Saver};
use crate::data::{Batch, Column, Type, Value};
use crate::error::{Error, Result};
use crate::numeric::is_known;
use crate::operator::{Cx, Input, KEYS_LIMIT, Next, Operator, Per, PlanResult, Planned, Spec, States, only};
use crate::params::{self, JsonSchema, Names, Problem};
use crate::preprocess::common::{Scaled, inside, place};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

pub(super) const OPERATOR: Spec =
    Spec::new("min_max", "numeric columns in the range from 0 to 1", include_str!("min_max.rs"), plan)
        .parameters::<Params>()
        .called(&[
            "min_max_scaler",
            "minmaxscaler",
            "minmax",
            "min_max_scale",
            "rescale",
            "unit_scale",
            "normalizer",
        ])
        .keyed("per");

const STATE_VERSION: u16 = 1;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Params {
    /// The numeric columns.
    fields: Vec<String>,
    /// The results go to columns of their own, named with this before the column's name; absent: they replace it.
    prefix: Option<String>,
    /// Fixed bounds by column: [what becomes 0, what becomes 1].
    #[serde(default)]
    bounds: BTreeMap<String, Vec<f64>>,
    /// One range for each value of these columns; one for all, if absent.
    per: Option<Names>,
    /// How many keys of `per` are remembered (100000, if absent); the one least recently touched goes.
    #[schemars(range(min = 1, max = KEYS_LIMIT))]
    keys_max: Option<u64>,
}

fn plan(params: params::Params, inputs: &[Input]) -> PlanResult {
    let Params { fields, prefix, bounds, per, keys_max } = params::read(params)?;
    let schema = only(inputs);
    let mut problems = Vec::new();
    let per = Per::check(per.as_ref(), keys_max, schema, &mut problems);
    let scaled = Scaled::check(&fields, prefix.as_deref(), per.as_ref(), schema, &mut problems);
    for (name, bounds) in &bounds {
        let what = match bounds.as_slice() {
            _ if !fields.contains(name) => format!("\"{name}\" is none of the fields"),
            [least, greatest] if is_known(*least) && is_known(*greatest) && least < greatest => continue,
            [_, _] => "the first bound is less than the second, and both are within 1e150".to_string(),
            others => format!("two bounds are needed, as in [0, 100], not {}", others.len()),
        };
        problems.push(inside(name, Problem::at("bounds", what)));
    }
    let fixed: Vec<Option<Range>> = fields
        .iter()
        .map(|name| match bounds.get(name)?.as_slice() {
            [least, greatest] => Some(Range { least: *least, greatest: *greatest }),
            _ => None,
        })
        .collect();
    let learns = fixed.iter().any(Option::is_none);
    if problems.is_empty() && per.is_some() && !learns {
        problems.push(Problem::at("per", "all bounds are fixed, whatever the key: leave it out"));
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let key = per.as_ref().map_or(Vec::new(), |per| per.columns.clone());
    let Scaled { columns, output, passes } = scaled;
    let min_max = MinMax {
        identity: fields.iter().zip(&fixed).map(|(name, fixed)| format!("{name} {fixed:?}")).collect(),
        states: States::new(per, fixed.iter().map(|fixed| fixed.unwrap_or_default()).collect()),
        learns: fixed.iter().map(Option::is_none).collect(),
        columns,
        replaces: prefix.is_none(),
        made: Vec::new(),
    };
    Ok(Planned { stateful: learns, per: key, passes, ..Planned::new(output, move || min_max.clone()) })
}

/// The least and the greatest value; none yet while the least is the greater.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Range {
    least: f64,
    greatest: f64,
}

impl Default for Range {
    fn default() -> Range {
        Range { least: f64::INFINITY, greatest: f64::NEG_INFINITY }
    }
}

impl Range {
    #[inline]
    fn learn(&mut self, x: f64) {
        // Not min and max of f64: of -0 and 0 these may give either.
        if x < self.least {
            self.least = x;
        }
        if x > self.greatest {
            self.greatest = x;
        }
    }

    /// Where a value lies in it: 0 at the least, 1 at the greatest, never beyond.
    #[inline]
    fn share(&self, x: f64) -> f64 {
        let width = self.greatest - self.least;
        if width > 0.0 { ((x - self.least) / width).clamp(0.0, 1.0) } else { 0.0 }
    }

    fn is_sound(&self) -> bool {
        *self == Range::default()
            || (is_known(self.least) && is_known(self.greatest) && self.least <= self.greatest)
    }
}

#[derive(Clone)]
struct MinMax {
    /// What must be the same for a state to fit.
    identity: Vec<String>,
    states: States<Vec<Range>>,
    /// By field, whether its range is learned.
    learns: Vec<bool>,
    columns: Vec<usize>,
    replaces: bool,
    /// What is made of each field, while a batch is worked on record by record.
    made: Vec<Column>,
}

/// Learns from a value and says where it lies.
#[inline]
fn step(range: &mut Range, learns: bool, column: &Column, row: usize) -> Value<'static> {
    match column.number(row).filter(|x| is_known(*x)) {
        None => Value::Null,
        Some(x) => {
            if learns {
                range.learn(x);
            }
            Value::F64(range.share(x))
        }
    }
}

impl MinMax {
    /// Takes the records one by one, each with the ranges of its key.
    fn run_each(&mut self, batch: &mut Batch, cx: &mut Cx) {
        let States::Each(each) = &mut self.states else { panic!("the caller saw it") };
        let gone = each.begin(cx);
        self.made.extend(self.columns.iter().map(|_| batch.new_column(Type::F64)));
        for row in 0..batch.len() {
            let known = |at: &usize| batch.columns[*at].number(row).is_some_and(is_known);
            if !self.columns.iter().any(known) {
                self.made.iter_mut().for_each(Column::push_null);
                continue;
            }
            let ranges = each.state(batch, row).iter_mut().zip(&self.learns);
            for ((made, at), (range, learns)) in self.made.iter_mut().zip(&self.columns).zip(ranges) {
                made.push(step(range, *learns, &batch.columns[*at], row));
            }
        }
        each.tell_gone(gone, cx);
        for (made, at) in self.made.drain(..).zip(&self.columns) {
            place(self.replaces, batch, *at, made);
        }
    }
}

impl Operator for MinMax {
    fn process(&mut self, batch: &mut Batch, cx: &mut Cx) -> Result<Next> {
        let States::One(ranges) = &mut self.states else {
            self.run_each(batch, cx);
            return Ok(Next::Wait);
        };
        for ((range, learns), at) in ranges.iter_mut().zip(&self.learns).zip(&self.columns) {
            let mut made = batch.new_column(Type::F64);
            let column = &batch.columns[*at];
            (0..batch.len()).for_each(|row| made.push(step(range, *learns, column, row)));
            place(self.replaces, batch, *at, made);
        }
        Ok(Next::Wait)
    }

    fn save(&mut self, out: &mut Saver<'_>) -> Result<Next> {
        self.states.save(STATE_VERSION, &self.identity, out)
    }

    fn load(&mut self, from: &mut Loader<'_>) -> Result<()> {
        let dims = self.columns.len();
        let fits = |ranges: &Vec<Range>| ranges.len() == dims && ranges.iter().all(Range::is_sound);
        if self.states.load(STATE_VERSION, &self.identity, from, fits)? {
            return Ok(());
        }
        Err(Error::failed(
            "the state is of other fields, bounds or keys than the topology says (start without it)",
        ))
    }
}
