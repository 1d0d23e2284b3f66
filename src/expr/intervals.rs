//! Typing of `t + INTERVAL '1' HOUR`.

use super::node::Node;
use super::operation::Operation;
use super::parse::{INTERVAL, plain_call};
use super::plan::{Placed, Planner};
use super::time::{Add, Span, Unit};
use super::types::{self, name};
use crate::data::Type;
use crate::params::Problem;
use sqlparser::ast;
use std::sync::Arc;

/// An INTERVAL as it is written.
pub(super) struct Interval<'a> {
    at: &'a ast::Expr,
    value: &'a ast::Expr,
    unit: Option<&'a str>,
}

impl<'a> Interval<'a> {
    pub(super) fn of(at: &'a ast::Expr) -> Option<Interval<'a>> {
        let ast::Expr::Function(function) = at else { return None };
        let (name, args) = plain_call(function)?;
        let text = |at: &'a ast::Expr| match at {
            ast::Expr::Value(value) => match &value.value {
                ast::Value::SingleQuotedString(text) => Some(text.as_str()),
                _ => None,
            },
            _ => None,
        };
        match args[..] {
            _ if name != INTERVAL => None,
            [value] => Some(Interval { at, value, unit: None }),
            [value, unit] => Some(Interval { at, value, unit: Some(text(unit)?) }),
            _ => None,
        }
    }
}

impl Planner<'_> {
    /// A time and an interval, which is added or, `back`, taken away.
    pub(super) fn interval(
        &self,
        left: Placed<'_>,
        interval: &Interval<'_>,
        back: bool,
    ) -> Result<Node, Problem> {
        let (at, time) = left;
        if !matches!(time.of, None | Some(Type::Time)) {
            let what = format!("an INTERVAL is added to a time, this is {} ({})", name(time.of), types::CAST);
            return Err(self.source.problem(at, what));
        }
        let time = types::cast(time, Type::Time);
        let zone = self.source.zone(interval.at)?;
        let add = |span, count: Option<Node>| {
            let operands = [time].into_iter().chain(count).collect();
            Node::operation(Type::Time, Operation::Ready(Arc::new(Add { span, back, zone })), operands)
        };
        let refused = |what: String| Err(self.source.problem(interval.at, what));
        let Some(word) = interval.unit else {
            let text = self.node(interval.value)?;
            return match text.as_text().and_then(Span::read) {
                Some(span) => Ok(add(span, None)),
                None => refused(
                    "an INTERVAL says how many of what: INTERVAL '1' HOUR, INTERVAL '1 day 2 hours'".into(),
                ),
            };
        };
        let Some(unit) = Unit::named(word) else {
            let names = Unit::names().collect::<Vec<_>>().join(", ");
            let what = format!("INTERVAL knows no unit \"{word}\" (choose from {names})");
            return Err(self
                .source
                .problem(interval.at, what)
                .suggest(&word.to_ascii_lowercase(), Unit::names()));
        };
        let count = self.node(interval.value)?;
        if let Some(text) = count.as_text() {
            return match text.trim().parse().ok().and_then(|count| Span::many(count, unit)) {
                Some(span) => Ok(add(span, None)),
                None => refused(format!(
                    "'{text}' is no number of {word} here (such as '1', and '1.5' below a day)"
                )),
            };
        }
        match (count.of, unit.ns()) {
            (Some(Type::I64), _) => Ok(add(Span::of(unit), Some(count))),
            (Some(Type::F64), Some(_)) => Ok(add(Span::of(unit), Some(count))),
            (Some(Type::F64), None) => {
                refused(format!("an INTERVAL has a whole number of {word} (write CAST(… AS i64))"))
            }
            (of, _) => refused(format!("an INTERVAL needs a number, this is {}", name(of))),
        }
    }
}
