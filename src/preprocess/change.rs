//! Says how far a value lies from that of the record before, and can let only what has changed pass.
//!
//! ```toml
//! operator = "change"
//! fields = ["price"]
//! per = "symbol"        # or a list of columns; absent: the record before, whatever it is of
//! ```
//!
//! | symbol str (in) | price f64 (in) | symbol str (out) | price f64 (out) | change_price f64 (out) |
//! |---|---|---|---|---|
//! | a b a a a | 10 7 11.5 NULL 12 | a b a a a | 10 7 11.5 NULL 12 | NULL NULL 1.5 NULL NULL |
//!
//! | as | is |
//! |---|---|
//! | `"difference"` (the usual one) | the value less that before; of whole numbers a whole number (NULL beyond 64 bits), of times a whole number of nanoseconds |
//! | `"ratio"` | the value divided by that before: f64, NULL where that was 0 |
//! | `"relative"` | the same less 1: 0.05 is 5 % more |
//! | `"nothing"` | no column is added: for `only_changed`, of columns of any type |
//!
//! Where one of both is NULL, so is the answer. The order within a key is that of arrival: put the step `sort` before
//! it where records come disordered.
//!
//! ```toml
//! operator = "change"
//! fields = ["state", "level"]
//! as = "nothing"
//! only_changed = true
//! per = "door"
//! ```
//!
//! | door i64 (in) | state str (in) | level i64 (in) | door i64 (out) | state str (out) | level i64 (out) |
//! |---|---|---|---|---|---|
//! | 1 2 1 1 2 1 1 | open open open shut open shut NULL | 1 1 1 1 2 1 1 | 1 2 1 2 1 | open open shut open NULL | 1 1 1 2 1 |
//!
//! With `only_changed` a record passes when it is the first of its key, or one of `fields` is not what it was in the
//! record before (NULL is a value here); the others are filtered, and counted.
//!
//! It keeps one record of each key, of `fields` alone. At most `keys_max` (100000) keys are remembered; the one least
//! recently touched goes, and begins anew if it comes back.

use super::common::{RowsBefore, beside};
use crate::data::state::{Loader, Saver};
use crate::data::{Batch, Column, Field, Schema, Type, Value, key};
use crate::error::Result;
use crate::operator::{Cx, Input, KEYS_LIMIT, Next, Operator, Per, PlanResult, Planned, Spec, only};
use crate::params::{self, JsonSchema, Names, Problem};
use serde::{Deserialize, Serialize};

pub(super) const OPERATOR: Spec = Spec::new(
    "change",
    "how far a value lies from that of the record before; only what has changed",
    include_str!("change.rs"),
    plan,
)
.parameters::<Params>()
.called(&["diff", "delta", "difference", "derivative", "pct_change", "changed", "deduplicate_consecutive"])
.keyed("per");

const STATE_VERSION: u16 = 2;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Params {
    /// The columns that are compared with the record before.
    fields: Names,
    /// What is said of each.
    #[serde(default, rename = "as")]
    how: As,
    /// Only records pass in which one of the fields has changed.
    #[serde(default)]
    only_changed: bool,
    /// The new columns are called so, with the column's name behind it.
    #[serde(default = "change")]
    prefix: String,
    /// The record before of the same value of these columns; of all, if absent.
    per: Option<Names>,
    /// How many keys of `per` are remembered (100000, if absent); the one least recently touched goes.
    #[schemars(range(min = 1, max = KEYS_LIMIT))]
    keys_max: Option<u64>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
enum As {
    /// The value less that before.
    #[default]
    Difference,
    /// The value divided by that before.
    Ratio,
    /// The same less 1.
    Relative,
    /// No column is added.
    Nothing,
}

fn change() -> String {
    "change_".to_string()
}

impl As {
    /// The type of the answer for a column, if there is to be one.
    fn of(self, Field { name, of, .. }: &Field) -> std::result::Result<Option<Type>, String> {
        match (self, of) {
            (As::Nothing, _) => Ok(None),
            (As::Difference, Type::I64 | Type::Time) => Ok(Some(Type::I64)),
            (_, Type::I64 | Type::F64) => Ok(Some(Type::F64)),
            _ => {
                let needed = if self == As::Difference { "a number or a time" } else { "a number" };
                Err(format!(
                    "column \"{name}\" is {of}, {needed} is needed (or as = \"nothing\", and only_changed)"
                ))
            }
        }
    }

    fn between(self, before: &Value<'_>, now: &Value<'_>) -> Value<'static> {
        let real = |x: f64| if x.is_nan() { Value::Null } else { Value::F64(x) };
        let (a, b) = match (self, before, now) {
            (As::Difference, Value::I64(a), Value::I64(b))
            | (As::Difference, Value::Time(a), Value::Time(b)) => {
                return b.checked_sub(*a).map_or(Value::Null, Value::I64);
            }
            (_, Value::I64(a), Value::I64(b)) => (*a as f64, *b as f64),
            (_, Value::F64(a), Value::F64(b)) => (*a, *b),
            _ => return Value::Null,
        };
        match self {
            As::Difference => real(b - a),
            _ if a == 0.0 => Value::Null,
            As::Ratio => real(b / a),
            _ => real(b / a - 1.0),
        }
    }
}

fn plan(params: params::Params, inputs: &[Input]) -> PlanResult {
    let Params { fields, how, only_changed, prefix, per, keys_max } = params::read(params)?;
    let schema = only(inputs);
    let mut problems = Vec::new();
    let per = Per::check(per.as_ref(), keys_max, schema, &mut problems);
    let (output, columns) = beside(schema, &fields, &prefix, |field| how.of(field), &mut problems);
    if how == As::Nothing && !only_changed {
        let what = "there is nothing to do then: say only_changed = true, or leave it out";
        problems.push(Problem::at("as", what));
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let key = per.as_ref().map_or(Vec::new(), |per| per.columns.clone());
    let change = Change {
        output: output.clone(),
        how,
        only_changed,
        before: RowsBefore::new(schema, columns.clone(), 1, per),
        said: columns.iter().map(|at| Column::new(schema.fields[*at].of)).collect(),
        columns,
        new: Vec::new(),
        keep: Vec::new(),
    };
    Ok(Planned { stateful: true, per: key, ..Planned::new(output, move || change.clone()) })
}

#[derive(Clone)]
struct Change {
    output: Schema,
    how: As,
    only_changed: bool,
    columns: Vec<usize>,
    before: RowsBefore,
    /// What the record before said.
    said: Vec<Column>,
    /// The columns that are added, while a batch is worked on, and which records pass.
    new: Vec<Column>,
    keep: Vec<bool>,
}

impl Change {
    /// Compares each record with the one before.
    fn compare(&mut self, batch: &Batch, cx: &mut Cx) {
        let Change { how, columns, before, said, new, keep, .. } = self;
        before.each(batch, cx, |row, now, before| {
            keep.push(before != Some(now));
            match before {
                None => new.iter_mut().for_each(Column::push_null),
                Some(before) if !new.is_empty() => {
                    said.iter_mut().for_each(Column::clear);
                    key::read(before, said).expect("the row was made of these columns");
                    for ((new, said), at) in new.iter_mut().zip(said.iter()).zip(columns.iter()) {
                        new.push(how.between(&said.value(0), &batch.columns[*at].value(row)));
                    }
                }
                Some(_) => {}
            }
        });
    }
}

impl Operator for Change {
    fn process(&mut self, batch: &mut Batch, cx: &mut Cx) -> Result<Next> {
        let first = batch.columns.len();
        for field in &self.output.fields[first..] {
            self.new.push(batch.new_column(field.of));
        }
        self.keep.clear();
        self.compare(batch, cx);
        batch.columns.append(&mut self.new);
        if self.only_changed {
            let before = batch.len();
            batch.retain(&self.keep);
            cx.filtered((before - batch.len()) as u64);
        }
        Ok(Next::Wait)
    }

    fn finish(&mut self, batch: &mut Batch, _: &mut Cx) -> Result<Next> {
        batch.reset(&self.output);
        Ok(Next::End)
    }

    fn save(&mut self, out: &mut Saver<'_>) -> Result<Next> {
        self.before.save(STATE_VERSION, out)
    }

    fn load(&mut self, from: &mut Loader<'_>) -> Result<()> {
        self.before.load(STATE_VERSION, from)
    }
}
