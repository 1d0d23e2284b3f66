//! How a worker stands, as a record: what `STAGE/stats` tells in JSON.

use crate::data::{Batch, Schema, Type, Value};
use serde_json::Value as Json;

/// Columns, and where in the JSON each stands.
const COLUMNS: &[(&str, Type, &str)] = &[
    ("worker", Type::I64, "/worker"),
    ("state", Type::Str, "/state"),
    ("in", Type::I64, "/in"),
    ("out", Type::I64, "/out"),
    ("filtered", Type::I64, "/filtered"),
    ("shed", Type::I64, "/shed"),
    ("lost", Type::I64, "/lost"),
    ("busy", Type::F64, "/busy"),
    ("blocked", Type::F64, "/blocked"),
    ("idle", Type::F64, "/idle"),
    ("restarts", Type::I64, "/restarts"),
    ("age_p50_us", Type::F64, "/latency_us/age/p50"),
    ("age_p99_us", Type::F64, "/latency_us/age/p99"),
];

pub(super) fn schema() -> Schema {
    COLUMNS.iter().fold(Schema::default(), |schema, (name, of, _)| schema.with(name, *of))
}

/// Adds the record that a body tells; `None` when it is none.
pub(super) fn read(body: &[u8], batch: &mut Batch) -> Option<()> {
    let told: Json = serde_json::from_slice(body).ok()?;
    batch.id.push(0);
    batch.born_ns.push(0);
    for (column, (_, of, at)) in batch.columns.iter_mut().zip(COLUMNS) {
        let value = told.pointer(at).unwrap_or(&Json::Null);
        column.push(match of {
            Type::I64 => value.as_i64().map_or(Value::Null, Value::I64),
            Type::F64 => value.as_f64().map_or(Value::Null, Value::F64),
            _ => value.as_str().map_or(Value::Null, Value::Str),
        });
    }
    Some(())
}
