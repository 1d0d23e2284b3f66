//! Typing of operators: signs, arithmetic, bits, what joins texts and truths, `->>`.

use super::arith::Arith;
use super::compare::Compare;
use super::intervals::Interval;
use super::json::Path;
use super::logic::Join;
use super::node::Node;
use super::operation::Operation;
use super::parse::{GLOB, IS, IS_NOT, NOT_GLOB};
use super::plan::{Placed, Planner, negate};
use super::types;
use super::{text, tried};
use crate::data::Type;
use crate::params::Problem;
use sqlparser::ast::{self, BinaryOperator as Binary, UnaryOperator as Unary};
use std::sync::Arc;

impl Planner<'_> {
    pub(super) fn unary(&self, at: &ast::Expr, op: Unary, of: &ast::Expr) -> Result<Node, Problem> {
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
            Unary::BitwiseNot => {
                let node = self.node(of)?;
                if node.of == Some(Type::Str) {
                    let what = "~ turns the bits of an i64, this is str (a pattern is matched by x REGEXP 'pattern')";
                    return Err(self.source.problem(of, what));
                }
                let node = self.fit("~", of, node, Type::I64)?;
                Ok(Node::operation(Type::I64, Operation::Arith(Arith::Invert), vec![node]))
            }
            _ => Err(self.no_operator(at, &op.to_string())),
        }
    }

    fn no_operator(&self, at: &ast::Expr, op: &str) -> Problem {
        let ours = tried::sign(op, 0).map_or(String::new(), |(_, _, ours)| format!(": {ours}"));
        self.source.problem(at, format!("there is no operator \"{op}\" here{ours}"))
    }

    /// A row of operators, `a + b - c`, `x OR y OR z`: from left to right, however long, without recursion.
    pub(super) fn chain(&self, at: &ast::Expr) -> Result<Node, Problem> {
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
            Binary::BitwiseAnd => self.bits(Arith::And, "&", left, right),
            Binary::BitwiseOr => self.bits(Arith::Or, "|", left, right),
            Binary::PGBitwiseShiftLeft => self.bits(Arith::ShiftLeft, "<<", left, right),
            Binary::PGBitwiseShiftRight => self.bits(Arith::ShiftRight, ">>", left, right),
            Binary::LongArrow => self.json(left, right),
            Binary::Custom(word) if word == GLOB || word == NOT_GLOB => {
                let left = self.fit("GLOB", left.0, left.1, Type::Str)?;
                let operands = vec![left, self.typed("GLOB", right, Type::Str)?];
                Ok(negate(Node::operation(Type::Bool, Operation::Glob, operands), word == NOT_GLOB))
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

    fn bits(&self, arith: Arith, who: &str, left: Placed<'_>, right: &ast::Expr) -> Result<Node, Problem> {
        if left.1.of == Some(Type::Bool) {
            let word = tried::sign(who, 0).map_or("write AND, or OR", |(_, _, ours)| ours);
            let what = format!("{who} is of the bits of whole numbers, and this is a condition: {word}");
            return Err(self.source.problem(left.0, what));
        }
        let left = self.fit(who, left.0, left.1, Type::I64)?;
        let operands = vec![left, self.typed(who, right, Type::I64)?];
        Ok(Node::operation(Type::I64, Operation::Arith(arith), operands))
    }

    /// `text ->> path`; beside a path, a key or a place alone.
    fn json(&self, left: Placed<'_>, right: &ast::Expr) -> Result<Node, Problem> {
        let text = self.fit("->>", left.0, left.1, Type::Str)?;
        let node = self.node(right)?;
        let path = match (node.as_text(), node.as_whole()) {
            (Some(path), _) if path.starts_with('$') => Path::read(path),
            (Some(key), _) => Some(Path::of_key(key)),
            (None, at) => at.map(Path::of_place),
        };
        let path = path.ok_or_else(|| {
            self.source.problem(right, "->> needs a path in quotes, such as '$.a[0].b', or a key, or a place")
        })?;
        Ok(Node::operation(Type::Str, Operation::Ready(Arc::new(path)), vec![text]))
    }

    fn arith(&self, arith: Arith, left: Placed<'_>, right: &ast::Expr) -> Result<Node, Problem> {
        let (at, a) = left;
        if let Some(interval) = Interval::of(right)
            && matches!(arith, Arith::Add | Arith::Subtract)
        {
            return self.interval((at, a), &interval, arith == Arith::Subtract);
        }
        let b = self.node(right)?;
        if (arith, a.of, b.of) == (Arith::Subtract, Some(Type::Time), Some(Type::Time)) {
            return Ok(Node::operation(Type::I64, Operation::Arith(arith), vec![a, b]));
        }
        if (arith, a.of) == (Arith::Add, Some(Type::Str)) {
            return Err(self
                .source
                .problem(at, "arithmetic needs a number, this is str (texts are joined by ||)"));
        }
        if a.of == Some(Type::Time) && matches!(arith, Arith::Add | Arith::Subtract) {
            let what = "arithmetic needs a number, this is time (write t + INTERVAL '1' HOUR)";
            return Err(self.source.problem(at, what));
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
            let remainder =
                Node::operation(Type::I64, Operation::Arith(arith), vec![types::whole(a), types::whole(b)]);
            return Ok(types::cast(remainder, Type::F64));
        }
        let operands = vec![types::cast(a, of), types::cast(b, of)];
        Ok(Node::operation(of, Operation::Arith(arith), operands))
    }
}
