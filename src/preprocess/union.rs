//! Makes one stream of several whose columns differ, by their names.
//!
//! ```toml
//! operator = "union"
//! # from = ["shop", "app"]     # as many as there are
//! source = "of"                # a column that says which stream a record came from; none, if absent
//! ```
//!
//! | id i64 (in shop) | eur i64 (in shop) | id i64 (in app) | phone str (in app) | eur f64 (in app) | id i64 (out) | eur f64 (out) | phone str (out) | of str (out) |
//! |---|---|---|---|---|---|---|---|---|
//! | 1 2 | 10 NULL | 7 | red | 2.5 | 1 2 7 3 | 10 NULL 2.5 30 | NULL NULL red NULL | shop shop app shop |
//! | 3 | 30 | | | | | | | |
//!
//! What comes out has the columns of the first stream, then those that only the next ones have. A column that a stream
//! lacks is NULL in its records. Columns of one name must have one type; whole numbers (i64) beside f64 become f64,
//! other types are told: cast one of them (`select`) before.
//!
//! The event time is that of the streams, if all have it in a column of one name; else what comes out has none, and
//! `check` warns. Streams that have the same columns need no union: `from = ["a", "b"]` reads both.

use crate::data::{Batch, Column, Field, Schema, Type, Values};
use crate::error::Result;
use crate::operator::{Cx, Input, Inputs, Next, Operator, PlanResult, Planned, Spec};
use crate::params::{self, JsonSchema, Problem};
use serde::Deserialize;

pub(super) const OPERATOR: Spec = Spec::new(
    "union",
    "one stream of several whose columns differ, by their names",
    include_str!("union.rs"),
    plan,
)
.parameters::<Params>()
.called(&["union_all", "union_by_name", "concat", "merge", "append", "combine", "fan_in"])
.reads(Inputs::Any);

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Params {
    /// The name of a column that says which stream a record came from, as `from` names it; none, if absent.
    source: Option<String>,
}

fn plan(params: params::Params, inputs: &[Input]) -> PlanResult {
    let Params { source } = params::read(params)?;
    let mut problems = Vec::new();
    let mut output = Schema::default();
    inputs.iter().for_each(|input| add(&mut output, inputs, input, &mut problems));
    let names: Vec<Option<&str>> =
        inputs.iter().map(|input| Some(input.schema.fields[input.schema.time()?].name.as_str())).collect();
    let mut warnings = Vec::new();
    output = match names.first() {
        Some(Some(first)) if names.iter().all(|name| *name == Some(first)) => {
            let at = output.index(first).expect("it is a column of the first");
            if problems.is_empty() { output.with_time(at) } else { output }
        }
        _ => {
            if names.iter().any(Option::is_some) {
                let what = "the streams have no event time in a column of one name, so what comes out has none (select \
                            renames a column; time = \"…\" names it at a source)";
                warnings.push(Problem::whole(what));
            }
            output
        }
    };
    if let Some(name) = &source {
        if output.index(name).is_some() {
            problems.push(Problem::at(
                "source",
                format!("there is a column \"{name}\" already: choose another name"),
            ));
        }
        output = output.with(name, Type::Str);
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let ways = inputs.iter().map(|input| Way {
        from: output.fields.iter().map(|field| input.schema.index(&field.name)).collect(),
        name: source.as_ref().map(|_| input.name.clone()),
    });
    let union = Union { ways: ways.collect(), output: output.clone(), columns: Vec::new() };
    Ok(Planned { warnings, ..Planned::new(output, move || union.clone()) })
}

/// Adds the columns of one stream to those before it.
fn add(output: &mut Schema, inputs: &[Input], input: &Input, problems: &mut Vec<Problem>) {
    for field in &input.schema.clone().untimed().fields {
        let Some(at) = output.index(&field.name) else {
            output.fields.push(field.clone());
            continue;
        };
        let (name, was, is) = (&field.name, output.fields[at].of, field.of);
        if was != is && !(was.is_numeric() && is.is_numeric()) {
            let first = inputs.iter().find(|input| input.schema.index(name).is_some());
            let first = first.map_or("another", |first| first.name.as_str());
            problems.push(Problem::whole(format!(
                "column \"{name}\" is {was} in \"{first}\" and {is} in \"{}\": cast one of them before (select)",
                input.name
            )));
        } else if was != is {
            output.fields[at] = Field::new(name, Type::F64);
        } else {
            let mut one = Schema { fields: vec![output.fields[at].clone()] };
            one.join_zones(&Schema { fields: vec![field.clone()] });
            output.fields[at] = one.fields.remove(0);
        }
    }
}

/// What becomes of the records of one stream.
#[derive(Clone)]
struct Way {
    /// For each column of the output that of the stream.
    from: Vec<Option<usize>>,
    name: Option<String>,
}

#[derive(Clone)]
struct Union {
    /// By inlet.
    ways: Vec<Way>,
    output: Schema,
    /// Columns of the batch at hand, while they change places.
    columns: Vec<Option<Column>>,
}

impl Operator for Union {
    fn process(&mut self, batch: &mut Batch, cx: &mut Cx) -> Result<Next> {
        let Way { from, name } = &self.ways[cx.inlet];
        let rows = batch.len();
        self.columns.clear();
        self.columns.extend(std::mem::take(&mut batch.columns).into_iter().map(Some));
        for (at, (from, field)) in from.iter().zip(&self.output.fields).enumerate() {
            let came = from.and_then(|from| self.columns[from].take());
            let column = match came {
                Some(column) if column.of() == field.of => column,
                came => {
                    let mut column = batch.new_column(field.of);
                    match (came, name) {
                        (Some(whole), _) => {
                            widen(&whole, &mut column);
                            batch.put_aside(whole);
                        }
                        (None, Some(name)) if at + 1 == self.output.len() => {
                            (0..rows).for_each(|_| column.push(crate::data::Value::Str(name)));
                        }
                        _ => (0..rows).for_each(|_| column.push_null()),
                    }
                    column
                }
            };
            batch.columns.push(column);
        }
        Ok(Next::Wait)
    }
}

/// Whole numbers as f64.
fn widen(from: &Column, to: &mut Column) {
    if let (Values::I64(from), Values::F64(to)) = (&from.values, &mut to.values) {
        to.extend(from.iter().map(|x| *x as f64));
    }
    to.valid.extend(&from.valid, 0, from.len());
}
