//! Values as people and other programs read them.

use super::{Batch, Column, Schema, Value, Values, time};
use serde::Serializer;
use std::io::Write;

/// Appends a value as JSON: times as RFC 3339 text, a list as an array, a non-finite number as null.
pub(crate) fn json_value(value: &Value<'_>, out: &mut Vec<u8>) {
    let written = match value {
        Value::Null => return out.extend_from_slice(b"null"),
        Value::Bool(x) => write!(out, "{x}").map_err(serde_json::Error::io),
        Value::I64(x) => write!(out, "{x}").map_err(serde_json::Error::io),
        Value::F64(x) => serde_json::to_writer(out, x),
        Value::Str(x) => serde_json::to_writer(out, x),
        Value::Time(x) => serde_json::to_writer(out, &time::to_text(*x)),
        Value::List(x) => serde_json::to_writer(out, x),
    };
    written.expect("a Vec takes all that is written to it");
}

/// Appends one row as a JSON object on one line, without a line end.
pub(crate) fn json_row(schema: &Schema, batch: &Batch, row: usize, out: &mut Vec<u8>) {
    out.push(b'{');
    for (i, (field, column)) in schema.fields.iter().zip(&batch.columns).enumerate() {
        if i > 0 {
            out.push(b',');
        }
        json_value(&Value::Str(&field.name), out);
        out.push(b':');
        json_value(&column.value(row), out);
    }
    out.push(b'}');
}

/// Appends a value as plain text, as a CSV cell holds it before quoting: NULL and non-finite numbers are
/// empty, a bool is 0 or 1, a list is a JSON array.
pub fn text_value(value: &Value<'_>, out: &mut Vec<u8>) {
    match value {
        Value::Null => {}
        Value::Bool(x) => out.push(if *x { b'1' } else { b'0' }),
        Value::F64(x) if !x.is_finite() => {}
        Value::Str(x) => out.extend_from_slice(x.as_bytes()),
        Value::Time(x) => out.extend_from_slice(time::to_text(*x).as_bytes()),
        other => json_value(other, out),
    }
}

/// Appends one row's value of a column as `json_value` does, without allocating.
pub(crate) fn json_cell(column: &Column, row: usize, out: &mut Vec<u8>) {
    if !column.valid.get(row) {
        return out.extend_from_slice(b"null");
    }
    let written = match &column.values {
        Values::Bool(v) => serde_json::to_writer(out, &v[row]),
        Values::I64(v) => serde_json::to_writer(out, &v[row]),
        Values::F64(v) => serde_json::to_writer(out, &v[row]),
        Values::Str(v) => serde_json::to_writer(out, v.get(row)),
        Values::List(v) => serde_json::Serializer::new(out).collect_seq(v.get(row)),
        Values::Time(v) => {
            out.push(b'"');
            time::append_text(v[row], out);
            out.push(b'"');
            Ok(())
        }
    };
    written.expect("a Vec takes all that is written to it");
}

/// Appends one row's value of a column as `text_value` does, without allocating.
pub(crate) fn text_cell(column: &Column, row: usize, out: &mut Vec<u8>) {
    if !column.valid.get(row) {
        return;
    }
    match &column.values {
        Values::Bool(v) => out.push(if v[row] { b'1' } else { b'0' }),
        Values::F64(v) if !v[row].is_finite() => {}
        Values::Str(v) => out.extend_from_slice(v.get(row).as_bytes()),
        Values::Time(v) => time::append_text(v[row], out),
        _ => json_cell(column, row, out),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Type;

    #[test]
    fn a_cell_reads_as_its_value_does() {
        let values = [
            (Type::Bool, Value::Bool(true)),
            (Type::I64, Value::I64(i64::MIN)),
            (Type::F64, Value::F64(0.1)),
            (Type::F64, Value::F64(f64::NAN)),
            (Type::F64, Value::F64(f64::NEG_INFINITY)),
            (Type::Str, Value::Str("a \"quoted\"\n\u{1} ü")),
            (Type::Time, Value::Time(1_357_017_300_500_000_000)),
            (Type::List, Value::List(vec!["a", "", "\""])),
            (Type::List, Value::List(vec![])),
        ];
        for (of, value) in values {
            let mut column = Column::new(of);
            column.push(value);
            column.push_null();
            for row in 0..2 {
                let [mut json, mut by_value, mut text, mut text_by_value] = [const { Vec::new() }; 4];
                json_cell(&column, row, &mut json);
                json_value(&column.value(row), &mut by_value);
                assert_eq!(json, by_value, "{column:?}");
                text_cell(&column, row, &mut text);
                text_value(&column.value(row), &mut text_by_value);
                assert_eq!(text, text_by_value, "{column:?}");
            }
        }
    }
}
