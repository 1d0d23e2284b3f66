//! The fields of a window's row: what is asked for, and the values that each record brings to it.

use super::aggregate::{Aggregate, Place};
use super::function::Function;
use super::text::{Asked, asked};
use crate::data::{Batch, Column, Schema, Type};
use crate::error::Result;
use crate::expr::{Expr, Predicate};
use crate::operator::column;
use crate::params::{self, Problem};

/// A field of a window's row, as it was asked for.
#[derive(Clone)]
pub(super) struct Wanted {
    pub name: String,
    /// As the topology says it.
    pub text: String,
    pub function: Function,
    /// Its type.
    pub of: Type,
    /// What a window begins with.
    fresh: Aggregate,
    /// What it tells of.
    argument: Argument,
    /// The condition that its records meet, by its place among all.
    condition: Option<usize>,
}

#[derive(Clone, Copy)]
enum Argument {
    /// The record itself.
    Record,
    Column(usize),
    /// An expression, by its place among all.
    Computed(usize),
}

/// An expression and its values in the batch at hand.
#[derive(Clone)]
struct Computed {
    text: String,
    expr: Expr,
    values: Column,
}

/// A condition and which records of the batch at hand meet it.
#[derive(Clone)]
struct Condition {
    text: String,
    predicate: Predicate,
    met: Vec<bool>,
}

/// All fields, and what they are computed of.
#[derive(Clone, Default)]
pub(super) struct Fields {
    pub wanted: Vec<Wanted>,
    pub warnings: Vec<Problem>,
    computed: Vec<Computed>,
    conditions: Vec<Condition>,
    /// Some of them take more memory with more values.
    pub grow: bool,
}

impl Fields {
    /// Reads the parameter `fields`.
    pub(super) fn check(table: &toml::Table, schema: &Schema, problems: &mut Vec<Problem>) -> Fields {
        if table.is_empty() {
            problems.push(Problem::at("fields", "name at least one, as in { orders = \"count()\" }"));
        }
        let mut fields = Fields::default();
        for (name, text) in table {
            let text = text.as_str().expect("the schema lets only texts through");
            if let Err(told) = fields.add(name, text, schema) {
                problems.extend(params::under(&["fields", name], told));
            }
        }
        fields.grow = fields.wanted.iter().any(|wanted| wanted.fresh.grows());
        fields
    }

    /// Reads one: `sum(amount) WHERE channel = 'web'`.
    pub(super) fn add(
        &mut self,
        name: &str,
        text: &str,
        schema: &Schema,
    ) -> std::result::Result<(), Vec<Problem>> {
        let Asked { function, of, argument, condition } =
            asked(text).map_err(|what| vec![Problem::whole(what)])?;
        let (argument, given) = match argument {
            None if function == Function::Count => (Argument::Record, Type::I64),
            None => return Err(vec![Problem::whole(format!("{of} needs a column, as in {of}(x)"))]),
            Some((text, offset)) => self.argument(name, text, offset, schema)?,
        };
        let Some((answer, fresh)) = Aggregate::fresh(function, given) else {
            let what = match argument {
                Argument::Column(at) => format!("column \"{}\" is {given}", schema.fields[at].name),
                _ => format!("the argument of {of} is {given}"),
            };
            return Err(vec![Problem::whole(format!("{what}, {}", function.needs()))]);
        };
        let condition =
            condition.map(|(text, offset)| self.condition(name, text, offset, schema)).transpose()?;
        let (name, text) = (name.to_string(), text.trim().to_string());
        self.wanted.push(Wanted { name, text, function, of: answer, fresh, argument, condition });
        Ok(())
    }

    /// A column by its name, else an expression.
    fn argument(
        &mut self,
        name: &str,
        text: &str,
        offset: usize,
        schema: &Schema,
    ) -> std::result::Result<(Argument, Type), Vec<Problem>> {
        let plain = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text);
        let is_name = plain.chars().all(|c| c.is_alphanumeric() || c == '_')
            && !plain.starts_with(|c: char| c.is_ascii_digit());
        if is_name || schema.index(plain).is_some() {
            let at = column(schema, "fields", plain)
                .map_err(|problem| vec![Problem { path: Vec::new(), ..problem }])?;
            return Ok((Argument::Column(at), schema.fields[at].of));
        }
        let expr = Expr::parse(text, schema).map_err(|told| moved(told, offset))?;
        let Some(of) = expr.of() else {
            return Err(vec![Problem::whole(format!("{text} has no type: it is always NULL"))]);
        };
        self.warn(name, expr.warnings(), offset);
        let found = self.computed.iter().position(|computed| computed.text == text);
        let at = found.unwrap_or_else(|| {
            self.computed.push(Computed { text: text.to_string(), expr, values: Column::new(of) });
            self.computed.len() - 1
        });
        Ok((Argument::Computed(at), of))
    }

    fn condition(
        &mut self,
        name: &str,
        text: &str,
        offset: usize,
        schema: &Schema,
    ) -> std::result::Result<usize, Vec<Problem>> {
        if let Some(at) = self.conditions.iter().position(|condition| condition.text == text) {
            return Ok(at);
        }
        let predicate = Predicate::parse(text, schema).map_err(|told| moved(told, offset))?;
        self.warn(name, predicate.warnings(), offset);
        self.conditions.push(Condition { text: text.to_string(), predicate, met: Vec::new() });
        Ok(self.conditions.len() - 1)
    }

    fn warn(&mut self, name: &str, warnings: &[Problem], offset: usize) {
        self.warnings.extend(params::under(&["fields", name], moved(warnings.to_vec(), offset)));
    }

    /// Computes what the records of a batch bring.
    pub(super) fn read(&mut self, batch: &Batch) -> Result<()> {
        for Computed { expr, values, .. } in &mut self.computed {
            values.clear();
            expr.eval(batch, values)?;
        }
        for Condition { predicate, met, .. } in &mut self.conditions {
            met.clear();
            met.extend_from_slice(predicate.keep(batch)?);
        }
        Ok(())
    }

    /// Adds a record to what a window holds; answers how many bytes more that takes.
    #[inline]
    pub(super) fn take(&self, batch: &Batch, row: usize, place: Place, held: &mut [Aggregate]) -> isize {
        let before = if self.grow { bytes(held) } else { 0 };
        for (aggregate, wanted) in held.iter_mut().zip(&self.wanted) {
            if wanted.condition.is_some_and(|at| !self.conditions[at].met[row]) {
                continue;
            }
            match wanted.argument {
                Argument::Record => aggregate.take_record(),
                Argument::Column(at) => aggregate.take(&batch.columns[at], row, place),
                Argument::Computed(at) => aggregate.take(&self.computed[at].values, row, place),
            }
        }
        let after = if self.grow { bytes(held) } else { 0 };
        after as isize - before as isize
    }

    /// What a window begins with.
    pub(super) fn fresh(&self) -> Vec<Aggregate> {
        self.wanted.iter().map(|wanted| wanted.fresh.clone()).collect()
    }
}

/// What is held beside what has a fixed size.
pub(super) fn bytes(held: &[Aggregate]) -> usize {
    held.iter().map(Aggregate::held).sum()
}

/// Problems of a part of a text, as such of the whole.
fn moved(problems: Vec<Problem>, offset: usize) -> Vec<Problem> {
    let moved = problems
        .into_iter()
        .map(|problem| Problem { offset: problem.offset.map(|at| at + offset), ..problem });
    moved.collect()
}

#[cfg(test)]
mod answers;
#[cfg(test)]
mod tests;
