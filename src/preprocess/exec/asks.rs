//! How a record is put to a program: an object a line, or a map, with its number in front if it is answered by that.

use super::written::Written;
use crate::data::{Batch, Schema, Value, render};
use crate::format::msgpack;
use std::io::Write;

#[derive(Clone)]
pub(super) enum Asks {
    Lines(Lines),
    Maps(msgpack::Writer),
}

impl Asks {
    pub(super) fn new(written: Written, id_as: Option<&str>, schema: &Schema) -> Asks {
        match written {
            Written::Json => Asks::Lines(Lines::new(id_as, schema)),
            Written::Msgpack => Asks::Maps(msgpack::Writer::numbered(id_as, schema)),
        }
    }

    /// Appends a row.
    pub(super) fn write(&mut self, number: u64, batch: &Batch, row: usize, out: &mut Vec<u8>) {
        match self {
            Asks::Lines(lines) => lines.write(number, batch, row, out),
            Asks::Maps(writer) => writer.map(number, batch, row, out),
        }
    }
}

/// An object a line.
#[derive(Clone)]
pub(super) struct Lines {
    /// What stands before the number; `None`: there is none.
    id: Option<Vec<u8>>,
    /// What stands before each value.
    keys: Vec<Vec<u8>>,
}

impl Lines {
    fn new(id_as: Option<&str>, schema: &Schema) -> Lines {
        let key = |first: bool, name: &str| {
            let mut key = vec![if first { b'{' } else { b',' }];
            render::json_value(&Value::Str(name), &mut key);
            key.push(b':');
            key
        };
        let keys = schema.names().enumerate().map(|(at, name)| key(at == 0 && id_as.is_none(), name));
        Lines { id: id_as.map(|name| key(true, name)), keys: keys.collect() }
    }

    fn write(&self, number: u64, batch: &Batch, row: usize, out: &mut Vec<u8>) {
        match &self.id {
            Some(key) => {
                out.extend_from_slice(key);
                write!(out, "{number}").expect("a Vec takes all that is written to it");
            }
            None if self.keys.is_empty() => out.push(b'{'),
            None => {}
        }
        for (key, column) in self.keys.iter().zip(&batch.columns) {
            out.extend_from_slice(key);
            render::json_cell(column, row, out);
        }
        out.extend_from_slice(b"}\n");
    }
}
