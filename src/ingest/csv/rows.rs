//! Records of a CSV file as rows of a batch; those that don't fit are rejected.

use super::table::Table;
use crate::data::{Batch, Schema};
use crate::error::Result;
use crate::format::csv::{Found, Records};
use crate::format::{self, Field, Record};
use crate::ingest::common::input::Input;
use crate::ingest::common::pace::Pace;
use crate::ingest::common::rejects::Rejects;
use crate::operator::Cx;
use crate::units::Bytes;

/// A call looks at about so many bytes, then others get their turn.
const BYTES: u64 = 64 << 10;

/// Reads rows of one schema.
pub(super) struct Rows {
    pub table: Table,
    pub rejects: Rejects,
    rows: format::Rows,
    /// The reason of a record that is not in the file's encoding.
    unreadable: &'static str,
    scratch: String,
}

impl Rows {
    pub(super) fn new(table: Table, schema: &Schema) -> Rows {
        let unreadable = if table.encoding.is_some() { "encoding" } else { "utf8" };
        let remedies = [
            ("fields", format!("a record has {} fields: check \"delimiter\" and \"quote\"", schema.len())),
            (
                "quote",
                "a quote is never closed or has text behind it: check \"quote\" (\"\" for none)".to_string(),
            ),
            ("too_long", format!("raise line_max = \"{}\"", Bytes(table.line_max as u64))),
            (unreadable, "say what encoding the file has in \"encoding\"".to_string()),
        ];
        Rows {
            rejects: Rejects::new(schema, &remedies),
            rows: format::Rows::new(&table.typing, schema),
            unreadable,
            scratch: String::new(),
            table,
        }
    }

    /// Reads up to `max` records, counts them, and leaves those that fit in the batch. Whether the end of the
    /// file was reached.
    ///
    /// # Errors
    /// When the file can't be read any further. What was read before is counted and in the batch all the same.
    pub(super) fn fill(
        &mut self,
        records: &mut Records<Input>,
        pace: &mut Pace,
        max: usize,
        batch: &mut Batch,
        cx: &mut Cx,
    ) -> Result<bool> {
        self.rows.begin();
        let (mut read, mut end) = (0, None);
        let enough = records.work() + BYTES;
        while read < max && records.work() < enough && end.is_none() {
            let found = match records.next() {
                Ok(found) => found,
                Err(e) => {
                    end = Some(Err(Input::failure(&self.table.path, &e)));
                    continue;
                }
            };
            match found {
                Found::Nothing => continue,
                Found::End => {
                    end = Some(Ok(true));
                    continue;
                }
                Found::Bad(reason) => {
                    pace.take(cx.now_ns);
                    self.rejects.refuse(cx, records.record(), reason);
                }
                Found::Record(fields) => {
                    let born_ns = pace.take(cx.now_ns);
                    self.add(records, fields, (cx.done() + read as u64 + 1, born_ns), batch, cx);
                }
            }
            read += 1;
        }
        cx.read(read as u64);
        self.rows.end(batch);
        end.unwrap_or(Ok(false))
    }

    /// Adds one record as a row. One with a field that does not fit is rejected.
    #[inline]
    fn add(
        &mut self,
        records: &Records<Input>,
        fields: usize,
        (number, born_ns): (u64, u64),
        batch: &mut Batch,
        cx: &mut Cx,
    ) {
        let record = records.record();
        if !records.fits(fields, batch.columns.len()) {
            return self.rejects.refuse(cx, record, "fields");
        }
        let Some(mut fields) = records.fields(&mut self.scratch) else {
            return self.rejects.refuse(cx, record, self.unreadable);
        };
        let id = match self.rows.add(&mut fields, &mut batch.columns) {
            Ok(()) => cx.new_id(),
            Err(at) => {
                if let Field::Text(text) | Field::Quoted(text) = fields.field(at) {
                    self.rejects.refuse_type(cx, record, at, text, number);
                }
                0
            }
        };
        batch.id.push(id);
        batch.born_ns.push(born_ns);
    }
}
