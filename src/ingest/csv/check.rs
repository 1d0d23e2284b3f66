//! The parameters of `csv`, checked: all that is wrong with them is told at once.

use super::Params;
use crate::ingest::scan::Dialect;
use crate::ingest::table::{Table, unfit};
use crate::params::{self, Problem};
use jiff::tz::{TimeZone, db};

/// What the parameters say, checked; `Err` has all that is wrong with them.
pub(super) fn check(mut given: params::Params) -> std::result::Result<(Table, Params), Vec<Problem>> {
    let recorded = |rate: &toml::Value| rate.as_str().is_some_and(|rate| rate.trim().starts_with("recorded"));
    let mut problems = Vec::new();
    for (key, early) in [("time", true), ("rate", given.get("rate").is_some_and(recorded))] {
        if early && given.remove(key).is_some() {
            problems.push(Problem::at(key, "event time is not built yet"));
        }
    }
    let params: Params = match params::read(given) {
        Ok(params) => params,
        Err(more) => return Err([problems, more].concat()),
    };
    let dialect = dialect(&params, &mut problems);
    header(&params, &mut problems);
    if !(1..=1 << 30).contains(&params.line_max.0) {
        problems.push(Problem::at("line_max", "a line may be 1 byte to 1 GiB long"));
    }
    let zone = zone(&params, &mut problems);
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
        zone,
    };
    Ok((table, params))
}

/// What parts the fields, and what stands around them.
fn dialect(params: &Params, problems: &mut Vec<Problem>) -> Dialect {
    let one = |text: &str| match *text.as_bytes() {
        [byte] if byte.is_ascii() && !matches!(byte, b'\n' | b'\r') => Some(byte),
        _ => None,
    };
    let mut problem = |key: &str, what: String| problems.push(Problem::at(key, what));
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

/// The columns have names: those of the header line, or those that are given.
fn header(params: &Params, problems: &mut Vec<Problem>) {
    let mut problem = |key: &str, what: String| problems.push(Problem::at(key, what));
    match &params.names {
        Some(_) if params.header => {
            problem("names", "the header line names the columns: give header = false as well".to_string());
        }
        None if !params.header => {
            problem("header", "without a header line the columns need names = [\"…\"]".to_string());
        }
        Some(names) if names.is_empty() => problem("names", "at least one column needs a name".to_string()),
        Some(names) => {
            if let Some(why) = unfit(names) {
                problem("names", format!("the list {why}"));
            }
        }
        None => {}
    }
}

/// Where times without an offset are from.
fn zone(params: &Params, problems: &mut Vec<Problem>) -> Option<TimeZone> {
    let name = params.time_zone.as_deref()?;
    let zone = TimeZone::get(name);
    if zone.is_err() {
        let known: Vec<String> = db().available().map(|known| known.to_string()).collect();
        let what =
            format!("there is no time zone \"{name}\" (IANA names are known, such as \"Europe/Paris\")");
        problems.push(Problem::at("time_zone", what).suggest(name, known.iter().map(String::as_str)));
    }
    zone.ok()
}
