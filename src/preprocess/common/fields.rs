//! Columns that a step names, checked, and what it makes of them.

use crate::data::{Column, Field, Schema, Type, Values};
use crate::operator::{Per, column};
use crate::params::Problem;

/// The column that is named under `key`; it is none of those by which keys are told apart.
pub(in crate::preprocess) fn named(
    schema: &Schema,
    per: Option<&Per>,
    key: &str,
    name: &str,
) -> Result<usize, Problem> {
    let at = column(schema, key, name)?;
    if per.is_some_and(|per| per.columns.contains(&at)) {
        let what = format!("\"{name}\" is a column of per, which no record of a key differs in");
        return Err(Problem::at(key, what));
    }
    Ok(at)
}

/// A problem with what lies under `place` of the parameter it names.
pub(in crate::preprocess) fn inside(place: &str, mut problem: Problem) -> Problem {
    problem.path.push(place.to_string());
    problem
}

/// A column that a step writes itself, though it may be called as one that came in: it is not that one any more.
pub(in crate::preprocess) fn remade(schema: &Schema, name: &str, of: Type) -> Field {
    Field::new(name, of).in_zone(&schema.zone())
}

/// Whether a record has no value there: NULL, or a number that is none.
#[inline]
pub(in crate::preprocess) fn is_missing(column: &Column, row: usize) -> bool {
    !column.valid.get(row) || matches!(&column.values, Values::F64(v) if v[row].is_nan())
}

/// A column of that name can't be added.
pub(in crate::preprocess) fn taken(name: &str) -> Problem {
    let what = format!("there is a column \"{name}\" already (say another prefix = \"…\")");
    Problem::at("prefix", what)
}
