//! A CSV file as a table: the names of its columns, their types, and its records from any byte on.

use crate::data::Schema;
use crate::error::{Error, Result};
use crate::format::Typing;
use crate::format::csv::{BadHeader, Dialect, Records, header, types};
use crate::ingest::common::input::Input;

/// How a file is to be read; checked, but not opened.
#[derive(Clone)]
pub(super) struct Table {
    pub path: String,
    pub dialect: Dialect,
    pub line_max: usize,
    /// Names of the columns of a file without a header line.
    pub names: Option<Vec<String>>,
    pub typing: Typing,
}

impl Table {
    /// Opens the file and reads its header. The records stand at the first one.
    pub(super) fn open(&self) -> Result<(Records<Input>, Vec<String>)> {
        let mut records = self.records(Input::open(&self.path)?, 0);
        records.skip_mark().map_err(|e| Input::failure(&self.path, &e))?;
        let names = match &self.names {
            Some(names) => names.clone(),
            None => header(&mut records).map_err(|bad| self.told(bad))?,
        };
        Ok((records, names))
    }

    /// The records of an input that stands at `offset`.
    pub(super) fn records(&self, input: Input, offset: u64) -> Records<Input> {
        Records::new(input, self.dialect, self.line_max, offset)
    }

    /// Looks at the first records of the file to find the types that were not given.
    pub(super) fn sample(&self) -> Result<Schema> {
        let (mut records, names) = self.open()?;
        let guessed = types(&mut records, names.len(), &self.typing.values());
        let guessed = guessed.map_err(|e| Input::failure(&self.path, &e))?;
        let columns = names.iter().zip(guessed);
        Ok(columns.fold(Schema::default(), |schema, (name, guessed)| {
            schema.with(name, self.typing.given(name).unwrap_or(guessed))
        }))
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
