//! Records of a CSV file as rows of a batch; those that don't fit are rejected.

use super::field::Fields;
use super::input::Input;
use super::pace::Pace;
use super::records::{Found, Records};
use super::rejects::Rejects;
use super::table::Table;
use crate::data::{Batch, Schema};
use crate::error::Result;
use crate::operator::Cx;

/// A call looks at about so many bytes, then others get their turn.
const BYTES: u64 = 64 << 10;

/// Reads rows of one schema.
pub(super) struct Rows {
    pub table: Table,
    pub rejects: Rejects,
    fields: Fields,
    /// By column: its type was guessed, so digits with a leading zero are no number.
    strict: Vec<bool>,
    /// By row of the batch: whether all its fields could be read.
    keep: Vec<bool>,
    scratch: String,
}

impl Rows {
    pub(super) fn new(table: Table, schema: &Schema) -> Rows {
        let remedies = [
            ("fields", format!("a record has {} fields: check \"delimiter\" and \"quote\"", schema.len())),
            ("quote", "a quote is never closed: check \"quote\" (\"\" for none)".to_string()),
            ("too_long", format!("raise line_max = {}", table.line_max)),
            ("utf8", "convert the file (iconv -t UTF-8)".to_string()),
        ];
        Rows {
            rejects: Rejects::new(schema, &remedies),
            fields: table.fields(),
            strict: schema.names().map(|name| !table.types.contains_key(name)).collect(),
            keep: Vec::new(),
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
        self.keep.clear();
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
        batch.retain(&self.keep);
        end.unwrap_or(Ok(false))
    }

    /// Adds one record as a row. One with a field that does not fit is rejected, and its row is marked in
    /// `keep` as none.
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
        if fields != batch.columns.len() {
            return self.rejects.refuse(cx, record, "fields");
        }
        let Ok(text) = str::from_utf8(record) else {
            return self.rejects.refuse(cx, record, "utf8");
        };
        let mut fits = true;
        for (at, (column, span)) in batch.columns.iter_mut().zip(records.spans()).enumerate() {
            let field = self.table.text(text, *span, &mut self.scratch);
            if !fits {
                column.push_null();
            } else if !self.fields.push(field, self.strict[at], column) {
                self.rejects.refuse_type(cx, record, at, field, number);
                column.push_null();
                fits = false;
            }
        }
        batch.id.push(if fits { cx.new_id() } else { 0 });
        batch.born_ns.push(born_ns);
        self.keep.push(fits);
    }
}
