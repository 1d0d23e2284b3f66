//! COLLATE: how texts are compared. A comparison of texts that are folded first is the same as one that folds.

use super::node::Node;
use super::operation::Operation;
use super::plan::{Placed, Planner};
use super::text::Function;
use crate::data::Type;
use crate::params::Problem;
use sqlparser::ast::{self, BinaryOperator};

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

/// What the values that are compared say of it: the first of them that says something.
pub(super) fn folding(nodes: &[Placed<'_>]) -> Option<Function> {
    nodes.iter().find_map(|(at, _)| said(at)).flatten()
}

/// What an operand says, in parentheses or at an end of a chain of `||`.
fn said(mut at: &ast::Expr) -> Option<Option<Function>> {
    loop {
        at = match at {
            ast::Expr::Nested(inner) => inner,
            ast::Expr::Collate { collation, .. } => return named(collation),
            ast::Expr::BinaryOp { left, op: BinaryOperator::StringConcat, right } => {
                if let ast::Expr::Collate { collation, .. } = &**right {
                    return named(collation);
                }
                left
            }
            _ => return None,
        };
    }
}

pub(super) fn folded(node: Node, by: Option<Function>) -> Node {
    match by {
        None => node,
        Some(by) => Node::operation(Type::Str, Operation::Text(by), vec![node]),
    }
}
