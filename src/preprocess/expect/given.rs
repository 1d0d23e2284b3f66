//! What a topology says to the step `expect`, and whether it can be.

use crate::data::{Schema, Type};
use crate::expr::Predicate;
use crate::params::{self, Expression, JsonSchema, Problem};
use crate::units::Share;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Params {
    /// What is expected of each record: name = SQL expression.
    #[schemars(with = "BTreeMap<String, Expression>")]
    conditions: toml::Table,
    /// What becomes of a record that breaks one.
    #[serde(default)]
    on_fail: OnFail,
    /// The stage fails when more than this part breaks a condition; never, if absent.
    max_share: Option<Share>,
    /// The column of the port `failed` that says which conditions were broken.
    #[serde(default = "failed")]
    into: String,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum OnFail {
    #[default]
    Report,
    Route,
    Stop,
}

fn failed() -> String {
    "failed".to_string()
}

/// A condition.
#[derive(Clone)]
pub(super) struct Part {
    pub name: String,
    /// As the topology says it.
    pub text: String,
    pub condition: Predicate,
}

/// The parameters, checked against the columns that come in.
pub(super) struct Given {
    pub parts: Vec<Part>,
    /// What breaks a condition leaves by the port.
    pub routes: bool,
    pub max_share: Option<Share>,
    /// The columns of the port.
    pub rows: Schema,
    pub warnings: Vec<Problem>,
}

/// What the parameters say; `Err` has all that is wrong with them.
pub(super) fn check(given: params::Params, schema: &Schema) -> Result<Given, Vec<Problem>> {
    let Params { conditions, on_fail, max_share, into } = params::read(given)?;
    let (mut parts, mut problems, mut warnings) = (Vec::new(), Vec::new(), Vec::new());
    if conditions.is_empty() {
        let what = "name at least one condition, as in { positive = \"amount > 0\" }";
        problems.push(Problem::at("conditions", what));
    }
    for (name, text) in &conditions {
        let here = ["conditions", name.as_str()];
        let text = text.as_str().expect("the schema lets only texts through");
        match Predicate::parse(text, schema) {
            Ok(condition) => {
                warnings.extend(params::under(&here, condition.warnings().to_vec()));
                parts.push(Part { name: name.clone(), text: text.trim().to_string(), condition });
            }
            Err(wrong) => problems.extend(params::under(&here, wrong)),
        }
    }
    if schema.index(&into).is_some() {
        problems.push(Problem::at("into", format!("there is a column \"{into}\" already")));
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let rows = schema.clone().with(&into, Type::List);
    let max_share = max_share.or((on_fail == OnFail::Stop).then_some(Share(0.0)));
    Ok(Given { parts, routes: on_fail == OnFail::Route, max_share, rows, warnings })
}
