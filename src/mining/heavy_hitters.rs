//! Counts the commonest values of a column in little memory, each with how far its count may be wrong.
//!
//! ```toml
//! operator = "heavy_hitters"
//! items = "sku"          # a column of texts, of whole numbers, or of lists
//! k = 2                  # so many of the commonest go out
//! counters = 2           # so many values are counted at a time (1000, if it is not said)
//! ```
//!
//! | sku str (in) | item str (out) | count i64 (out) | error i64 (out) | share f64 (out) | set i64 (out) | rows i64 (out) |
//! |---|---|---|---|---|---|---|
//! | a b a c a NULL a c | a c | 4 3 | 0 1 | 0.5714285714285714 0.42857142857142855 | 0 0 | 2 2 |
//!
//! A value that has no counter takes that of the rarest one, with its count: so `count` is never too low, and too high
//! by `error` at most, and `error` is no more than all values divided by `counters`. Every value that is more than
//! 1 / counters of all has a counter. `share` is `count` as a part of all values. Of equally common ones the one that
//! was counted first comes first.
//!
//! A set of rows goes out when the stream ends, and before that each `every` (so many records, or so long) if that is
//! said. `set` numbers them from 0, `rows` says how many rows the set has. NULL is no value (`skipped`); each item of
//! a list is one.
//!
//! ```toml
//! operator = "heavy_hitters"
//! items = "sku"
//! per = "shop"           # counters for each shop
//! keys_max = 1000
//! ```
//!
//! | shop str (in) | sku str (in) | shop str (out) | item str (out) | count i64 (out) | error i64 (out) | share f64 (out) | set i64 (out) | rows i64 (out) |
//! |---|---|---|---|---|---|---|---|---|
//! | a b a a | x y z x | b a a | y x z | 1 2 1 | 0 0 0 | 1 0.6666666666666666 0.3333333333333333 | 0 0 0 | 3 3 3 |
//!
//! With `per` each key has counters of its own, and its columns come first; each of several workers numbers its own
//! sets. At most `keys_max` (100,000) keys are remembered. A value longer than 1 KiB is counted by its beginning.
//! Memory is that of `counters` values for each key, and a value costs a step for each doubling of `counters` at most.
//! The report counts `values`, records `skipped`, and values that lost their counter (`displaced`).
//!
//! Metwally, Agrawal & El Abbadi 2005, Efficient computation of frequent and top-k elements in data streams
//! (Space-Saving).

use crate::data::state::{Loader, Saver};
use crate::data::{Batch, Column, Field, Schema, Type, Value, Values, key};
use crate::error::{Error, Result};
use crate::numeric::Summary;
use crate::operator::{
    Cx, Ending, Every, Input, Next, Operator, Passes, Per, PlanResult, Planned, Shows, Spec, States, column,
    only,
};
use crate::params::{self, Problem};
use crate::units::Stretch;
use given::Params;
use serde::{Deserialize, Serialize};

mod given;

pub(super) const OPERATOR: Spec = Spec::new(
    "heavy_hitters",
    "the commonest values of a column, in little memory",
    include_str!("heavy_hitters.rs"),
    plan,
)
.parameters::<Params>()
.called(&["top_k", "topk", "space_saving", "most_common", "most_frequent", "frequent_items", "popular"])
.seeded("seed")
.keyed("per")
.shows(Shows::Quality, &["values", "displaced"]);

const STATE_VERSION: u16 = 1;
const OURS: [(&str, Type); 6] = [
    ("item", Type::Str),
    ("count", Type::I64),
    ("error", Type::I64),
    ("share", Type::F64),
    ("set", Type::I64),
    ("rows", Type::I64),
];

fn plan(params: params::Params, inputs: &[Input]) -> PlanResult {
    let Params { items, k, counters, every, per, keys_max, seed } = params::read(params)?;
    let schema = only(inputs);
    let mut problems = Vec::new();
    let per = Per::check(per.as_ref(), keys_max, schema, &mut problems);
    let items = column(schema, "items", &items).and_then(|at| match schema.fields[at].of {
        Type::Str | Type::I64 | Type::List => Ok(at),
        of => Err(Problem::at(
            "items",
            format!("column \"{items}\" is {of}: texts, whole numbers or lists are counted"),
        )),
    });
    let items = items.map_err(|problem| problems.push(problem)).ok();
    // What goes out has a counter.
    let counters = counters.max(k);
    problems.extend(every.and_then(Stretch::wrong).map(|what| Problem::at("every", what)));
    let keys = per.iter().flat_map(|per| &per.fields);
    for field in keys.clone().filter(|field| OURS.iter().any(|(name, _)| *name == field.name)) {
        let what =
            format!("heavy_hitters has a column \"{}\" of its own (rename that of the records)", field.name);
        problems.push(Problem::at("per", what));
    }
    let output = Schema { fields: keys.map(|field| Field::new(&field.name, field.of)).collect() };
    let output = OURS.iter().fold(output, |output, (name, of)| output.with(name, *of));
    let (Some(items), true) = (items, problems.is_empty()) else { return Err(problems) };
    let columns = per.as_ref().map_or(Vec::new(), |per| per.columns.clone());
    let passed = columns.iter().copied().map(Some).chain(OURS.map(|_| None)).collect();
    let hitters = HeavyHitters {
        identity: format!("{counters} {seed} {output} {}", schema.fields[items]),
        output: output.clone(),
        width: columns.len(),
        items,
        k,
        every: Every::new(every),
        states: States::new(per, Summary::new(counters)),
        totals: Totals::default(),
        text: String::new(),
        out: Batch::default(),
    };
    let report = Schema::of(&[("values", Type::I64), ("skipped", Type::I64), ("displaced", Type::I64)]);
    Ok(Planned {
        alone: columns.is_empty().then_some("without per there is one list of the commonest"),
        report: Some(report),
        stateful: true,
        per: columns,
        absorbs: true,
        passes: Passes::These(passed),
        deterministic: !hitters.every.goes_by_clock(),
        ..Planned::new(output, move || hitters.clone())
    })
}

#[derive(Clone, Copy, Default, Serialize, Deserialize)]
struct Totals {
    values: u64,
    skipped: u64,
    displaced: u64,
    sets: u64,
    /// Records since a set went out last, and whether keys were not in it.
    since: u64,
    lacks: bool,
}

#[derive(Clone)]
struct HeavyHitters {
    output: Schema,
    identity: String,
    /// How many columns a key has.
    width: usize,
    items: usize,
    k: usize,
    /// When a set of rows goes out.
    every: Every,
    states: States<Summary>,
    totals: Totals,
    /// A whole number, as a text.
    text: String,
    out: Batch,
}

/// Counts the value of a row, or each of its list: how many they are, and how many others had to go.
fn count(summary: &mut Summary, column: &Column, row: usize, text: &mut String) -> (u64, u64) {
    match &column.values {
        Values::Str(texts) => (1, u64::from(summary.add(texts.get(row)))),
        Values::List(lists) => {
            let items = lists.get(row);
            (items.len() as u64, items.map(|item| u64::from(summary.add(item))).sum())
        }
        Values::I64(numbers) => {
            use std::fmt::Write;
            text.clear();
            write!(text, "{}", numbers[row]).expect("a string takes all");
            (1, u64::from(summary.add(text)))
        }
        _ => panic!("such a column is not counted: plan sees to that"),
    }
}

impl HeavyHitters {
    fn add(&mut self, batch: &Batch, cx: &mut Cx) {
        let gone = self.states.begin(cx);
        let column = &batch.columns[self.items];
        for row in 0..batch.len() {
            if column.valid.get(row) {
                let summary = self.states.state(batch, row);
                let (values, displaced) = count(summary, column, row, &mut self.text);
                self.totals.values += values;
                self.totals.displaced += displaced;
                self.totals.since += 1;
            } else {
                self.totals.skipped += 1;
            }
            if self.every.records().is_some_and(|n| self.totals.since >= n) {
                self.tell(batch.born_ns[row], cx);
            }
        }
        cx.absorbed(batch.len() as u64);
        self.states.tell_gone(gone, cx);
    }

    fn tell(&mut self, born_ns: u64, cx: &mut Cx) {
        let HeavyHitters { states, out, width, k, totals, .. } = self;
        let (start, mut told) = (out.len(), 0);
        let mut one = |key: &[u8], summary: &mut Summary| {
            told += 1;
            for counter in summary.top(*k) {
                out.id.push(cx.new_id());
                out.born_ns.push(born_ns);
                let (keys, own) = out.columns.split_at_mut(*width);
                key::read(key, keys).expect("the key was made of these columns");
                let row = [
                    Value::Str(&counter.text),
                    Value::I64(counter.count as i64),
                    Value::I64(counter.error as i64),
                    Value::F64(counter.count as f64 / summary.values() as f64),
                    Value::I64(totals.sets as i64),
                ];
                own.iter_mut().zip(row).for_each(|(column, value)| column.push(value));
            }
        };
        match states {
            States::One(summary) => one(&[], summary),
            States::Each(each) => each.each_unreported(one),
        }
        totals.lacks = matches!(states, States::Each(each) if each.len() > told);
        let (rows, last) = (out.len() - start, out.columns.last_mut().expect("a row has columns"));
        (0..rows).for_each(|_| last.push(Value::I64(rows as i64)));
        (totals.sets, totals.since) = (totals.sets + 1, 0);
    }

    fn let_out(&mut self, batch: &mut Batch, cx: &mut Cx) {
        cx.made(self.out.len() as u64);
        std::mem::swap(batch, &mut self.out);
    }
}

impl Operator for HeavyHitters {
    fn process(&mut self, batch: &mut Batch, cx: &mut Cx) -> Result<Next> {
        self.out.reset(&self.output);
        self.add(batch, cx);
        if self.every.is_due(cx.now_ns) && self.totals.since > 0 {
            self.tell(cx.now_ns, cx);
        }
        self.let_out(batch, cx);
        Ok(self.every.next())
    }

    fn finish(&mut self, batch: &mut Batch, cx: &mut Cx) -> Result<Next> {
        self.out.reset(&self.output);
        if cx.ending() != Ending::Kept
            && (self.totals.since > 0 || self.totals.sets == 0 || self.totals.lacks)
        {
            self.states.report_all();
            self.tell(cx.now_ns, cx);
        }
        self.let_out(batch, cx);
        Ok(Next::End)
    }

    fn report(&mut self, out: &mut Batch, _: &mut Cx) -> Result<Next> {
        let Totals { values, skipped, displaced, .. } = self.totals;
        let columns = out.columns.iter_mut().zip([values, skipped, displaced]);
        columns.for_each(|(column, n)| column.push(Value::I64(n as i64)));
        Ok(Next::End)
    }

    fn save(&mut self, out: &mut Saver<'_>) -> Result<Next> {
        if !self.states.is_saving() {
            out.put(STATE_VERSION, &self.totals)?;
        }
        self.states.save(STATE_VERSION, std::slice::from_ref(&self.identity), out)
    }

    fn load(&mut self, from: &mut Loader<'_>) -> Result<()> {
        let totals = from.get(STATE_VERSION)?;
        let identity = std::slice::from_ref(&self.identity);
        if !self.states.load(STATE_VERSION, identity, from, Summary::is_sound)? {
            return Err(Error::failed(
                "the state is of other counters or keys than the topology asks for (start without it)",
            ));
        }
        self.totals = totals;
        Ok(())
    }
}
