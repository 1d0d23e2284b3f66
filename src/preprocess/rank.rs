//! Says which place a value takes among the last ones of its key: the first, the second, or the 17th of 100.
//!
//! ```toml
//! operator = "rank"
//! field = "amount"
//! per = "shop"          # or a list of columns; absent: among all records
//! last = 3              # among so many values, its own included (100, if it is not said)
//! ```
//!
//! | shop str (in) | amount f64 (in) | shop str (out) | amount f64 (out) | rank i64 (out) | of i64 (out) |
//! |---|---|---|---|---|---|
//! | a a b a a a a | 5 9 1 7 NULL 9 8 | a a b a a a a | 5 9 1 7 NULL 9 8 | 1 1 1 2 NULL 1 2 | 1 2 1 3 NULL 3 3 |
//!
//! The greatest value has rank 1, or with `order = "ascending"` the least; equal ones have the same rank, and the next
//! is as many places behind (SQL's `rank`). `of` is among how many values it was. NULL and NaN are no values: such a
//! record has no rank.
//!
//! ```toml
//! operator = "rank"
//! field = "amount"
//! within = "1h"         # among the values of the last hour of event time, `last` of them at most
//! top = 1               # only records pass whose rank is so good
//! as = "place"
//! ```
//!
//! | ts event_time (in) | amount i64 (in) | ts event_time (out) | amount i64 (out) | place i64 (out) | of i64 (out) |
//! |---|---|---|---|---|---|
//! | 2013-01-01T10:00:00Z 2013-01-01T10:30:00Z 2013-01-01T11:00:00Z 2013-01-01T11:10:00Z 2013-01-01T12:20:00Z | 50 40 45 60 3 | 2013-01-01T10:00:00Z 2013-01-01T11:00:00Z 2013-01-01T11:10:00Z 2013-01-01T12:20:00Z | 50 45 60 3 | 1 1 1 1 | 1 2 3 1 |
//!
//! `within` needs an event time (`time = "ts"` at the source). A value counts whose time is later than the record's
//! less `within`, and not later than the record's: what came before it, but is of later, does not. A record without a
//! time is rejected (`no_time`). With `top` the others are filtered, and counted; those without a rank too.
//!
//! The order within a key is that of arrival: put the step `sort` before it where records come disordered.
//!
//! A record costs a look at `last` values, and each key 16 bytes for each of them. At most `keys_max` (100000) keys are
//! remembered; the one least recently touched goes, and begins anew if it comes back.

use crate::data::state::{Loader, Saver};
use crate::data::{Batch, Column, Schema, Type, Value, Values};
use crate::error::{Error, Result};
use crate::operator::{
    Advice, Cx, Input, KEYS_LIMIT, NO_TIME, Next, Operator, Per, PlanResult, Planned, Spec, States, column,
    only,
};
use crate::params::{self, JsonSchema, Names, Problem};
use crate::units::{Span, Stretch};
use serde::{Deserialize, Serialize};

pub(super) const OPERATOR: Spec = Spec::new(
    "rank",
    "which place a value takes among the last ones of its key",
    include_str!("rank.rs"),
    plan,
)
.parameters::<Params>()
.called(&["row_number", "dense_rank", "percent_rank", "top_n", "topn", "ranking", "leaderboard"])
.keyed("per");

const STATE_VERSION: u16 = 1;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Params {
    /// The column whose values are ranked: numbers or times.
    field: String,
    /// Among so many values of the key, the record's own included.
    #[serde(default = "hundred")]
    #[schemars(range(min = 1, max = 100_000))]
    last: usize,
    /// Only among those of so long an event time; however old, if absent.
    within: Option<Span>,
    /// Which value has rank 1: the greatest or the least.
    #[serde(default)]
    order: Order,
    /// Only records pass whose rank is so good; all, if absent.
    #[schemars(range(min = 1, max = 100_000))]
    top: Option<i64>,
    /// What the new column is called.
    #[serde(default = "rank", rename = "as")]
    name: String,
    /// Among the values of the same value of these columns; of all, if absent.
    per: Option<Names>,
    /// How many keys of `per` are remembered (100000, if absent); the one least recently touched goes.
    #[schemars(range(min = 1, max = KEYS_LIMIT))]
    keys_max: Option<u64>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Order {
    /// The greatest.
    #[default]
    Descending,
    /// The least.
    Ascending,
}

fn hundred() -> usize {
    100
}

fn rank() -> String {
    "rank".to_string()
}

fn plan(params: params::Params, inputs: &[Input]) -> PlanResult {
    let Params { field, last, within, order, top, name, per, keys_max } = params::read(params)?;
    let schema = only(inputs);
    let mut problems = Vec::new();
    let per = Per::check(per.as_ref(), keys_max, schema, &mut problems);
    let field = column(schema, "field", &field).and_then(|at| match schema.fields[at].of {
        Type::I64 | Type::F64 | Type::Time => Ok(at),
        of => Err(Problem::at("field", format!("column \"{field}\" is {of}, a number or a time is needed"))),
    });
    let field = field.map_err(|problem| problems.push(problem)).ok();
    let untimed = within.filter(|_| schema.time().is_none());
    let untimed =
        untimed.map(|_| "it is of event time: say time = \"…\" at the source, or use the step event_time");
    let wrong = within.and_then(|span| Stretch::Time(span).wrong()).or(untimed);
    problems.extend(wrong.map(|what| Problem::at("within", what)));
    let mut output = schema.clone();
    for (key, name) in [("as", name.as_str()), ("field", "of")] {
        if output.index(name).is_some() {
            problems.push(Problem::at(key, format!("there is a column \"{name}\" already")));
        }
        output = output.with(name, Type::I64);
    }
    let (Some(field), true) = (field, problems.is_empty()) else { return Err(problems) };
    let key = per.as_ref().map_or(Vec::new(), |per| per.columns.clone());
    let rank = Rank {
        identity: vec![schema.fields[field].to_string(), format!("{last} {within:?} {order:?}")],
        output: output.clone(),
        field,
        last,
        within: within.and_then(|span| Some((schema.time()?, span.ns as i64))),
        descending: order == Order::Descending,
        top,
        states: States::new(per, Last::default()),
        keep: Vec::new(),
    };
    Ok(Planned { stateful: true, per: key, ..Planned::new(output, move || rank.clone()) })
}

/// The last values of a key, as numbers of the same order: the better one is the greater one.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
struct Last {
    values: Vec<u64>,
    /// The time of each, where that matters.
    times: Vec<i64>,
    /// Where the oldest lies, once there are as many as are kept.
    oldest: u32,
}

impl Last {
    /// Takes a value, which pushes the oldest out where there are `most`. Answers its rank, and among how many.
    fn add(&mut self, value: u64, most: usize, within: Option<(i64, i64)>) -> (i64, i64) {
        let time = within.map_or(0, |(time, _)| time);
        if self.values.len() < most {
            self.values.push(value);
            self.times.extend(within.map(|(time, _)| time));
        } else {
            let at = self.oldest as usize;
            self.values[at] = value;
            if within.is_some() {
                self.times[at] = time;
            }
            self.oldest = if at + 1 == most { 0 } else { self.oldest + 1 };
        }
        let Some((time, span)) = within else {
            let better = self.values.iter().map(|other| i64::from(*other > value)).sum::<i64>();
            return (better + 1, self.values.len() as i64);
        };
        let after = time.saturating_sub(span);
        let counts = self.times.iter().map(|other| *other > after && *other <= time);
        self.values.iter().zip(counts).fold((1, 0), |(rank, of), (other, counts)| {
            (rank + i64::from(counts && *other > value), of + i64::from(counts))
        })
    }

    /// Whether what was loaded can be.
    fn is_sound(&self, most: usize, timed: bool) -> bool {
        let n = self.values.len();
        n <= most
            && self.times.len() == if timed { n } else { 0 }
            && (self.oldest as usize) < if n == most { most } else { 1 }
    }
}

#[derive(Clone)]
struct Rank {
    output: Schema,
    /// What must be the same for a state to fit.
    identity: Vec<String>,
    field: usize,
    last: usize,
    /// The column of the event time, and how far back values count.
    within: Option<(usize, i64)>,
    descending: bool,
    top: Option<i64>,
    states: States<Last>,
    keep: Vec<bool>,
}

/// A value as a number that is greater for a greater value; `None`: it is none.
fn ordered(column: &Column, row: usize) -> Option<u64> {
    if !column.valid.get(row) {
        return None;
    }
    match &column.values {
        Values::I64(v) | Values::Time(v) => Some(v[row] as u64 ^ (1 << 63)),
        Values::F64(v) if v[row].is_nan() => None,
        Values::F64(v) => {
            // Both zeros are one. The bits of numbers below zero fall as they rise.
            let bits = (v[row] + 0.0).to_bits();
            Some(if bits >> 63 == 1 { !bits } else { bits ^ (1 << 63) })
        }
        _ => panic!("plan takes numbers and times only, not {}", column.of()),
    }
}

impl Rank {
    /// The rank of each record, among how many, and whether it passes.
    fn place(&mut self, batch: &Batch, cx: &mut Cx, [ranks, of]: &mut [Column; 2]) -> u64 {
        let Rank { field, last, within, descending, top, states, keep, .. } = self;
        let gone = states.begin(cx);
        let mut filtered = 0;
        for row in 0..batch.len() {
            let within = within.map(|(at, span)| (batch.columns[at].value(row), span));
            let within = match within {
                Some((Value::Time(time), span)) => Some((time, span)),
                Some(_) => {
                    cx.reject(batch, row, NO_TIME);
                    keep.push(false);
                    ranks.push_null();
                    of.push_null();
                    continue;
                }
                None => None,
            };
            let value =
                ordered(&batch.columns[*field], row).map(|value| if *descending { value } else { !value });
            let placed = value.map(|value| states.state(batch, row).add(value, *last, within));
            let passes = top.is_none_or(|top| placed.is_some_and(|(rank, _)| rank <= top));
            filtered += u64::from(!passes);
            keep.push(passes);
            ranks.push(placed.map_or(Value::Null, |(rank, _)| Value::I64(rank)));
            of.push(placed.map_or(Value::Null, |(_, n)| Value::I64(n)));
        }
        states.tell_gone(gone, cx);
        filtered
    }
}

impl Operator for Rank {
    fn process(&mut self, batch: &mut Batch, cx: &mut Cx) -> Result<Next> {
        let mut new = [batch.new_column(Type::I64), batch.new_column(Type::I64)];
        self.keep.clear();
        let filtered = self.place(batch, cx, &mut new);
        batch.columns.extend(new);
        batch.retain(&self.keep);
        cx.filtered(filtered);
        Ok(Next::Wait)
    }

    fn finish(&mut self, batch: &mut Batch, _: &mut Cx) -> Result<Next> {
        batch.reset(&self.output);
        Ok(Next::End)
    }

    fn advice(&self, reason: &str) -> Option<Advice> {
        Advice::of_no_time(reason)
    }

    fn save(&mut self, out: &mut Saver<'_>) -> Result<Next> {
        self.states.save(STATE_VERSION, &self.identity, out)
    }

    fn load(&mut self, from: &mut Loader<'_>) -> Result<()> {
        let (last, timed) = (self.last, self.within.is_some());
        if self.states.load(STATE_VERSION, &self.identity, from, |values| values.is_sound(last, timed))? {
            return Ok(());
        }
        Err(Error::failed(
            "the state is of another field, order or key than the topology says (start without it)",
        ))
    }
}
