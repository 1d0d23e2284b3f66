//! From sqlparser's tree to a typed one: names become columns, and every part gets its type or a problem.

use super::functions;
use super::node::Node;
use super::operation::Operation;
use super::parse::Source;
use super::types::{self, CAST, name};
use crate::data::{Schema, Type};
use crate::params::Problem;
use sqlparser::ast;
use std::cell::{Cell, RefCell};

/// Everything unknown is told at once, and the first part whose type does not fit.
pub(super) fn plan(
    source: Source<'_>,
    schema: &Schema,
    tree: &ast::Expr,
) -> Result<(Node, Vec<Problem>), Vec<Problem>> {
    let planner = Planner {
        source,
        schema,
        depth: Cell::new(0),
        copied: Cell::new(0),
        item: Cell::new(false),
        unknown: RefCell::default(),
        warnings: RefCell::default(),
    };
    let node = planner.node(tree);
    let mut problems = planner.unknown.into_inner();
    match node {
        Ok(node) if problems.is_empty() => return Ok((node, planner.warnings.into_inner())),
        Ok(_) => {}
        // What stands in for an unknown column may not do where only some values would.
        Err(problem) if problems.iter().any(|unknown| unknown.offset == problem.offset) => {}
        Err(problem) => problems.push(problem),
    }
    Err(problems)
}

pub(super) struct Planner<'a> {
    pub source: Source<'a>,
    pub schema: &'a Schema,
    /// How many nodes are being planned, one inside the other.
    depth: Cell<usize>,
    /// How many nodes were made as copies of others.
    copied: Cell<usize>,
    /// Whether an item of a list has a name here.
    pub item: Cell<bool>,
    /// Columns that there are not.
    pub unknown: RefCell<Vec<Problem>>,
    /// What is likely not meant.
    pub warnings: RefCell<Vec<Problem>>,
}

/// Nested parts take stack while they are planned, a row of operators while it is run and cloned.
const PLANNED_MAX: usize = 100;
const DEPTH_MAX: usize = 250;
/// A copy within what is copied again doubles it with each level: without a bound a line of text takes all memory.
const COPIED_MAX: usize = 4000;

/// A node with the place it comes from.
pub(super) type Placed<'a> = (&'a ast::Expr, Node);

impl Planner<'_> {
    pub(super) fn node(&self, at: &ast::Expr) -> Result<Node, Problem> {
        if self.depth.get() >= PLANNED_MAX {
            return Err(self.source.too_deep(at));
        }
        self.depth.set(self.depth.get() + 1);
        let node = self.dispatch(at);
        self.depth.set(self.depth.get() - 1);
        node.and_then(|node| self.shallow(at, node))
    }

    /// A node that is not too deep.
    pub(super) fn shallow(&self, at: &ast::Expr, node: Node) -> Result<Node, Problem> {
        if node.depth > DEPTH_MAX { Err(self.source.too_deep(at)) } else { Ok(node) }
    }

    /// A copy of what is needed more than once.
    pub(super) fn copy(&self, at: &ast::Expr, node: &Node) -> Result<Node, Problem> {
        self.copied.set(self.copied.get() + node.size());
        if self.copied.get() > COPIED_MAX {
            let what = "the expression gets too large: this is needed once for each comparison with it (derive \
                        parts of it first)";
            return Err(self.source.problem(at, what));
        }
        Ok(node.clone())
    }

    fn dispatch(&self, at: &ast::Expr) -> Result<Node, Problem> {
        use ast::Expr as E;
        match at {
            E::Nested(inner) => self.node(inner),
            E::Identifier(ident) => Ok(self.column(ident)),
            E::Value(value) => self.literal(at, &value.value, ""),
            E::UnaryOp { op, expr } => self.unary(at, *op, expr),
            E::BinaryOp { .. } => self.chain(at),
            // What it says of comparisons is found there.
            E::Collate { expr, collation } => {
                self.known_collation(expr, collation)?;
                self.typed("COLLATE", expr, Type::Str)
            }
            E::IsNull(of) => Ok(is_null(self.node(of)?, true)),
            E::IsNotNull(of) => Ok(is_null(self.node(of)?, false)),
            E::InList { expr, list, negated } => {
                self.in_list(expr, list, *negated).map(|node| negate(node, *negated))
            }
            E::Between { expr, low, high, negated } => {
                self.between(expr, low, high).map(|node| negate(node, *negated))
            }
            E::Like { expr, pattern, escape_char, negated, any: false } => {
                self.like(expr, pattern, escape_char.as_deref()).map(|node| negate(node, *negated))
            }
            E::RLike { expr, pattern, negated, .. } => {
                self.regexp(expr, pattern).map(|node| negate(node, *negated))
            }
            E::Cast { kind: ast::CastKind::Cast, expr, data_type, format: None } => {
                self.cast(expr, &data_type.to_string().to_ascii_lowercase())
            }
            E::Case { operand, conditions, else_result, .. } => {
                self.case(operand.as_deref(), conditions, else_result.as_deref())
            }
            _ => functions::plan(self, at),
        }
    }

    /// Nothing is equal to NULL, and nothing greater or less: whoever compares with it likely means another thing.
    pub(super) fn warn_of_null(&self, at: &ast::Expr, node: &Node) {
        if node.is_null() {
            let what = "a comparison with NULL is never true (write x IS NULL, or x IS NOT NULL)";
            self.warnings.borrow_mut().push(self.source.problem(at, what));
        }
    }

    /// An operand that has to be of one type.
    pub(super) fn typed(&self, who: &str, at: &ast::Expr, wanted: Type) -> Result<Node, Problem> {
        self.fit(who, at, self.node(at)?, wanted)
    }

    pub(super) fn fit(&self, who: &str, at: &ast::Expr, node: Node, wanted: Type) -> Result<Node, Problem> {
        if node.of.is_none_or(|of| of == wanted) {
            return Ok(types::cast(node, wanted));
        }
        let what = format!("{who} needs {wanted}, this is {} ({CAST})", name(node.of));
        Err(self.source.problem(at, what))
    }

    /// An operand that has to be a number, as an i64: cut off at its point.
    pub(super) fn whole(&self, who: &str, at: &ast::Expr) -> Result<Node, Problem> {
        Ok(types::whole(self.number(who, at)?))
    }

    /// An operand that has to be a number, or is NULL.
    pub(super) fn number(&self, who: &str, at: &ast::Expr) -> Result<Node, Problem> {
        self.fit_number(who, at, self.node(at)?)
    }

    pub(super) fn fit_number(&self, who: &str, at: &ast::Expr, node: Node) -> Result<Node, Problem> {
        if node.of.is_none_or(Type::is_numeric) {
            return Ok(node);
        }
        Err(self.source.problem(at, format!("{who} needs a number, this is {} ({CAST})", name(node.of))))
    }
}

/// IS NULL, or IS NOT NULL.
pub(super) fn is_null(node: Node, null: bool) -> Node {
    Node::operation(Type::Bool, Operation::IsNull(null), vec![node])
}

/// NOT, where it is asked for.
pub(super) fn negate(node: Node, negated: bool) -> Node {
    match negated {
        true => Node::operation(Type::Bool, Operation::Not, vec![node]),
        false => node,
    }
}
