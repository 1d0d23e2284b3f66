//! Rows of a batch as lines of CSV.

use crate::data::{Batch, Column, Schema, Type, Values, render};
use crate::format::found::MARK;

/// Writes the rows of one schema.
#[derive(Clone)]
pub(crate) struct Writer {
    delimiter: u8,
    /// What NULL is written as.
    null: Vec<u8>,
    head: Vec<u8>,
    /// A cell before it is quoted.
    cell: Vec<u8>,
}

impl Writer {
    /// `delimiter` is an ASCII character that no number, time or list has in it; neither it nor a quote or a line end
    /// is in `null`.
    pub(crate) fn new(schema: &Schema, delimiter: u8, null: &str) -> Writer {
        let mut writer = Writer { delimiter, null: null.into(), head: Vec::new(), cell: Vec::new() };
        let mut head = Vec::new();
        for (i, name) in schema.names().enumerate() {
            if i > 0 {
                head.push(delimiter);
            }
            writer.quoted(name.as_bytes(), &mut head);
        }
        head.push(b'\n');
        writer.head = head;
        writer
    }

    /// The header line.
    pub(crate) fn head(&self) -> &[u8] {
        &self.head
    }

    /// Appends a line for each row. NULL and numbers that are not finite are `null`; in a batch of one column an empty
    /// one is `""`, because an empty line is no record to many readers.
    pub(crate) fn rows(&mut self, batch: &Batch, out: &mut Vec<u8>) {
        for row in 0..batch.len() {
            let start = out.len();
            for (i, column) in batch.columns.iter().enumerate() {
                if i > 0 {
                    out.push(self.delimiter);
                }
                self.cell(column, row, out);
            }
            if out.len() == start {
                out.extend_from_slice(b"\"\"");
            }
            out.push(b'\n');
        }
    }

    fn cell(&mut self, column: &Column, row: usize, out: &mut Vec<u8>) {
        let start = out.len();
        match &column.values {
            _ if !column.valid.get(row) => {}
            Values::Str(text) => return self.quoted(text.get(row).as_bytes(), out),
            _ if column.of() == Type::List => {
                let mut cell = std::mem::take(&mut self.cell);
                cell.clear();
                render::json_cell(column, row, &mut cell);
                self.quoted(&cell, out);
                self.cell = cell;
                return;
            }
            _ => render::text_cell(column, row, out),
        }
        if out.len() == start {
            out.extend_from_slice(&self.null);
        } else if out[start..] == self.null {
            // A number that is written as NULL is: in quotes it is none.
            out.push(b'"');
            out.insert(start, b'"');
        }
    }

    /// Appends a text, in quotes where it needs them: also where it would be taken for NULL or a byte-order mark.
    fn quoted(&self, text: &[u8], out: &mut Vec<u8>) {
        let needs = |byte: &u8| *byte == self.delimiter || matches!(byte, b'"' | b'\n' | b'\r');
        let taken_for_another = text.is_empty() || text == self.null || text.starts_with(MARK);
        if !taken_for_another && !text.iter().any(needs) {
            return out.extend_from_slice(text);
        }
        out.push(b'"');
        for (i, part) in text.split(|byte| *byte == b'"').enumerate() {
            if i > 0 {
                out.extend_from_slice(b"\"\"");
            }
            out.extend_from_slice(part);
        }
        out.push(b'"');
    }
}
