//! What a topology says of the column that is watched, and the plan that comes of it.

use super::told::Watched;
use super::{Detector, Scale, Watch};
use crate::data::{Schema, Type};
use crate::operator::{Input, KEYS_LIMIT, Per, PlanResult, Planned, States, column, only};
use crate::params::{JsonSchema, Names, Problem};
use serde::Deserialize;

/// The columns that a detector may add.
pub(in crate::mining) const FLAGS: [&str; 2] = ["drift", "warning"];
/// What the report says of a change, behind the key.
const HEAD: [&str; 3] = ["change", "at", "found"];
const TIME: &str = "time";
const MEANS: [&str; 2] = ["mean_before", "mean_after"];

/// What all detectors are told.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::mining) struct WatchParams {
    /// The column to watch: numbers, or true (1) and false (0).
    pub field: String,
    /// One detector for each value of these columns; one for all, if absent.
    per: Option<Names>,
    /// How many keys of `per` are remembered (100000, if absent); the one least recently touched goes.
    #[schemars(range(min = 1, max = KEYS_LIMIT))]
    keys_max: Option<u64>,
}

/// The columns of a step with these flags, whatever its parameters.
pub(in crate::mining) fn output(schema: &Schema, flags: &[&str]) -> Schema {
    let new = flags.iter().filter(|name| schema.index(name).is_none());
    new.fold(schema.clone(), |output, name| output.with(name, Type::Bool))
}

/// Plans a step: `settings` tells a detector of other parameters apart, `flags` are the columns it adds.
pub(in crate::mining) fn planned<D: Detector>(
    given: &WatchParams,
    inputs: &[Input],
    flags: &'static [&'static str],
    (fresh, scale): (D, Scale),
    mut problems: Vec<Problem>,
) -> PlanResult {
    let schema = only(inputs);
    let per = Per::check(given.per.as_ref(), given.keys_max, schema, &mut problems);
    let field = column(schema, "field", &given.field).and_then(|at| {
        let of = schema.fields[at].of;
        if !of.is_numeric() && of != Type::Bool {
            let what = format!("column \"{}\" is {of}, a number or a truth is needed", given.field);
            return Err(Problem::at("field", what));
        }
        if per.as_ref().is_some_and(|per| per.columns.contains(&at)) {
            let what = format!("\"{}\" is a column of per, which no record of a key differs in", given.field);
            return Err(Problem::at("field", what));
        }
        Ok(at)
    });
    for name in flags.iter().filter(|name| schema.index(name).is_some()) {
        let what = format!("a column \"{name}\" is added, and there is one already (rename it)");
        problems.push(Problem::whole(what));
    }
    let time = schema.time();
    for name in given.per.iter().flat_map(Names::all).filter(|name| is_ours(name)) {
        problems.push(Problem::at("per", format!("\"{name}\" is a column of the report (rename it)")));
    }
    let column = match field {
        Ok(at) if problems.is_empty() => at,
        Ok(_) => return Err(problems),
        Err(problem) => {
            problems.push(problem);
            return Err(problems);
        }
    };
    let key = per.as_ref().map_or(Vec::new(), |per| per.columns.clone());
    let report = report(per.as_ref(), time.is_some());
    let output = output(schema, flags);
    let watch = Watch {
        output: output.clone(),
        column,
        time,
        scale,
        warns: flags.len() > 1,
        states: States::new(per, Watched::new(fresh.clone())),
        fresh,
        identity: vec![given.field.clone(), format!("{scale:?}")],
    };
    let planned = Planned::new(output, move || watch.clone());
    Ok(Planned { stateful: true, per: key, report: Some(report), ..planned })
}

fn is_ours(name: &str) -> bool {
    HEAD.contains(&name) || MEANS.contains(&name) || [TIME, "set", "worker"].contains(&name)
}

/// The columns of the report.
fn report(per: Option<&Per>, timed: bool) -> Schema {
    let keys = Schema { fields: per.iter().flat_map(|per| per.fields.clone()).collect() };
    let report = HEAD.iter().fold(keys.untimed(), |report, name| report.with(name, Type::I64));
    let report = if timed { report.with(TIME, Type::Time) } else { report };
    MEANS.iter().fold(report, |report, name| report.with(name, Type::F64))
}
