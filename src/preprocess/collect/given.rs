//! What a topology says to the step `collect`, and whether it can be.

use crate::data::{Field, Schema, Type};
use crate::expr::Predicate;
use crate::operator::{KEYS_LIMIT, KEYS_MAX, Per, column};
use crate::params::{self, EXPRESSION, JsonSchema, Names, Problem};
use crate::units::{Bytes, Span};
use serde::Deserialize;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Params {
    /// The rows that are alike in these columns are one basket.
    per: Names,
    /// The column of what is collected: texts or whole numbers.
    items: String,
    /// A basket closes with the row for which this is true.
    #[schemars(title = "an SQL expression", extend("format" = EXPRESSION))]
    until: Option<String>,
    /// A row for which this is true takes its thing out again.
    #[schemars(title = "an SQL expression", extend("format" = EXPRESSION))]
    retract: Option<String>,
    /// A basket closes when no row of its key has come for so long an event time; never, if absent.
    gap: Option<Span>,
    /// A basket closes with so many things.
    #[serde(default = "ten_thousand")]
    #[schemars(range(min = 1, max = 1_000_000))]
    max_count: usize,
    /// How many baskets may be open; the one least recently touched goes out.
    #[serde(default = "hundred_thousand")]
    #[schemars(range(min = 1, max = KEYS_LIMIT))]
    max_open: u64,
    /// How many bytes all open baskets of a worker may take; the one least recently touched goes out.
    #[serde(default = "quarter")]
    #[schemars(range(min = BYTES_MIN))]
    memory: Bytes,
}

fn ten_thousand() -> usize {
    10_000
}

fn hundred_thousand() -> u64 {
    KEYS_MAX
}

fn quarter() -> Bytes {
    Bytes(256 << 20)
}

/// Less holds no basket.
const BYTES_MIN: u64 = 64 << 10;
/// Longer spans than a quarter of what a time can say are no use.
const NS_MAX: u64 = 1 << 61;

/// The parameters, checked against the columns that come in.
pub(super) struct Given {
    pub items: usize,
    /// The column of the event time, where there is one.
    pub time: Option<usize>,
    pub gap: Option<i64>,
    pub max_count: usize,
    pub max_open: usize,
    pub bytes_max: usize,
    pub per: Vec<usize>,
    pub until: Option<Predicate>,
    pub retract: Option<Predicate>,
    pub output: Schema,
    pub warnings: Vec<Problem>,
}

/// What the parameters say; `Err` has all that is wrong with them.
pub(super) fn check(given: params::Params, schema: &Schema) -> Result<Given, Vec<Problem>> {
    let params: Params = params::read(given)?;
    let (mut problems, mut warnings) = (Vec::new(), Vec::new());
    let mut condition = |key: &str, text: &Option<String>| match Predicate::parse(text.as_ref()?, schema) {
        Ok(condition) => {
            warnings.extend(params::under(&[key], condition.warnings().to_vec()));
            Some(condition)
        }
        Err(wrong) => {
            problems.extend(params::under(&[key], wrong));
            None
        }
    };
    let until = condition("until", &params.until);
    let retract = condition("retract", &params.retract);
    let items = things(schema, &params.items).map_err(|problem| problems.push(problem)).ok();
    let time = schema.time();
    let gap = params.gap.and_then(|Span { ns }| {
        let what = match () {
            () if ns == 0 => "that is no time at all: leave it out",
            () if ns > NS_MAX => "that is too long: 70 years are the most",
            () if time.is_none() => {
                "a gap is one of event time: say time = \"…\" at the source, or put the step event_time before it"
            }
            () => return Some(ns as i64),
        };
        problems.push(Problem::at("gap", what));
        None
    });
    let per =
        Per::check(Some(&params.per), None, schema, &mut problems).map_or(Vec::new(), |per| per.columns);
    let output = output(schema, (&per, items, gap.is_some()), &mut problems);
    let (Some(items), true) = (items, problems.is_empty()) else { return Err(problems) };
    let (max_count, max_open) = (params.max_count, params.max_open as usize);
    let bytes_max = params.memory.0 as usize;
    Ok(Given { items, time, gap, max_count, max_open, bytes_max, per, until, retract, output, warnings })
}

/// The column of what is collected.
fn things(schema: &Schema, name: &str) -> Result<usize, Problem> {
    let at = column(schema, "items", name)?;
    match schema.fields[at].of {
        Type::Str | Type::I64 => Ok(at),
        of => Err(Problem::at(
            "items",
            format!(
                "column \"{name}\" is {of}, and things are texts or whole numbers (derive one with CAST(… AS TEXT))"
            ),
        )),
    }
}

/// The columns of a basket's record; two of one name are told.
fn output(
    schema: &Schema,
    (per, items, timed): (&[usize], Option<usize>, bool),
    problems: &mut Vec<Problem>,
) -> Schema {
    let zone = schema.zone();
    let of = |at: usize, of| Field::new(&schema.fields[at].name, of).in_zone(&zone);
    let mut fields: Vec<Field> = schema.time().iter().map(|at| of(*at, Type::Time)).collect();
    for at in per {
        let field = of(*at, schema.fields[*at].of);
        let own = field.name == "count"
            || fields.iter().any(|other| other.name == field.name)
            || items == Some(*at);
        if own {
            let what =
                format!("a basket has a column \"{}\" of its own (rename that of the rows)", field.name);
            problems.push(Problem::at("per", what));
        }
        fields.push(field);
    }
    if let Some(at) = items {
        if schema.fields[at].name == "count" {
            let what = "a basket has a column \"count\" of its own (rename that of the rows)";
            problems.push(Problem::at("items", what));
        }
        fields.push(of(at, Type::List));
    }
    fields.push(Field::new("count", Type::I64));
    let output = Schema { fields };
    if timed { output.with_time(0) } else { output }
}
