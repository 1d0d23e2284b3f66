//! The line that names the columns.

use super::records::{Found, Records};
use super::scan::COLUMNS_MAX;
use crate::format::Record;
use std::io::{self, Read};

/// Why a text has no names of columns.
pub(crate) enum BadHeader {
    /// It could not be read.
    Unread(io::Error),
    /// The text is empty.
    Missing,
    /// What is wrong with it, as the end of a sentence that begins with "the header line".
    Wrong(String),
}

/// Reads the names of the columns, with which the text begins.
pub(crate) fn header<R: Read>(records: &mut Records<R>) -> Result<Vec<String>, BadHeader> {
    let wrong = |why: String| Err(BadHeader::Wrong(why));
    let fields = loop {
        match records.next().map_err(BadHeader::Unread)? {
            Found::Nothing => {}
            Found::Record(fields) => break fields,
            Found::Bad("quote") => return wrong("has a quote that is never closed".to_string()),
            Found::Bad(_) => {
                return wrong(format!("is longer than line_max = {} bytes", records.line_max()));
            }
            Found::End => return Err(BadHeader::Missing),
        }
    };
    if fields > COLUMNS_MAX {
        return wrong(format!(
            "has {fields} fields, more than the {COLUMNS_MAX} allowed: is \"delimiter\" right?"
        ));
    }
    let mut scratch = String::new();
    let Some(mut record) = records.fields(&mut scratch) else {
        return wrong("is not UTF-8: convert the file (iconv -t UTF-8)".to_string());
    };
    let name = |at| record.field(at).unwrap_or_default().trim_ascii().to_string();
    let names: Vec<String> = (0..fields).map(name).collect();
    match unfit(&names) {
        Some(why) => wrong(format!("{why} (correct the file, or give header = false and names)")),
        None => Ok(names),
    }
}

/// Why these can't be the names of columns, if they can't.
pub(crate) fn unfit(names: &[String]) -> Option<String> {
    if let Some(at) = names.iter().position(String::is_empty) {
        return Some(format!("has no name for column {}", at + 1));
    }
    let mut sorted: Vec<&String> = names.iter().collect();
    sorted.sort();
    sorted
        .windows(2)
        .find(|pair| pair[0] == pair[1])
        .map(|pair| format!("names column \"{}\" twice", pair[0]))
}
