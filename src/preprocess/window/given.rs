//! What a topology says to the step `window`, and whether it can be.

use super::aggregate::Wanted;
use super::panes::Spans;
use crate::data::{Field, Schema, Type};
use crate::operator::{KEYS_LIMIT, KEYS_MAX, Per};
use crate::params::{self, JsonSchema, Names, Problem};
use crate::units::Span;
use serde::Deserialize;
use std::collections::BTreeMap;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Params {
    /// How long a window is.
    size: Span,
    /// Windows begin so much after multiples of their size; none, if absent.
    offset: Option<Span>,
    /// Not built yet: windows begin in UTC.
    time_zone: Option<String>,
    /// A window stays open so much longer, for disordered records; none, if absent.
    allowed_lateness: Option<Span>,
    /// What each row says besides its window and key: name = "count()", "sum(x)", "mean(x)", "min(x)" or "max(x)".
    #[schemars(with = "BTreeMap<String, String>")]
    fields: toml::Table,
    /// A row for each value of these columns; one for all, if absent.
    per: Option<Names>,
    /// How many windows may be open, over all keys (100000, if absent); the one least recently touched goes out.
    #[schemars(range(min = 1, max = KEYS_LIMIT))]
    keys_max: Option<u64>,
}

/// The parameters, checked against the columns that come in.
pub(super) struct Given {
    /// The column of the event time.
    pub time: usize,
    pub spans: Spans,
    pub per: Option<Per>,
    pub keys_max: usize,
    pub wanted: Vec<Wanted>,
    /// The columns of a window's row.
    pub output: Schema,
}

/// What the parameters say; `Err` has all that is wrong with them.
pub(super) fn check(given: params::Params, schema: &Schema) -> Result<Given, Vec<Problem>> {
    let mut problems = Vec::new();
    let params: Params = params::read(given)?;
    if params.time_zone.is_some() {
        problems
            .push(Problem::at("time_zone", "windows of a time zone are not built yet: they begin in UTC"));
    }
    let spans = Spans::check(params.size, params.offset, params.allowed_lateness, &mut problems);
    let time = schema.time();
    if time.is_none() {
        let what = format!(
            "the stream has no event time: say time = \"…\" at its source, or put the step event_time before it (there \
             is: {schema})"
        );
        problems.push(Problem::whole(what));
    }
    let keys_max = params.keys_max.filter(|_| params.per.is_some());
    let per = Per::check(params.per.as_ref(), keys_max, schema, &mut problems);
    let keys_max = params.keys_max.unwrap_or(KEYS_MAX) as usize;
    let wanted = Wanted::check(&params.fields, schema, &mut problems);
    let output = output(schema, per.as_ref(), &wanted, &mut problems);
    let (Some(time), Some(spans), true) = (time, spans, problems.is_empty()) else { return Err(problems) };
    Ok(Given { time, spans, per, keys_max, wanted, output })
}

/// The columns of a window's row; two of one name are told.
fn output(schema: &Schema, per: Option<&Per>, wanted: &[Wanted], problems: &mut Vec<Problem>) -> Schema {
    let zone = schema.zone();
    let bounds = ["window_start", "window_end"].map(|name| Field::new(name, Type::Time).in_zone(&zone));
    let mut output = Schema { fields: bounds.into() }.with_time(0);
    for field in per.iter().flat_map(|per| &per.fields) {
        if output.index(&field.name).is_some() {
            problems.push(Problem::at("per", format!("a row has a column \"{}\" already", field.name)));
        }
        // The time of a row is its window's, whatever its key is.
        output.fields.push(Field::new(&field.name, field.of).in_zone(&zone));
    }
    for Wanted { name, of, .. } in wanted {
        if output.index(name).is_some() {
            let what = format!("a row has a column \"{name}\" already");
            problems.push(Problem { path: vec!["fields".to_string(), name.clone()], ..Problem::whole(what) });
        }
        output.fields.push(Field::new(name, *of).in_zone(&zone));
    }
    output
}
