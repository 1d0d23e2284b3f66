//! COLLATE: how texts are compared. A comparison of texts that are folded first is the same as one that folds.

use super::by_row::texts;
use super::node::Node;
use super::operation::{Kernel, Operation};
use super::parse::plain_call;
use super::plan::{Placed, Planner};
use super::text::{Function, put};
use super::view::{View, strict};
use crate::data::{Column, Type};
use crate::params::Problem;
use sqlparser::ast;
use std::cmp::Ordering;

/// By which function texts are folded before they are compared; none: by their bytes.
fn named(collation: &ast::ObjectName) -> Option<Option<Function>> {
    match collation.to_string().to_ascii_uppercase().as_str() {
        "NOCASE" => Some(Some(Function::Lower)),
        "RTRIM" => Some(Some(Function::TrimEnd)),
        "BINARY" => Some(None),
        _ => None,
    }
}

impl Planner<'_> {
    /// Refuses what is none.
    pub(super) fn known_collation(&self, at: &ast::Expr, collation: &ast::ObjectName) -> Result<(), Problem> {
        if named(collation).is_some() {
            return Ok(());
        }
        let what = format!("there is no COLLATE {collation} (choose from NOCASE, RTRIM, BINARY)");
        Err(self.source.problem(at, what))
    }
}

/// What values that are compared say of it: the first of them that says something.
pub(super) fn folding<'a>(of: impl IntoIterator<Item = &'a ast::Expr>) -> Option<Function> {
    of.into_iter().find_map(said).flatten()
}

/// How the first is compared with each of the others, where that is one way for all.
pub(super) fn one_folding(nodes: &[Placed<'_>]) -> Option<Option<Function>> {
    let (first, others) = nodes.split_first()?;
    let mut ways = others.iter().map(|other| folding([first.0, other.0]));
    let way = ways.next()?;
    ways.all(|other| other == way).then_some(way)
}

/// What an operand says: as in SQLite the first of its parts that says something, however deep.
fn said(at: &ast::Expr) -> Option<Option<Function>> {
    use ast::Expr as E;
    let mut open = vec![at];
    while let Some(at) = open.pop() {
        match at {
            E::Collate { collation, .. } => return named(collation),
            E::Nested(of) | E::Cast { expr: of, .. } => open.push(of),
            E::BinaryOp { left, right, .. } => open.extend([&**right, &**left]),
            E::Case { operand, conditions, else_result, .. } => {
                let whens = conditions.iter().flat_map(|when| [&when.condition, &when.result]);
                let parts = operand.as_deref().into_iter().chain(whens).chain(else_result.as_deref());
                let parts: Vec<&E> = parts.collect();
                open.extend(parts.into_iter().rev());
            }
            E::Function(function) => {
                open.extend(plain_call(function).into_iter().flat_map(|(_, args)| args).rev());
            }
            _ => {}
        }
    }
    None
}

/// The greatest or the least of texts that are compared folded, as it stands there.
pub(super) struct Extreme {
    pub greatest: bool,
    pub by: Function,
}

impl Extreme {
    fn order(&self, a: &str, b: &str) -> Ordering {
        match self.by {
            Function::Lower => {
                let lower = |byte: u8| byte.to_ascii_lowercase();
                a.bytes().map(lower).cmp(b.bytes().map(lower))
            }
            _ => a.trim_end_matches(' ').cmp(b.trim_end_matches(' ')),
        }
    }
}

impl Kernel for Extreme {
    fn apply(&self, operands: &[View<'_>], rows: usize, out: &mut Column) {
        strict(operands, rows, &mut out.valid);
        texts(out, rows, |row, text| {
            let mut best = operands[0].text(row);
            for next in operands[1..].iter().map(|operand| operand.text(row)) {
                // Of those that are alike SQLite gives the first as the greatest, and the last as the least.
                let order = self.order(best, next);
                if order == Ordering::Less && self.greatest || order != Ordering::Less && !self.greatest {
                    best = next;
                }
            }
            put(text, best)
        });
    }
}

pub(super) fn folded(node: Node, by: Option<Function>) -> Node {
    match by {
        None => node,
        Some(by) => Node::operation(Type::Str, Operation::Text(by), vec![node]),
    }
}
