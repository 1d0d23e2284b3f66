//! Which source reads the data: by their name, by what they hold, and by who makes more of them.

use super::log;
use super::look::{Found, with};
use super::peek::Peeked;
use crate::data::Type;
use crate::error::{Error, Result};
use crate::params::Params;
use std::path::Path;
use toml::Value;

/// What most texts are in that are not UTF-8.
const ENCODING: &str = "windows-1252";
/// Those that a source tells by a file's first bytes.
const TOLD: [&str; 2] = ["utf-16le", "utf-16be"];

/// Looks at the data that a person calls `named` and that are kept so.
pub(super) fn at(named: &Path, peeked: &Peeked) -> Result<Found> {
    let mut told: Option<Error> = None;
    let path = peeked.path();
    let plain = with("lines", peeked, Params::new()).ok();
    let lines = plain.as_ref().and_then(|found| found.seen.first()).map_or(&[][..], |seen| seen.first());
    if let (Some(found), true) = (&plain, log::is_of_requests(lines)) {
        return Ok(Found { requests: true, ..found.clone() });
    }
    for operator in operators(named) {
        match encoded(operator, peeked) {
            Ok(found) if found.is_no_table() && ends(named, &["log", "txt"]) => {
                return Ok(plain.unwrap_or(found));
            }
            Ok(found) => return Ok(found),
            // Whoever reads JSON knows more of what is wrong with it.
            Err(error) => told = told.filter(|told| !told.sentence.contains("it is JSON")).or(Some(error)),
        }
    }
    let mut error = told.unwrap_or_else(|| Error::usage("nothing reads it"));
    if error.sentence.contains(UNREADABLE) {
        error = Error::usage("it is no text, and no other file that is known");
    }
    // What lies elsewhere is called as the person does.
    let sentence = error.sentence.replace(&path.display().to_string(), &named.display().to_string());
    Err(Error::usage(format!("no topology can be written for {}: {sentence}", named.display())))
}

/// The sources to try, by the endings of a name.
fn operators(named: &Path) -> Vec<&'static str> {
    match () {
        () if ends(named, &["json", "jsonl", "ndjson"]) => vec!["jsonl", "csv"],
        () if ends(named, &["arff"]) => vec!["arff"],
        () => vec!["csv", "jsonl"],
    }
}

/// Whether a name has one of these endings.
fn ends(named: &Path, list: &[&str]) -> bool {
    let name = named.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_lowercase();
    name.split('.').skip(1).any(|ending| list.contains(&ending))
}

/// How a source tells of a header that is not in its encoding.
const UNREADABLE: &str = "is not in the encoding of the file";

/// Looks at it with one source; where it is text that is not UTF-8, by the encoding that it likely has.
fn encoded(operator: &'static str, peeked: &Peeked) -> Result<Found> {
    let found = with(operator, peeked, Params::new());
    let (unreadable, told) = match &found {
        Ok(found) => (found.unreadable > 0, None),
        Err(Error { sentence, .. }) => {
            let offered = |name: &&str| sentence.contains(&format!("encoding = \"{name}\""));
            (sentence.contains(UNREADABLE), TOLD.into_iter().find(offered))
        }
    };
    let Some(encoding) = told.or_else(|| (unreadable && peeked.is_text_of_bytes()).then_some(ENCODING))
    else {
        return found;
    };
    let params = Params::from_iter([("encoding".to_string(), Value::String(encoding.to_string()))]);
    with(operator, peeked, params).or(found)
}

impl Found {
    /// One column of texts: likely lines that nobody has parted into fields.
    fn is_no_table(&self) -> bool {
        matches!(self.schema.fields.as_slice(), [only] if only.of == Type::Str)
    }
}
