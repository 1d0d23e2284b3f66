//! What a topology says to the source `csv`, and whether it can be.

use super::table::Table;
use crate::format::TypingParams;
use crate::format::csv::{Dialect, unfit};
use crate::ingest::common::flow::{self, Flow};
use crate::params::{self, JsonSchema, Problem, With};
use crate::units::Bytes;
use serde::Deserialize;

/// All that can be said to it.
pub(super) type All = With<Params, With<TypingParams, Flow>>;

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
    /// The first line names the columns.
    #[serde(default = "yes")]
    header: bool,
    /// The columns of a file without a header line.
    names: Option<Vec<String>>,
    /// A longer record is rejected, and never held in memory.
    #[serde(default = "mebibyte")]
    #[schemars(range(min = 1, max = LINE_MAX))]
    line_max: Bytes,
}

/// The parameters, checked.
pub(super) struct Given {
    pub table: Table,
    pub flow: Flow,
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

/// What the parameters say; `Err` has all that is wrong with them.
pub(super) fn check(given: params::Params) -> std::result::Result<Given, Vec<Problem>> {
    let mut problems = Vec::new();
    let Some(all) = flow::read::<All>(given, &mut problems) else { return Err(problems) };
    let With { own: params, shared: With { own: typing, shared: flow } } = all;
    let dialect = dialect(&params, &mut problems);
    if let Err((key, what)) = names(&params) {
        problems.push(Problem::at(key, what));
    }
    let typing = typing.check(&mut problems);
    let (Some(typing), true) = (typing, problems.is_empty()) else { return Err(problems) };
    let Params { path, names, line_max, .. } = params;
    let table = Table { path, dialect, line_max: line_max.0 as usize, names, typing };
    Ok(Given { table, flow })
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
