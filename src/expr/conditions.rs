//! Typing of what compares: comparisons, IS, IN, BETWEEN, LIKE, REGEXP and CASE.

use super::choose::{By, Choose};
use super::collate;
use super::compare::Compare;
use super::logic::Join;
use super::membership::{Against, Set, Within};
use super::node::{Kind, Node};
use super::operation::Operation;
use super::plan::{Placed, Planner, is_null};
use super::text;
use super::types::{self, CAST, name};
use crate::data::{Column, Type, Value, Values};
use crate::params::Problem;
use regex::Regex;
use sqlparser::ast;

impl Planner<'_> {
    pub(super) fn compare(
        &self,
        compare: Compare,
        left: Placed<'_>,
        right: &ast::Expr,
    ) -> Result<Node, Problem> {
        self.warn_of_null(left.0, &left.1);
        let node = self.node(right)?;
        self.warn_of_null(right, &node);
        self.pair(Operation::Compare(compare), left, (right, node))
    }

    /// IS and IS NOT; IS NULL of any type.
    pub(super) fn same(&self, same: bool, left: Placed<'_>, right: &ast::Expr) -> Result<Node, Problem> {
        match right {
            ast::Expr::Value(value) if value.value == ast::Value::Null => Ok(is_null(left.1, same)),
            _ => self.pair(Operation::Same(same), left, (right, self.node(right)?)),
        }
    }

    fn pair(&self, operation: Operation, left: Placed<'_>, right: Placed<'_>) -> Result<Node, Problem> {
        let fold = collate::folding([left.0, right.0]);
        let operands = self.comparable(vec![left, right], fold)?;
        Ok(Node::operation(Type::Bool, operation, operands))
    }

    /// The first node and others that it will be compared with. A NULL takes the type of the one beside it, texts are
    /// folded.
    fn comparable(
        &self,
        mut nodes: Vec<Placed<'_>>,
        fold: Option<text::Function>,
    ) -> Result<Vec<Node>, Problem> {
        types::read_times(self.source, &mut nodes)?;
        let of = nodes[0].1.of;
        for (at, node) in &nodes[1..] {
            let fit = types::together(of, node.of);
            if fit.is_none() || fit == Some(Some(Type::List)) {
                let what = format!("{} can't be compared with {} ({CAST})", name(of), name(node.of));
                return Err(self.source.problem(at, what));
            }
        }
        let beside = of.or_else(|| nodes.iter().find_map(|(_, node)| node.of)).unwrap_or(Type::Bool);
        let typed = nodes.into_iter().map(|(_, node)| match node.of {
            None => Node::null(Some(beside)),
            Some(Type::Str) => collate::folded(node, fold),
            Some(_) => node,
        });
        Ok(typed.collect())
    }

    pub(super) fn between(&self, of: &ast::Expr, low: &ast::Expr, high: &ast::Expr) -> Result<Node, Problem> {
        let nodes = [of, low, high].into_iter().map(|at| Ok((at, self.node(at)?)));
        let nodes: Vec<Placed<'_>> = nodes.collect::<Result<_, Problem>>()?;
        nodes.iter().for_each(|(at, node)| self.warn_of_null(at, node));
        let Some(fold) = collate::one_folding(&nodes) else {
            let [of, low, high] =
                <[Placed<'_>; 3]>::try_from(nodes).unwrap_or_else(|_| unreachable!("three went in"));
            let copy = (of.0, self.copy(of.0, &of.1)?);
            let above = self.pair(Operation::Compare(Compare::Ge), copy, low)?;
            return Ok(Node::join(Join::And, above, self.pair(Operation::Compare(Compare::Le), of, high)?));
        };
        let mut nodes = self.comparable(nodes, fold)?.into_iter();
        let value = nodes.next().expect("as many nodes come back as went in");
        let tests = [Compare::Ge, Compare::Le].into_iter().zip(nodes).collect();
        Ok(against(value, tests, Join::And))
    }

    pub(super) fn in_list(&self, of: &ast::Expr, list: &[ast::Expr], negated: bool) -> Result<Node, Problem> {
        let nodes = [of].into_iter().chain(list).map(|at| Ok((at, self.node(at)?)));
        let nodes: Vec<Placed<'_>> = nodes.collect::<Result<_, Problem>>()?;
        // Beside others a NULL in the list does no harm, unless nothing of it is to be equal.
        let harm = negated || list.len() == 1;
        nodes
            .iter()
            .enumerate()
            .filter(|(at, _)| *at == 0 || harm)
            .for_each(|(_, (at, node))| self.warn_of_null(at, node));
        if list.is_empty() {
            // Nothing is in it, not even NULL.
            let mut no = Column::new(Type::Bool);
            no.push(Value::Bool(false));
            return Ok(Node::literal(no));
        }
        // What stands in the list says nothing of how it is compared.
        let fold = collate::folding([of]);
        let mut nodes = self.comparable(nodes, fold)?.into_iter();
        let value = nodes.next().expect("as many nodes come back as went in");
        let others: Vec<Node> = nodes.map(|node| exact(node, value.of)).collect();
        let literals: Option<Vec<&Column>> = others.iter().map(Node::as_literal).collect();
        let literals =
            literals.filter(|literals| literals.iter().all(|column| Some(column.of()) == value.of));
        if let Some(literals) = literals
            && let Some(set) = Set::of(literals.iter().copied())
        {
            let null = literals.iter().any(|literal| !literal.valid.get(0));
            return Ok(Node::new(Type::Bool, Kind::Within(Box::new(Within { value, set, null }))));
        }
        let tests = others.into_iter().map(|other| (Compare::Eq, other)).collect();
        Ok(against(value, tests, Join::Or))
    }

    pub(super) fn like(
        &self,
        of: &ast::Expr,
        pattern: &ast::Expr,
        escape: Option<&ast::Expr>,
    ) -> Result<Node, Problem> {
        let operands = vec![self.typed("LIKE", of, Type::Str)?, self.typed("LIKE", pattern, Type::Str)?];
        let Some(at) = escape else {
            return Ok(Node::operation(Type::Bool, Operation::Like(None), operands));
        };
        let escape = self.node(at)?;
        let mut letters = escape.as_text().unwrap_or_default().chars();
        let (Some(escape), None) = (letters.next(), letters.next()) else {
            return Err(self.source.problem(at, "ESCAPE needs one character, such as ESCAPE '!'"));
        };
        Ok(Node::operation(Type::Bool, Operation::Like(Some(escape)), operands))
    }

    pub(super) fn regexp(&self, of: &ast::Expr, pattern: &ast::Expr) -> Result<Node, Problem> {
        let text = self.typed("REGEXP", of, Type::Str)?;
        let regex = self.regex("REGEXP", pattern)?;
        Ok(Node::operation(Type::Bool, Operation::Regexp(regex), vec![text]))
    }

    pub(super) fn glob(&self, of: &ast::Expr, pattern: &ast::Expr) -> Result<Node, Problem> {
        let operands = vec![self.typed("GLOB", of, Type::Str)?, self.typed("GLOB", pattern, Type::Str)?];
        Ok(Node::operation(Type::Bool, Operation::Glob, operands))
    }

    /// A regular expression, which is made ready once.
    pub(super) fn regex(&self, who: &str, pattern: &ast::Expr) -> Result<Regex, Problem> {
        let node = self.typed(who, pattern, Type::Str)?;
        let Some(words) = node.as_text() else {
            let what = format!("the pattern of {who} must be a string literal");
            return Err(self.source.problem(pattern, what));
        };
        Regex::new(words).map_err(|error| {
            let said = error.to_string();
            let last = said.trim_end().lines().next_back().unwrap_or_default();
            let why = last.trim_start_matches("error: ");
            self.source.problem(pattern, format!("this is no regular expression: {why}"))
        })
    }

    /// The first, but NULL where it is equal to the second.
    pub(super) fn nullif(&self, a: &ast::Expr, b: &ast::Expr) -> Result<Node, Problem> {
        let value = self.node(a)?;
        let Some(of) = value.of else { return Ok(value) };
        let copy = (a, self.copy(a, &value)?);
        let equal = self.pair(Operation::Compare(Compare::Eq), copy, (b, self.node(b)?))?;
        Ok(self.chosen(By::Tests(vec![equal]), of, vec![Node::null(Some(of)), value]))
    }

    pub(super) fn case(
        &self,
        operand: Option<&ast::Expr>,
        whens: &[ast::CaseWhen],
        otherwise: Option<&ast::Expr>,
    ) -> Result<Node, Problem> {
        let tests = whens.iter().map(|when| &when.condition);
        let by = match operand {
            None => {
                let tests = tests.map(|test| self.typed("WHEN", test, Type::Bool));
                By::Tests(tests.collect::<Result<_, _>>()?)
            }
            Some(value) => {
                let nodes = [value].into_iter().chain(tests).map(|at| Ok((at, self.node(at)?)));
                let nodes: Vec<Placed<'_>> = nodes.collect::<Result<_, Problem>>()?;
                nodes.iter().for_each(|(at, node)| self.warn_of_null(at, node));
                match collate::one_folding(&nodes) {
                    Some(fold) => {
                        let mut of = self.comparable(nodes, fold)?;
                        let value = Box::new(of.remove(0));
                        By::Value { value, of, equal: Column::new(Type::Bool) }
                    }
                    None => {
                        let mut nodes = nodes.into_iter();
                        let (at, value) = nodes.next().expect("CASE has an operand here");
                        let equal = Operation::Compare(Compare::Eq);
                        let tests =
                            nodes.map(|other| self.pair(equal.clone(), (at, self.copy(at, &value)?), other));
                        By::Tests(tests.collect::<Result<_, Problem>>()?)
                    }
                }
            }
        };
        let branches = whens.iter().map(|when| &when.result).chain(otherwise);
        self.choose(by, "CASE can't give values", branches)
    }

    /// CASE and COALESCE: the branches have one type together.
    pub(super) fn choose<'e>(
        &self,
        by: By,
        who: &str,
        branches: impl Iterator<Item = &'e ast::Expr>,
    ) -> Result<Node, Problem> {
        let branches = branches.map(|at| Ok((at, self.node(at)?))).collect::<Result<_, Problem>>()?;
        let (of, branches) = types::unify(self.source, who, branches)?;
        Ok(match of {
            None => Node::null(None),
            Some(of) => self.chosen(by, of, branches),
        })
    }

    /// One of several branches of a type.
    pub(super) fn chosen(&self, by: By, of: Type, branches: Vec<Node>) -> Node {
        Node::new(of, Kind::Choose(Box::new(Choose { by, branches, chosen: Vec::new() })))
    }
}

fn against(value: Node, tests: Vec<(Compare, Node)>, join: Join) -> Node {
    let scratch = Column::new(Type::Bool);
    Node::new(Type::Bool, Kind::Against(Box::new(Against { value, tests, join, scratch })))
}

/// An integer literal as an f64, where it stands for an f64 and loses nothing by it.
fn exact(node: Node, beside: Option<Type>) -> Node {
    match (beside, node.as_literal().map(|column| &column.values)) {
        (Some(Type::F64), Some(Values::I64(of))) if of[0].unsigned_abs() <= 1 << 53 => {
            types::cast(node, Type::F64)
        }
        _ => node,
    }
}

#[cfg(test)]
mod tests {
    use crate::data::{Schema, Type};
    use crate::expr::Expr;

    /// Each level doubles what is below it: a text of some lines would take gigabytes.
    #[test]
    fn what_is_copied_stays_small() {
        let schema = Schema::of(&[("a", Type::Str)]);
        let forms = [
            "CASE WHEN _ BETWEEN 'a' COLLATE NOCASE AND 'b' THEN a END",
            "CASE WHEN CASE _ WHEN 'a' COLLATE NOCASE THEN 'b' WHEN 'c' THEN 'd' END IN (a) THEN a END",
            "nullif(_, a)",
        ];
        for form in forms {
            let nested = |levels| (0..levels).fold("a".to_string(), |inner, _| form.replace('_', &inner));
            assert!(Expr::parse(&nested(4), &schema).is_ok(), "{form}");
            let told = Expr::parse(&nested(14), &schema).err().expect(form);
            assert!(told[0].what.contains("this is needed once for each comparison"), "{told:?}");
        }
    }
}
