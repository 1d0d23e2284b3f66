//! What a topology says to the source `csv`, and whether it can be.

use super::super::scan::Dialect;
use super::super::table::{Table, unfit};
use crate::data::Type;
use crate::params::{self, JsonSchema, Problem};
use crate::units::{Bytes, Rate, Share, Span};
use jiff::tz::{TimeZone, db};
use serde::Deserialize;
use std::collections::BTreeMap;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Params {
    /// The file, plain or gzip, from the current directory.
    path: String,
    /// One ASCII character between fields.
    #[serde(default = "comma")]
    delimiter: String,
    /// One ASCII character around fields; "" for none.
    #[serde(default = "double_quote")]
    quote: String,
    /// Texts that mean NULL; an empty field always does.
    #[serde(default)]
    null: Vec<String>,
    /// The first line names the columns.
    #[serde(default = "yes")]
    header: bool,
    /// The columns of a file without a header line.
    names: Option<Vec<String>>,
    /// Types of columns; those of the others are guessed.
    #[serde(default)]
    types: BTreeMap<String, Type>,
    /// Records a second; absent: as fast as they can be read.
    pub rate: Option<Rate>,
    /// A longer record is rejected, and never held in memory.
    #[serde(default = "mebibyte")]
    #[schemars(range(min = 1, max = LINE_MAX))]
    line_max: Bytes,
    /// More rejected records end the run; "100%" for never.
    #[serde(default = "one_percent")]
    pub max_rejects: Share,
    /// The IANA name of the zone of times without an offset; UTC, if absent.
    time_zone: Option<String>,
    /// The column that is the event time, for windows and lateness.
    pub time: Option<String>,
    /// A time further beyond the greatest before it is rejected (`time_ahead`); no bound, if absent.
    pub ahead_max: Option<Span>,
    /// Nobody waits for the time of a source that has read nothing for so long; absent: everybody does.
    pub idle_after: Option<Span>,
}

/// 1 GiB.
const LINE_MAX: u64 = 1 << 30;

fn comma() -> String {
    ",".to_string()
}

fn double_quote() -> String {
    "\"".to_string()
}

fn yes() -> bool {
    true
}

fn mebibyte() -> Bytes {
    Bytes(1 << 20)
}

fn one_percent() -> Share {
    Share(0.01)
}

/// What the parameters say, checked; `Err` has all that is wrong with them.
pub(super) fn check(mut given: params::Params) -> std::result::Result<(Table, Params), Vec<Problem>> {
    let recorded = |rate: &toml::Value| rate.as_str().is_some_and(|rate| rate.trim().starts_with("recorded"));
    let mut problems = Vec::new();
    if given.get("rate").is_some_and(recorded) {
        given.remove("rate");
        problems
            .push(Problem::at("rate", "a rate by the time column is not built yet: say records a second"));
    }
    let params: Params = match params::read(given) {
        Ok(params) => params,
        Err(more) => return Err([problems, more].concat()),
    };
    let dialect = dialect(&params, &mut problems);
    if let Err((key, what)) = names(&params) {
        problems.push(Problem::at(key, what));
    }
    let zone = params.time_zone.as_deref().map(|name| (name, TimeZone::get(name)));
    if let Some((name, Err(_))) = zone {
        let known: Vec<String> = db().available().map(|known| known.to_string()).collect();
        let what =
            format!("there is no time zone \"{name}\" (IANA names are known, such as \"Europe/Paris\")");
        problems.push(Problem::at("time_zone", what).suggest(name, known.iter().map(String::as_str)));
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let table = Table {
        path: params.path.clone(),
        dialect,
        line_max: params.line_max.0 as usize,
        names: params.names.clone(),
        types: params.types.clone(),
        nulls: params.null.clone(),
        zone: zone.and_then(|(_, zone)| zone.ok()),
    };
    Ok((table, params))
}

/// The characters that part fields; those that can't be are told.
fn dialect(params: &Params, problems: &mut Vec<Problem>) -> Dialect {
    let mut problem = |key: &str, what: String| problems.push(Problem::at(key, what));
    let one = |text: &str| match *text.as_bytes() {
        [byte] if byte.is_ascii() && !matches!(byte, b'\n' | b'\r') => Some(byte),
        _ => None,
    };
    let delimiter = one(&params.delimiter).unwrap_or_else(|| {
        problem("delimiter", format!("{:?} is not one ASCII character", params.delimiter));
        b','
    });
    let quote = if params.quote.is_empty() { Some(0xff) } else { one(&params.quote) };
    let quote = quote.unwrap_or_else(|| {
        problem("quote", format!("{:?} is not one ASCII character, or none (\"\")", params.quote));
        0xff
    });
    if quote == delimiter {
        problem("quote", "the quote and the delimiter can't be the same".to_string());
    }
    Dialect { delimiter, quote }
}

/// Whether the columns are named once: by the header line, or by `names`.
fn names(params: &Params) -> std::result::Result<(), (&'static str, String)> {
    match &params.names {
        Some(_) if params.header => {
            Err(("names", "the header line names the columns: give header = false as well".to_string()))
        }
        None if !params.header => {
            Err(("header", "without a header line the columns need names = [\"…\"]".to_string()))
        }
        Some(names) if names.is_empty() => Err(("names", "at least one column needs a name".to_string())),
        Some(names) => unfit(names).map_or(Ok(()), |why| Err(("names", format!("the list {why}")))),
        None => Ok(()),
    }
}
