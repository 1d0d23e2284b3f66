//! Keeps numbers within bounds: what lies beyond one becomes the bound.
//!
//! ```toml
//! operator = "clip"
//! fields = { price = { min = 0, max = 100 }, age = { max = 120 } }   # one of min and max is needed
//! ```
//!
//! | price f64 (in) | age i64 (in) | price f64 (out) | age i64 (out) | column str (report) | low i64 (report) | high i64 (report) |
//! |---|---|---|---|---|---|---|
//! | -1 50.5 1e9 NULL nan -inf | 7 121 NULL -3 120 500 | 0 50.5 100 NULL nan 0 | 7 120 NULL -3 120 120 | age price | 0 2 | 2 1 |
//!
//! NULL stays NULL, and a number that is none (NaN) stays so; what is infinite becomes a bound. The bounds of a column
//! of whole numbers are whole numbers. The report counts by column how many values lay below `min` (`low`) and above
//! `max` (`high`). Records are not delayed, dropped or put in another order.

use crate::data::state::{Loader, Saver};
use crate::data::{Batch, Bits, Column, Schema, Type, Values};
use crate::error::Result;
use crate::operator::{Cx, Input, Next, Operator, Passes, PlanResult, Planned, Shows, Spec, numeric, only};
use crate::params::{self, JsonSchema, Problem};
use crate::preprocess::common::{Counts, inside, remade};
use serde::Deserialize;
use std::collections::BTreeMap;

pub(super) const OPERATOR: Spec =
    Spec::new("clip", "keeps numbers within bounds", include_str!("clip.rs"), plan)
        .parameters::<Params>()
        .called(&[
            "clamp",
            "winsorize",
            "winsorise",
            "bound",
            "cap",
            "limit_values",
            "truncate_values",
            "saturate",
        ])
        .shows(Shows::Quality, &["low", "high"]);

const STATE_VERSION: u16 = 1;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Params {
    /// The bounds of each numeric column.
    fields: BTreeMap<String, Bounds>,
}

#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Bounds {
    /// What is less becomes this; no bound, if absent.
    min: Option<f64>,
    /// What is more becomes this; no bound, if absent.
    max: Option<f64>,
}

/// A column and its bounds, in its own type: a whole number is compared as one.
#[derive(Clone, Copy)]
enum Part {
    Whole(usize, Option<i64>, Option<i64>),
    Number(usize, Option<f64>, Option<f64>),
}

impl Part {
    fn column(self) -> usize {
        match self {
            Part::Whole(at, ..) | Part::Number(at, ..) => at,
        }
    }
}

fn plan(params: params::Params, inputs: &[Input]) -> PlanResult {
    let Params { fields } = params::read(params)?;
    let schema = only(inputs);
    let (mut parts, mut problems, mut output) = (Vec::new(), Vec::new(), schema.clone());
    if fields.is_empty() {
        problems.push(Problem::at("fields", "name at least one column, as in { price = { min = 0 } }"));
    }
    for (name, bounds) in &fields {
        match part(schema, name, *bounds) {
            Ok(part) => {
                output.fields[part.column()] = remade(schema, name, schema.fields[part.column()].of);
                parts.push(part);
            }
            Err(problem) => problems.push(inside(name, problem)),
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let clipped = |at: &usize| parts.iter().any(|part: &Part| part.column() == *at);
    let passes = Passes::These((0..schema.len()).map(|at| Some(at).filter(|at| !clipped(at))).collect());
    let names = parts.iter().map(|part| schema.fields[part.column()].name.as_str());
    let clip = Clip { counts: Counts::new(names, 2), parts };
    let report = Some(Schema::of(&[("column", Type::Str), ("low", Type::I64), ("high", Type::I64)]));
    Ok(Planned { passes, report, ..Planned::new(output, move || clip.clone()) })
}

fn part(schema: &Schema, name: &str, Bounds { min, max }: Bounds) -> std::result::Result<Part, Problem> {
    let at = numeric(schema, "fields", name)?;
    let wrong = |what: String| Err(Problem::at("fields", what));
    let given = || min.iter().chain(&max);
    if min.is_none() && max.is_none() {
        return wrong(format!("\"{name}\" has no bound: say min, max or both"));
    }
    if given().any(|bound| bound.is_nan()) {
        return wrong(format!("a bound of \"{name}\" is not a number"));
    }
    if let (Some(min), Some(max)) = (min, max)
        && min > max
    {
        return wrong(format!("the min of \"{name}\" is greater than its max: {min} and {max}"));
    }
    if schema.fields[at].of == Type::F64 {
        return Ok(Part::Number(at, min, max));
    }
    // Larger ones are not told apart by the f64 that a number of a topology is.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    if let Some(bound) = given().find(|bound| bound.fract() != 0.0 || bound.abs() > EXACT) {
        return wrong(format!(
            "column \"{name}\" is i64, so its bounds are whole numbers (at most 2^53), not {bound}"
        ));
    }
    Ok(Part::Whole(at, min.map(|x| x as i64), max.map(|x| x as i64)))
}

#[derive(Clone)]
struct Clip {
    parts: Vec<Part>,
    counts: Counts,
}

/// Brings values within bounds and counts those that were not. A NULL's slot stays zero.
#[inline]
fn clip<T: PartialOrd + Copy>(
    values: &mut [T],
    valid: &Bits,
    (min, max): (Option<T>, Option<T>),
    counts: &mut [u64],
) {
    let nulls = valid.nulls() > 0;
    let bounds = [(0, min, true), (1, max, false)];
    for (count, bound, low) in bounds.into_iter().filter_map(|(count, bound, low)| Some((count, bound?, low)))
    {
        for (row, x) in values.iter_mut().enumerate() {
            let beyond = if low { *x < bound } else { *x > bound };
            if beyond && (!nulls || valid.get(row)) {
                *x = bound;
                counts[count] += 1;
            }
        }
    }
}

impl Operator for Clip {
    fn process(&mut self, batch: &mut Batch, _: &mut Cx) -> Result<Next> {
        for (place, part) in self.parts.iter().enumerate() {
            let Column { values, valid } = &mut batch.columns[part.column()];
            match (values, part) {
                (Values::I64(v), Part::Whole(_, min, max)) => {
                    clip(v, valid, (*min, *max), self.counts.at(place))
                }
                (Values::F64(v), Part::Number(_, min, max)) => {
                    clip(v, valid, (*min, *max), self.counts.at(place))
                }
                (values, _) => panic!("plan takes numbers of its type only, not {values:?}"),
            }
        }
        Ok(Next::Wait)
    }

    fn report(&mut self, out: &mut Batch, _: &mut Cx) -> Result<Next> {
        self.counts.report(out);
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
