//! What stands above the records: lines to skip, and the line that names the columns.

use super::records::Records;
use super::scan::COLUMNS_MAX;
use crate::format::{Field, Found, Record};
use crate::params::{JsonSchema, Problem};
use serde::Deserialize;
use std::collections::{HashMap, HashSet};
use std::io::{self, Read};

/// What a topology says of it.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct HeaderParams {
    /// So many lines at the start of the file are neither header nor records.
    #[serde(default)]
    #[schemars(range(min = 0, max = 1_000_000))]
    skip: u32,
    /// The first line names the columns.
    #[serde(default = "yes")]
    header: bool,
    /// The names of the columns, instead of those of the header line.
    names: Option<Vec<String>>,
    /// Of columns of one name the second is called "a_2"; the third column is "column3" where it has no name.
    #[serde(default)]
    unique_names: bool,
}

fn yes() -> bool {
    true
}

/// The same, checked.
#[derive(Clone)]
pub(crate) struct Header {
    skip: u32,
    line: bool,
    names: Option<Vec<String>>,
    unique_names: bool,
}

/// What a text begins with.
pub(crate) struct Head {
    pub(crate) names: Vec<String>,
    /// The header line, as it stands there.
    pub(super) line: Option<Vec<u8>>,
}

/// Why a text has no names of columns.
pub(crate) enum BadHeader {
    /// It could not be read.
    Unread(io::Error),
    /// Nothing is there.
    Missing,
    /// What is wrong with it, as the end of a sentence that begins with "the header line".
    Wrong(String),
}

impl HeaderParams {
    /// What the parameters say; `None` with problems.
    pub(crate) fn check(self, problems: &mut Vec<Problem>) -> Option<Header> {
        let HeaderParams { skip, header: line, names, unique_names } = self;
        let problem = match &names {
            None if !line => ("header", "without a header line the columns need names = [\"…\"]".to_string()),
            Some(names) if names.is_empty() => ("names", "at least one column needs a name".to_string()),
            Some(names) => match unfit(names) {
                Some((why, _)) => ("names", format!("the list {why}")),
                None => return Some(Header { skip, line, names: Some(names.clone()), unique_names }),
            },
            None => return Some(Header { skip, line, names, unique_names }),
        };
        problems.push(Problem::at(problem.0, problem.1));
        None
    }
}

impl Header {
    /// Whether what stands in front of the records is the header line alone.
    pub(crate) fn begins_the_text(&self) -> bool {
        self.line && self.skip == 0
    }

    /// The names that are said beside the text.
    pub(crate) fn names(&self) -> Option<&[String]> {
        self.names.as_deref()
    }

    /// Whether lines stand above the header line that are left out.
    pub(crate) fn skips(&self) -> bool {
        self.skip > 0
    }

    /// Whether the names of a header line are replaced by others.
    pub(crate) fn is_replaced(&self) -> bool {
        self.line && self.names.is_some()
    }

    /// Reads what a text begins with, up to its first record.
    pub(crate) fn read<R: Read>(&self, records: &mut Records<R>) -> Result<Head, BadHeader> {
        records.skip_lines(u64::from(self.skip)).map_err(BadHeader::Unread)?;
        let fields = if self.line { line(records, self.names.is_none())? } else { Vec::new() };
        if let (true, [b's', b'e', b'p', b'=', delimiter]) = (self.line, records.record()) {
            let delimiter = String::from(char::from(*delimiter));
            return Err(BadHeader::Wrong(format!(
                "is \"sep={delimiter}\", a word to a spreadsheet: say skip = 1 and delimiter = {delimiter:?}"
            )));
        }
        let names = match &self.names {
            Some(names) => names.clone(),
            None => self.of_line(&fields, records.dialect().ragged)?,
        };
        Ok(Head { names, line: self.line.then(|| records.record().to_vec()) })
    }

    /// Names for columns, as the header line has them.
    fn of_line(&self, line: &[String], ragged: bool) -> Result<Vec<String>, BadHeader> {
        if let Some(at) = line.iter().position(|name| name.contains('\0')) {
            let why = format!(
                "has a NUL character in the name of column {}: it is no text, or \"encoding\" must be said",
                at + 1
            );
            return Err(BadHeader::Wrong(why));
        }
        let blank = line.iter().rev().take_while(|name| name.is_empty()).count();
        let kept = if ragged { line.len() - blank } else { line.len() };
        let mut names = line[..kept].to_vec();
        if self.unique_names {
            make_unique(&mut names);
        }
        match unfit(&names) {
            None if names.is_empty() => Err(BadHeader::Missing),
            None => Ok(names),
            Some((why, way_out)) => {
                let ragged = if blank == 1 && line.len() > 1 {
                    ", ragged = true where each line ends with a delimiter"
                } else {
                    ""
                };
                let way_out = format!("{way_out}{ragged}, or names = [\"…\"] for names of your own");
                Err(BadHeader::Wrong(format!("{why} (say {way_out})")))
            }
        }
    }
}

/// The fields of the header line. `used`: it must be readable.
fn line<R: Read>(records: &mut Records<R>, used: bool) -> Result<Vec<String>, BadHeader> {
    let wrong = |why: String| Err(BadHeader::Wrong(why));
    let fields = loop {
        match records.next().map_err(BadHeader::Unread)? {
            Found::Nothing => {}
            Found::Record => break records.count(),
            Found::Bad("quote") => {
                return wrong(
                    "has a quote that is never closed, or text behind one that is (say quote = \"\" for none)"
                        .to_string(),
                );
            }
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
        if !used {
            return Ok(Vec::new());
        }
        return wrong("is not in the encoding of the file: say what it is in \"encoding\"".to_string());
    };
    let name = |at| match record.field(at) {
        Field::Text(name) | Field::Quoted(name) => name.trim_ascii().to_string(),
        _ => String::new(),
    };
    Ok((0..fields).map(name).collect())
}

/// Gives a name to each column that has none, or that of one before it: `column3`, `a_2`.
fn make_unique(names: &mut [String]) {
    let mut taken: HashSet<String> = names.iter().cloned().collect();
    let mut seen: HashMap<String, usize> = HashMap::new();
    for (at, name) in names.iter_mut().enumerate() {
        let (stem, first) = if name.is_empty() { ("column", at + 1) } else { (name.as_str(), 2) };
        let bar = if name.is_empty() { "" } else { "_" };
        let next = match seen.get(name.as_str()) {
            None if !name.is_empty() => {
                seen.insert(name.clone(), first);
                continue;
            }
            next => next.map_or(first, |next| first.max(*next)),
        };
        let free = (next..).find(|number| !taken.contains(&format!("{stem}{bar}{number}")));
        let free = free.expect("there are more numbers than columns");
        let unique = format!("{stem}{bar}{free}");
        seen.insert(std::mem::take(name), free + 1);
        taken.insert(unique.clone());
        *name = unique;
    }
}

/// Why these can't be the names of columns, and what can be said then, if they can't.
fn unfit(names: &[String]) -> Option<(String, String)> {
    if let Some(at) = names.iter().position(String::is_empty) {
        let number = at + 1;
        let way_out = format!("unique_names = true for the name \"column{number}\"");
        return Some((format!("has no name for column {number}"), way_out));
    }
    let mut sorted: Vec<&String> = names.iter().collect();
    sorted.sort();
    let name = sorted.windows(2).find(|pair| pair[0] == pair[1])?[0];
    Some((format!("names column \"{name}\" twice"), format!("unique_names = true for \"{name}_2\"")))
}
