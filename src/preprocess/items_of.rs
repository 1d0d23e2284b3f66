//! Turns columns into items, so that records can be mined like baskets: `carrier=EV`, `hour=evening`, `delayed=yes`.
//!
//! ```toml
//! operator = "items_of"
//! columns = ["carrier", "hour", "late", "delayed"]   # default: every str and bool column
//! into = "items"                                     # the column of the list, the usual name
//! bins.hour = { edges = [6, 12, 18], names = ["night", "morning", "afternoon", "evening"] }
//! bins.late = [0, 15]                                # fixed edges; or a number: so many quantiles
//! ```
//!
//! | carrier str (in) | hour i64 (in) | late f64 (in) | delayed bool (in) | carrier str (out) | hour i64 (out) | late f64 (out) | delayed bool (out) | items list<str> (out) |
//! |---|---|---|---|---|---|---|---|---|
//! | EV UA NULL | 19 6 3 | 20.5 -3 0 | true false NULL | EV UA NULL | 19 6 3 | 20.5 -3 0 | true false NULL | ["carrier=EV","hour=evening","late=15..","delayed=yes"] ["carrier=UA","hour=morning","late=..0","delayed=no"] ["hour=night","late=0..15"] |
//!
//! An item is the column's name, `=`, and what it holds: of a text or a whole number that itself, of a bool `yes` or
//! `no`. What is NULL, or not finite, is no item. Items come in the order of `columns`.
//!
//! Numbers come into bins. Edges are lower bounds: with the edges 0 and 15, 0 and what is below 15 lies in `0..15`.
//! Numbers with decimals need bins; whole numbers without are items as they are. Of a time, derive what is wanted
//! before: `hour = "CAST(strftime('%H', at) AS INTEGER)"`.
//!
//! ```toml
//! operator = "items_of"
//! columns = ["distance"]
//! bins = { distance = 2 }
//! sample = 4              # the quantiles are those of so many values, 1000 if it is not said
//! ```
//!
//! | distance f64 (in) | distance f64 (out) | items list<str> (out) |
//! |---|---|---|
//! | 1 9 2 8 5 4.9 100 | 1 9 2 8 5 4.9 100 | ["distance=q2"] ["distance=q2"] ["distance=q2"] ["distance=q2"] ["distance=q1"] ["distance=q1"] ["distance=q2"] |
//!
//! A number of bins asks for quantiles, `q1` the lowest of them. Their edges are those of the values so far, until
//! `sample` values have come, and those from then on: an item means the same for the rest of the stream. Values that
//! come too often to be parted share a bin. With several workers each has edges of its own: let one worker do it, or
//! say the edges. The report tells the edges, a row for each.
//!
//! A record costs as much as it has columns, one that is still learned from `sample` numbers to move besides: 0.25 s in
//! all for 100,000 of them, which are the most. Memory is `sample` values for each column with quantiles.

use crate::data::state::{Loader, Saver};
use crate::data::{Batch, Column, Schema, Type, Value, Values};
use crate::error::{Error, Result};
use crate::operator::{Cx, Input, Next, Operator, PlanResult, Planned, Shows, Spec, column, only};
use crate::params::{self, JsonSchema, Problem};
use crate::preprocess::common::{Asked, Bins};
use serde::Deserialize;
use std::collections::BTreeMap;

pub(super) const OPERATOR: Spec = Spec::new(
    "items_of",
    "columns as items, so that records can be mined like baskets",
    include_str!("items_of.rs"),
    plan,
)
.parameters::<Params>()
.called(&["itemize", "to_items", "transactions_of", "as_items"])
.shows(Shows::Series, &["edge"]);

const STATE_VERSION: u16 = 1;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Params {
    /// The columns that become items; every str and bool column, if absent.
    columns: Option<Vec<String>>,
    /// The name of the column with the list.
    #[serde(default = "items")]
    into: String,
    /// Bins of numbers by column: so many quantiles, a list of edges, or { edges, names }.
    #[serde(default)]
    bins: BTreeMap<String, Asked>,
    /// Quantiles are those of so many values.
    #[serde(default = "thousand")]
    #[schemars(range(min = 2, max = 100_000))]
    sample: usize,
}

fn items() -> String {
    "items".to_string()
}

fn thousand() -> usize {
    1000
}

fn plan(params: params::Params, inputs: &[Input]) -> PlanResult {
    let Params { columns, into, bins, sample } = params::read(params)?;
    let schema = only(inputs);
    let mut problems = Vec::new();
    let usual = || {
        let fits = schema.fields.iter().filter(|field| matches!(field.of, Type::Str | Type::Bool));
        fits.map(|field| field.name.clone()).chain(bins.keys().cloned()).collect()
    };
    let names: Vec<String> = columns.unwrap_or_else(usual);
    let mut parts: Vec<Part> = Vec::new();
    for (i, name) in names.iter().enumerate() {
        match part(schema, name, bins.get(name), sample) {
            Ok(part) if parts.iter().any(|other| other.column == part.column) => {
                problems.push(at("columns", i, format!("\"{name}\" is named twice")));
            }
            Ok(part) => parts.push(part),
            Err(mut problem) => {
                if problem.path == ["columns"] {
                    problem.path.push(i.to_string());
                }
                problems.push(problem);
            }
        }
    }
    for name in bins.keys().filter(|name| !names.contains(name)) {
        let what = format!("\"{name}\" is none of the columns that become items");
        problems.push(Problem { path: vec!["bins".to_string(), name.clone()], ..Problem::whole(what) });
    }
    if names.is_empty() {
        problems.push(Problem::at(
            "columns",
            format!("there is no column to take: name some (there are: {schema})"),
        ));
    }
    if schema.index(&into).is_some() {
        problems.push(Problem::at("into", format!("there is a column \"{into}\" already")));
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let output = schema.clone().with(&into, Type::List);
    let stateful = parts.iter().any(|part| part.bins.as_ref().is_some_and(Bins::learns));
    let report = Schema::of(&[("column", Type::Str), ("item", Type::Str), ("edge", Type::F64)]);
    let items = ItemsOf { parts, texts: String::new(), ends: Vec::new() };
    Ok(Planned { stateful, report: Some(report), ..Planned::new(output, move || items.clone()) })
}

fn at(key: &str, index: usize, what: String) -> Problem {
    Problem { path: vec![key.to_string(), index.to_string()], ..Problem::whole(what) }
}

/// A column that becomes items.
#[derive(Clone)]
struct Part {
    column: usize,
    name: String,
    /// The beginning of its items.
    head: String,
    bins: Option<Bins>,
}

/// What a column is made into, or why it can't be.
fn part(
    schema: &Schema,
    name: &str,
    asked: Option<&Asked>,
    sample: usize,
) -> std::result::Result<Part, Problem> {
    let column = column(schema, "columns", name)?;
    let of = schema.fields[column].of;
    let in_bins =
        |what: String| Problem { path: vec!["bins".to_string(), name.to_string()], ..Problem::whole(what) };
    let bins = match (of, asked) {
        (Type::I64 | Type::F64, Some(asked)) => Some(Bins::new(asked, sample).map_err(in_bins)?),
        (_, Some(_)) => {
            return Err(in_bins(format!("column \"{name}\" is {of}: only numbers come into bins")));
        }
        (Type::F64, None) => {
            let what = format!(
                "column \"{name}\" is f64, and hardly a number comes twice: say bins.{name} = 4 (quantiles), or edges"
            );
            return Err(Problem::at("columns", what));
        }
        (Type::Time | Type::List, None) => {
            let what =
                format!("column \"{name}\" is {of}, and no item (derive a text or a number of it before)");
            return Err(Problem::at("columns", what));
        }
        (Type::Str | Type::Bool | Type::I64, None) => None,
    };
    Ok(Part { column, name: name.to_string(), head: format!("{name}="), bins })
}

#[derive(Clone)]
struct ItemsOf {
    parts: Vec<Part>,
    /// The items of a record, one behind the other, and where each ends.
    texts: String,
    ends: Vec<usize>,
}

/// Writes the item of a row; nothing, where there is none.
fn write(part: &mut Part, column: &Column, row: usize, out: &mut String) {
    use std::fmt::Write;
    if !column.valid.get(row) {
        return;
    }
    if let Some(bins) = &mut part.bins {
        let x = column.number(row).filter(|x| x.is_finite());
        if let Some(x) = x {
            out.push_str(&part.head);
            out.push_str(bins.of(x));
        }
        return;
    }
    out.push_str(&part.head);
    match &column.values {
        Values::Str(texts) => out.push_str(texts.get(row)),
        Values::Bool(truths) => out.push_str(if truths[row] { "yes" } else { "no" }),
        Values::I64(numbers) => write!(out, "{}", numbers[row]).expect("a string takes all"),
        _ => panic!("such a column becomes no item: plan sees to that"),
    }
}

impl Operator for ItemsOf {
    fn process(&mut self, batch: &mut Batch, _: &mut Cx) -> Result<Next> {
        let mut items = batch.new_column(Type::List);
        let Values::List(lists) = &mut items.values else { panic!("a new column is of the type asked for") };
        let ItemsOf { parts, texts, ends } = self;
        for row in 0..batch.len() {
            texts.clear();
            ends.clear();
            for part in &mut *parts {
                let before = texts.len();
                write(part, &batch.columns[part.column], row, texts);
                if texts.len() > before {
                    ends.push(texts.len());
                }
            }
            let starts = std::iter::once(0).chain(ends.iter().copied());
            lists.push(starts.zip(&*ends).map(|(start, end)| &texts[start..*end]));
            items.valid.push(true);
        }
        batch.columns.push(items);
        Ok(Next::Wait)
    }

    fn report(&mut self, out: &mut Batch, _: &mut Cx) -> Result<Next> {
        for part in &self.parts {
            for (label, edge) in part.bins.iter().flat_map(Bins::edges) {
                let row = [Value::Str(&part.name), Value::Str(label), Value::F64(edge)];
                out.columns.iter_mut().zip(row).for_each(|(column, value)| column.push(value));
            }
        }
        Ok(Next::End)
    }

    fn save(&mut self, out: &mut Saver<'_>) -> Result<Next> {
        let saved: Vec<(&str, Option<&[f64]>)> =
            self.parts.iter().map(|part| (&part.name[..], part.bins.as_ref().map(Bins::learned))).collect();
        out.put(STATE_VERSION, &saved)?;
        Ok(Next::End)
    }

    fn load(&mut self, from: &mut Loader<'_>) -> Result<()> {
        let saved: Vec<(String, Option<Vec<f64>>)> = from.get(STATE_VERSION)?;
        let names = || self.parts.iter().map(|part| (&part.name, part.bins.is_some()));
        let mut parts = self.parts.clone();
        let fits = names().eq(saved.iter().map(|(name, learned)| (name, learned.is_some())));
        let mut both = parts.iter_mut().zip(saved);
        let taken = both.all(|(part, (_, learned))| match (&mut part.bins, learned) {
            (Some(bins), Some(learned)) => bins.learn_again(learned),
            _ => true,
        });
        if !fits || !taken {
            return Err(Error::failed(
                "the state is of other columns or bins than the topology asks for (start without it)",
            ));
        }
        self.parts = parts;
        Ok(())
    }
}
