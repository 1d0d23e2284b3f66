//! Our operators on the data sets: what they report, and the processor time that they take.

use crate::data::Data;
use nix::sys::time::TimeValLike;
use nix::time::{ClockId, clock_gettime};
use sluicebox::data::{Batch, Column, Value};
use sluicebox::error::{Error, Result};
use sluicebox::operator::{Account, Cx, Desk, Input, Next};
use sluicebox::registry;
use std::collections::BTreeMap;

/// What is left of a run.
pub struct Done {
    /// The rows of the report, by column: what is a number.
    pub report: Vec<BTreeMap<String, f64>>,
    /// All that came out, and its columns' names.
    pub out: Vec<Batch>,
    pub names: Vec<String>,
    pub cpu_s: f64,
}

/// Processor time of this process.
fn cpu_s() -> f64 {
    let now = clock_gettime(ClockId::CLOCK_PROCESS_CPUTIME_ID).map_or(0, |now| now.num_nanoseconds());
    now as f64 / 1e9
}

/// An operator over a data set, once, from its first record to its report.
pub fn run(operator: &str, params: &str, data: &Data) -> Result<Done> {
    let failed = |what: String| Error::failed(format!("operator \"{operator}\": {what}"));
    let (_, spec) = registry::find(operator, false).ok_or_else(|| failed("there is none".to_string()))?;
    let params = params.parse().map_err(|e| failed(format!("{e}")))?;
    let planned = (spec.plan)(params, &[Input::new("input", data.schema.clone())]);
    let planned = planned.map_err(|problems| failed(format!("{problems:?}")))?;
    let mut desk = Desk::new(Cx::new("run", "stage", Account::default()));
    let (mut operator, mut out) = ((planned.make)(), data.batches.clone());
    let begin = cpu_s();
    for batch in &mut out {
        operator.process(batch, desk.cx())?;
    }
    loop {
        let mut last = Batch::new(&data.schema);
        let next = operator.finish(&mut last, desk.cx())?;
        out.push(last);
        if next != Next::Again {
            break;
        }
    }
    let cpu_s = cpu_s() - begin;
    let mut report = Vec::new();
    while let Some(schema) = &planned.report {
        let mut rows = Batch::new(schema);
        let next = operator.report(&mut rows, desk.cx())?;
        let columns = || schema.names().zip(&rows.columns);
        let n = rows.columns.first().map_or(0, Column::len);
        let cell = |row: usize| {
            columns().filter_map(move |(name, column)| Some((name.to_string(), number(column.value(row))?)))
        };
        report.extend((0..n).map(|row| cell(row).collect::<BTreeMap<String, f64>>()));
        if next != Next::Again {
            break;
        }
    }
    let names = planned.output.names().map(str::to_string).collect();
    Ok(Done { report, out, names, cpu_s })
}

fn number(value: Value<'_>) -> Option<f64> {
    match value {
        Value::F64(x) => Some(x),
        Value::I64(n) => Some(n as f64),
        Value::Bool(is) => Some(f64::from(u8::from(is))),
        _ => None,
    }
}

impl Done {
    /// What the last row of the report says.
    pub fn told(&self, column: &str) -> f64 {
        self.report.last().and_then(|row| row.get(column)).copied().unwrap_or(f64::NAN)
    }

    /// A column of numbers of all that came out; NULL is not a number.
    pub fn column(&self, name: &str) -> Vec<f64> {
        let at = self.names.iter().position(|of| of == name);
        let batches = self.out.iter().filter(|batch| !batch.is_empty());
        let columns = batches.filter_map(|batch| batch.columns.get(at?));
        let values = |column: &Column| -> Vec<f64> {
            (0..column.len()).map(|row| number(column.value(row)).unwrap_or(f64::NAN)).collect()
        };
        columns.flat_map(values).collect()
    }

    /// A column of lists, joined by `|` in the order of their letters, each with a count.
    pub fn sets(&self, items: &str, count: &str) -> Vec<(String, i64)> {
        let find = |name: &str| self.names.iter().position(|of| of == name);
        let (Some(items), Some(count)) = (find(items), find(count)) else { return Vec::new() };
        let mut sets = Vec::new();
        for batch in self.out.iter().filter(|batch| !batch.is_empty()) {
            for row in 0..batch.len() {
                if let (Value::List(mut set), Value::I64(n)) =
                    (batch.columns[items].value(row), batch.columns[count].value(row))
                {
                    set.sort_unstable();
                    sets.push((set.join("|"), n));
                }
            }
        }
        sets
    }
}
