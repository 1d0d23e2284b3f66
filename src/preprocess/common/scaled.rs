//! Numeric columns that are each made into another number: in place, or in columns of their own.

use super::{inside, named, remade, taken};
use crate::data::{Batch, Column, Schema, Type};
use crate::operator::{Passes, Per, numeric};
use crate::params::Problem;

/// Columns as they are found, and what comes out.
pub(in crate::preprocess) struct Scaled {
    pub columns: Vec<usize>,
    pub output: Schema,
    pub passes: Passes,
}

impl Scaled {
    /// Checks what `fields` and `prefix` say; what is wrong with it is told.
    pub(in crate::preprocess) fn check(
        fields: &[String],
        prefix: Option<&str>,
        per: Option<&Per>,
        schema: &Schema,
        problems: &mut Vec<Problem>,
    ) -> Scaled {
        let mut output = schema.clone();
        let mut columns = Vec::new();
        for (i, name) in fields.iter().enumerate() {
            let at = numeric(schema, "fields", name).and_then(|at| {
                if columns.contains(&at) {
                    return Err(Problem::at("fields", format!("\"{name}\" is named twice")));
                }
                named(schema, per, "fields", name)?;
                match prefix {
                    Some(prefix) => added(&mut output, &format!("{prefix}{name}"))?,
                    None => output.fields[at] = remade(schema, name, Type::F64),
                }
                Ok(at)
            });
            match at {
                Ok(at) => columns.push(at),
                Err(problem) if problem.path == ["fields"] => problems.push(inside(&i.to_string(), problem)),
                Err(problem) => problems.push(problem),
            }
        }
        if fields.is_empty() {
            problems.push(Problem::at("fields", "no column is named"));
        }
        // What takes the place of a column is not that column, even where it was f64 before.
        let stays = |at: &usize| *at < schema.len() && (prefix.is_some() || !columns.contains(at));
        let passes = Passes::These((0..output.len()).map(|at| Some(at).filter(stays)).collect());
        Scaled { columns, output, passes }
    }
}

/// Adds one f64 column.
fn added(output: &mut Schema, name: &str) -> Result<(), Problem> {
    if output.index(name).is_some() {
        return Err(taken(name));
    }
    *output = std::mem::take(output).with(name, Type::F64);
    Ok(())
}

/// Puts what was made of a column where it belongs.
pub(in crate::preprocess) fn place(replaces: bool, batch: &mut Batch, at: usize, made: Column) {
    if replaces {
        let old = std::mem::replace(&mut batch.columns[at], made);
        batch.put_aside(old);
    } else {
        batch.columns.push(made);
    }
}
