//! The functions by name: one table of what they take and give, from which calls are planned, refusals are worded and
//! the page of all functions is made.

mod choices;
mod lists;
mod numbers;
mod patterns;
#[cfg(test)]
mod tests;
mod texts;
mod times;

use super::by_row::ByRow;
use super::node::{Node, OPERANDS_MAX};
use super::operation::{Kernel, Operation};
use super::parse::{INTERVAL, plain_call};
use super::plan::Planner;
use super::tried;
use super::types::{self, name};
use crate::data::Type;
use crate::params::Problem;
use sqlparser::ast;
use std::ops::RangeInclusive;
use std::sync::Arc;

/// A function as its row of the page says it.
pub struct Function {
    pub name: &'static str,
    /// Other names of it.
    pub also: &'static [&'static str],
    pub usage: &'static str,
    pub about: &'static str,
    /// An expression, and its value as text.
    pub example: (&'static str, &'static str),
    takes: RangeInclusive<usize>,
    plan: fn(&Planner<'_>, &Call<'_>) -> Result<Node, Problem>,
}

/// The functions of one kind, under a head of its own on the page.
pub struct Group {
    pub head: &'static str,
    pub functions: &'static [Function],
}

pub const GROUPS: &[Group] = &[
    Group { head: "Choices and types", functions: choices::FUNCTIONS },
    Group { head: "Numbers", functions: numbers::FUNCTIONS },
    Group { head: "Texts", functions: texts::FUNCTIONS },
    Group { head: "Patterns", functions: patterns::FUNCTIONS },
    Group { head: "Times", functions: times::FUNCTIONS },
    Group { head: "Lists and JSON", functions: lists::FUNCTIONS },
];

/// As many as an operation has operands.
const MANY: usize = OPERANDS_MAX;

fn all() -> impl Iterator<Item = &'static Function> {
    GROUPS.iter().flat_map(|group| group.functions)
}

/// One call of a function.
struct Call<'a> {
    name: &'static str,
    args: &'a [&'a ast::Expr],
}

/// A call, or what is no expression of ours at all.
pub(super) fn plan(planner: &Planner<'_>, at: &ast::Expr) -> Result<Node, Problem> {
    match at {
        ast::Expr::Function(function) => match plain_call(function) {
            Some((name, args)) => call(planner, at, name, &args),
            None => Err(unknown(planner, at)),
        },
        _ => Err(unknown(planner, at)),
    }
}

fn unknown(planner: &Planner<'_>, at: &ast::Expr) -> Problem {
    let hint = match at {
        ast::Expr::CompoundIdentifier(_) => " (a column name with a point is written in double quotes)",
        ast::Expr::Cast { kind: ast::CastKind::DoubleColon, .. } => " (write CAST(x AS type))",
        ast::Expr::Function(_) => " (an expression is of one record: a step window counts and sums)",
        _ => "",
    };
    let mut text = at.to_string();
    if let Some((end, _)) = text.char_indices().nth(60) {
        text.replace_range(end.., "…");
    }
    planner.source.problem(at, format!("expressions know no such thing as {text}{hint}"))
}

fn call(planner: &Planner<'_>, at: &ast::Expr, word: &str, args: &[&ast::Expr]) -> Result<Node, Problem> {
    if word == INTERVAL {
        let what = "an INTERVAL stands behind a time and + or -, as in t + INTERVAL '1' HOUR";
        return Err(planner.source.problem(at, what));
    }
    let lower = word.to_ascii_lowercase();
    let named = |function: &&Function| function.name == lower || function.also.contains(&&*lower);
    let Some(function) = all().find(named) else {
        if let Some(ours) = tried::function(&lower) {
            return Err(planner.source.problem(at, format!("there is no function \"{word}\": {ours}")));
        }
        let what = format!("there is no function \"{word}\" (`sluicebox list functions` shows all)");
        let names =
            all().flat_map(|function| [function.name].into_iter().chain(function.also.iter().copied()));
        return Err(planner.source.problem(at, what).suggest(word, names));
    };
    if !function.takes.contains(&args.len()) {
        let why = match tried::count(function.name) {
            Some(ours) if args.len() < 2 => format!(" ({ours})"),
            _ => String::new(),
        };
        let takes = takes(&function.takes);
        let what = format!("{lower} takes {takes}, not {}{why}", args.len());
        return Err(planner.source.problem(at, what));
    }
    (function.plan)(planner, &Call { name: function.name, args })
}

fn takes(of: &RangeInclusive<usize>) -> String {
    match (*of.start(), *of.end()) {
        (0, 0) => "no argument".to_string(),
        (1, 1) => "1 argument".to_string(),
        (n, end) if n == end => format!("{n} arguments"),
        (n, usize::MAX) => format!("{n} arguments or more"),
        (n, end) if end == n + 1 => format!("{n} or {end} arguments"),
        (n, end) => format!("{n} to {end} arguments"),
    }
}

impl Call<'_> {
    /// All arguments as ones of a type.
    fn typed(&self, planner: &Planner<'_>, types: &[Type]) -> Result<Vec<Node>, Problem> {
        let last = types.len() - 1;
        let typed = self.args.iter().enumerate();
        typed.map(|(i, arg)| planner.typed(self.name, arg, types[i.min(last)])).collect()
    }

    /// A function that is called row by row: arguments of these types, the last of them for all that follow.
    fn by_row(&self, planner: &Planner<'_>, types: &[Type], gives: Type, f: ByRow) -> Result<Node, Problem> {
        Ok(Node::operation(gives, Operation::ByRow(f), self.typed(planner, types)?))
    }

    /// An argument that must be a text literal, for it is made ready once.
    fn literal(&self, planner: &Planner<'_>, at: usize, what: &str) -> Result<String, Problem> {
        let node = planner.typed(self.name, self.args[at], Type::Str)?;
        match node.as_text() {
            Some(text) => Ok(text.to_string()),
            None => {
                let what = format!("{what} of {} must be a text in quotes, for it is read once", self.name);
                Err(planner.source.problem(self.args[at], what))
            }
        }
    }

    fn problem(&self, planner: &Planner<'_>, arg: usize, what: impl Into<String>) -> Problem {
        planner.source.problem(self.args[arg], what)
    }
}

/// An operation with something of its own.
fn ready(gives: Type, kernel: impl Kernel + 'static, operands: Vec<Node>) -> Node {
    Node::operation(gives, Operation::Ready(Arc::new(kernel)), operands)
}

/// A literal.
fn literal(of: Type, value: crate::data::Value<'_>) -> Node {
    let mut column = crate::data::Column::new(of);
    column.push(value);
    Node::literal(column)
}

/// The argument, whatever its type, as the text that CAST makes of it.
fn as_text(planner: &Planner<'_>, who: &str, at: &ast::Expr) -> Result<Node, Problem> {
    let node = planner.node(at)?;
    if node.of == Some(Type::List) {
        let what = format!("{who} needs a value, this is {} (write join(list, ', '))", name(node.of));
        return Err(planner.source.problem(at, what));
    }
    Ok(types::cast(node, Type::Str))
}
