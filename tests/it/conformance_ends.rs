//! The pages and laws of sources and sinks are tested on small ones with a fault each.

use crate::conformance::laws;
use crate::pages::holds;
use sluicebox::data::{Batch, Schema, Type, Value, Values};
use sluicebox::error::{Error, Result};
use sluicebox::operator::{Cx, Input, Inputs, Next, Operator, PlanResult, Planned, Sample, Spec};
use sluicebox::params::{self, JsonSchema};
use std::sync::atomic::{AtomicI64, Ordering::Relaxed};

static CALLS: AtomicI64 = AtomicI64::new(0);

#[derive(Clone, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Params {
    path: String,
    #[serde(default)]
    fault: String,
}

/// Reads a number a line.
#[derive(Clone)]
struct Numbers {
    params: Params,
    lines: Vec<String>,
}

/// Writes a number a line: into a file, or into SQLite where the path says so.
#[derive(Clone)]
struct Store {
    params: Params,
    numbers: Vec<i64>,
}

fn schema() -> Schema {
    Schema::of(&[("x", Type::I64)])
}

fn sample(params: &params::Params) -> Result<Sample> {
    let path = params.get("path").and_then(|path| path.as_str()).unwrap_or_default();
    std::fs::read_to_string(path).map(|_| schema().into()).map_err(|e| Error::failed(format!("{path}: {e}")))
}

fn plan_source(params: params::Params, inputs: &[Input]) -> PlanResult {
    let numbers = Numbers { params: params::read(params)?, lines: Vec::new() };
    assert_eq!(inputs, [Input::new("sample", schema())]);
    Ok(Planned::new(schema(), move || numbers.clone()))
}

fn plan_sink(params: params::Params, inputs: &[Input]) -> PlanResult {
    let store = Store { params: params::read(params)?, numbers: Vec::new() };
    Ok(Planned::new(inputs[0].schema.clone(), move || store.clone()))
}

impl Operator for Numbers {
    fn process(&mut self, batch: &mut Batch, cx: &mut Cx) -> Result<Next> {
        batch.reset(&schema());
        if self.lines.is_empty() {
            let text = std::fs::read_to_string(&self.params.path).unwrap();
            self.lines = text.lines().skip(1).map(str::to_string).collect();
            if self.params.fault == "starts over" {
                cx.set_offset(0);
            }
        }
        let max = if self.params.fault == "gives too many" { 2 } else { cx.records_max };
        while batch.len() < max {
            let Some(line) = self.lines.get(cx.offset() as usize) else { return Ok(Next::End) };
            cx.set_offset(cx.offset() + 1);
            cx.read(u64::from(self.params.fault != "counts only good ones" || line.parse::<i64>().is_ok()));
            match line.parse() {
                Ok(x) => {
                    batch.id.push(cx.new_id());
                    batch.born_ns.push(cx.now_ns);
                    batch.columns[0].push(Value::I64(x));
                }
                Err(_) => cx.reject_raw(line.as_bytes(), "type:x"),
            }
        }
        Ok(Next::At(cx.now_ns + 1_000_000))
    }
}

impl Operator for Store {
    fn process(&mut self, batch: &mut Batch, _cx: &mut Cx) -> Result<Next> {
        let Values::I64(v) = &batch.columns[0].values else { unreachable!() };
        self.numbers.extend(v);
        if self.params.fault == "empties the batch" {
            batch.clear();
        }
        Ok(Next::Wait)
    }

    fn finish(&mut self, _batch: &mut Batch, _cx: &mut Cx) -> Result<Next> {
        if self.params.fault == "counts its calls" {
            self.numbers.push(CALLS.fetch_add(1, Relaxed));
        }
        if self.params.path.ends_with(".db") {
            let db = rusqlite::Connection::open(&self.params.path).unwrap();
            db.execute_batch("BEGIN; CREATE TABLE input (x INTEGER, half REAL, note TEXT)").unwrap();
            for x in &self.numbers {
                let half = *x as f64 / 2.0;
                db.execute("INSERT INTO input VALUES (?1, ?2, NULL)", (x, half)).unwrap();
            }
            db.execute_batch("COMMIT").unwrap();
            return Ok(Next::End);
        }
        let text: String = self.numbers.iter().map(|x| format!("{x}\n")).collect();
        std::fs::write(&self.params.path, format!("x\n{text}")).unwrap();
        Ok(Next::End)
    }
}

fn source(fault: &str, page: &str) -> Spec {
    let page = page.replace("FAULT", fault);
    let source = Box::leak(page.into_boxed_str());
    Spec::new("numbers", "", source, plan_source).reads(Inputs::None).place("path").sample(sample)
}

fn sink(fault: &str, page: &str) -> Spec {
    let page = page.replace("FAULT", fault);
    let source = Box::leak(page.into_boxed_str());
    Spec::new("store", "", source, plan_sink).reads(Inputs::Any).place("path")
}

const SOURCE: &str = r#"//! ```toml
//! operator = "numbers"
//! path = "data/numbers.csv"
//! fault = "FAULT"
//! ```
//!
//! ```csv
//! x
//! 1
//! two
//! 3
//! 4
//! 5
//! 6
//! 7
//! 8
//! ```
//!
//! | x i64 (out) |
//! |---|
//! | 1 3 4 5 6 7 8 |
"#;

const SINK: &str = r#"//! ```toml
//! operator = "store"
//! path = "out/x.csv"
//! fault = "FAULT"
//! ```
//!
//! | x i64 (in) |
//! |---|
//! | 1 3 NULL |
//!
//! ```csv
//! x
//! 1
//! 3
//! 0
//! ```
//!
//! ```toml
//! operator = "store"
//! path = "out/x.db"
//! fault = "FAULT"
//! ```
//!
//! | x i64 (in) |
//! |---|
//! | 1 4 |
//!
//! ```text
//! 1|0.5|
//! 4|2.0|
//! ```
"#;

#[test]
fn sources_with_a_fault_are_found_out() {
    holds("ingest", &source("", SOURCE)).unwrap();
    laws("ingest", &source("", SOURCE)).unwrap();
    assert!(holds("ingest", &source("", &SOURCE.replace("5 6", "5 5"))).is_err());
    for (fault, told) in [
        ("starts over", "a restart from the account after 1 calls changes the rows"),
        ("gives too many", "it gave 2 records, 1 are allowed"),
        ("counts only good ones", "the account does not add up"),
    ] {
        let found = laws("ingest", &source(fault, SOURCE)).unwrap_err();
        assert!(found.contains(told), "\"{fault}\" is told as: {found}");
    }
}

#[test]
fn sinks_with_a_fault_are_found_out() {
    holds("storage", &sink("", SINK)).unwrap();
    laws("storage", &sink("", SINK)).unwrap();
    let wrong = holds("storage", &sink("", &SINK.replace("4|2.0|", "4|2.5|"))).unwrap_err();
    assert!(wrong.contains("table 2") && wrong.contains("4|2.0|"), "{wrong}");
    let bare = SINK.split("//! ```csv").next().unwrap();
    assert!(holds("storage", &sink("", bare)).unwrap_err().contains("needs a block"));
    for (fault, told) in [
        ("empties the batch", "a sink has changed the batch"),
        ("counts its calls", "the same input twice is stored otherwise"),
    ] {
        let found = laws("storage", &sink(fault, SINK)).unwrap_err();
        assert!(found.contains(told), "\"{fault}\" is told as: {found}");
    }
}
