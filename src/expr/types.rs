//! The rules of types: what may stand beside what. Nothing turns into another type by itself, except an i64
//! beside an f64, a string literal beside a time, and NULL.

use super::math;
use super::node::Node;
use super::operation::Operation;
use super::parse::Source;
use crate::data::Type;
use crate::params::Problem;
use sqlparser::ast;

/// A type as a person reads it in a message.
pub(super) fn name(of: Option<Type>) -> &'static str {
    of.map_or("NULL", Type::name)
}

/// The node as one of another type: a NULL of no type takes any, an i64 becomes an f64.
pub(super) fn cast(node: Node, to: Type) -> Node {
    match node.of {
        None => Node::null(Some(to)),
        Some(of) if of == to => node,
        Some(_) => Node::operation(to, Operation::Cast(None), vec![node]),
    }
}

/// A number as an i64.
pub(super) fn whole(node: Node) -> Node {
    match node {
        Node { of: Some(Type::F64), .. } => {
            Node::operation(Type::I64, Operation::Math(math::Function::Whole), vec![node])
        }
        node => cast(node, Type::I64),
    }
}

/// The type that values of several types have together.
pub(super) fn together(a: Option<Type>, b: Option<Type>) -> Option<Option<Type>> {
    match (a, b) {
        (None, of) | (of, None) => Some(of),
        (Some(a), Some(b)) if a == b => Some(Some(a)),
        (Some(a), Some(b)) if a.is_numeric() && b.is_numeric() => Some(Some(Type::F64)),
        _ => None,
    }
}

/// Turns string literals that stand beside a time into times.
pub(super) fn read_times(source: Source<'_>, nodes: &mut [(&ast::Expr, Node)]) -> Result<(), Problem> {
    if !nodes.iter().any(|(_, node)| node.of == Some(Type::Time)) {
        return Ok(());
    }
    for (at, node) in nodes {
        let Some(text) = node.as_text() else { continue };
        *node = Node::time(source.instant(at, text)?);
    }
    Ok(())
}

/// The nodes as ones of their common type; `None` when all are NULL.
pub(super) fn unify(
    source: Source<'_>,
    who: &str,
    mut nodes: Vec<(&ast::Expr, Node)>,
) -> Result<(Option<Type>, Vec<Node>), Problem> {
    read_times(source, &mut nodes)?;
    let mut of = None;
    for (at, node) in &nodes {
        of = together(of, node.of).ok_or_else(|| {
            let what = format!("{who} of both {} and {} ({CAST})", name(of), name(node.of));
            source.problem(at, what)
        })?;
    }
    let nodes = nodes.into_iter().map(|(_, node)| match of {
        Some(of) => cast(node, of),
        None => node,
    });
    Ok((of, nodes.collect()))
}

/// What to do about a type that does not fit.
pub(super) const CAST: &str = "write CAST(… AS type) where this is meant";
