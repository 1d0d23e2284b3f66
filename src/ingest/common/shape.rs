//! How the texts of a source become records: what a format says to who opens files.

use super::input::Input;
use crate::data::Schema;
use crate::error::{Error, Result};
use crate::format::{Form, Records};

/// Names of columns that stand above records; `None` where nothing stands there.
pub(crate) type Names = Option<Vec<String>>;

/// What a text is that can have no records, by what it begins with, and what to do.
pub(crate) type Document = Option<(&'static str, &'static str)>;

pub(crate) trait Shape: Send {
    /// The records of an input that stands at `offset`.
    fn records(&self, input: Input, offset: u64) -> Records<Input>;

    /// Reads what stands above the records of a text that is at its start. `None`: that is not all there yet, and it
    /// may be called again.
    ///
    /// # Errors
    /// When that is none, as a sentence that calls the text `called`.
    fn head(&self, called: &str, records: &mut Records<Input>) -> Result<Option<Names>>;

    fn document(&self, input: &Input) -> Document;

    /// The records of a file that is at its start, and what stands above them; `None`: that is not all there yet.
    ///
    /// # Errors
    /// A sentence when there can be no records.
    fn open(&self, input: Input) -> Result<Option<(Records<Input>, Names)>> {
        let called = input.called().to_string();
        readable(&called, self.document(&input))?;
        let mut records = self.records(input, 0);
        Ok(self.head(&called, &mut records)?.map(|names| (records, names)))
    }
}

/// The shape of texts above whose records nothing stands.
pub(crate) struct Headless {
    pub form: Form,
    pub schema: Schema,
    pub document: fn(&Input) -> Document,
}

impl Shape for Headless {
    fn records(&self, input: Input, offset: u64) -> Records<Input> {
        self.form.records(input, offset, &self.schema)
    }

    fn head(&self, _: &str, _: &mut Records<Input>) -> Result<Option<Names>> {
        Ok(Some(None))
    }

    fn document(&self, input: &Input) -> Document {
        (self.document)(input)
    }
}

/// A text that can have no records is refused.
///
/// # Errors
/// A sentence that calls it `called`.
pub(crate) fn readable(called: &str, document: Document) -> Result<()> {
    let Some((what, advice)) = document else { return Ok(()) };
    Err(Error::failed(format!("cannot read {called}: it is {what} ({advice})")))
}

/// Files of one source have the same header.
///
/// # Errors
/// A sentence with both files when `path` has another than `first`, which names `wanted`.
pub(crate) fn agree(wanted: &[String], names: &[String], path: &str, first: &str) -> Result<()> {
    let Some(why) = differ(wanted, names) else { return Ok(()) };
    Err(Error::failed(format!(
        "the columns of {path} are not those of {first}: {why} (files of one source have the same header)"
    )))
}

/// How names of columns differ from those that are wanted.
pub(super) fn differ(wanted: &[String], names: &[String]) -> Option<String> {
    let at = (0..wanted.len().max(names.len())).find(|at| wanted.get(*at) != names.get(*at))?;
    let said = |names: &[String]| names.get(at).map_or("none".to_string(), |name| format!("\"{name}\""));
    Some(format!("column {} is {} here, {} there", at + 1, said(names), said(wanted)))
}
