//! The pages and laws of an operator that reads by role are tested on a small one with a fault each.

use crate::conformance::laws;
use crate::pages::holds;
use sluicebox::data::state::{Loader, Saver};
use sluicebox::data::{Batch, Type, Value};
use sluicebox::error::Result;
use sluicebox::operator::{Cx, Input, Inputs, Next, Operator, PlanResult, Planned, Role, Spec, of_role};
use sluicebox::params::{self, JsonSchema};

/// Tells each record how many labels came before it.
#[derive(Clone, Default)]
struct Told {
    labels: i64,
    fault: String,
}

#[derive(serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Params {
    fault: String,
}

fn plan(params: params::Params, inputs: &[Input]) -> PlanResult {
    let told = Told { labels: 0, fault: params::read::<Params>(params)?.fault };
    let output = of_role(inputs, "records").expect("it is needed").clone().with("labels", Type::I64);
    let absorbs = told.fault != "plans no absorbing";
    Ok(Planned { stateful: true, absorbs, ..Planned::new(output, move || told.clone()) })
}

impl Operator for Told {
    fn process(&mut self, batch: &mut Batch, cx: &mut Cx) -> Result<Next> {
        if cx.role() == Some("labels") {
            self.labels += batch.len() as i64;
            if self.fault != "absorbs in silence" {
                cx.absorbed(batch.len() as u64);
            }
            batch.clear();
            // Columns of the records, which stay empty.
            batch.columns = vec![batch.new_column(Type::F64), batch.new_column(Type::I64)];
            return Ok(Next::Wait);
        }
        if self.fault == "sees turns" {
            self.labels += 1;
        }
        let mut labels = batch.new_column(Type::I64);
        let known = if self.fault == "takes the inlet for the role" { cx.inlet as i64 } else { self.labels };
        (0..batch.len()).for_each(|_| labels.push(Value::I64(known)));
        batch.columns.push(labels);
        Ok(Next::Wait)
    }

    fn save(&mut self, out: &mut Saver<'_>) -> Result<Next> {
        out.put(1, &self.labels)?;
        Ok(Next::End)
    }

    fn load(&mut self, from: &mut Loader<'_>) -> Result<()> {
        self.labels = from.get(1)?;
        if self.fault == "forgets" {
            self.labels = 0;
        }
        Ok(())
    }
}

const ROLES: &[Role] = &[Role { name: "records", needed: true }, Role { name: "labels", needed: true }];

/// Roles take turns line by line.
const PAGE: &str = r#"//! ```toml
//! operator = "told"
//! fault = "FAULT"
//! ```
//!
//! | x f64 (in records) | y i64 (in labels) | x f64 (out) | labels i64 (out) |
//! |---|---|---|---|
//! | 5 NULL | 7 | 5 NULL | 0 0 |
//! | 6 | 8 9 | 6 | 1 |
//! | 7 | | 7 | 3 |
"#;

fn spec(fault: &str) -> Spec {
    let source: &'static str = Box::leak(PAGE.replace("FAULT", fault).into_boxed_str());
    Spec::new("told", "", source, plan).reads(Inputs::Roles(ROLES))
}

#[test]
fn operators_of_roles_with_a_fault_are_found_out() {
    holds("mining", &spec("")).unwrap();
    laws("mining", &spec("")).unwrap();
    let lies = holds("mining", &spec("takes the inlet for the role")).unwrap_err();
    assert!(lies.contains("on the page: 0 0 1 3"), "{lies}");
    for (fault, told) in [
        ("absorbs in silence", "the account does not add up"),
        ("plans no absorbing", "its plan does not say absorbs: true"),
        ("sees turns", "batches of 1 give another output"),
        ("forgets", "change the output"),
    ] {
        let found = laws("mining", &spec(fault)).unwrap_err();
        assert!(found.contains(told), "\"{fault}\" is told as: {found}");
    }
}
