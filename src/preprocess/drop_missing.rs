//! Lets go of the records in which something is missing; they are filtered, and counted.
//!
//! ```toml
//! operator = "drop_missing"
//! fields = ["price", "country"]   # where something has to be; absent: in every column
//! ```
//!
//! | price f64 (in) | country str (in) | note str (in) | price f64 (out) | country str (out) | note str (out) |
//! |---|---|---|---|---|---|
//! | 1 NULL 3 nan 5 | DE FR NULL DE "" | a b c d NULL | 1 5 | DE "" | a NULL |
//!
//! A record goes where one of these columns is missing in it. What is missing is NULL, or a number that is none (NaN);
//! an empty text, an empty list and an infinite number are there. With `how = "all"` it goes only where all of them are
//! missing:
//!
//! ```toml
//! operator = "drop_missing"
//! how = "all"
//! ```
//!
//! | price f64 (in) | country str (in) | price f64 (out) | country str (out) |
//! |---|---|---|---|
//! | 1 NULL NULL nan | DE FR NULL NULL | 1 NULL | DE FR |
//!
//! The records that stay are as they were, their event time and how late they are too. Nothing is remembered.

use crate::data::{Batch, Column, Values};
use crate::error::Result;
use crate::operator::{Cx, Input, Next, Operator, PlanResult, Planned, Spec, only};
use crate::params::{self, JsonSchema, Names, Problem};
use crate::preprocess::common::named;
use serde::{Deserialize, Serialize};

pub(super) const OPERATOR: Spec = Spec::new(
    "drop_missing",
    "lets go of records in which something is missing",
    include_str!("drop_missing.rs"),
    plan,
)
.parameters::<Params>()
.called(&[
    "dropna",
    "drop_na",
    "drop_nulls",
    "drop_null",
    "drop_nans",
    "remove_nulls",
    "not_null",
    "compact",
    "complete_cases",
])
.leaves(|_, inputs| Some(only(inputs).clone()));

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Params {
    /// The columns where something has to be; all, if absent.
    fields: Option<Names>,
    /// Whether a record goes where any of them is missing, or all are.
    #[serde(default)]
    how: How,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum How {
    #[default]
    Any,
    All,
}

fn plan(params: params::Params, inputs: &[Input]) -> PlanResult {
    let Params { fields, how } = params::read(params)?;
    let schema = only(inputs);
    let (mut columns, mut problems) = (Vec::new(), Vec::new());
    match &fields {
        None => columns.extend(0..schema.len()),
        Some(fields) => {
            for (i, name) in fields.all().iter().enumerate() {
                match named(schema, None, "fields", name) {
                    Ok(at) if columns.contains(&at) => {
                        let problem = Problem::whole(format!("\"{name}\" is named twice"));
                        problems.push(Problem { path: fields.path("fields", i), ..problem });
                    }
                    Ok(at) => columns.push(at),
                    Err(problem) => problems.push(Problem { path: fields.path("fields", i), ..problem }),
                }
            }
        }
    }
    if columns.is_empty() && problems.is_empty() {
        problems.push(Problem::at("fields", "no column is named"));
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let drop = DropMissing { columns, how, missing: Vec::new(), keep: Vec::new() };
    Ok(Planned::new(schema.clone(), move || drop.clone()))
}

#[derive(Clone)]
struct DropMissing {
    columns: Vec<usize>,
    how: How,
    /// In how many of the columns something is missing, by row.
    missing: Vec<u32>,
    keep: Vec<bool>,
}

/// Counts by row where a column has nothing. Whether it has something everywhere.
fn count(column: &Column, missing: &mut [u32]) -> bool {
    let mut whole = column.valid.nulls() == 0;
    if !whole {
        let mut from = 0;
        while let Some(row) = column.valid.next_null(from) {
            missing[row] += 1;
            from = row + 1;
        }
    }
    if let Values::F64(v) = &column.values {
        // The slot of a NULL holds 0, so nothing is counted twice.
        for (x, missing) in v.iter().zip(missing) {
            *missing += u32::from(x.is_nan());
            whole &= !x.is_nan();
        }
    }
    whole
}

impl Operator for DropMissing {
    fn process(&mut self, batch: &mut Batch, cx: &mut Cx) -> Result<Next> {
        let DropMissing { columns, how, missing, keep } = self;
        missing.clear();
        missing.resize(batch.len(), 0);
        let whole = columns.iter().fold(true, |whole, at| count(&batch.columns[*at], missing) & whole);
        if whole {
            return Ok(Next::Wait);
        }
        let most = if *how == How::Any { 0 } else { columns.len() as u32 - 1 };
        keep.clear();
        keep.extend(missing.iter().map(|missing| *missing <= most));
        let before = batch.len();
        batch.retain(keep);
        cx.filtered((before - batch.len()) as u64);
        Ok(Next::Wait)
    }
}
