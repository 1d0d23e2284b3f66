//! Values as people and other programs read them (DESIGN §5, "Values outside").

use super::{Batch, Schema, Value, time};
use std::io::Write;

/// Appends a value as JSON: times as RFC 3339 text, a list as an array, a non-finite number as null.
pub fn json_value(value: &Value<'_>, out: &mut Vec<u8>) {
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
pub fn json_row(schema: &Schema, batch: &Batch, row: usize, out: &mut Vec<u8>) {
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
