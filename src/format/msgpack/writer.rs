//! Rows of a batch as maps. Times are RFC 3339 texts, as in JSON.

use crate::data::{Batch, Column, Schema, Values, time};
use std::ops::Range;

/// Writes the rows of one schema.
#[derive(Clone)]
pub(crate) struct Writer {
    /// What stands in front of each value of a map; the first has the head of the map before it.
    keys: Vec<Vec<u8>>,
    /// What stands in front of the number of a map that has one.
    number: Option<Vec<u8>>,
    text: Vec<u8>,
}

impl Writer {
    pub(crate) fn new(schema: &Schema) -> Writer {
        let key = |(at, name): (usize, &str)| {
            let mut key = Vec::new();
            if at == 0 {
                head(schema.len(), (0x80, 0xde, 0xdf), 16, &mut key);
            }
            text(name.as_bytes(), &mut key);
            key
        };
        Writer { keys: schema.names().enumerate().map(key).collect(), number: None, text: Vec::new() }
    }

    /// The same with a number in front of each map, if that has a name.
    pub(crate) fn numbered(name: Option<&str>, schema: &Schema) -> Writer {
        let Some(name) = name else { return Writer::new(schema) };
        let mut number = Vec::new();
        head(schema.len() + 1, (0x80, 0xde, 0xdf), 16, &mut number);
        text(name.as_bytes(), &mut number);
        let key = |name: &str| {
            let mut key = Vec::new();
            text(name.as_bytes(), &mut key);
            key
        };
        Writer { keys: schema.names().map(key).collect(), number: Some(number), text: Vec::new() }
    }

    /// Appends a row as a map, with its number if maps have one.
    pub(crate) fn map(&mut self, number: u64, batch: &Batch, row: usize, out: &mut Vec<u8>) {
        if let Some(before) = &self.number {
            out.extend_from_slice(before);
            whole(number as i64, out);
        } else if self.keys.is_empty() {
            out.push(0x80);
        }
        for (key, column) in self.keys.iter().zip(&batch.columns) {
            out.extend_from_slice(key);
            cell(column, row, &mut self.text, out);
        }
    }

    /// Appends rows as an array of maps; one that `alone` is a map.
    pub(crate) fn rows(&mut self, batch: &Batch, rows: Range<usize>, alone: bool, out: &mut Vec<u8>) {
        if !alone {
            head(rows.len(), (0x90, 0xdc, 0xdd), 16, out);
        }
        rows.for_each(|row| self.map(0, batch, row, out));
    }
}

fn cell(column: &Column, row: usize, scratch: &mut Vec<u8>, out: &mut Vec<u8>) {
    if !column.valid.get(row) {
        return out.push(0xc0);
    }
    match &column.values {
        Values::Bool(values) => out.push(if values[row] { 0xc3 } else { 0xc2 }),
        Values::I64(values) => whole(values[row], out),
        // As JSON has it: what is not finite is no value.
        Values::F64(values) if !values[row].is_finite() => out.push(0xc0),
        Values::F64(values) => {
            out.push(0xcb);
            out.extend_from_slice(&values[row].to_be_bytes());
        }
        Values::Str(values) => text(values.get(row).as_bytes(), out),
        Values::Time(values) => {
            scratch.clear();
            time::append_text(values[row], scratch);
            text(scratch, out);
        }
        Values::List(values) => {
            let items = values.get(row);
            head(items.len(), (0x90, 0xdc, 0xdd), 16, out);
            items.for_each(|item| text(item.as_bytes(), out));
        }
    }
}

pub(super) fn whole(number: i64, out: &mut Vec<u8>) {
    match number {
        -32..=127 => out.push(number as u8),
        _ => {
            out.push(0xd3);
            out.extend_from_slice(&number.to_be_bytes());
        }
    }
}

pub(super) fn text(text: &[u8], out: &mut Vec<u8>) {
    match text.len() {
        len @ 32..=255 => out.extend_from_slice(&[0xd9, len as u8]),
        len => head(len, (0xa0, 0xda, 0xdb), 32, out),
    }
    out.extend_from_slice(text);
}

/// How many there are: in one byte below `short`, else behind a byte that says in how many.
pub(super) fn head(n: usize, (one, two, four): (u8, u8, u8), short: usize, out: &mut Vec<u8>) {
    match n {
        n if n < short => out.push(one | n as u8),
        n if n <= usize::from(u16::MAX) => {
            out.push(two);
            out.extend_from_slice(&(n as u16).to_be_bytes());
        }
        n => {
            out.push(four);
            out.extend_from_slice(&(n as u32).to_be_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Type, Value};
    use crate::format::{Found, Misfit, TypingParams};
    use proptest::prelude::*;

    #[test]
    fn lengths_take_as_many_bytes_as_the_specification_says() {
        let mut out = Vec::new();
        for (len, begin) in [
            (31, &[0xbf][..]),
            (32, &[0xd9, 32]),
            (255, &[0xd9, 255]),
            (256, &[0xda, 1, 0]),
            (65_536, &[0xdb, 0, 1, 0, 0]),
        ] {
            out.clear();
            text(&vec![b'x'; len], &mut out);
            assert_eq!((out.len(), &out[..begin.len()]), (begin.len() + len, begin), "{len}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(
            rows in prop::collection::vec(
                (any::<Option<i64>>(), any::<f64>(), ".{0,40}", any::<i64>(), any::<bool>()),
                0..40,
            ),
            items in prop::collection::vec(".{0,3}", 0..20),
            alone: bool,
        ) {
            let types = "types = { i = \"i64\", f = \"f64\", s = \"str\", t = \"time\", b = \"bool\", \
                         l = \"list<str>\" }";
            let typing: TypingParams = toml::from_str(types).unwrap();
            let typing = typing.check(toml::from_str("").unwrap(), &mut Vec::new()).unwrap();
            let schema = typing.schema();
            let mut batch = Batch::new(&schema);
            for (i, f, s, t, b) in &rows {
                batch.id.push(0);
                batch.born_ns.push(0);
                let values = [
                    i.map_or(Value::Null, Value::I64),
                    if f.is_finite() { Value::F64(*f) } else { Value::Null },
                    Value::Str(s),
                    Value::Time(*t),
                    Value::Bool(*b),
                    Value::List(items.iter().map(String::as_str).collect()),
                ];
                for (column, value) in batch.columns.iter_mut().zip(values) {
                    column.push(value);
                }
            }
            let mut bytes = Vec::new();
            let mut writer = Writer::new(&schema);
            if alone {
                (0..rows.len()).for_each(|row| writer.rows(&batch, row..row + 1, true, &mut bytes));
            } else {
                writer.rows(&batch, 0..rows.len(), false, &mut bytes);
            }
            let form = crate::format::Form::msgpack(1 << 20, typing);
            let mut records = form.records(&bytes[..], 0, &schema);
            let (mut reader, mut read) = (form.reader(&schema), Batch::new(&schema));
            reader.begin();
            while let Found::Record = records.next().unwrap() {
                prop_assert_eq!(reader.add(&records, &mut read.columns), Ok(()));
                read.id.push(0);
                read.born_ns.push(0);
            }
            reader.end(&mut read);
            prop_assert_eq!(read, batch);
            prop_assert!(schema.fields[0].of == Type::I64);
        }

        #[test]
        fn any_bytes_are_read_to_their_end(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let typing: TypingParams = toml::from_str("types = { a = \"i64\" }").unwrap();
            let typing = typing.check(toml::from_str("").unwrap(), &mut Vec::new()).unwrap();
            let (schema, form) = (typing.schema(), crate::format::Form::msgpack(100, typing));
            let mut records = form.records(&bytes[..], 0, &schema);
            let (mut reader, mut read, mut steps) = (form.reader(&schema), Batch::new(&schema), 0);
            loop {
                match records.next().unwrap() {
                    Found::End => break,
                    Found::Record => {
                        let added = reader.add(&records, &mut read.columns);
                        prop_assert!(!matches!(added, Err(Misfit::Field(n)) if n > 0));
                    }
                    _ => {}
                }
                steps += 1;
                prop_assert!(steps <= bytes.len());
            }
        }
    }
}
