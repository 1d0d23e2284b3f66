//! CSV files as a table: the names of its columns, their types, and its records from any byte on.

use crate::data::{Field, Schema, Type};
use crate::error::{Error, Result};
use crate::format::csv::{BadHeader, Dialect, Head, Header, Records as CsvRecords, look};
use crate::format::{Form, Look, Records, Typing};
use crate::ingest::common::files::given::Told;
use crate::ingest::common::input::{Input, Reading};
use crate::ingest::common::paths::Place;
use crate::ingest::common::shape::{Names, Shape, agree};
use crate::operator::Sample;
use crate::params::Problem;
use std::io::ErrorKind;

/// How files are to be read; checked, but not opened.
#[derive(Clone)]
pub(super) struct Table {
    pub place: Place,
    pub dialect: Dialect,
    pub header: Header,
    pub line_max: usize,
    pub typing: Typing,
}

/// The same, of columns that are known.
#[derive(Clone)]
pub(super) struct Columns {
    table: Table,
    schema: Schema,
}

impl Shape for Columns {
    fn records(&self, input: Input, offset: u64) -> Records<Input> {
        self.table.form().records(input, offset, &self.schema)
    }

    fn head(&self, called: &str, records: &mut Records<Input>) -> Result<Option<Names>> {
        let Records::Csv(records, _) = records else { return Ok(Some(None)) };
        Ok(self.table.head(called, records)?.map(|head| Some(head.names)))
    }

    fn document(&self, input: &Input) -> Option<(&'static str, &'static str)> {
        self.table.document(input)
    }
}

impl Told for Table {
    type Shape = Columns;

    fn place(&self) -> &Place {
        &self.place
    }

    fn typing(&self) -> &Typing {
        &self.typing
    }

    /// How records are written, once what stands above them is read.
    fn form(&self) -> Form {
        let form = Form::csv(self.dialect, false, self.line_max, self.typing.clone());
        if self.place.encoding.is_some() { form.encoded() } else { form }
    }

    fn of(&self, schema: &Schema) -> Columns {
        Columns { table: self.clone(), schema: schema.clone() }
    }

    /// Looks at the first records of the first file to find the types that were not given. Where nothing can be looked
    /// at, the columns are those that were given.
    fn sample(&self) -> Result<Sample> {
        let Some(path) = self.place.first()? else { return Ok(self.said()?.into()) };
        let input = Input::open(&path, self.place.encoding, &Reading::Look)?;
        let called = input.called().to_string();
        if let Some((what, advice)) = self.document(&input) {
            return Err(Error::failed(format!("cannot read {called}: it is {what} ({advice})")));
        }
        let mut records = CsvRecords::new(input, self.dialect, self.line_max, 0);
        let Some(head) = self.head(&called, &mut records)? else { return Ok(self.said()?.into()) };
        for other in self.place.others(&path)? {
            let input = Input::open(&other, self.place.encoding, &Reading::Look)?;
            let other = input.called().to_string();
            let mut records = CsvRecords::new(input, self.dialect, self.line_max, 0);
            if let Some(there) = self.head(&other, &mut records)? {
                agree(&head.names, &there.names, &other, &called)?;
            }
        }
        let Look { mut columns, mut notes } =
            look(&mut records, &self.header, &head, &mut self.typing.values());
        notes.iter_mut().for_each(|note| note.what = format!("{called}: {}", note.what));
        for field in &mut columns.fields {
            if let Some(of) = self.typing.given(&field.name) {
                *field = Field::new(&field.name, of);
            }
        }
        Ok(Sample { schema: columns, notes })
    }

    fn problems(&self, schema: &Schema) -> Vec<Problem> {
        let mut problems = self.typing.unknown(schema);
        if self.place.places.stream().is_some() && self.header.skips() {
            let what = "of what is read as it comes no lines are left out: `tail -n +2` does that";
            problems.push(Problem::at("skip", what));
        }
        problems
    }
}

impl Table {
    fn document(&self, input: &Input) -> Option<(&'static str, &'static str)> {
        input.markup().filter(|_| self.header.begins_the_text())
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
        let types = self.typing.schema();
        let named = self.header.names().unwrap_or_default();
        let untyped: Vec<&String> = named.iter().filter(|name| types.index(name).is_none()).collect();
        if types.is_empty() || !untyped.is_empty() {
            let of = if untyped.is_empty() { String::new() } else { format!(" ({untyped:?} have none)") };
            return Err(Error::failed(format!(
                "nothing of {} can be looked at before it is read, so types says what its columns are, in their order: \
                 types = {{ id = \"i64\", … }}{of}",
                self.place.places.called()
            )));
        }
        let of = |name: &String| Field::new(name, self.typing.given(name).unwrap_or(Type::Str));
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
