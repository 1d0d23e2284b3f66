//! A CSV file as a table: the names of its columns, their types, and its records from any byte on.

use super::field::Fields;
use super::input::Input;
use super::records::{Found, Records};
use super::sample::{self, Guess};
use super::scan::{COLUMNS_MAX, Dialect, Span, unescape};
use crate::data::{Schema, Type};
use crate::error::{Error, Result};
use jiff::tz::TimeZone;
use std::collections::BTreeMap;

/// How a file is to be read; checked, but not opened.
#[derive(Clone)]
pub(super) struct Table {
    pub path: String,
    pub dialect: Dialect,
    pub line_max: usize,
    /// Names of the columns of a file without a header line.
    pub names: Option<Vec<String>>,
    /// Types of the columns that are not to be guessed.
    pub types: BTreeMap<String, Type>,
    pub nulls: Vec<String>,
    pub zone: Option<TimeZone>,
}

impl Table {
    /// Opens the file and reads its header. The records stand at the first one.
    pub(super) fn open(&self) -> Result<(Records<Input>, Vec<String>)> {
        let mut records = self.records(Input::open(&self.path)?, 0);
        records.skip_mark().map_err(|e| Input::failure(&self.path, &e))?;
        let names = match &self.names {
            Some(names) => names.clone(),
            None => self.header(&mut records)?,
        };
        Ok((records, names))
    }

    /// The records of an input that stands at `offset`.
    pub(super) fn records(&self, input: Input, offset: u64) -> Records<Input> {
        Records::new(input, self.dialect, self.line_max, offset)
    }

    pub(super) fn fields(&self) -> Fields {
        Fields::new(&self.nulls, self.zone.clone())
    }

    /// Looks at the first records of the file to find the types that were not given.
    pub(super) fn sample(&self) -> Result<Schema> {
        let (mut records, names) = self.open()?;
        let fields = self.fields();
        let mut guesses: Vec<Guess> = names.iter().map(|_| Guess::new()).collect();
        let (mut seen, mut scratch) = (0, String::new());
        while seen < sample::RECORDS && records.position() < sample::BYTES {
            match records.next().map_err(|e| Input::failure(&self.path, &e))? {
                Found::End => break,
                Found::Record(n) if n == names.len() => {
                    if let Ok(record) = str::from_utf8(records.record()) {
                        for (guess, span) in guesses.iter_mut().zip(records.spans()) {
                            guess.see(self.text(record, *span, &mut scratch), &fields);
                        }
                    }
                    seen += 1;
                }
                Found::Record(_) | Found::Bad(_) => seen += 1,
                // A line too long to hold: what can be seen of the file is behind us.
                Found::Nothing if records.work() > sample::BYTES => break,
                Found::Nothing => {}
            }
        }
        let types = names.iter().zip(&guesses);
        let of = |name: &str, guess: &Guess| self.types.get(name).copied().unwrap_or_else(|| guess.guess());
        Ok(types.fold(Schema::default(), |schema, (name, guess)| schema.with(name, of(name, guess))))
    }

    /// The text of one field of a record; `scratch` holds it if it had quotes to resolve.
    #[inline]
    pub(super) fn text<'a>(&self, record: &'a str, span: Span, scratch: &'a mut String) -> &'a str {
        let raw = &record[span.from..span.to];
        if !span.escaped {
            return raw;
        }
        unescape(raw, self.dialect.quote, scratch);
        scratch
    }

    fn header(&self, records: &mut Records<Input>) -> Result<Vec<String>> {
        let fail = |why: String| Error::failed(format!("the header line of {} {why}", self.path));
        let fields = loop {
            match records.next().map_err(|e| Input::failure(&self.path, &e))? {
                Found::Nothing => {}
                Found::Record(fields) => break fields,
                Found::Bad("quote") => return Err(fail("has a quote that is never closed".to_string())),
                Found::Bad(_) => {
                    return Err(fail(format!("is longer than line_max = {} bytes", self.line_max)));
                }
                Found::End => {
                    return Err(Error::failed(format!(
                        "{} has no header line: it is empty (header = false and names = [\"…\"] read a file \
                         without one)",
                        self.path
                    )));
                }
            }
        };
        if fields > COLUMNS_MAX {
            let why =
                format!("has {fields} fields, more than the {COLUMNS_MAX} allowed: is \"delimiter\" right?");
            return Err(fail(why));
        }
        let Ok(record) = str::from_utf8(records.record()) else {
            return Err(fail("is not UTF-8: convert the file (iconv -t UTF-8)".to_string()));
        };
        let mut scratch = String::new();
        let name = |span: &Span| self.text(record, *span, &mut scratch).trim_ascii().to_string();
        let names: Vec<String> = records.spans().iter().map(name).collect();
        match unfit(&names) {
            Some(why) => Err(fail(format!("{why} (correct the file, or give header = false and names)"))),
            None => Ok(names),
        }
    }
}

/// Why these can't be the names of columns, if they can't.
pub(super) fn unfit(names: &[String]) -> Option<String> {
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
