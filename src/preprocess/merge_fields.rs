//! Makes one text, or one list, of several columns.
//!
//! ```toml
//! operator = "merge_fields"
//! fields = ["city", "zip"]
//! into = "address"
//! separator = ", "      # what lies between two values (default a space)
//! ```
//!
//! | city str (in) | zip i64 (in) | city str (out) | zip i64 (out) | address str (out) |
//! |---|---|---|---|---|
//! | Bonn "" NULL NULL | 53111 1 7 NULL | Bonn "" NULL NULL | 53111 1 7 NULL | "Bonn, 53111" ", 1" 7 "" |
//!
//! Values are written as a CSV file would hold them. What is NULL is left out, with its separator, and so is a number
//! that is not finite; of nothing but NULLs the text is empty, as of SQLite's `concat_ws`. A list gives each of its
//! items.
//!
//! ```toml
//! operator = "merge_fields"
//! fields = ["first", "more"]
//! into = "all"
//! list = true           # a list of the values instead of a text
//! keep = false          # the columns themselves do not go on
//! ```
//!
//! | first str (in) | more list<str> (in) | n i64 (in) | n i64 (out) | all list<str> (out) |
//! |---|---|---|---|---|
//! | a NULL b | ["x","y"] NULL [] | 1 2 3 | 1 2 3 | ["a","x","y"] [] ["b"] |
//!
//! The new column stands at the end. Nothing is remembered. Event time goes on as it came; it ends where its column is
//! merged and not kept. A text of more than 16 MiB is NULL.

use crate::data::{Batch, Column, Field, Schema, Type, Values, render};
use crate::error::Result;
use crate::operator::{Cx, Input, Next, Operator, Passes, PlanResult, Planned, Spec, column, only};
use crate::params::{self, JsonSchema, Problem};
use crate::preprocess::common::inside;
use serde::Deserialize;

pub(super) const OPERATOR: Spec =
    Spec::new("merge_fields", "several columns as one text or list", include_str!("merge_fields.rs"), plan)
        .parameters::<Params>()
        .called(&[
            "concat",
            "concat_ws",
            "concatenate",
            "unite",
            "combine_columns",
            "array",
            "pack",
            "join_columns",
            "join_fields",
        ]);

/// A longer text is none.
const TEXT_MAX: usize = 16 << 20;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Params {
    /// The columns, in this order.
    fields: Vec<String>,
    /// The name of the new column.
    into: String,
    /// What lies between two values of the text (a space, if absent).
    separator: Option<String>,
    /// Whether the new column is a list of the values.
    #[serde(default)]
    list: bool,
    /// Whether the columns themselves go on.
    #[serde(default = "yes")]
    keep: bool,
}

fn yes() -> bool {
    true
}

fn plan(params: params::Params, inputs: &[Input]) -> PlanResult {
    let Params { fields, into, separator, list, keep } = params::read(params)?;
    let schema = only(inputs);
    let (mut columns, mut problems) = (Vec::new(), Vec::new());
    for (place, name) in fields.iter().enumerate() {
        match column(schema, "fields", name) {
            Ok(at) if columns.contains(&at) => {
                let problem = Problem::at("fields", format!("\"{name}\" is named twice"));
                problems.push(inside(&place.to_string(), problem));
            }
            Ok(at) => columns.push(at),
            Err(problem) => problems.push(inside(&place.to_string(), problem)),
        }
    }
    if fields.is_empty() {
        problems.push(Problem::at("fields", "no column is named"));
    }
    if list && separator.is_some() {
        let what = "nothing lies between the values of a list: leave it out";
        problems.push(Problem::at("separator", what));
    }
    let stays: Vec<usize> = (0..schema.len()).filter(|at| keep || !columns.contains(at)).collect();
    let mut output = Schema { fields: stays.iter().map(|at| schema.fields[*at].clone()).collect() };
    if into.is_empty() {
        problems.push(Problem::at("into", "the column needs a name"));
    }
    if output.index(&into).is_some() {
        problems.push(Problem::at("into", format!("there is a column \"{into}\" already")));
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    output.fields.push(Field::new(&into, if list { Type::List } else { Type::Str }));
    let passes = Passes::These(stays.iter().copied().map(Some).chain([None]).collect());
    let mut gone = if keep { Vec::new() } else { columns.clone() };
    gone.sort_unstable_by(|a, b| b.cmp(a));
    let separator = separator.unwrap_or_else(|| " ".to_string());
    let merge =
        Merge { columns, separator, list, gone, texts: String::new(), ends: Vec::new(), bytes: Vec::new() };
    Ok(Planned { passes, ..Planned::new(output, move || merge.clone()) })
}

#[derive(Clone)]
struct Merge {
    columns: Vec<usize>,
    separator: String,
    list: bool,
    /// The columns that do not go on, the last first.
    gone: Vec<usize>,
    /// The values of a record one behind the other, and where each ends.
    texts: String,
    ends: Vec<usize>,
    bytes: Vec<u8>,
}

impl Merge {
    /// Brings the values of a record together.
    fn gather(&mut self, batch: &Batch, row: usize) {
        let Merge { columns, texts, ends, bytes, separator, list, .. } = self;
        texts.clear();
        ends.clear();
        let mut value = |text: &str| {
            if !*list && !ends.is_empty() {
                texts.push_str(separator);
            }
            texts.push_str(text);
            ends.push(texts.len());
        };
        for column in columns.iter().map(|at| &batch.columns[*at]).filter(|column| column.valid.get(row)) {
            match &column.values {
                Values::Str(texts) => value(texts.get(row)),
                Values::List(lists) => lists.get(row).for_each(&mut value),
                Values::F64(v) if !v[row].is_finite() => {}
                _ => {
                    bytes.clear();
                    render::text_cell(column, row, bytes);
                    value(std::str::from_utf8(bytes).expect("a value is written as text"));
                }
            }
        }
    }
}

impl Operator for Merge {
    fn process(&mut self, batch: &mut Batch, _: &mut Cx) -> Result<Next> {
        let mut merged = batch.new_column(if self.list { Type::List } else { Type::Str });
        for row in 0..batch.len() {
            self.gather(batch, row);
            let Merge { texts, ends, .. } = self;
            let Column { values, valid } = &mut merged;
            match values {
                _ if texts.len() > TEXT_MAX => {
                    merged.push_null();
                    continue;
                }
                Values::List(lists) => {
                    let starts = std::iter::once(0).chain(ends.iter().copied());
                    lists.push(starts.zip(&*ends).map(|(start, end)| &texts[start..*end]));
                }
                Values::Str(column) => column.push(texts),
                _ => panic!("what is merged is a text or a list"),
            }
            valid.push(true);
        }
        for at in &self.gone {
            let old = batch.columns.remove(*at);
            batch.put_aside(old);
        }
        batch.columns.push(merged);
        Ok(Next::Wait)
    }
}
