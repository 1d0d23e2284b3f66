//! Records of texts as rows of columns: one reader for all texts of a source, whatever their format.

use super::arff::Parted;
use super::field::{Field, Record};
use super::json::Objects;
use super::msgpack::Maps;
use super::records::Records;
use super::rows::Rows;
use crate::data::{Batch, Column};
use std::io::Read;

/// Makes rows of records.
pub(crate) struct Reader {
    rows: Rows,
    parts: Parts,
    /// The reason of a record that is not in the encoding of its text.
    unreadable: &'static str,
}

/// What it takes to part a record into fields.
pub(super) enum Parts {
    Arff(Box<Parted>),
    Csv {
        scratch: String,
        /// The last field that did not fit.
        wrong: String,
    },
    Json(Box<Objects>),
    Msgpack(Box<Maps>),
    Text,
}

/// A line that is the value of its one column, whatever stands there.
struct Plain<'a>(&'a str);

impl Record for Plain<'_> {
    fn field(&mut self, _: usize) -> Field<'_> {
        Field::Quoted(self.0)
    }
}

/// Why a record is no row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Misfit {
    /// It can't be parted, for this reason. Nothing was added.
    Record(&'static str),
    /// What it says of this column is of another type. A row was added, which `end` takes out.
    Field(usize),
}

impl Reader {
    pub(super) fn new(rows: Rows, parts: Parts, unreadable: &'static str) -> Reader {
        Reader { rows, parts, unreadable }
    }

    /// A batch begins, without rows.
    pub(crate) fn begin(&mut self) {
        self.rows.begin();
    }

    /// Adds a record as a row, whose id and birth are the caller's to add.
    ///
    /// # Panics
    /// When the record is of another format.
    #[inline]
    pub(crate) fn add<R: Read>(
        &mut self,
        records: &Records<R>,
        columns: &mut [Column],
    ) -> Result<(), Misfit> {
        match (&mut self.parts, records) {
            (Parts::Arff(parted), Records::Arff(records)) => {
                parted.read(records.lines().record(), records.relation()).map_err(|reason| {
                    Misfit::Record(if reason == "utf8" { self.unreadable } else { reason })
                })?;
                self.rows.add(&mut **parted, columns).map_err(Misfit::Field)
            }
            (Parts::Csv { scratch, wrong }, Records::Csv(records, _)) => {
                if !records.fits(columns.len()) {
                    return Err(Misfit::Record("fields"));
                }
                let Some(mut fields) = records.fields(scratch) else {
                    return Err(Misfit::Record(self.unreadable));
                };
                self.rows.add(&mut fields, columns).map_err(|at| {
                    if let Field::Text(text) | Field::Quoted(text) = fields.field(at) {
                        wrong.clear();
                        wrong.push_str(text);
                    }
                    Misfit::Field(at)
                })
            }
            (Parts::Json(objects), records) => {
                objects.read(records.record()).map_err(|reason| {
                    Misfit::Record(if reason == "utf8" { self.unreadable } else { reason })
                })?;
                self.rows.add(&mut **objects, columns).map_err(Misfit::Field)
            }
            (Parts::Msgpack(maps), records) => {
                maps.read(records.record()).map_err(Misfit::Record)?;
                self.rows.add(&mut **maps, columns).map_err(Misfit::Field)
            }
            (Parts::Text, records) => {
                let text = std::str::from_utf8(records.record());
                let text = text.map_err(|_| Misfit::Record(self.unreadable))?;
                self.rows.add(&mut Plain(text), columns).map_err(Misfit::Field)
            }
            (Parts::Csv { .. } | Parts::Arff(_), _) => panic!("a reader is of the form of its records"),
        }
    }

    /// What the last record said of a column that it did not fit.
    pub(crate) fn wrong(&mut self, column: usize) -> Field<'_> {
        match &mut self.parts {
            Parts::Arff(parted) => parted.field(column),
            Parts::Csv { wrong, .. } => Field::Text(wrong),
            Parts::Json(objects) => objects.field(column),
            Parts::Msgpack(maps) => maps.field(column),
            // Any text is one.
            Parts::Text => Field::Null,
        }
    }

    /// What was wrong with the last record, where its reason alone does not say it.
    pub(crate) fn why(&self) -> Option<&str> {
        match &self.parts {
            Parts::Arff(_) | Parts::Csv { .. } | Parts::Msgpack(_) | Parts::Text => None,
            Parts::Json(objects) => Some(objects.why()).filter(|why| !why.is_empty()),
        }
    }

    /// The batch ends: its rows are those that fit.
    pub(crate) fn end(&mut self, batch: &mut Batch) {
        self.rows.end(batch);
    }
}
