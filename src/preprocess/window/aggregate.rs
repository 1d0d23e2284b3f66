//! What a window tells of a column, value by value.

use crate::data::{Column, Schema, Type, Value, Values};
use crate::operator::column;
use crate::params::Problem;
use serde::{Deserialize, Serialize};

const FUNCTIONS: [&str; 5] = ["count", "sum", "mean", "min", "max"];

/// A field of a window's row, as it was asked for.
#[derive(Clone)]
pub(super) struct Wanted {
    pub name: String,
    /// As the topology says it.
    pub text: String,
    /// The column that it tells of; `None`: of records.
    pub column: Option<usize>,
    /// Its type.
    pub of: Type,
    /// What a window begins with.
    pub fresh: Aggregate,
}

impl Wanted {
    /// Reads the parameter `fields`.
    pub(super) fn check(fields: &toml::Table, schema: &Schema, problems: &mut Vec<Problem>) -> Vec<Wanted> {
        if fields.is_empty() {
            problems.push(Problem::at("fields", "name at least one, as in { orders = \"count()\" }"));
        }
        let mut all = Vec::new();
        for (name, text) in fields {
            let text = text.as_str().expect("the schema lets only texts through");
            match one(text, schema) {
                Ok((column, of, fresh)) => {
                    let (name, text) = (name.clone(), text.trim().to_string());
                    all.push(Wanted { name, text, column, of, fresh });
                }
                Err(problem) => {
                    problems.push(Problem { path: vec!["fields".to_string(), name.clone()], ..problem })
                }
            }
        }
        all
    }
}

type One = (Option<usize>, Type, Aggregate);

/// `sum(amount)`: the column, the type of the answer, and what it begins with.
fn one(text: &str, schema: &Schema) -> Result<One, Problem> {
    let parts = text.trim().strip_suffix(')').and_then(|text| text.split_once('('));
    let Some((function, name)) = parts.map(|(function, name)| (function.trim(), name.trim())) else {
        let what = format!("\"{text}\" is no count(), sum(x), mean(x), min(x) or max(x)");
        return Err(Problem::whole(what));
    };
    let function = function.to_ascii_lowercase();
    if !FUNCTIONS.contains(&function.as_str()) {
        let what = format!("there is no \"{function}\" of a window (there is {})", FUNCTIONS.join(", "));
        return Err(Problem::whole(what));
    }
    if name.is_empty() || name == "*" {
        return match function.as_str() {
            "count" => Ok((None, Type::I64, Aggregate::Count(0))),
            _ => Err(Problem::whole(format!("{function} needs a column, as in {function}(x)"))),
        };
    }
    let name = name.strip_prefix('"').and_then(|name| name.strip_suffix('"')).unwrap_or(name);
    let computed = |problem: Problem| {
        let is_name = name.chars().all(|c| c.is_alphanumeric() || c == '_');
        let hint = if is_name { "" } else { " (a window takes columns: compute it in a step derive before)" };
        Problem { what: problem.what + hint, ..problem }
    };
    let at = column(schema, "fields", name).map_err(computed)?;
    let of = schema.fields[at].of;
    let (of, fresh) = match (function.as_str(), of) {
        ("count", _) => (Type::I64, Aggregate::Count(0)),
        ("sum", Type::I64) => (of, Aggregate::Whole(None)),
        ("sum", Type::F64) => (of, Aggregate::Sum(Sum::default())),
        ("mean", Type::I64 | Type::F64) => (Type::F64, Aggregate::Mean(Sum::default())),
        ("min", Type::I64 | Type::Time) => (of, Aggregate::Least(None)),
        ("max", Type::I64 | Type::Time) => (of, Aggregate::Greatest(None)),
        ("min", Type::F64) => (of, Aggregate::LeastReal(None)),
        ("max", Type::F64) => (of, Aggregate::GreatestReal(None)),
        _ => {
            let needed = if function.starts_with('m') && function != "mean" {
                "a number or a time"
            } else {
                "a number"
            };
            return Err(Problem::whole(format!("column \"{name}\" is {of}, {needed} is needed")));
        }
    };
    Ok((Some(at), of, fresh))
}

/// What a window holds of a column.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) enum Aggregate {
    Count(u64),
    Whole(Option<i128>),
    Sum(Sum),
    Mean(Sum),
    Least(Option<i64>),
    Greatest(Option<i64>),
    LeastReal(Option<f64>),
    GreatestReal(Option<f64>),
}

impl Aggregate {
    /// Takes the value of a row; `None`: the row itself. NULL and NaN are no values.
    #[inline]
    pub(super) fn take(&mut self, column: Option<&Column>, row: usize) {
        let Some(column) = column else {
            if let Aggregate::Count(n) = self {
                *n += 1;
            }
            return;
        };
        if !column.valid.get(row) {
            return;
        }
        match &column.values {
            Values::F64(v) if !v[row].is_nan() => self.take_real(v[row]),
            Values::F64(_) => {}
            Values::I64(v) | Values::Time(v) => self.take_whole(v[row]),
            _ => {
                if let Aggregate::Count(n) = self {
                    *n += 1;
                }
            }
        }
    }

    fn take_whole(&mut self, x: i64) {
        match self {
            Aggregate::Count(n) => *n += 1,
            Aggregate::Whole(sum) => *sum = Some(sum.unwrap_or(0) + i128::from(x)),
            Aggregate::Sum(sum) | Aggregate::Mean(sum) => sum.add(x as f64),
            Aggregate::Least(least) => *least = Some(least.map_or(x, |y| y.min(x))),
            Aggregate::Greatest(greatest) => *greatest = Some(greatest.map_or(x, |y| y.max(x))),
            Aggregate::LeastReal(_) | Aggregate::GreatestReal(_) => self.take_real(x as f64),
        }
    }

    fn take_real(&mut self, x: f64) {
        match self {
            Aggregate::Count(n) => *n += 1,
            Aggregate::Sum(sum) | Aggregate::Mean(sum) => sum.add(x),
            // Both zeros have their order, so that the answer does not depend on that of arrival.
            Aggregate::LeastReal(least) if least.is_none_or(|y| x.total_cmp(&y).is_lt()) => *least = Some(x),
            Aggregate::GreatestReal(most) if most.is_none_or(|y| x.total_cmp(&y).is_gt()) => *most = Some(x),
            _ => {}
        }
    }

    /// Adds its answer to a column of its type.
    pub(super) fn write(&self, column: &mut Column) {
        let real = |x: Option<f64>| x.filter(|x| !x.is_nan()).map_or(Value::Null, Value::F64);
        let whole = |x: Option<i64>, time: bool| match x {
            Some(x) if time => Value::Time(x),
            Some(x) => Value::I64(x),
            None => Value::Null,
        };
        let time = column.of() == Type::Time;
        column.push(match *self {
            Aggregate::Count(n) => Value::I64(n as i64),
            Aggregate::Whole(sum) => whole(sum.and_then(|sum| i64::try_from(sum).ok()), false),
            Aggregate::Sum(sum) => real(sum.get()),
            Aggregate::Mean(sum) => real(sum.get().map(|x| x / sum.n as f64)),
            Aggregate::Least(x) | Aggregate::Greatest(x) => whole(x, time),
            Aggregate::LeastReal(x) | Aggregate::GreatestReal(x) => real(x),
        });
    }
}

/// How many records a window holds: what its first aggregate counts, whatever else was wanted.
pub(super) fn records(state: &[Aggregate]) -> u64 {
    match state.first() {
        Some(Aggregate::Count(n)) => *n,
        _ => 0,
    }
}

/// Whether two rows of aggregates are of the same kinds.
pub(super) fn alike(a: &[Aggregate], b: &[Aggregate]) -> bool {
    let kind = std::mem::discriminant::<Aggregate>;
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| kind(a) == kind(b))
}

/// A sum that keeps what rounding takes away: nearly the same in whatever order its parts come. Neumaier
/// 1974, Rundungsfehleranalyse einiger Verfahren zur Summation endlicher Summen, ZAMM 54:39.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Sum {
    n: u64,
    sum: f64,
    rest: f64,
}

impl Sum {
    fn add(&mut self, x: f64) {
        self.n += 1;
        let sum = self.sum + x;
        self.rest += if self.sum.abs() >= x.abs() { (self.sum - sum) + x } else { (x - sum) + self.sum };
        self.sum = sum;
    }

    /// `None` before the first value. What is not finite has no rest.
    fn get(&self) -> Option<f64> {
        let whole = self.sum + self.rest;
        (self.n > 0).then_some(if self.sum.is_finite() && whole.is_finite() { whole } else { self.sum })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str, values: &[Value<'static>], schema: &str) -> Value<'static> {
        let schema = Schema::of(&[("x", Type::parse(schema).unwrap())]);
        let (column, of, mut aggregate) = one(text, &schema).unwrap_or_else(|problem| panic!("{problem:?}"));
        let mut cells = Column::new(schema.fields[0].of);
        values.iter().for_each(|value| cells.push(value.clone()));
        (0..values.len()).for_each(|row| aggregate.take(column.map(|_| &cells), row));
        let mut out = Column::new(of);
        aggregate.write(&mut out);
        match out.value(0) {
            Value::I64(x) => Value::I64(x),
            Value::F64(x) => Value::F64(x),
            Value::Time(x) => Value::Time(x),
            _ => Value::Null,
        }
    }

    #[test]
    fn each_function_of_each_type() {
        let whole = [Value::I64(i64::MAX), Value::Null, Value::I64(-3), Value::I64(4)];
        let real = [Value::F64(1e16), Value::F64(1.0), Value::Null, Value::F64(f64::NAN), Value::F64(-1e16)];
        let times = [Value::Time(7), Value::Time(-7)];
        for (text, values, schema, expected) in [
            ("count()", &whole[..], "i64", Value::I64(4)),
            ("COUNT(*)", &whole, "i64", Value::I64(4)),
            (" count ( x ) ", &whole, "i64", Value::I64(3)),
            ("count(x)", &real, "f64", Value::I64(3)),
            ("sum(x)", &whole, "i64", Value::Null),
            ("sum(x)", &whole[1..], "i64", Value::I64(1)),
            ("sum(x)", &real, "f64", Value::F64(1.0)),
            ("sum(\"x\")", &real[..2], "f64", Value::F64(1e16)),
            ("sum(x)", &[Value::F64(f64::INFINITY), Value::F64(1.0)], "f64", Value::F64(f64::INFINITY)),
            ("sum(x)", &[Value::F64(f64::INFINITY), Value::F64(-f64::INFINITY)], "f64", Value::Null),
            ("mean(x)", &whole[2..], "i64", Value::F64(0.5)),
            ("mean(x)", &real[2..4], "f64", Value::Null),
            ("min(x)", &whole, "i64", Value::I64(-3)),
            ("max(x)", &whole, "i64", Value::I64(i64::MAX)),
            ("min(x)", &real, "f64", Value::F64(-1e16)),
            ("max(x)", &real[1..], "f64", Value::F64(1.0)),
            ("min(x)", &times, "time", Value::Time(-7)),
            ("max(x)", &times, "time", Value::Time(7)),
            ("max(x)", &[], "time", Value::Null),
            ("count(x)", &[], "str", Value::I64(0)),
        ] {
            assert_eq!(of(text, values, schema), expected, "{text} of {values:?}");
        }
    }

    #[test]
    fn what_is_no_field_is_told() {
        let schema = Schema::of(&[("x", Type::F64), ("name", Type::Str)]);
        for (text, told) in [
            ("orders", "\"orders\" is no count(), sum(x), mean(x), min(x) or max(x)"),
            ("avg(x)", "there is no \"avg\" of a window"),
            ("sum()", "sum needs a column"),
            ("sum(y)", "there is no column \"y\""),
            ("sum(x * 2)", "compute it in a step derive before"),
            ("max(name)", "column \"name\" is str, a number or a time is needed"),
        ] {
            let what = one(text, &schema).err().unwrap().what;
            assert!(what.contains(told), "{text}: {what}");
        }
    }
}
