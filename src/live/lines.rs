//! Records that were seen, as lines: those that were asked for, with the columns that were asked for.

use super::streams::Stream;
use super::watch::Seen;
use crate::data::{Batch, Column, Field, Schema, Type, Value};
use crate::error::{Error, Result};
use crate::expr::Predicate;
use crate::format::csv::Writer as CsvWriter;
use crate::format::jsonl::Writer as JsonWriter;
use crate::format::table::{Screen, Table};
use crate::params::nearest;

/// How records are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    Table,
    Json,
    Csv,
}

/// Which records, and what of them.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    pub format: Format,
    /// Records for which this condition is true.
    pub condition: Option<&'a str>,
    /// These columns, in this order; none: all.
    pub fields: &'a [String],
    /// With the age of each.
    pub age: bool,
}

/// The column that says of which stream a record is, where there are several.
const STREAM: &str = "_stream";
/// Its age when it was seen, in microseconds.
const AGE: &str = "_age_us";

/// Writes records of several streams.
pub struct Lines {
    streams: Vec<String>,
    /// By stream and inlet.
    kinds: Vec<Vec<Kind>>,
    /// One for all records that have the same columns.
    tables: Vec<(Schema, Table)>,
    shown: Batch,
    format: Format,
    /// The table of what was shown last.
    last: Option<usize>,
}

/// Records of one schema.
struct Kind {
    condition: Option<Predicate>,
    /// Columns that are shown, by their place.
    columns: Vec<usize>,
    stream: bool,
    age: bool,
    schema: Schema,
    json: JsonWriter,
    csv: CsvWriter,
    /// Its place among the tables.
    table: usize,
}

impl Lines {
    /// For streams whose records have these columns, by stream and inlet.
    ///
    /// # Errors
    /// When a condition or a column is none of theirs.
    pub fn new(wanted: Wanted<'_>, streams: &[Stream], schemas: &[Vec<Schema>]) -> Result<Lines> {
        let several = streams.len() > 1;
        let (mut kinds, mut tables) = (Vec::new(), Vec::new());
        for (stream, schemas) in streams.iter().zip(schemas) {
            let mut of = |schema: &Schema| {
                kind(wanted, several, schema, &mut tables)
                    .map_err(|e| e.by(format!("stream \"{}\"", stream.name)))
            };
            kinds.push(schemas.iter().map(&mut of).collect::<Result<Vec<Kind>>>()?);
        }
        let mut all = kinds.iter().flatten().map(|kind| &kind.schema);
        let first = all.next().cloned().unwrap_or_default();
        if wanted.format == Format::Csv && !all.all(|schema| schema.has_columns_of(&first)) {
            return Err(Error::usage(
                "these records have different columns, which is no CSV: choose what they have in common with --fields, \
                 one stream, or --format json",
            ));
        }
        let streams = streams.iter().map(|stream| stream.name.clone()).collect();
        Ok(Lines { streams, kinds, tables, shown: Batch::default(), format: wanted.format, last: None })
    }

    /// Appends a line for each record that is wanted, `most` of them; how many there were.
    pub fn write(
        &mut self,
        seen: &Seen<'_>,
        most: u64,
        screen: Option<(usize, usize)>,
        out: &mut Vec<u8>,
    ) -> Result<u64> {
        let kind = &mut self.kinds[seen.stream][seen.inlet];
        kind.show(seen, &self.streams[seen.stream], most, &mut self.shown)?;
        let before = self.last.replace(kind.table);
        match self.format {
            Format::Json => kind.json.rows(&self.shown, out),
            Format::Csv => {
                if before.is_none() {
                    out.extend_from_slice(kind.csv.head());
                }
                kind.csv.rows(&self.shown, out);
            }
            Format::Table => {
                let (_, table) = &mut self.tables[kind.table];
                if before.is_some_and(|before| before != kind.table) {
                    table.head_again();
                    out.push(b'\n');
                }
                let screen = screen.map(|(columns, lines)| Screen { columns, lines });
                table.rows(&self.shown, screen, out);
            }
        }
        Ok(self.shown.len() as u64)
    }
}

fn kind(
    wanted: Wanted<'_>,
    several: bool,
    schema: &Schema,
    tables: &mut Vec<(Schema, Table)>,
) -> Result<Kind> {
    let condition = wanted.condition.map(|text| {
        Predicate::parse(text, schema).map_err(|problems| {
            let what: Vec<&str> = problems.iter().map(|problem| problem.what.as_str()).collect();
            Error::usage(format!("--where: {}", what.join("; ")))
        })
    });
    let column = |name: &String| {
        schema.index(name).ok_or_else(|| {
            let near = nearest(name, schema.names()).map(|near| format!(": did you mean \"{near}\"?"));
            let near = near.unwrap_or_else(|| format!(" (there are: {schema})"));
            Error::usage(format!("--fields: there is no column \"{name}\"{near}"))
        })
    };
    let columns: Vec<usize> = match wanted.fields {
        [] => (0..schema.len()).collect(),
        names => names.iter().map(column).collect::<Result<_>>()?,
    };
    let has = |name: &str| columns.iter().any(|at| schema.fields[*at].name == name);
    let (stream, age) = (several && !has(STREAM), wanted.age && !has(AGE));
    let mut fields: Vec<Field> = Vec::new();
    fields.extend(stream.then(|| Field::new(STREAM, Type::Str)));
    fields.extend(columns.iter().map(|at| schema.fields[*at].clone()));
    fields.extend(age.then(|| Field::new(AGE, Type::F64)));
    let schema = Schema { fields };
    let table = tables.iter().position(|(of, _)| of.has_columns_of(&schema)).unwrap_or(tables.len());
    if table == tables.len() {
        tables.push((schema.clone(), Table::new(&schema)));
    }
    Ok(Kind {
        condition: condition.transpose()?,
        columns,
        stream,
        age,
        json: JsonWriter::new(&schema),
        csv: CsvWriter::new(&schema, b',', ""),
        table,
        schema,
    })
}

impl Kind {
    /// Puts what is wanted of it into `shown`, `most` records of it.
    fn show(&mut self, seen: &Seen<'_>, stream: &str, most: u64, shown: &mut Batch) -> Result<()> {
        shown.reset(&self.schema);
        let keep = self.condition.as_mut().map(|condition| condition.keep(seen.batch)).transpose()?;
        let is_kept = |row: &usize| keep.is_none_or(|keep| keep[*row]);
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        for row in (0..seen.batch.len()).filter(is_kept).take(most) {
            shown.id.push(seen.batch.id[row]);
            shown.born_ns.push(seen.batch.born_ns[row]);
            let mut columns = shown.columns.iter_mut();
            let mut next = || columns.next().expect("there is one for each field");
            if self.stream {
                next().push(Value::Str(stream));
            }
            for at in &self.columns {
                next().extend(&seen.batch.columns[*at], row, row + 1);
            }
            if self.age {
                push_age(next(), seen.now_ns, seen.batch.born_ns[row]);
            }
        }
        Ok(())
    }
}

/// What has no birth has no age.
fn push_age(column: &mut Column, now_ns: u64, born_ns: u64) {
    match born_ns {
        0 => column.push_null(),
        born => column.push(Value::F64(now_ns.saturating_sub(born) as f64 / 1000.0)),
    }
}
