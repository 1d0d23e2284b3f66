//! A small file as a table: its columns, its rows, and whether it is still the same.

use super::sqlite;
use crate::data::{Batch, Field, Schema, Type};
use crate::error::{Error, Result, reason};
use crate::files::on_a_disk;
use crate::format::csv::{BadHeader, Dialect, Head, Header, HeaderParams, Records as CsvRecords, look};
use crate::format::json::{Lines, look as look_at_objects};
use crate::format::{Form, Found, Misfit, Packed, Packing, Records, Typing};
use crate::params::JsonSchema;
use serde::Deserialize;
use std::fs::File;
use std::io::Read;
use std::os::unix::fs::MetadataExt;

/// A longer record is none of a small table.
const LINE_MAX: usize = 1 << 20;
/// So much text of a file is a small table, unpacked.
const BYTES_MAX: u64 = 1 << 30;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Kind {
    Csv,
    Jsonl,
    Sqlite,
}

impl Kind {
    /// What a file is by its name; one of which a table is said is a database.
    pub(super) fn of(path: &str, has_table: bool) -> Kind {
        let bare = path.strip_suffix(".gz").or_else(|| path.strip_suffix(".zst")).unwrap_or(path);
        let ends = |all: &[&str]| all.iter().any(|end| bare.ends_with(end));
        match () {
            () if has_table || ends(&[".db", ".sqlite", ".sqlite3"]) => Kind::Sqlite,
            () if ends(&[".jsonl", ".ndjson", ".json"]) => Kind::Jsonl,
            () => Kind::Csv,
        }
    }
}

/// How it is to be read; checked, and not opened.
#[derive(Clone)]
pub(super) struct Source {
    pub path: String,
    pub kind: Kind,
    pub table: Option<String>,
    pub dialect: Dialect,
    pub typing: Typing,
    pub rows_max: usize,
}

/// Device, inode, bytes, and when it was written in seconds and nanoseconds.
type Written = (u64, u64, u64, i64, i64);

/// Which file it is, and what it was last; and the same of its log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Stamp([Option<Written>; 2]);

impl Source {
    /// What the file is now, without opening it.
    pub(super) fn stamp(&self) -> Stamp {
        let of = |path: &str| {
            let there = std::fs::metadata(path).ok()?;
            Some((there.dev(), there.ino(), there.size(), there.mtime(), there.mtime_nsec()))
        };
        let log = (self.kind == Kind::Sqlite).then(|| of(&format!("{}-wal", self.path)));
        Stamp([of(&self.path), log.flatten()])
    }

    /// The columns of the file. Those of a key are of the type of the records', unless `types` says another.
    pub(super) fn columns(&self, keys: &[(String, Type)]) -> Result<Schema> {
        let found = match self.kind {
            Kind::Csv => {
                let (mut records, head) = self.csv()?;
                look(&mut records, &header(), &head, &mut self.typing.values()).columns
            }
            Kind::Jsonl => {
                let said = self.typing.schema();
                let seen = look_at_objects(&mut Lines::new(self.open()?, LINE_MAX, 0), &self.typing).columns;
                let others = seen.fields.into_iter().filter(|field| said.index(&field.name).is_none());
                Schema { fields: said.fields.iter().cloned().chain(others).collect() }
            }
            Kind::Sqlite => sqlite::columns(&self.path, self.table())?,
        };
        if found.is_empty() {
            return Err(Error::failed(format!("{} has no rows that could be looked up", self.path)));
        }
        let typed = |field: Field| {
            let of_key = keys.iter().find(|(name, _)| *name == field.name).map(|(_, of)| *of);
            match self.typing.given(&field.name).or(of_key) {
                Some(of) if of != field.of => Field::new(&field.name, of),
                _ => field,
            }
        };
        Ok(self.typing.in_zone(Schema { fields: found.fields.into_iter().map(typed).collect() }))
    }

    /// All its rows, with these columns.
    pub(super) fn read(&self, schema: &Schema) -> Result<Batch> {
        match self.kind {
            Kind::Csv => {
                let (records, head) = self.csv()?;
                let of = |name: &String| {
                    let known = schema.index(name).map(|at| schema.fields[at].clone());
                    known.unwrap_or_else(|| Field::new(name, Type::Str))
                };
                let all = Schema { fields: head.names.iter().map(of).collect() };
                let form = Form::csv(self.dialect, false, LINE_MAX, self.typing.clone());
                let mut rows = self.rows(&form, Records::Csv(Box::new(records), None), &all)?;
                self.pick(&all, schema, &mut rows)?;
                Ok(rows)
            }
            Kind::Jsonl => {
                let form = Form::json_lines(None, LINE_MAX, self.typing.clone());
                let records = form.records(self.open()?, 0, schema);
                self.rows(&form, records, schema)
            }
            Kind::Sqlite => {
                let mut values = self.typing.values();
                sqlite::read(&self.path, self.table(), schema, &mut values, self.rows_max)
            }
        }
    }

    fn table(&self) -> &str {
        self.table.as_deref().unwrap_or_default()
    }

    fn rows(&self, form: &Form, mut records: Records<Box<dyn Read>>, schema: &Schema) -> Result<Batch> {
        let mut rows = Batch::new(schema);
        let mut reader = form.reader(schema);
        let wrong = |n: usize, why: &str| {
            Error::failed(format!("record {n} of {} can't be looked up: {why}", self.path))
        };
        reader.begin();
        loop {
            let n = rows.len() + 1;
            match records.next().map_err(|e| self.failure(&e))? {
                Found::Record => {
                    rows.id.push(n as u64);
                    rows.born_ns.push(0);
                    reader.add(&records, &mut rows.columns).map_err(|misfit| match misfit {
                        Misfit::Record(reason) => wrong(n, reason),
                        Misfit::Field(at) => {
                            let Field { name, of, .. } = &schema.fields[at];
                            wrong(n, &format!("its \"{name}\" is no {of} (types says what it is)"))
                        }
                    })?;
                }
                Found::Bad(reason) => return Err(wrong(n, reason)),
                Found::Nothing => {}
                Found::End => break,
            }
            if rows.len() > self.rows_max || records.position() > BYTES_MAX {
                return Err(self.too_large());
            }
        }
        reader.end(&mut rows);
        Ok(rows)
    }

    fn too_large(&self) -> Error {
        Error::failed(format!(
            "{} has more than {} rows or a gigabyte of text: rows_max says how many a table may have",
            self.path, self.rows_max
        ))
    }

    /// Brings the columns of a file into the order in which they are wanted.
    fn pick(&self, all: &Schema, wanted: &Schema, rows: &mut Batch) -> Result<()> {
        let columns = std::mem::take(&mut rows.columns);
        for field in &wanted.fields {
            let at = all.index(&field.name).ok_or_else(|| {
                Error::failed(format!(
                    "{} has no column \"{}\" any more (there are: {all})",
                    self.path, field.name
                ))
            })?;
            rows.columns.push(columns[at].clone());
        }
        Ok(())
    }

    /// The records of a CSV file behind its header.
    fn csv(&self) -> Result<(CsvRecords<Box<dyn Read>>, Head)> {
        let mut records = CsvRecords::new(self.open()?, self.dialect, LINE_MAX, 0);
        match header().read(&mut records) {
            Ok(head) => Ok((records, head)),
            Err(BadHeader::Unread(e)) => Err(self.failure(&e)),
            Err(BadHeader::Missing) => {
                Err(Error::failed(format!("{} is empty: its first line names the columns", self.path)))
            }
            Err(BadHeader::Wrong(why)) => {
                Err(Error::failed(format!("the header line of {} {why}", self.path)))
            }
        }
    }

    fn open(&self) -> Result<Box<dyn Read>> {
        let there = std::fs::metadata(&self.path).map_err(|e| self.failure(&e))?;
        if !there.is_file() {
            return Err(Error::failed(format!(
                "{} is no file: what is looked up is read again when it changes",
                self.path
            )));
        }
        let mut file = File::open(&self.path).map_err(|e| self.failure(&e))?;
        on_a_disk(&file).map_err(|e| self.failure(&e))?;
        let mut head = Vec::new();
        Read::take(&mut file, 4).read_to_end(&mut head).map_err(|e| self.failure(&e))?;
        let packing = Packing::of(&head);
        let whole = std::io::Cursor::new(head).chain(file);
        Ok(match packing {
            Some(packing) => {
                Box::new(Packed::new(&self.path, packing, whole, true).map_err(|e| self.failure(&e))?)
            }
            None => Box::new(whole),
        })
    }

    fn failure(&self, e: &std::io::Error) -> Error {
        Error::failed(format!("cannot read {}: {}", self.path, reason(e)))
    }
}

/// The first line names the columns.
fn header() -> Header {
    let usual: HeaderParams = toml::Table::new().try_into().expect("every key has a default");
    usual.check(&mut Vec::new()).expect("the usual header is sound")
}
