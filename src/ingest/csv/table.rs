//! A CSV file as a table: the names of its columns, their types, and its records from any byte on.

use crate::data::Field;
use crate::error::{Error, Result};
use crate::format::csv::{BadHeader, Dialect, Head, Header, Records, look};
use crate::format::{Encoding, Form, Look, Typing};
use crate::ingest::common::input::{Input, Reading};
use crate::operator::Sample;

/// How a file is to be read; checked, but not opened.
#[derive(Clone)]
pub(super) struct Table {
    pub path: String,
    pub encoding: Option<Encoding>,
    pub dialect: Dialect,
    pub header: Header,
    pub line_max: usize,
    pub typing: Typing,
}

impl Table {
    /// How its records are written, once its header is read.
    pub(super) fn form(&self) -> Form {
        let form = Form::csv(self.dialect, false, self.line_max, self.typing.clone());
        if self.encoding.is_some() { form.encoded() } else { form }
    }

    /// Opens the file and reads its header. The records stand at the first one.
    pub(super) fn open(&self, input: Input) -> Result<(Records<Input>, Head)> {
        let document = input.markup().filter(|_| self.header.begins_the_text());
        let mut records = self.records(input, 0);
        match (self.header.read(&mut records), document) {
            (_, Some((what, advice))) => {
                Err(Error::failed(format!("cannot read {}: it is {what} ({advice})", self.path)))
            }
            (Ok(head), None) => Ok((records, head)),
            (Err(bad), None) => Err(self.told(bad)),
        }
    }

    pub(super) fn input(&self, reading: Reading) -> Result<Input> {
        Input::open(&self.path, self.encoding, reading)
    }

    /// The records of an input that stands at `offset`.
    pub(super) fn records(&self, input: Input, offset: u64) -> Records<Input> {
        Records::new(input, self.dialect, self.line_max, offset)
    }

    /// Looks at the first records of the file to find the types that were not given.
    pub(super) fn sample(&self) -> Result<Sample> {
        let (mut records, head) = self.open(self.input(Reading::Look)?)?;
        let Look { mut columns, mut notes } =
            look(&mut records, &self.header, &head, &mut self.typing.values());
        notes.iter_mut().for_each(|note| note.what = format!("{}: {}", self.path, note.what));
        for field in &mut columns.fields {
            if let Some(of) = self.typing.given(&field.name) {
                *field = Field::new(&field.name, of);
            }
        }
        Ok(Sample { schema: columns, notes })
    }

    fn told(&self, bad: BadHeader) -> Error {
        let path = &self.path;
        match bad {
            BadHeader::Unread(error) => Input::failure(path, &error),
            BadHeader::Wrong(why) => Error::failed(format!("the header line of {path} {why}")),
            BadHeader::Missing => Error::failed(format!(
                "{path} has no header line: it is empty (header = false and names = [\"…\"] read a file without one)"
            )),
        }
    }
}
