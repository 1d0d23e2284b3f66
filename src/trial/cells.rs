//! Single values of rows: whether two are the same, and how one is written.

use crate::data::{Column, Value, time};

/// Whether a value is the one that is wanted; an f64 may be that far from it, as a share of it where it is beyond 1.
pub(super) fn same(got: &Column, at: usize, wanted: &Column, row: usize, tolerance: f64) -> bool {
    match (got.value(at), wanted.value(row)) {
        (Value::F64(got), Value::F64(wanted)) => {
            // Nothing is near to one that is no number, or infinite: only the same will do.
            got == wanted
                || (got.is_nan() && wanted.is_nan())
                || (wanted.is_finite() && (got - wanted).abs() <= tolerance * wanted.abs().max(1.0))
        }
        (got, wanted) => got == wanted,
    }
}

/// A value as a test would write it.
pub(super) fn text(column: &Column, row: usize) -> String {
    match column.value(row) {
        Value::Null => "NULL".to_string(),
        Value::Bool(flag) => flag.to_string(),
        Value::I64(n) => n.to_string(),
        Value::F64(x) => format!("{x:?}"),
        Value::Str(text) => quoted(text),
        Value::Time(ns) => time::to_text(ns),
        Value::List(items) => {
            format!("[{}]", items.iter().map(|item| quoted(item)).collect::<Vec<_>>().join(", "))
        }
    }
}

fn quoted(text: &str) -> String {
    toml::Value::String(text.to_string()).to_string()
}
