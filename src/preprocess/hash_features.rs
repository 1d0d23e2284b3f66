//! Turns any number of categories and numbers into a few numeric columns, by hashing: nothing has to be known before.
//!
//! ```toml
//! operator = "hash_features"
//! fields = ["carrier", "tags", "seats"]
//! n = 4                  # so many columns: h_0, h_1, h_2, h_3
//! prefix = "h_"          # the usual one
//! ```
//!
//! | carrier str (in) | tags list<str> (in) | seats i64 (in) | carrier str (out) | tags list<str> (out) | seats i64 (out) | h_0 f64 (out) | h_1 f64 (out) | h_2 f64 (out) | h_3 f64 (out) |
//! |---|---|---|---|---|---|---|---|---|---|
//! | UA UA NULL EV | ["x"] [] ["x","y"] NULL | 0 0 0 5 | UA UA NULL EV | ["x"] [] ["x","y"] NULL | 0 0 0 5 | 0 0 0 5 | 0 0 0 0 | -2 -1 0 -1 | 0 0 0 0 |
//!
//! Each value is a feature that falls into one of the columns and is added there. A text, a truth or an item of a list
//! is the feature `column=value` and adds 1; a number is the feature `column` and adds itself. NULL, and a number that
//! is not finite, add nothing. With `signed`, the usual way, another bit of the hash says whether it is added or taken
//! off, so that features that fall together cancel out on average: what two records have in common is on average what
//! it was. With `signed = false` all are added, so counts stay counts.
//!
//! The more columns, the fewer fall together: take twice as many as there are features that matter, at least. The
//! answer depends on the values, `seed` (default 0), `n` and the columns' names alone: it is the same in every run, in
//! every worker and in every version. Nothing is remembered, and event time goes on as it came. A record costs its
//! values, and `n` zeros.
//!
//! Weinberger, Dasgupta, Langford, Smola & Attenberg 2009, Feature hashing for large scale multitask learning, ICML;
//! the hash is xxh3-64.

use crate::data::{Batch, Column, Type, Values};
use crate::error::Result;
use crate::operator::{Cx, Input, Next, Operator, PlanResult, Planned, Spec, column, only};
use crate::params::{self, JsonSchema, Names, Problem};
use serde::Deserialize;
use xxhash_rust::xxh3::xxh3_64_with_seed;

pub(super) const OPERATOR: Spec = Spec::new(
    "hash_features",
    "categories and numbers as a few numeric columns, by hashing",
    include_str!("hash_features.rs"),
    plan,
)
.parameters::<Params>()
.called(&[
    "feature_hasher",
    "featurehasher",
    "hashing_trick",
    "hashing_vectorizer",
    "hashing_tf",
    "hash_encoder",
    "hashing_encoder",
    "hashingtf",
])
.seeded("seed");

/// So many columns are made at most.
const COLUMNS_MAX: u64 = 4096;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Params {
    /// The columns whose values are features.
    fields: Names,
    /// So many columns are made.
    #[schemars(range(min = 1, max = COLUMNS_MAX))]
    n: u64,
    /// The names of the new columns begin with this.
    #[serde(default = "usual")]
    prefix: String,
    /// Whether a bit of the hash says that a feature is taken off instead of added.
    #[serde(default = "yes")]
    signed: bool,
    /// Decides where features fall.
    #[serde(default)]
    seed: u64,
}

fn usual() -> String {
    "h_".to_string()
}

fn yes() -> bool {
    true
}

fn plan(params: params::Params, inputs: &[Input]) -> PlanResult {
    let Params { fields, n, prefix, signed, seed } = params::read(params)?;
    let schema = only(inputs);
    let (mut parts, mut problems) = (Vec::<Part>::new(), Vec::new());
    if fields.all().is_empty() {
        problems.push(Problem::at("fields", "no column is named"));
    }
    for (i, name) in fields.all().iter().enumerate() {
        let part = column(schema, "fields", name).and_then(|at| match schema.fields[at].of {
            _ if parts.iter().any(|part| part.column == at) => {
                Err(Problem::at("fields", format!("\"{name}\" is named twice")))
            }
            Type::Time => {
                let what = format!(
                    "column \"{name}\" is time, and no feature (derive a text or a number of it before)"
                );
                Err(Problem::at("fields", what))
            }
            of => Ok(Part::new(at, name, of, seed)),
        });
        match part {
            Ok(part) => parts.push(part),
            Err(problem) => problems.push(Problem { path: fields.path("fields", i), ..problem }),
        }
    }
    let mut output = schema.clone();
    for name in (0..n).map(|at| format!("{prefix}{at}")) {
        if output.index(&name).is_some() {
            problems.push(Problem::at("prefix", format!("there is a column \"{name}\" already")));
        }
        output = output.with(&name, Type::F64);
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let hash = HashFeatures { parts, n: n as usize, signed, seed, made: Vec::new(), bytes: Vec::new() };
    Ok(Planned::new(output, move || hash.clone()))
}

/// A column whose values are features.
#[derive(Clone)]
struct Part {
    column: usize,
    /// The beginning of a feature's bytes; a number is this feature alone.
    head: Vec<u8>,
    hash: u64,
}

impl Part {
    fn new(column: usize, name: &str, of: Type, seed: u64) -> Part {
        let mut head = name.as_bytes().to_vec();
        if !of.is_numeric() {
            head.push(b'=');
        }
        Part { column, hash: xxh3_64_with_seed(&head, seed), head }
    }
}

#[derive(Clone)]
struct HashFeatures {
    parts: Vec<Part>,
    n: usize,
    signed: bool,
    seed: u64,
    /// The new columns while they are written.
    made: Vec<Vec<f64>>,
    /// A feature.
    bytes: Vec<u8>,
}

/// The column of a feature, and what it adds for each 1.
#[inline]
fn falls(hash: u64, n: usize, signed: bool) -> (usize, f64) {
    // The high bits choose the column, the lowest the sign: they have nothing to do with each other.
    let place = ((u128::from(hash) * n as u128) >> 64) as usize;
    (place, if signed && hash & 1 == 1 { -1.0 } else { 1.0 })
}

impl HashFeatures {
    fn add(&mut self, batch: &Batch) {
        let HashFeatures { parts, n, signed, seed, made, bytes } = self;
        for Part { column, head, hash } in &*parts {
            let Column { values, valid } = &batch.columns[*column];
            let mut text = |row: usize, text: &str| {
                bytes.clear();
                bytes.extend_from_slice(head);
                bytes.extend_from_slice(text.as_bytes());
                let (place, sign) = falls(xxh3_64_with_seed(bytes, *seed), *n, *signed);
                made[place][row] += sign;
            };
            let rows = (0..batch.len()).filter(|row| valid.get(*row));
            match values {
                Values::Str(v) => rows.for_each(|row| text(row, v.get(row))),
                Values::List(v) => rows.for_each(|row| v.get(row).for_each(|item| text(row, item))),
                Values::Bool(v) => rows.for_each(|row| text(row, if v[row] { "yes" } else { "no" })),
                Values::I64(_) | Values::F64(_) => {
                    let (place, sign) = falls(*hash, *n, *signed);
                    for row in rows {
                        let x = batch.columns[*column].number(row).filter(|x| x.is_finite());
                        made[place][row] += sign * x.unwrap_or(0.0);
                    }
                }
                Values::Time(_) => panic!("a time is no feature: plan sees to that"),
            }
        }
    }
}

impl Operator for HashFeatures {
    fn process(&mut self, batch: &mut Batch, _: &mut Cx) -> Result<Next> {
        let rows = batch.len();
        for _ in 0..self.n {
            let Values::F64(mut zeros) = batch.new_column(Type::F64).values else {
                panic!("it is asked for")
            };
            zeros.resize(rows, 0.0);
            self.made.push(zeros);
        }
        self.add(batch);
        for values in self.made.drain(..) {
            let mut column = Column { values: Values::F64(values), valid: Default::default() };
            column.valid.push_valid(rows);
            batch.columns.push(column);
        }
        Ok(Next::Wait)
    }
}
