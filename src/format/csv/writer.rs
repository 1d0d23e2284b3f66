//! Rows of a batch as lines of CSV.

use crate::data::{Batch, Schema, Type, Values, render};

/// Writes the rows of one schema.
#[derive(Clone)]
pub(crate) struct Writer {
    delimiter: u8,
    head: Vec<u8>,
    /// A list before it is quoted.
    cell: Vec<u8>,
}

impl Writer {
    /// `delimiter` is an ASCII character that no number, time or list has in it.
    pub(crate) fn new(schema: &Schema, delimiter: u8) -> Writer {
        let mut head = Vec::new();
        for (i, name) in schema.names().enumerate() {
            if i > 0 {
                head.push(delimiter);
            }
            quoted(name.as_bytes(), delimiter, &mut head);
        }
        head.push(b'\n');
        Writer { delimiter, head, cell: Vec::new() }
    }

    /// The header line.
    pub(crate) fn head(&self) -> &[u8] {
        &self.head
    }

    /// Appends a line for each row. NULL and numbers that are not finite are empty cells; in a batch of one column
    /// NULL is `""`, because an empty line is no record to many readers.
    pub(crate) fn rows(&mut self, batch: &Batch, out: &mut Vec<u8>) {
        for row in 0..batch.len() {
            let start = out.len();
            for (i, column) in batch.columns.iter().enumerate() {
                if i > 0 {
                    out.push(self.delimiter);
                }
                match &column.values {
                    Values::Str(text) if column.valid.get(row) => {
                        quoted(text.get(row).as_bytes(), self.delimiter, out);
                    }
                    _ if column.of() == Type::List && column.valid.get(row) => {
                        self.cell.clear();
                        render::json_cell(column, row, &mut self.cell);
                        quoted(&self.cell, self.delimiter, out);
                    }
                    _ => render::text_cell(column, row, out),
                }
            }
            if out.len() == start {
                out.extend_from_slice(b"\"\"");
            }
            out.push(b'\n');
        }
    }
}

/// Appends a text, in quotes where it needs them; an empty one always, so that it is not taken for NULL.
fn quoted(text: &[u8], delimiter: u8, out: &mut Vec<u8>) {
    let needs = |byte: &u8| *byte == delimiter || matches!(byte, b'"' | b'\n' | b'\r');
    if !text.is_empty() && !text.iter().any(needs) {
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
