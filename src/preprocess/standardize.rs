//! Turns numbers into running z-scores: how many standard deviations each lies from the mean so far.
//!
//! ```toml
//! operator = "standardize"
//! fields = ["x"]
//! prefix = "z_"        # adds z_x at the end; without it x itself is replaced, and is f64 then
//! ```
//!
//! | x i64 (in) | x i64 (out) | z_x f64 (out) |
//! |---|---|---|
//! | 1 2 NULL 3 | 1 2 NULL 3 | 0 1 NULL 1.224744871391589 |
//!
//! A record counts towards the mean and the deviation it is measured by. The deviation is the population's
//! (the sum of squares is divided by n, not n - 1); while it is 0, so for the first record, z is 0.
//!
//! NULL stays NULL. A value that is not finite, or whose square is not (beyond 1e150), gives NULL. Neither is
//! learned from, and each field keeps its own count.
//!
//! ```toml
//! operator = "standardize"
//! fields = ["b", "a"]
//! ```
//!
//! | a i64 (in) | b f64 (in) | c str (in) | a f64 (out) | b f64 (out) | c str (out) |
//! |---|---|---|---|---|---|
//! | 4 NULL 8 | 5 inf 5 | p q r | 0 NULL 1 | 0 NULL 0 | p q r |
//!
//! Welford's running variance (Welford 1962, Note on a method for calculating corrected sums of squares and
//! products, Technometrics 4:419).

use crate::data::{Batch, Column, Schema, Type, Values, state};
use crate::error::{Error, Result};
use crate::operator::{Cx, Input, Next, Operator, PlanResult, Planned, Spec, numeric, only};
use crate::params::{self, JsonSchema, Problem};
use serde::{Deserialize, Serialize};

pub(super) const OPERATOR: Spec =
    Spec::new("standardize", "running z-scores of numeric columns", include_str!("standardize.rs"), plan)
        .parameters::<Params>();

const STATE_VERSION: u16 = 1;
/// The square of a larger number need not be finite, and would spoil the sums for ever.
const VALUE_MAX: f64 = 1e150;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Params {
    /// The numeric columns.
    fields: Vec<String>,
    /// The scores go to columns of their own, named with this before the column's name; absent: they replace it.
    prefix: Option<String>,
}

fn plan(params: params::Params, inputs: &[Input]) -> PlanResult {
    let Params { fields, prefix } = params::read(params)?;
    let schema = only(inputs);
    let mut problems = Vec::new();
    let mut output = schema.clone();
    let mut columns = Vec::new();
    for (i, name) in fields.iter().enumerate() {
        let at = numeric(schema, "fields", name).and_then(|at| {
            if columns.contains(&at) {
                return Err(Problem::at("fields", format!("\"{name}\" is named twice")));
            }
            if let Some(prefix) = &prefix {
                output = added(&output, &format!("{prefix}{name}"))?;
            } else {
                output.fields[at].of = Type::F64;
            }
            Ok(at)
        });
        match at {
            Ok(at) => columns.push(at),
            Err(mut problem) => {
                if problem.path == ["fields"] {
                    problem.path.push(i.to_string());
                }
                problems.push(problem);
            }
        }
    }
    if fields.is_empty() {
        problems.push(Problem::at("fields", "no column is named"));
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let standardize = Standardize {
        output: output.clone(),
        replaces: prefix.is_none(),
        moments: vec![Moments::default(); fields.len()],
        fields,
        columns,
    };
    Ok(Planned { stateful: true, ..Planned::new(output, move || standardize.clone()) })
}

/// The schema and one f64 column more.
fn added(output: &Schema, name: &str) -> std::result::Result<Schema, Problem> {
    if output.index(name).is_some() {
        return Err(Problem::at("prefix", format!("there is a column \"{name}\" already")));
    }
    Ok(output.clone().with(name, Type::F64))
}

#[derive(Clone)]
struct Standardize {
    output: Schema,
    fields: Vec<String>,
    columns: Vec<usize>,
    replaces: bool,
    moments: Vec<Moments>,
}

/// Of the values so far: how many, their mean, and the sum of their squared distances from it.
#[derive(Clone, Copy, Default, Serialize, Deserialize)]
struct Moments {
    n: u64,
    mean: f64,
    squares: f64,
}

impl Moments {
    /// Learns one value and says where it lies.
    fn learn(&mut self, x: f64) -> f64 {
        self.n += 1;
        let share = 1.0 / self.n as f64;
        let before = x - self.mean;
        self.mean += before * share;
        let after = x - self.mean;
        self.squares += before * after;
        let deviation = (self.squares * share).sqrt();
        if deviation > 0.0 { after / deviation } else { 0.0 }
    }

    /// Learns a column and writes the z-scores behind those in `out`.
    fn learn_column(&mut self, column: &Column, out: &mut Column) {
        match &column.values {
            Values::F64(v) => self.learn_values(v.iter().copied(), column, out),
            Values::I64(v) => self.learn_values(v.iter().map(|x| *x as f64), column, out),
            _ => panic!("plan takes numbers only, not {}", column.of()),
        }
    }

    fn learn_values(&mut self, values: impl Iterator<Item = f64> + Clone, of: &Column, out: &mut Column) {
        let Values::F64(scores) = &mut out.values else { panic!("a z-score is f64") };
        // False for NaN too.
        let known = |(row, x): (usize, f64)| x.abs() <= VALUE_MAX && of.valid.get(row);
        let mut all = true;
        scores.extend(values.clone().enumerate().map(|(row, x)| {
            let known = known((row, x));
            all &= known;
            if known { self.learn(x) } else { 0.0 }
        }));
        match all {
            true => out.valid.push_valid(of.len()),
            false => values.enumerate().for_each(|at| out.valid.push(known(at))),
        }
    }
}

impl Operator for Standardize {
    fn process(&mut self, batch: &mut Batch, _cx: &mut Cx) -> Result<Next> {
        for (moments, at) in self.moments.iter_mut().zip(&self.columns) {
            let mut scores = batch.new_column(Type::F64);
            moments.learn_column(&batch.columns[*at], &mut scores);
            if self.replaces {
                let old = std::mem::replace(&mut batch.columns[*at], scores);
                batch.put_aside(old);
            } else {
                batch.columns.push(scores);
            }
        }
        Ok(Next::Wait)
    }

    fn finish(&mut self, batch: &mut Batch, _cx: &mut Cx) -> Result<Next> {
        batch.reset(&self.output);
        Ok(Next::End)
    }

    fn save(&self, out: &mut Vec<u8>) -> Result<()> {
        state::save(STATE_VERSION, &(&self.fields, &self.moments), out)
    }

    fn load(&mut self, bytes: &[u8]) -> Result<()> {
        let (fields, moments): (Vec<String>, Vec<Moments>) = state::load(STATE_VERSION, bytes)?;
        if fields != self.fields || moments.len() != fields.len() {
            return Err(Error::failed(format!(
                "the state is of the fields {fields:?}, the topology says {:?} (start without it)",
                self.fields
            )));
        }
        self.moments = moments;
        Ok(())
    }
}
