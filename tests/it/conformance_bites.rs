//! The pages and laws themselves are tested: an operator with a fault is found out, one without passes.

use crate::conformance::laws;
use crate::pages::holds;
use serde::Deserialize;
use sluicebox::data::state::{Loader, Saver};
use sluicebox::data::{Batch, Schema, Type, Value, Values};
use sluicebox::error::Result;
use sluicebox::operator::{Cx, Input, Next, Operator, Passes, PlanResult, Planned, PlannedPort, Spec};
use sluicebox::params::{self, JsonSchema};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Adds to each number how many came before it, lets large ones out by a port, and tells how many there were; and has
/// one fault.
#[derive(Clone, Default)]
struct Counter {
    n: u64,
    fault: String,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Params {
    fault: String,
}

#[derive(Deserialize, JsonSchema)]
struct Lax {
    #[serde(default)]
    fault: String,
}

fn plan(params: params::Params, inputs: &[Input]) -> PlanResult {
    let fault = match params::read::<Params>(params.clone()) {
        Ok(Params { fault }) => fault,
        Err(_) if params.values().any(|value| value.as_str() == Some("lax")) => {
            params::read::<Lax>(params)?.fault
        }
        Err(problems) => return Err(problems),
    };
    let lies = fault == "says that it passes what it changes";
    let passes = if lies { Passes::Named } else { Passes::These(vec![None]) };
    let counter = Counter { n: 0, fault };
    let schema = inputs[0].schema.clone();
    Ok(Planned {
        stateful: true,
        passes,
        report: Some(Schema::of(&[("n", Type::I64)])),
        ports: vec![PlannedPort::moves("big", schema.clone())],
        ..Planned::new(schema, move || counter.clone())
    })
}

impl Counter {
    fn let_out(&self, batch: &mut Batch, cx: &mut Cx) {
        let Values::F64(v) = &batch.columns[0].values else { unreachable!() };
        let big: Vec<bool> = v.iter().map(|x| *x > 100.0).collect();
        let rows: Vec<u32> = (0..big.len()).filter(|row| big[*row]).map(|row| row as u32).collect();
        if self.fault != "moves in silence" && !(self.fault == "counts by batches" && big.len() == 7) {
            cx.side(0, batch, &rows);
        }
        if self.fault == "counts by batches" && big.len() == 7 {
            cx.filtered(rows.len() as u64);
        }
        if self.fault != "keeps what it moves" {
            batch.retain(&big.iter().map(|big| !big).collect::<Vec<_>>());
        }
    }
}

static CALLS: AtomicU64 = AtomicU64::new(0);

impl Operator for Counter {
    fn process(&mut self, batch: &mut Batch, cx: &mut Cx) -> Result<Next> {
        let rows = batch.len();
        if self.fault == "counts empty batches" && batch.is_empty() {
            self.n += 1;
        }
        if self.fault == "drops columns" && batch.is_empty() {
            batch.columns.clear();
            return Ok(Next::Wait);
        }
        let column = &mut batch.columns[0];
        let Values::F64(v) = &mut column.values else { unreachable!() };
        for (row, x) in v.iter_mut().enumerate().filter(|(row, _)| column.valid.get(*row)) {
            *x += self.n as f64;
            self.n += 1;
            match self.fault.as_str() {
                "looks at the batch" => *x += (rows - row) as f64,
                "looks around" => *x += CALLS.fetch_add(1, Relaxed) as f64,
                _ => {}
            }
        }
        if self.fault == "fills NULL slots" && column.valid.nulls() > 0 {
            v.iter_mut().for_each(|x| *x += 1.0);
        }
        if self.fault == "loses a record" && rows == 7 {
            batch.retain(&[true, true, true, true, true, true, false]);
        }
        self.let_out(batch, cx);
        Ok(if self.fault == "never rests" { Next::Again } else { Next::Wait })
    }

    fn report(&mut self, out: &mut Batch, _cx: &mut Cx) -> Result<Next> {
        out.columns[0].push(Value::I64(self.n as i64));
        Ok(if self.fault == "reports without end" { Next::Again } else { Next::End })
    }

    fn save(&mut self, out: &mut Saver<'_>) -> Result<Next> {
        if self.fault != "saves nothing" {
            out.put(1, &self.n)?;
        }
        Ok(Next::End)
    }

    fn load(&mut self, from: &mut Loader<'_>) -> Result<()> {
        match self.fault.as_str() {
            "saves nothing" => {}
            "loads what it can" => self.n = from.get(1).unwrap_or_default(),
            _ => self.n = from.get(1)?,
        }
        Ok(())
    }
}

fn spec(fault: &str, table: &str) -> Spec {
    let page =
        format!("//! ```toml\n//! operator = \"counter\"\n//! fault = \"{fault}\"\n//! ```\n//!\n{table}");
    let source: &'static str = Box::leak(page.into_boxed_str());
    Spec::new("counter", "", source, plan)
}

const TABLE: &str = "//! | x f64 (in) | x f64 (out) | x f64 (out big) | n i64 (report) |\n\
                     //! |---|---|---|---|\n//! | 5 NULL 5 200 | 5 NULL 6 | 202 | 3 |\n";

#[test]
fn a_sound_operator_passes_and_each_fault_is_found_out() {
    holds("mining", &spec("", TABLE)).unwrap();
    laws("mining", &spec("", TABLE)).unwrap();
    for (fault, told) in [
        ("lax", "\"fqault\" for \"fault\" is not told"),
        ("counts empty batches", "empty batches in between change the output"),
        ("drops columns", "the batch has columns []"),
        ("looks at the batch", "batches of 1 give another output"),
        ("looks around", "the same input twice"),
        ("fills NULL slots", "its slot is not zero"),
        ("loses a record", "the account does not add up"),
        ("saves nothing", "save and load after 1 records change the output"),
        ("loads what it can", "a state that is damaged at byte"),
        ("says that it passes what it changes", "\"x\" is said to be \"x\" as it came, and"),
        ("never rests", "it still says Again"),
        ("moves in silence", "the account does not add up"),
        ("keeps what it moves", "the account does not add up"),
        ("counts by batches", "batches of 7 give another output"),
        ("reports without end", "its report still says Again"),
    ] {
        let found = laws("mining", &spec(fault, TABLE)).unwrap_err();
        assert!(found.contains(told), "\"{fault}\" is told as: {found}");
    }
}

#[test]
fn a_page_that_lies_is_found_out() {
    let wrong = |table: &str| holds("mining", &spec("", table)).unwrap_err();
    let head = "//! | x f64 (in) | x f64 (out) |\n//! |---|---|\n";
    let told = wrong(&format!("{head}//! | 5 5 | 5 5 |\n"));
    assert!(told.contains("on the page: 5 5") && told.contains("comes out:   5 6"), "{told}");
    assert!(wrong(&format!("{head}//! | 5 5 | 5 |\n")).contains("comes out:   5 6"));
    assert!(wrong(&TABLE.replace("x f64 (out)", "y f64 (out)")).contains("says that (y f64) comes out"));
    assert!(wrong(&TABLE.replace("x f64 (in)", "x f65 (in)")).contains("is not of the form"));
    assert!(wrong(&format!("{head}//! | five | 5 |\n")).contains("five is no f64"));
    assert!(wrong("//! no table").contains("has no table"));
    assert!(wrong(&TABLE.replace("202", "201")).contains("on the page: 201"), "a port is looked at");
    assert!(wrong(&TABLE.replace("| 3 |", "| 4 |")).contains("comes out:   3"), "a report is looked at");
    assert!(wrong(&TABLE.replace("(out big)", "(out bug)")).contains("shows a port \"bug\", there is none"));
    assert!(
        wrong(&format!("{head}//! | 5 200 | 5 |\n")).contains("by the port \"big\", which the page does not")
    );
}
