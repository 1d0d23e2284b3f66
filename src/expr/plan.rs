//! From sqlparser's tree to a typed one: names become columns, and every part gets its type or a problem.

use super::arith::Arith;
use super::compare::Compare;
use super::logic::Join;
use super::node::Node;
use super::operation::Operation;
use super::parse::{IS, IS_NOT, Source};
use super::types::{self, CAST, name};
use super::{functions, math, text, tried};
use crate::data::{Schema, Type};
use crate::params::Problem;
use sqlparser::ast::{self, BinaryOperator as Binary, UnaryOperator as Unary};
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
    /// Columns that there are not.
    pub unknown: RefCell<Vec<Problem>>,
    /// What is likely not meant.
    pub warnings: RefCell<Vec<Problem>>,
}

/// Nested parts take stack while they are planned, a row of operators while it is run and cloned.
const PLANNED_MAX: usize = 100;
const DEPTH_MAX: usize = 250;

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
    fn shallow(&self, at: &ast::Expr, node: Node) -> Result<Node, Problem> {
        if node.depth > DEPTH_MAX { Err(self.source.too_deep(at)) } else { Ok(node) }
    }

    fn dispatch(&self, at: &ast::Expr) -> Result<Node, Problem> {
        use ast::Expr as E;
        match at {
            E::Nested(inner) => self.node(inner),
            E::Identifier(ident) => Ok(self.column(ident)),
            E::Value(value) => self.literal(at, &value.value, ""),
            E::UnaryOp { op, expr } => self.unary(at, *op, expr),
            E::BinaryOp { .. } => self.chain(at),
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

    fn unary(&self, at: &ast::Expr, op: Unary, of: &ast::Expr) -> Result<Node, Problem> {
        if let (Unary::Minus, ast::Expr::Value(number)) = (op, of)
            && let ast::Value::Number(..) = number.value
        {
            // So that the least i64 can be written, which has no positive counterpart.
            return self.literal(of, &number.value, "-");
        }
        match op {
            Unary::Not => Ok(negate(self.typed("NOT", of, Type::Bool)?, true)),
            Unary::Plus => self.number("a sign", of),
            Unary::Minus => {
                let node = self.number("a sign", of)?;
                Ok(match node.of {
                    None => node,
                    Some(of) => Node::operation(of, Operation::Arith(Arith::Negate), vec![node]),
                })
            }
            _ => Err(self.no_operator(at, &op.to_string())),
        }
    }

    fn no_operator(&self, at: &ast::Expr, op: &str) -> Problem {
        let ours = tried::sign(op, 0).map_or(String::new(), |(_, _, ours)| format!(": {ours}"));
        self.source.problem(at, format!("there is no operator \"{op}\" here{ours}"))
    }

    /// A row of operators, `a + b - c`, `x OR y OR z`: from left to right, however long, without recursion.
    fn chain(&self, at: &ast::Expr) -> Result<Node, Problem> {
        let (mut links, mut first) = (Vec::new(), at);
        while let ast::Expr::BinaryOp { left, op, right } = first {
            links.push((&**left, op, &**right));
            first = left;
        }
        let mut node = self.node(first)?;
        for (left, op, right) in links.into_iter().rev() {
            node = self.shallow(right, self.binary((left, node), op, right)?)?;
        }
        Ok(node)
    }

    fn binary(&self, left: Placed<'_>, op: &Binary, right: &ast::Expr) -> Result<Node, Problem> {
        match op {
            Binary::And => self.join(Join::And, "AND", left, right),
            Binary::Or => self.join(Join::Or, "OR", left, right),
            Binary::Plus => self.arith(Arith::Add, left, right),
            Binary::Minus => self.arith(Arith::Subtract, left, right),
            Binary::Multiply => self.arith(Arith::Multiply, left, right),
            Binary::Divide => self.arith(Arith::Divide, left, right),
            Binary::Modulo => self.arith(Arith::Remainder, left, right),
            Binary::Eq => self.compare(Compare::Eq, left, right),
            Binary::NotEq => self.compare(Compare::Ne, left, right),
            Binary::Lt => self.compare(Compare::Lt, left, right),
            Binary::LtEq => self.compare(Compare::Le, left, right),
            Binary::Gt => self.compare(Compare::Gt, left, right),
            Binary::GtEq => self.compare(Compare::Ge, left, right),
            Binary::StringConcat if left.1.of == Some(Type::Bool) => {
                Err(self.source.problem(left.0, "|| joins texts, and this is a condition: write OR"))
            }
            Binary::StringConcat => {
                let left = self.fit("||", left.0, left.1, Type::Str)?;
                let operands = vec![left, self.typed("||", right, Type::Str)?];
                Ok(Node::operation(Type::Str, Operation::Text(text::Function::Concat), operands))
            }
            Binary::Custom(word) if word == IS => self.same(true, left, right),
            Binary::Custom(word) if word == IS_NOT => self.same(false, left, right),
            _ => Err(self.no_operator(right, &op.to_string())),
        }
    }

    fn join(&self, join: Join, who: &str, left: Placed<'_>, right: &ast::Expr) -> Result<Node, Problem> {
        let left = self.fit(who, left.0, left.1, Type::Bool)?;
        Ok(Node::join(join, left, self.typed(who, right, Type::Bool)?))
    }

    fn arith(&self, arith: Arith, left: Placed<'_>, right: &ast::Expr) -> Result<Node, Problem> {
        let (at, a) = left;
        let b = self.node(right)?;
        if (arith, a.of, b.of) == (Arith::Subtract, Some(Type::Time), Some(Type::Time)) {
            return Ok(Node::operation(Type::I64, Operation::Arith(arith), vec![a, b]));
        }
        if (arith, a.of) == (Arith::Add, Some(Type::Str)) {
            return Err(self
                .source
                .problem(at, "arithmetic needs a number, this is str (texts are joined by ||)"));
        }
        let a = self.fit_number("arithmetic", at, a)?;
        let b = self.fit_number("arithmetic", right, b)?;
        let of = match (a.of, b.of) {
            (None, None) => return Ok(a),
            (Some(Type::F64), _) | (_, Some(Type::F64)) => Type::F64,
            _ => Type::I64,
        };
        if (arith, of) == (Arith::Remainder, Type::F64) {
            // SQLite's % is one of integers, whatever it is given.
            let whole = |node| match node {
                Node { of: Some(Type::F64), .. } => {
                    Node::operation(Type::I64, Operation::Math(math::Function::Whole), vec![node])
                }
                node => types::cast(node, Type::I64),
            };
            let remainder = Node::operation(Type::I64, Operation::Arith(arith), vec![whole(a), whole(b)]);
            return Ok(types::cast(remainder, Type::F64));
        }
        let operands = vec![types::cast(a, of), types::cast(b, of)];
        Ok(Node::operation(of, Operation::Arith(arith), operands))
    }

    /// An operand that has to be of one type.
    pub(super) fn typed(&self, who: &str, at: &ast::Expr, wanted: Type) -> Result<Node, Problem> {
        self.fit(who, at, self.node(at)?, wanted)
    }

    fn fit(&self, who: &str, at: &ast::Expr, node: Node, wanted: Type) -> Result<Node, Problem> {
        if node.of.is_none_or(|of| of == wanted) {
            return Ok(types::cast(node, wanted));
        }
        let what = format!("{who} needs {wanted}, this is {} ({CAST})", name(node.of));
        Err(self.source.problem(at, what))
    }

    /// An operand that has to be a number, or is NULL.
    pub(super) fn number(&self, who: &str, at: &ast::Expr) -> Result<Node, Problem> {
        self.fit_number(who, at, self.node(at)?)
    }

    fn fit_number(&self, who: &str, at: &ast::Expr, node: Node) -> Result<Node, Problem> {
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
fn negate(node: Node, negated: bool) -> Node {
    match negated {
        true => Node::operation(Type::Bool, Operation::Not, vec![node]),
        false => node,
    }
}
