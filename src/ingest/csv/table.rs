//! CSV files as a table: the names of its columns, their types, and its records from any byte on.

use crate::data::{Field, Schema, Type};
use crate::error::{Error, Result};
use crate::format::csv::{BadHeader, Dialect, Head, Header, Records as CsvRecords, look};
use crate::format::{Look, Records};
use crate::ingest::common::files::given::{Texts, Told};
use crate::ingest::common::input::Input;
use crate::ingest::common::shape::{Document, Names, Shape, agree};
use crate::operator::Sample;
use crate::params::Problem;
use std::io::ErrorKind;
use std::path::Path;

/// How files are to be read.
#[derive(Clone)]
pub(super) struct Table {
    /// Their form once what stands above the records is read.
    pub texts: Texts,
    pub dialect: Dialect,
    pub header: Header,
}

/// The same, of columns that are known.
#[derive(Clone)]
pub(super) struct Columns {
    table: Table,
    schema: Schema,
}

impl Shape for Columns {
    fn records(&self, input: Input, offset: u64) -> Records<Input> {
        self.table.texts.form.records(input, offset, &self.schema)
    }

    fn head(&self, called: &str, records: &mut Records<Input>) -> Result<Option<Names>> {
        let Records::Csv(records, _) = records else { return Ok(Some(None)) };
        Ok(self.table.head(called, records)?.map(|head| Some(head.names)))
    }

    fn document(&self, input: &Input) -> Document {
        self.table.document(input)
    }
}

impl Told for Table {
    type Shape = Columns;

    fn texts(&self) -> &Texts {
        &self.texts
    }

    fn of(&self, schema: &Schema) -> Columns {
        Columns { table: self.clone(), schema: schema.clone() }
    }

    /// Looks at the first records of the first file to find the types that were not given. Where nothing can be looked
    /// at, the columns are those that were given.
    fn sample(&self) -> Result<Sample> {
        let Texts { place, form } = &self.texts;
        let Some(path) = place.first()? else { return Ok(self.said()?.into()) };
        let (called, mut records) = self.look(&path)?;
        let Some(head) = self.head(&called, &mut records)? else { return Ok(self.said()?.into()) };
        for other in place.others(&path)? {
            let (other, mut records) = self.look(&other)?;
            if let Some(there) = self.head(&other, &mut records)? {
                agree(&head.names, &there.names, &other, &called)?;
            }
        }
        let mut values = form.typing().values();
        let Look { mut columns, mut notes } = look(&mut records, &self.header, &head, &mut values);
        notes.iter_mut().for_each(|note| note.what = format!("{called}: {}", note.what));
        for field in &mut columns.fields {
            if let Some(of) = form.typing().given(&field.name) {
                *field = Field::new(&field.name, of);
            }
        }
        Ok(Sample { schema: columns, notes })
    }

    fn problems(&self, schema: &Schema) -> Vec<Problem> {
        let mut problems = self.texts.form.typing().unknown(schema);
        if self.texts.place.places.stream().is_some() && self.header.skips() {
            let what = "of what is read as it comes no lines are left out: `tail -n +2` does that";
            problems.push(Problem::at("skip", what));
        }
        problems
    }
}

impl Table {
    fn document(&self, input: &Input) -> Document {
        input.markup().filter(|_| self.header.begins_the_text())
    }

    /// What a file is called, and its records from the beginning.
    fn look(&self, path: &Path) -> Result<(String, CsvRecords<Input>)> {
        let input = self.texts.look(path, |input| self.document(input))?;
        let line_max = self.texts.form.line_max();
        Ok((input.called().to_string(), CsvRecords::new(input, self.dialect, line_max, 0)))
    }

    /// Reads what stands above the records; `None`: there is not all of it yet.
    fn head(&self, called: &str, records: &mut CsvRecords<Input>) -> Result<Option<Head>> {
        match self.header.read(records) {
            Ok(head) => Ok(Some(head)),
            Err(BadHeader::Unread(e)) if e.kind() == ErrorKind::WouldBlock => Ok(None),
            Err(bad) => Err(told(called, bad)),
        }
    }

    /// The columns that have names and types without a look.
    fn said(&self) -> Result<Schema> {
        let Texts { place, form } = &self.texts;
        let types = form.typing().schema();
        let named = self.header.names().unwrap_or_default();
        let untyped: Vec<&String> = named.iter().filter(|name| types.index(name).is_none()).collect();
        if types.is_empty() || !untyped.is_empty() {
            let of = if untyped.is_empty() { String::new() } else { format!(" ({untyped:?} have none)") };
            return Err(Error::failed(format!(
                "nothing of {} can be looked at before it is read, so types says what its columns are, in their order: \
                 types = {{ id = \"i64\", … }}{of}",
                place.places.called()
            )));
        }
        let of = |name: &String| Field::new(name, form.typing().given(name).unwrap_or(Type::Str));
        Ok(if named.is_empty() { types } else { Schema { fields: named.iter().map(of).collect() } })
    }
}

fn told(called: &str, bad: BadHeader) -> Error {
    match bad {
        BadHeader::Unread(error) => Input::failure(called, &error),
        BadHeader::Wrong(why) => Error::failed(format!("the header line of {called} {why}")),
        BadHeader::Missing => Error::failed(format!(
            "{called} has no header line: it is empty (header = false and names = [\"…\"] read a file without one)"
        )),
    }
}
