//! Keeps the records for which a condition is true; where it is false or NULL they are filtered, and counted.
//!
//! ```toml
//! operator = "filter"
//! where = "quantity > 0 AND price IS NOT NULL"
//! ```
//!
//! | quantity i64 (in) | price f64 (in) | quantity i64 (out) | price f64 (out) |
//! |---|---|---|---|
//! | 1 0 NULL 2 3 | 9.5 1 1 NULL 4 | 1 3 | 9.5 4 |
//!
//! The condition is an SQL expression with SQLite's answers; the page of `derive` shows what it may say.

use crate::data::Batch;
use crate::error::Result;
use crate::expr::Predicate;
use crate::operator::{Cx, Input, Next, Operator, PlanResult, Planned, Spec, only};
use crate::params::{self, EXPRESSION, JsonSchema};
use serde::Deserialize;

pub(super) const OPERATOR: Spec =
    Spec::new("filter", "keeps the records for which a condition is true", include_str!("filter.rs"), plan)
        .parameters::<Params>()
        .called(&["where", "grep", "reject", "keep_if", "drop_if", "condition"])
        .leaves(|_, inputs| Some(only(inputs).clone()));

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Params {
    /// Records for which it is true are kept.
    #[schemars(title = "an SQL expression", extend("format" = EXPRESSION))]
    r#where: String,
}

fn plan(params: params::Params, inputs: &[Input]) -> PlanResult {
    let Params { r#where: condition } = params::read(params)?;
    let schema = only(inputs);
    let keep =
        Predicate::parse(&condition, schema).map_err(|problems| params::under(&["where"], problems))?;
    Ok(Planned::new(schema.clone(), move || Filter { keep: keep.clone() }))
}

struct Filter {
    keep: Predicate,
}

impl Operator for Filter {
    fn process(&mut self, batch: &mut Batch, cx: &mut Cx) -> Result<Next> {
        let before = batch.len();
        let keep = self.keep.keep(batch);
        batch.retain(keep);
        cx.filtered((before - batch.len()) as u64);
        Ok(Next::Wait)
    }
}
