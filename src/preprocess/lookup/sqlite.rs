//! A table of an SQLite database as rows: read whole, in one transaction, and never written to.

use crate::data::{Batch, Column, Field, Schema, Type, Value, Values};
use crate::error::{Error, Result};
use crate::format::ValueParser;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags};

/// Which kinds of values were seen in a column.
#[derive(Clone, Copy, Default)]
struct Seen {
    whole: bool,
    decimals: bool,
    texts: bool,
}

/// The columns, each of the type of all its values.
pub(super) fn columns(path: &str, table: &str) -> Result<Schema> {
    let failed = |e: rusqlite::Error| told(path, table, &e);
    let (connection, sql) = open(path, table)?;
    let mut query = connection.prepare(&sql).map_err(failed)?;
    let names: Vec<String> = query.column_names().map(|name| name.to_string()).collect();
    let mut seen = vec![Seen::default(); names.len()];
    let mut rows = query.query([]).map_err(failed)?;
    while let Some(row) = rows.next().map_err(failed)? {
        for (at, seen) in seen.iter_mut().enumerate() {
            match row.get_ref(at).map_err(failed)? {
                ValueRef::Null => {}
                ValueRef::Integer(_) => seen.whole = true,
                ValueRef::Real(_) => seen.decimals = true,
                ValueRef::Text(_) | ValueRef::Blob(_) => seen.texts = true,
            }
        }
    }
    let of = |seen: &Seen| match seen {
        Seen { texts: false, decimals: true, .. } => Type::F64,
        Seen { texts: false, whole: true, .. } => Type::I64,
        _ => Type::Str,
    };
    Ok(Schema { fields: names.iter().zip(&seen).map(|(name, seen)| Field::new(name, of(seen))).collect() })
}

/// All rows, with these columns.
pub(super) fn read(
    path: &str,
    table: &str,
    schema: &Schema,
    values: &mut ValueParser,
    rows_max: usize,
) -> Result<Batch> {
    let failed = |e: rusqlite::Error| told(path, table, &e);
    let (connection, sql) = open(path, table)?;
    let mut query = connection.prepare(&sql).map_err(failed)?;
    let mut from = Vec::new();
    for field in &schema.fields {
        let gone = || {
            Error::failed(format!("table \"{table}\" of {path} has no column \"{}\" any more", field.name))
        };
        from.push(query.column_index(&field.name).map_err(|_| gone())?);
    }
    let mut batch = Batch::new(schema);
    let mut rows = query.query([]).map_err(failed)?;
    while let Some(row) = rows.next().map_err(failed)? {
        let n = batch.len() + 1;
        if n > rows_max {
            return Err(Error::failed(format!(
                "table \"{table}\" of {path} has more than {rows_max} rows: rows_max says how many it may have"
            )));
        }
        batch.id.push(n as u64);
        batch.born_ns.push(0);
        for ((column, from), field) in batch.columns.iter_mut().zip(&from).zip(&schema.fields) {
            if !push(column, row.get_ref(*from).map_err(failed)?, values) {
                let Field { name, of, .. } = field;
                return Err(Error::failed(format!(
                    "row {n} of table \"{table}\" of {path} can't be looked up: its \"{name}\" is no {of} (types says \
                     what it is)"
                )));
            }
        }
    }
    Ok(batch)
}

/// Adds a value as the column has it; false: it is of another type.
fn push(column: &mut Column, value: ValueRef<'_>, values: &mut ValueParser) -> bool {
    match (&column.values, value) {
        (_, ValueRef::Null) => column.push_null(),
        (Values::I64(_), ValueRef::Integer(x)) => column.push(Value::I64(x)),
        (Values::F64(_), ValueRef::Integer(x)) => column.push(Value::F64(x as f64)),
        (Values::F64(_), ValueRef::Real(x)) => column.push(Value::F64(x)),
        (Values::Bool(_), ValueRef::Integer(x @ 0..=1)) => column.push(Value::Bool(x == 1)),
        (Values::Str(_), ValueRef::Integer(x)) => column.push(Value::Str(&x.to_string())),
        (_, ValueRef::Text(text)) => match std::str::from_utf8(text) {
            Ok(text) => return values.push(text, false, column),
            Err(_) => return false,
        },
        _ => return false,
    }
    true
}

fn open(path: &str, table: &str) -> Result<(Connection, String)> {
    if !std::path::Path::new(path).is_file() {
        return Err(Error::failed(format!("cannot read {path}: there is no such file")));
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(|e| told(path, table, &e))?;
    connection.busy_timeout(std::time::Duration::from_secs(1)).map_err(|e| told(path, table, &e))?;
    Ok((connection, format!("SELECT * FROM \"{}\"", table.replace('"', "\"\""))))
}

fn told(path: &str, table: &str, e: &rusqlite::Error) -> Error {
    let why = match e {
        rusqlite::Error::SqliteFailure(_, Some(why)) => why.clone(),
        rusqlite::Error::SqlInputError { msg, .. } => msg.clone(),
        other => other.to_string(),
    };
    Error::failed(format!("cannot read table \"{table}\" of {path}: {why}"))
}
