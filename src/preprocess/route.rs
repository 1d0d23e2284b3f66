//! Parts a stream into branches: each record leaves by the port of the first condition that is true of it.
//!
//! ```toml
//! operator = "route"
//! routes = { big = "amount > 100", eu = "country IN ('DE', 'FR')" }
//! ```
//!
//! | amount i64 (in) | country str (in) | amount i64 (out) | country str (out) | amount i64 (out big) | country str (out big) | amount i64 (out eu) | country str (out eu) |
//! |---|---|---|---|---|---|---|---|
//! | 500 20 7 NULL 300 | DE FR US DE NULL | 7 | US | 500 300 | DE NULL | 20 NULL | FR DE |
//!
//! Other stages read a branch as `from = "STAGE/big"`. Conditions are tried in the order given, and a record goes one
//! way only: the German 500 is big, so `eu` does not see it. NULL is no match. What matches nothing goes on by the main
//! port: to the next step, or to who reads the stage by its name alone.
//!
//! With `default` the rest leaves by a port of its own, and nothing goes on:
//!
//! ```toml
//! operator = "route"
//! routes = { big = "amount > 100" }
//! default = "rest"
//! ```
//!
//! | amount i64 (in) | amount i64 (out) | amount i64 (out big) | amount i64 (out rest) |
//! |---|---|---|---|
//! | 500 20 NULL | | 500 | 20 NULL |
//!
//! A branch that nobody reads ends there: its records are counted by its name, and as filtered in the sum of the run.
//! `check` warns of it. A branch is named as a stage is, but not like another port (`report`, `rejected`, `late`) or a
//! topic of live results (`stats`, `json`, `msgpack`, `csv`, `bincode`). Conditions are SQL expressions with SQLite's
//! answers; the page of `derive` shows what they may say.

use crate::data::Batch;
use crate::error::Result;
use crate::expr::Predicate;
use crate::operator::{Cx, Input, Next, Operator, PlanResult, Planned, PlannedPort, Spec, branch_name, only};
use crate::params::{self, Expression, JsonSchema, Problem};
use serde::Deserialize;
use std::collections::BTreeMap;

pub(super) const OPERATOR: Spec =
    Spec::new("route", "parts a stream into branches by conditions", include_str!("route.rs"), plan)
        .parameters::<Params>()
        .called(&["switch", "branch", "partition", "router", "swimlanes", "case", "broadcast"])
        .leaves(|_, inputs| Some(only(inputs).clone()));

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Params {
    /// The condition of each branch: name = SQL expression, tried in order.
    #[schemars(with = "BTreeMap<String, Expression>")]
    routes: toml::Table,
    /// The port of what matches nothing; absent: it goes on by the main port.
    default: Option<String>,
}

fn plan(params: params::Params, inputs: &[Input]) -> PlanResult {
    let Params { routes, default } = params::read(params)?;
    let schema = only(inputs);
    let mut problems = Vec::new();
    let (mut conditions, mut warnings) = (Vec::new(), Vec::new());
    if routes.is_empty() {
        problems.push(Problem::at("routes", "name at least one branch, as in { big = \"amount > 100\" }"));
    }
    for (name, text) in &routes {
        let here = ["routes", name.as_str()];
        problems.extend(params::under(&here, branch_name(name).err().into_iter().collect()));
        let text = text.as_str().expect("the schema lets only texts through");
        match Predicate::parse(text, schema) {
            Ok(condition) => {
                warnings.extend(params::under(&here, condition.warnings().to_vec()));
                conditions.push(condition);
            }
            Err(wrong) => problems.extend(params::under(&here, wrong)),
        }
    }
    if let Some(name) = &default {
        let taken =
            routes.contains_key(name).then(|| Problem::whole(format!("\"{name}\" is a branch already")));
        let wrong = branch_name(name).err().or(taken);
        problems.extend(params::under(&["default"], wrong.into_iter().collect()));
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let ports = routes.keys().chain(&default).map(|name| PlannedPort::moves(name, schema.clone())).collect();
    let rest = default.is_some();
    let route = move || Route { conditions: conditions.clone(), rest, stays: Vec::new(), rows: Vec::new() };
    Ok(Planned { ports, warnings, ..Planned::new(schema.clone(), route) })
}

struct Route {
    /// By port.
    conditions: Vec<Predicate>,
    /// What matches nothing leaves by the port behind those of the conditions.
    rest: bool,
    /// Which rows of the batch no branch has taken yet.
    stays: Vec<bool>,
    rows: Vec<u32>,
}

impl Operator for Route {
    fn process(&mut self, batch: &mut Batch, cx: &mut Cx) -> Result<Next> {
        let Route { conditions, rest, stays, rows } = self;
        stays.clear();
        stays.resize(batch.len(), true);
        for (port, condition) in conditions.iter_mut().enumerate() {
            take(stays, condition.keep(batch)?, rows);
            cx.side(port, batch, rows);
        }
        if *rest {
            rows.clear();
            rows.extend(
                (0..batch.len()).filter(|row| std::mem::take(&mut stays[*row])).map(|row| row as u32),
            );
            cx.side(conditions.len(), batch, rows);
        }
        batch.retain(stays);
        Ok(Next::Wait)
    }
}

/// The rows that are still here and meet a condition: they stay no longer.
fn take(stays: &mut [bool], meets: &[bool], rows: &mut Vec<u32>) {
    rows.clear();
    for (row, (stays, meets)) in stays.iter_mut().zip(meets).enumerate() {
        if *stays && *meets {
            *stays = false;
            rows.push(row as u32);
        }
    }
}
