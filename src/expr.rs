//! SQL expressions over columns: `where`, `fields` of derive, and the like.
//!
//! A text goes through three hands. `parse` lets sqlparser make a tree of it; `plan` (with `conditions`,
//! `functions` and `types`) types that tree against a schema, or says what is wrong and where; what comes out is
//! a `node`, which runs over whole batches with the kernels of the other files.
//!
//! The answers are SQLite's wherever types allow the question (`tests/it/expr_sqlite` asks both), but types are
//! settled beforehand and nothing fails at a row: what has no answer is NULL.

mod arith;
mod by_row;
mod cast;
mod choose;
mod collate;
mod compare;
mod conditions;
mod decimal;
mod elements;
mod functions;
mod intervals;
mod json;
mod leaves;
mod like;
mod logic;
mod math;
mod membership;
mod node;
mod operation;
mod operators;
mod parse;
mod plan;
mod printf;
mod regexes;
mod text;
mod time;
mod tokens;
mod tried;
mod types;
mod view;

use crate::data::{Batch, Column, Schema, Type, Values, Zone};
use crate::error::{Error, Result};
use crate::params::Problem;
pub use functions::{Function, GROUPS, Group};
use node::Node;
use parse::Source;

/// An expression over the columns of one schema.
#[derive(Clone)]
pub struct Expr {
    root: Node,
    warnings: Vec<Problem>,
}

/// A format of times that texts are read by, as of strptime.
#[derive(Clone)]
pub(crate) struct TimeFormat(time::Codes);

impl TimeFormat {
    /// Reads a format; what is wrong with it, otherwise.
    pub(crate) fn read(format: &str) -> std::result::Result<TimeFormat, String> {
        time::Codes::to_read(format).map(TimeFormat)
    }

    /// The time that a text says; without an offset in it, of UTC.
    pub(crate) fn time(&self, text: &str) -> Option<i64> {
        time::read_text(&self.0, text, None)
    }
}

impl Expr {
    /// Reads an expression and settles its types.
    ///
    /// # Errors
    /// What is wrong with it and where (`offset` is in bytes of `text`); the path is the caller's to fill.
    pub fn parse(text: &str, schema: &Schema) -> std::result::Result<Expr, Vec<Problem>> {
        let zone = schema.zone();
        let source = Source { text, zone: &zone };
        let tree = source.parse().map_err(|problem| vec![problem])?;
        let (root, warnings) = plan::plan(source, schema, &tree)?;
        Ok(Expr { root, warnings })
    }

    /// What can be said of an expression while nobody knows its columns.
    pub(crate) fn syntax(text: &str) -> Option<Problem> {
        Source { text, zone: &Zone::Utc }.parse().err()
    }

    /// What is likely not meant, though it has an answer.
    pub fn warnings(&self) -> &[Problem] {
        &self.warnings
    }

    /// The type of its values; `None` for NULL alone, which has no type of its own.
    pub fn of(&self) -> Option<Type> {
        self.root.of
    }

    /// Appends the value of each row of `batch` to `out`, which is empty and of the type of the expression. The
    /// batch has the columns of the schema the expression was read for.
    ///
    /// Once the columns kept inside have grown to the size of the batches, nothing is allocated.
    ///
    /// # Errors
    /// When the values are texts of more than 4 GiB together.
    pub fn eval(&mut self, batch: &Batch, out: &mut Column) -> Result<()> {
        let Some(of) = self.root.of else {
            (0..batch.len()).for_each(|_| out.push_null());
            return Ok(());
        };
        assert_eq!(out.of(), of, "the column has the type of the expression");
        self.root.append(batch, out);
        if out.is_full() || self.root.is_full() {
            out.clear();
            return self.eval_each(batch, out);
        }
        Ok(())
    }

    /// The same record by record, where the texts of all find no room at once: what is said of a record does not depend
    /// on those beside it.
    #[cold]
    fn eval_each(&mut self, batch: &Batch, out: &mut Column) -> Result<()> {
        let (mut one, mut value) = (Batch::default(), Column::new(out.of()));
        one.reset_like(batch);
        for row in 0..batch.len() {
            one.clear();
            one.extend(batch, row, row + 1);
            value.clear();
            self.root.append(&one, &mut value);
            assert!(!value.is_full() && !self.root.is_full(), "the text of one record always finds room");
            if !out.takes(&value) {
                return Err(Error::failed(
                    "the texts of one batch come to more than 4 GiB: let batch.records_max be smaller",
                ));
            }
            out.extend(&value, 0, 1);
        }
        Ok(())
    }
}

/// An expression that is true, false or NULL for a row.
#[derive(Clone)]
pub struct Predicate {
    expr: Expr,
    answers: Column,
}

impl Predicate {
    /// Reads a condition.
    ///
    /// # Errors
    /// As `Expr::parse`; and when it is not bool.
    pub fn parse(text: &str, schema: &Schema) -> std::result::Result<Predicate, Vec<Problem>> {
        let expr = Expr::parse(text, schema)?;
        match expr.of() {
            Some(Type::Bool) => Ok(Predicate { expr, answers: Column::new(Type::Bool) }),
            of => {
                let what = format!("a condition is needed (bool), this is {}", types::name(of));
                Err(vec![Problem { offset: Some(0), ..Problem::whole(what) }])
            }
        }
    }

    /// As of an expression.
    pub fn warnings(&self) -> &[Problem] {
        self.expr.warnings()
    }

    /// What it says of each row: true, false or NULL.
    ///
    /// # Errors
    /// As `Expr::eval`.
    pub(crate) fn answers(&mut self, batch: &Batch) -> Result<&Column> {
        self.answers.clear();
        self.expr.eval(batch, &mut self.answers)?;
        Ok(&self.answers)
    }

    /// Which rows of a batch to keep: those for which the condition is true, neither false nor NULL.
    ///
    /// # Errors
    /// As `Expr::eval`.
    pub fn keep(&mut self, batch: &Batch) -> Result<&[bool]> {
        Ok(match &self.answers(batch)?.values {
            // The slot of a NULL holds false.
            Values::Bool(answers) => answers,
            _ => unreachable!("a condition is planned as bool"),
        })
    }
}
