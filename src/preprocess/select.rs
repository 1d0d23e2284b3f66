//! Chooses columns: which go on and in what order, what they are called, of what type they are.
//!
//! ```toml
//! operator = "select"
//! keep = ["price", "item"]            # these, in this order; or drop = [...]: all but those
//! rename = { price = "unit_price" }   # old = "new"
//! cast = { price = "f64" }            # to bool, i64, f64, str or time
//! ```
//!
//! | item str (in) | note str (in) | price str (in) | unit_price f64 (out) | item str (out) |
//! |---|---|---|---|---|
//! | tea "" NULL | a b c | 2.50 ? 4 | 2.5 NULL 4 | tea "" NULL |
//!
//! All four keys are optional, though one is needed, and all of them call a column by the name it comes
//! with: above, `cast` says `price`. A value that can't be said in the new type becomes NULL; no record is
//! rejected for it.
//!
//! | cast | gives |
//! |---|---|
//! | f64 to i64 | the number without its decimals; NULL when it is too large, or not a number |
//! | str to i64, f64, time | what the text says, spaces around it aside; NULL when it says something else |
//! | str to bool | true for `1` and `true`, false for `0` and `false` |
//! | bool to i64, f64 | 1 or 0; and back, true for all but 0 |
//! | time to i64, f64 | nanoseconds since 1970; and back |
//! | anything to str | the text that a CSV file would hold; NULL when it is not finite |
//!
//! ```toml
//! operator = "select"
//! drop = ["note"]
//! cast = { at = "i64", ok = "str", n = "time" }
//! ```
//!
//! | note str (in) | at time (in) | ok bool (in) | n f64 (in) | at i64 (out) | ok str (out) | n time (out) |
//! |---|---|---|---|---|---|---|
//! | x y | 1970-01-01T00:00:01Z NULL | true false | 2e9 1e300 | 1000000000 NULL | 1 0 | 1970-01-01T00:00:02Z NULL |

mod cast;

use crate::data::{Batch, Column, Field, Schema, Type};
use crate::error::Result;
use crate::operator::{Cx, Input, Next, Operator, Passes, PlanResult, Planned, Spec, column, only};
use crate::params::{self, JsonSchema, Problem};
use serde::Deserialize;
use std::collections::BTreeMap;

pub(super) const OPERATOR: Spec =
    Spec::new("select", "keeps, drops, renames and casts columns", include_str!("select.rs"), plan)
        .parameters::<Params>()
        .called(&["project", "projection", "columns", "rename", "cast", "drop", "keep", "pick"]);

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Params {
    /// The columns that go on, in this order; all, if absent.
    keep: Option<Vec<String>>,
    /// The columns that do not go on.
    drop: Option<Vec<String>>,
    /// What columns are called from here on: old = new.
    #[serde(default)]
    rename: BTreeMap<String, String>,
    /// Of which type columns are from here on.
    #[serde(default)]
    cast: BTreeMap<String, Type>,
}

/// Where an output column comes from, and the type it is cast to, if it is.
#[derive(Clone, Copy)]
struct Take {
    from: usize,
    to: Option<Type>,
}

fn plan(params: params::Params, inputs: &[Input]) -> PlanResult {
    let params: Params = params::read(params)?;
    let schema = only(inputs);
    let mut problems = Vec::new();
    let kept = kept(&params, schema, &mut problems);
    for (key, name) in named(&params) {
        match column(schema, key, name) {
            Ok(at) if !kept.contains(&at) => {
                problems.push(inside(name, Problem::at(key, format!("column \"{name}\" is not kept"))));
            }
            Ok(_) => {}
            Err(problem) => problems.push(inside(name, problem)),
        }
    }
    let mut output = Schema::default();
    let mut takes = Vec::new();
    for from in kept {
        let field = &schema.fields[from];
        let Field { name: old, of, .. } = field;
        let name = params.rename.get(old).unwrap_or(old);
        if name.is_empty() {
            problems.push(inside(old, Problem::at("rename", "a column needs a name")));
        } else if output.index(name).is_some() {
            let key = if params.rename.is_empty() { "keep" } else { "rename" };
            problems.push(Problem::at(key, format!("two columns would be called \"{name}\"")));
        }
        let to = params.cast.get(old).copied().unwrap_or(*of);
        if !cast::exists(*of, to) {
            let what = format!("column \"{old}\" is {of}, which can't be cast to {to}");
            problems.push(inside(old, Problem::at("cast", what)));
        }
        output.fields.push(if to == *of { field.renamed(name) } else { Field::new(name, to) });
        takes.push(Take { from, to: (to != *of).then_some(to) });
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let passes = takes.iter().map(|take| Some(take.from).filter(|_| take.to.is_none()));
    let passes = Passes::These(passes.collect());
    let select =
        Select { output: output.clone(), takes, taken: Vec::with_capacity(schema.len()), text: Vec::new() };
    Ok(Planned { passes, ..Planned::new(output, move || select.clone()) })
}

/// The columns that go on, in their new order.
fn kept(params: &Params, schema: &Schema, problems: &mut Vec<Problem>) -> Vec<usize> {
    let mut found = |key: &str, names: &[String]| -> Vec<usize> {
        let found = names.iter().enumerate().map(|(i, name)| {
            column(schema, key, name).map_err(|problem| problems.push(inside(&i.to_string(), problem)))
        });
        found.flatten().collect()
    };
    let all = 0..schema.len();
    let kept = match (&params.keep, &params.drop) {
        (Some(keep), None) => found("keep", keep),
        (None, Some(drop)) => {
            let dropped = found("drop", drop);
            all.filter(|at| !dropped.contains(at)).collect()
        }
        (Some(_), Some(_)) => {
            problems.push(Problem::at("drop", "keep says it all: leave out one of keep and drop"));
            all.collect()
        }
        (None, None) => {
            if params.rename.is_empty() && params.cast.is_empty() {
                problems.push(Problem::whole("there is nothing to do: give keep, drop, rename or cast"));
            }
            all.collect()
        }
    };
    if kept.is_empty() && problems.is_empty() {
        problems.push(Problem::whole("no column is kept"));
    }
    kept
}

/// Every name below `rename` and `cast`, with its key.
fn named(params: &Params) -> impl Iterator<Item = (&'static str, &str)> {
    let renamed = params.rename.keys().map(|name| ("rename", name.as_str()));
    renamed.chain(params.cast.keys().map(|name| ("cast", name.as_str())))
}

/// A problem with what lies under `key` of the parameter it names.
fn inside(key: &str, mut problem: Problem) -> Problem {
    problem.path.push(key.to_string());
    problem
}

#[derive(Clone)]
struct Select {
    output: Schema,
    takes: Vec<Take>,
    /// The columns of the batch while they change places.
    taken: Vec<Option<Column>>,
    text: Vec<u8>,
}

impl Operator for Select {
    fn process(&mut self, batch: &mut Batch, _cx: &mut Cx) -> Result<Next> {
        self.taken.extend(batch.columns.drain(..).map(Some));
        for Take { from, to } in &self.takes {
            let mut column = self.taken[*from].take().expect("plan keeps a column once");
            if let Some(to) = to {
                let mut cast = batch.new_column(*to);
                cast::cast(&column, &mut cast, &mut self.text);
                batch.put_aside(std::mem::replace(&mut column, cast));
            }
            batch.columns.push(column);
        }
        self.taken.drain(..).flatten().for_each(|column| batch.put_aside(column));
        Ok(Next::Wait)
    }

    fn finish(&mut self, batch: &mut Batch, _cx: &mut Cx) -> Result<Next> {
        batch.reset(&self.output);
        Ok(Next::End)
    }
}
