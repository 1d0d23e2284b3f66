//! The data sets of the references, as rows.

use crate::data_sets::{Table, table};
use crate::page::Rows;
use sluicebox::data::{Schema, Type, Value};

/// The rows of a data set, their label last, called `class`; `None` after saying aloud that it is not there.
pub fn read(name: &str) -> Option<Rows> {
    let Table { head, rows: lines } = table(name)?;
    let of = |name: &str| match name {
        "class" => Type::I64,
        "wilderness" | "soil" | "carrier" | "origin" | "dest" => Type::Str,
        _ => Type::F64,
    };
    let columns: Vec<(&str, Type)> = head.iter().map(|name| (name.as_str(), of(name))).collect();
    let mut data = rows(&columns);
    lines.iter().for_each(|line| push(&mut data, line));
    Some(data)
}

pub fn rows(columns: &[(&str, Type)]) -> Rows {
    let schema = Schema::of(columns);
    Rows { batch: sluicebox::data::Batch::new(&schema), schema }
}

/// Adds a row; an empty text is NULL, but for a column of texts.
pub fn push(rows: &mut Rows, cells: &[String]) {
    rows.batch.id.push(rows.batch.id.len() as u64);
    rows.batch.born_ns.push(1);
    for ((field, column), cell) in rows.schema.fields.iter().zip(&mut rows.batch.columns).zip(cells) {
        column.push(match field.of {
            Type::I64 if !cell.is_empty() => Value::I64(cell.parse().expect("a whole number")),
            Type::F64 if !cell.is_empty() => Value::F64(cell.parse().expect("a number")),
            Type::Str => Value::Str(cell),
            _ => Value::Null,
        });
    }
}
