//! Holds records to what is expected of them: counts which conditions they break, and shows which did.
//!
//! ```toml
//! operator = "expect"
//! conditions = { positive = "amount > 0", known = "country IN ('DE', 'FR')" }
//! ```
//!
//! | amount i64 (in) | country str (in) | amount i64 (out) | country str (out) | amount i64 (out failed) | country str (out failed) | failed list<str> (out failed) | condition str (report) | checked i64 (report) | failed i64 (report) | unknown i64 (report) | share f64 (report) |
//! |---|---|---|---|---|---|---|---|---|---|---|---|
//! | 5 -1 NULL 0 | DE US FR NULL | 5 -1 NULL 0 | DE US FR NULL | -1 0 | US NULL | ["positive","known"] ["positive"] | positive known | 4 4 | 2 1 | 1 1 | 0.5 0.25 |
//!
//! A condition is broken where it is false. Where it is NULL it holds, as a CHECK of SQL does: say `amount IS NOT NULL`
//! where a value has to be there. The report counts by condition the records that were `checked`, those that
//! `failed`, the part that these are, and those of which it is `unknown` (NULL). Conditions are SQL expressions with
//! SQLite's answers; the page of `derive` shows what they may say.
//!
//! | on_fail | what becomes of a record that breaks one |
//! |---|---|
//! | `"report"`, the usual one | it goes on; the port `failed` shows a copy |
//! | `"route"` | it leaves by the port `failed` |
//! | `"stop"` | the stage fails, with the record in its sentence; with `max_share` when that is passed; the port shows a copy |
//!
//! Rows of `failed` have the columns of the record and a list of the conditions that it broke, called as `into` says.
//! The account counts the rows of the port, whether anybody reads it or not. With `"route"` a row that nobody reads
//! ends there.
//!
//! ```toml
//! operator = "expect"
//! conditions = { positive = "amount > 0" }
//! on_fail = "route"
//! max_share = "60%"      # the stage fails when more than this part breaks a condition; absent: never
//! into = "why"           # the column of the conditions (default failed)
//! ```
//!
//! | amount i64 (in) | amount i64 (out) | amount i64 (out failed) | why list<str> (out failed) | condition str (report) | checked i64 (report) | failed i64 (report) | unknown i64 (report) | share f64 (report) |
//! |---|---|---|---|---|---|---|---|---|
//! | 5 -1 NULL 0 | 5 NULL | -1 0 | ["positive"] ["positive"] | positive | 4 | 2 | 1 | 0.5 |
//!
//! `max_share` is judged over 10,000 records in a row, block by block, as soon as it is sure to be passed, and over all
//! when the stream has come to its end. Each worker judges its own. A stage that fails keeps nothing of the batch that
//! it was at, but for the rows at its ports.
//!
//! Event time goes on as it came, by the port too. What it keeps are its counts.

use crate::data::state::{Loader, Saver};
use crate::data::{Batch, Column, Schema, Type, Value, Values, render};
use crate::error::{Error, Result};
use crate::operator::{
    Cx, Ending, Input, Next, Operator, PlanResult, Planned, PlannedPort, Port, Shows, Spec, only,
};
use crate::params;
use crate::preprocess::common::Counts;
use crate::units::Share;
use given::{Given, Params, Part};

mod given;

pub(super) const OPERATOR: Spec = Spec::new(
    "expect",
    "counts, shows or routes records that break conditions",
    include_str!("expect.rs"),
    plan,
)
.parameters::<Params>()
.called(&[
    "assert",
    "assertion",
    "assume",
    "expectation",
    "expectations",
    "great_expectations",
    "validate",
    "validation",
    "check",
    "constraint",
    "constraints",
    "data_quality",
    "quality",
    "deequ",
    "schema_check",
])
.shows(Shows::Quality, &["checked", "failed", "share"])
.ports(&[Port { name: "failed", about: "records that break a condition, and which" }])
.leaves(|_, inputs| Some(only(inputs).clone()));

const STATE_VERSION: u16 = 1;
/// The place of `failed` among its ports.
const FAILED_PORT: usize = 0;
/// The places of its counts; the last is of the block at hand.
const CHECKED: usize = 0;
const FAILED: usize = 1;
const UNKNOWN: usize = 2;
const IN_BLOCK: usize = 3;
/// `max_share` is judged over so many records.
const BLOCK: u64 = 10_000;
/// So much of a record stands in the sentence of a stage that fails.
const SHOWN_BYTES: usize = 300;

fn plan(params: params::Params, inputs: &[Input]) -> PlanResult {
    let schema = only(inputs);
    let Given { parts, routes, max_share, rows, warnings } = given::check(params, schema)?;
    let port = match routes {
        true => PlannedPort::moves("failed", rows.clone()),
        false => PlannedPort::adds("failed", rows.clone()),
    };
    let expect = Expect {
        schema: schema.clone(),
        counts: Counts::new(parts.iter().map(|part| part.name.as_str()), 4),
        broken: vec![Vec::new(); parts.len()],
        parts,
        routes,
        max_share,
        breaks: Vec::new(),
        rows: Vec::new(),
        out: Batch::new(&rows),
    };
    let report = Schema::of(&[("condition", Type::Str), ("checked", Type::I64), ("failed", Type::I64)]);
    let report = report.with("unknown", Type::I64).with("share", Type::F64);
    let ports = vec![port];
    Ok(Planned {
        ports,
        report: Some(report),
        warnings,
        ..Planned::new(schema.clone(), move || expect.clone())
    })
}

#[derive(Clone)]
struct Expect {
    schema: Schema,
    parts: Vec<Part>,
    routes: bool,
    max_share: Option<Share>,
    counts: Counts,
    /// By condition, the rows of the batch that break it.
    broken: Vec<Vec<u32>>,
    /// Whether a row breaks any.
    breaks: Vec<bool>,
    rows: Vec<u32>,
    /// Copies for the port, while they go.
    out: Batch,
}

impl Expect {
    /// Finds the rows that break a condition. Whether there are any.
    fn judge(&mut self, batch: &Batch) -> Result<bool> {
        let mut any = false;
        for (place, (part, broken)) in self.parts.iter_mut().zip(&mut self.broken).enumerate() {
            let answers = part.condition.answers(batch)?;
            let Values::Bool(holds) = &answers.values else { panic!("a condition is planned as bool") };
            broken.clear();
            let breaks = holds.iter().enumerate().filter(|(row, holds)| !**holds && answers.valid.get(*row));
            broken.extend(breaks.map(|(row, _)| row as u32));
            let counts = self.counts.at(place);
            counts[CHECKED] += batch.len() as u64;
            counts[FAILED] += broken.len() as u64;
            counts[UNKNOWN] += answers.valid.nulls() as u64;
            any |= !broken.is_empty();
        }
        Ok(any)
    }

    /// Lets what breaks a condition out by the port, or a copy of it.
    fn let_out(&mut self, batch: &mut Batch, cx: &mut Cx) {
        let Expect { parts, broken, breaks, rows, out, .. } = self;
        breaks.clear();
        breaks.resize(batch.len(), false);
        broken.iter().flatten().for_each(|row| breaks[*row as usize] = true);
        rows.clear();
        rows.extend((0..batch.len()).filter(|row| breaks[*row]).map(|row| row as u32));
        let mut names = batch.new_column(Type::List);
        let Column { values: Values::List(lists), valid } = &mut names else { panic!("it is a list") };
        let mut next = vec![0; parts.len()];
        for row in 0..batch.len() as u32 {
            let of_row = parts.iter().zip(&*broken).zip(&mut next);
            lists.push(of_row.filter_map(|((part, broken), next)| {
                let breaks = broken.get(*next) == Some(&row);
                *next += usize::from(breaks);
                breaks.then_some(part.name.as_str())
            }));
        }
        valid.push_valid(batch.len());
        batch.columns.push(names);
        if self.routes {
            cx.side(FAILED_PORT, batch, rows);
        } else {
            out.clear();
            out.gather(batch, rows);
            cx.side_rows(FAILED_PORT, out);
        }
        let names = batch.columns.pop().expect("it was pushed");
        batch.put_aside(names);
    }

    /// Goes through the blocks that the rows of a batch lie in, `before` being how many were checked before them.
    fn judge_blocks(&mut self, batch: &Batch, before: u64) -> Result<()> {
        let Some(max_share) = self.max_share else { return Ok(()) };
        let Expect { parts, broken, counts, schema, .. } = self;
        for (place, (part, broken)) in parts.iter().zip(&*broken).enumerate() {
            let (mut rest, mut from) = (broken.as_slice(), 0);
            while from < batch.len() as u64 {
                let to = (from + BLOCK - (before + from) % BLOCK).min(batch.len() as u64);
                let (here, behind) = rest.split_at(rest.partition_point(|row| u64::from(*row) < to));
                let counts = counts.at(place);
                counts[IN_BLOCK] += here.len() as u64;
                if let (true, Some(row)) = (max_share.is_passed(counts[IN_BLOCK], BLOCK), here.first()) {
                    return Err(failure(part, (counts[IN_BLOCK], max_share), schema, (batch, *row as usize)));
                }
                if (before + to).is_multiple_of(BLOCK) {
                    counts[IN_BLOCK] = 0;
                }
                (rest, from) = (behind, to);
            }
        }
        Ok(())
    }
}

/// Why the stage fails, with a record that has its part in it.
fn failure(
    part: &Part,
    (failed, max_share): (u64, Share),
    schema: &Schema,
    (batch, row): (&Batch, usize),
) -> Error {
    let mut record = Vec::new();
    render::json_row(schema, batch, row, &mut record);
    let record = String::from_utf8_lossy(&record);
    let end = record.char_indices().map(|(at, _)| at).find(|at| *at >= SHOWN_BYTES).unwrap_or(record.len());
    let record = &record[..end];
    let Part { name, text, .. } = part;
    Error::failed(match max_share.0 > 0.0 {
        true => format!(
            "expect: {failed} of {BLOCK} records in a row, more than max_share {max_share}, break \"{name}\" ({text}), \
             among them {record} (clean them before, or let max_share be larger)"
        ),
        false => format!(
            "expect: a record breaks \"{name}\" ({text}): {record} (clean it before, or say on_fail = \"route\")"
        ),
    })
}

impl Operator for Expect {
    fn process(&mut self, batch: &mut Batch, cx: &mut Cx) -> Result<Next> {
        let before = self.counts.at(0)[CHECKED];
        let any = self.judge(batch)?;
        if any {
            self.let_out(batch, cx);
        }
        self.judge_blocks(batch, before)?;
        if any && self.routes {
            self.breaks.iter_mut().for_each(|breaks| *breaks = !*breaks);
            batch.retain(&self.breaks);
        }
        Ok(Next::Wait)
    }

    fn finish(&mut self, _: &mut Batch, cx: &mut Cx) -> Result<Next> {
        let Some(max_share) = self.max_share.filter(|_| cx.ending() == Ending::Drained) else {
            return Ok(Next::End);
        };
        let passed = |counts: &[u64]| max_share.is_passed(counts[FAILED], counts[CHECKED]);
        match self.counts.iter().find(|(_, counts)| passed(counts)) {
            None => Ok(Next::End),
            Some((name, counts)) => Err(Error::failed(format!(
                "expect: {} of all {} records, more than max_share {max_share}, break \"{name}\" (clean them before, \
                 or let max_share be larger)",
                counts[FAILED], counts[CHECKED]
            ))),
        }
    }

    fn report(&mut self, out: &mut Batch, _: &mut Cx) -> Result<Next> {
        for (name, counts) in self.counts.iter() {
            let share = match counts[CHECKED] {
                0 => Value::Null,
                checked => Value::F64(counts[FAILED] as f64 / checked as f64),
            };
            let n = |at: usize| Value::I64(counts[at] as i64);
            let row = [Value::Str(name), n(CHECKED), n(FAILED), n(UNKNOWN), share];
            out.columns.iter_mut().zip(row).for_each(|(column, value)| column.push(value));
        }
        Ok(Next::End)
    }

    fn save(&mut self, out: &mut Saver<'_>) -> Result<Next> {
        self.counts.save(STATE_VERSION, out)?;
        Ok(Next::End)
    }

    fn load(&mut self, from: &mut Loader<'_>) -> Result<()> {
        self.counts = self.counts.load(STATE_VERSION, from)?;
        Ok(())
    }
}
