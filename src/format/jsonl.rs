//! Rows of a batch as JSON, an object a line (JSON Lines, <https://jsonlines.org>; RFC 8259).

use crate::data::{Batch, Schema, Value, render};

/// Writes the rows of one schema.
#[derive(Clone)]
pub(crate) struct Writer {
    /// What stands in front of each value of a line.
    keys: Vec<Vec<u8>>,
}

impl Writer {
    pub(crate) fn new(schema: &Schema) -> Writer {
        let key = |(i, name): (usize, &str)| {
            let mut key = vec![if i == 0 { b'{' } else { b',' }];
            render::json_value(&Value::Str(name), &mut key);
            key.push(b':');
            key
        };
        Writer { keys: schema.names().enumerate().map(key).collect() }
    }

    /// Appends a line for each row.
    pub(crate) fn rows(&self, batch: &Batch, out: &mut Vec<u8>) {
        for row in 0..batch.len() {
            for (key, column) in self.keys.iter().zip(&batch.columns) {
                out.extend_from_slice(key);
                render::json_cell(column, row, out);
            }
            out.extend_from_slice(if self.keys.is_empty() { b"{}\n" } else { b"}\n" });
        }
    }
}
