//! Puts numbers into bins: between fixed edges, of one width, or as many quantiles.
//!
//! ```toml
//! operator = "bin"
//! fields.hour = { edges = [6, 12, 18], names = ["night", "morning", "afternoon", "evening"] }
//! fields.late = [0, 15]            # edges alone
//! fields.miles = { width = 100 }   # bins of one width; from = 50: one of them begins there
//! ```
//!
//! | hour i64 (in) | late f64 (in) | miles f64 (in) | hour str (out) | late str (out) | miles str (out) | column str (report) | bin str (report) | edge f64 (report) |
//! |---|---|---|---|---|---|---|---|---|
//! | 19 6 3 NULL | 20.5 -3 0 nan | 250 0 -1 99.5 | evening morning night NULL | 15.. ..0 0..15 NULL | 200..300 0..100 -100..0 0..100 | hour hour hour late late | morning afternoon evening 0..15 15.. | 6 12 18 0 15 |
//!
//! Edges are lower bounds: with the edges 0 and 15, 0 and what is below 15 lies in `0..15`. What is NULL, or not
//! finite, has no bin: NULL. A column is replaced, unless `prefix` names another; it is str then, or with `numbers =
//! true` an i64: which bin it is, from 0 on. Of bins of one width that is how many widths its lower bound lies above
//! `from`, which may be below 0.
//!
//! ```toml
//! operator = "bin"
//! fields = { distance = 2 }        # so many quantiles, from 2 to 100
//! sample = 4                       # they are those of so many values, 1000 if it is not said
//! prefix = "b_"
//! numbers = true
//! ```
//!
//! | distance f64 (in) | distance f64 (out) | b_distance i64 (out) | column str (report) | bin str (report) | edge f64 (report) |
//! |---|---|---|---|---|---|
//! | 1 9 2 8 5 4.9 100 NULL | 1 9 2 8 5 4.9 100 NULL | 1 1 1 1 0 0 1 NULL | distance | q2 | 8 |
//!
//! The edges of quantiles are those of the values so far, until `sample` values have come, and those from then on: a
//! bin means the same for the rest of the stream. Values that come too often to be parted share a bin, `q1` is the
//! lowest. With several workers each has edges of its own: let one worker do it, or say the edges; the report has them.
//!
//! Memory is `sample` values for each column with quantiles, 100,000 at most: so is its state, in one piece. A value
//! that is learned from costs as many numbers to move; others cost a look among the edges. Event time goes on as it
//! came.

use crate::data::state::{Loader, Saver};
use crate::data::{Batch, Column, Schema, Type, Value, Values};
use crate::error::{Error, Result};
use crate::operator::{Cx, Input, Next, Operator, Passes, PlanResult, Planned, Shows, Spec, numeric, only};
use crate::params::{self, JsonSchema, Problem};
use crate::preprocess::common::{inside, place, remade};
use serde::Deserialize;
use std::collections::BTreeMap;
use way::{Given, Way};

mod way;

pub(super) const OPERATOR: Spec =
    Spec::new("bin", "numbers in bins: by edges, by width, by quantiles", include_str!("bin.rs"), plan)
        .parameters::<Params>()
        .called(&[
            "bins",
            "binning",
            "bucket",
            "buckets",
            "bucketize",
            "cut",
            "qcut",
            "discretize",
            "discretizer",
            "kbins_discretizer",
            "width_bucket",
            "ntile",
            "quantize",
            "histogram_bin",
        ])
        .shows(Shows::Series, &["edge"]);

const STATE_VERSION: u16 = 1;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Params {
    /// The bins of each numeric column: so many quantiles, a list of edges, or { edges, names } or { width, from }.
    fields: BTreeMap<String, Given>,
    /// The bins go to columns of their own, named with this before the column's name; absent: they replace it.
    prefix: Option<String>,
    /// Whether a bin is told by its number, from 0 on, instead of its name.
    #[serde(default)]
    numbers: bool,
    /// Quantiles are those of so many values.
    #[serde(default = "thousand")]
    #[schemars(range(min = 2, max = 100_000))]
    sample: usize,
}

fn thousand() -> usize {
    1000
}

fn plan(params: params::Params, inputs: &[Input]) -> PlanResult {
    let Params { fields, prefix, numbers, sample } = params::read(params)?;
    let schema = only(inputs);
    let (mut parts, mut problems, mut output) = (Vec::new(), Vec::new(), schema.clone());
    if fields.is_empty() {
        problems.push(Problem::at("fields", "name at least one column, as in { price = [10, 100] }"));
    }
    let of = if numbers { Type::I64 } else { Type::Str };
    for (name, given) in &fields {
        let part = numeric(schema, "fields", name).and_then(|at| {
            let way = Way::new(given, sample).map_err(|what| Problem::at("fields", what))?;
            match &prefix {
                None => output.fields[at] = remade(schema, name, of),
                Some(prefix) => {
                    let made = format!("{prefix}{name}");
                    if output.index(&made).is_some() {
                        return Err(Problem::at("prefix", format!("there is a column \"{made}\" already")));
                    }
                    output = std::mem::take(&mut output).with(&made, of);
                }
            }
            Ok(Part { column: at, name: name.clone(), way })
        });
        match part {
            Ok(part) => parts.push(part),
            Err(problem) if problem.path == ["fields"] => problems.push(inside(name, problem)),
            Err(problem) => problems.push(problem),
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let made = |at: &usize| {
        *at >= schema.len() || prefix.is_none() && parts.iter().any(|part: &Part| part.column == *at)
    };
    let passes = Passes::These((0..output.len()).map(|at| Some(at).filter(|at| !made(at))).collect());
    let stateful = parts.iter().any(|part| part.way.learns());
    let report = Some(Schema::of(&[("column", Type::Str), ("bin", Type::Str), ("edge", Type::F64)]));
    let bin = Bin { parts, of, replaces: prefix.is_none() };
    Ok(Planned { stateful, report, passes, ..Planned::new(output, move || bin.clone()) })
}

/// A column that is put into bins.
#[derive(Clone)]
struct Part {
    column: usize,
    name: String,
    way: Way,
}

#[derive(Clone)]
struct Bin {
    parts: Vec<Part>,
    of: Type,
    replaces: bool,
}

impl Operator for Bin {
    fn process(&mut self, batch: &mut Batch, _: &mut Cx) -> Result<Next> {
        for Part { column: at, way, .. } in &mut self.parts {
            let mut made = batch.new_column(self.of);
            let column = &batch.columns[*at];
            let Column { values, valid } = &mut made;
            for row in 0..batch.len() {
                let number = column.number(row).filter(|x| x.is_finite()).and_then(|x| way.place(x));
                match (&mut *values, number) {
                    (Values::Str(texts), Some(number)) => texts.push_with(|out| way.write(number, out)),
                    (Values::Str(texts), None) => texts.push(""),
                    (Values::I64(numbers), number) => numbers.push(number.unwrap_or(0)),
                    _ => panic!("a bin is a text or a number"),
                }
                valid.push(number.is_some());
            }
            place(self.replaces, batch, *at, made);
        }
        Ok(Next::Wait)
    }

    fn report(&mut self, out: &mut Batch, _: &mut Cx) -> Result<Next> {
        for part in &self.parts {
            for (label, edge) in part.way.edges() {
                let row = [Value::Str(&part.name), Value::Str(label), Value::F64(edge)];
                out.columns.iter_mut().zip(row).for_each(|(column, value)| column.push(value));
            }
        }
        Ok(Next::End)
    }

    fn save(&mut self, out: &mut Saver<'_>) -> Result<Next> {
        let saved: Vec<(&str, &[f64])> =
            self.parts.iter().map(|part| (&part.name[..], part.way.learned())).collect();
        out.put(STATE_VERSION, &saved)?;
        Ok(Next::End)
    }

    fn load(&mut self, from: &mut Loader<'_>) -> Result<()> {
        let saved: Vec<(String, Vec<f64>)> = from.get(STATE_VERSION)?;
        let mut parts = self.parts.clone();
        let fits = parts.len() == saved.len()
            && parts
                .iter_mut()
                .zip(saved)
                .all(|(part, (name, learned))| part.name == name && part.way.learn_again(learned));
        if !fits {
            return Err(Error::failed(
                "the state is of other columns or bins than the topology asks for (start without it)",
            ));
        }
        self.parts = parts;
        Ok(())
    }
}
