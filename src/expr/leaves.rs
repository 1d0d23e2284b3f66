//! Typing of what stands at the ends of an expression: columns, literals, the names of types and zones.

use super::node::Node;
use super::operation::Operation;
use super::plan::Planner;
use super::{cast, tried, types};
use crate::data::time::{self, TimeZone};
use crate::data::{Column, Type, Value};
use crate::params::Problem;
use sqlparser::ast;

/// How a condition of `any` and `all` calls the item that it is held against.
const ITEM: &str = "item";

impl Planner<'_> {
    /// What is planned inside knows the item of a list: the column behind those of the record.
    pub(super) fn of_item(&self, plan: impl FnOnce() -> Result<Node, Problem>) -> Result<Node, Problem> {
        let outside = self.item.replace(true);
        let planned = plan();
        self.item.set(outside);
        planned
    }

    /// For one that is unknown stands NULL, which fits wherever a column does: what else is wrong is found too.
    pub(super) fn column(&self, ident: &ast::Ident) -> Node {
        let wanted = ident.value.as_str();
        if wanted == ITEM && self.item.get() {
            return Node::column(self.schema.len(), Type::Str);
        }
        if let Some(index) = self.schema.index(wanted) {
            return Node::column(index, self.schema.fields[index].of);
        }
        let string = match ident.quote_style {
            Some('"') => format!("; a string is written '{wanted}'"),
            _ => String::new(),
        };
        let sign = || tried::sign(wanted, 0).map(|(_, _, ours)| ours);
        let what = match tried::name(wanted).or_else(sign) {
            Some(ours) => format!("there is no column \"{wanted}\": {ours}"),
            None => format!("there is no column \"{wanted}\" (there are: {}{string})", self.schema),
        };
        let problem = self.source.problem_at(ident.span.start, what).suggest(wanted, self.schema.names());
        self.unknown.borrow_mut().push(problem);
        Node::null(None)
    }

    pub(super) fn literal(&self, at: &ast::Expr, value: &ast::Value, sign: &str) -> Result<Node, Problem> {
        let literal = |of, value: Value<'_>| {
            let mut column = Column::new(of);
            column.push(value);
            Ok(Node::literal(column))
        };
        match value {
            ast::Value::Null => Ok(Node::null(None)),
            ast::Value::Boolean(value) => literal(Type::Bool, Value::Bool(*value)),
            ast::Value::SingleQuotedString(text) => literal(Type::Str, Value::Str(text)),
            ast::Value::Number(digits, false) => {
                let digits = format!("{sign}{}", digits.replace('_', ""));
                // As in SQLite, an integer too large for i64 is an f64.
                if let Ok(number) = digits.parse() {
                    return literal(Type::I64, Value::I64(number));
                }
                match digits.parse() {
                    Ok(number) => literal(Type::F64, Value::F64(number)),
                    Err(_) => Err(self.source.problem(at, format!("{digits} is no number"))),
                }
            }
            _ => Err(self.source.problem(at, format!("{value} is no literal here (write 'text' or 1.5)"))),
        }
    }

    pub(super) fn cast(&self, of: &ast::Expr, word: &str) -> Result<Node, Problem> {
        let node = self.node(of)?;
        let Some(to) = cast::type_named(word) else {
            let names = || Type::ALL.into_iter().filter(|of| *of != Type::List).map(Type::name);
            let choices = names().collect::<Vec<_>>().join(", ");
            let what = format!("CAST knows no type \"{word}\" (choose from {choices})");
            return Err(self.source.problem(of, what).suggest(word, names()));
        };
        match node.of {
            Some(from) if !cast::exists(from, to) => {
                Err(self.source.problem(of, format!("there is no CAST from {from} to {to}")))
            }
            Some(Type::Str) if to == Type::Time => {
                if let Some(text) = node.as_text().filter(|text| time::parse_named(text).is_some()) {
                    return Ok(Node::time(self.source.instant(of, text)?));
                }
                let zone = self.source.zone(of)?;
                Ok(Node::operation(to, Operation::Cast(zone), vec![node]))
            }
            _ => Ok(types::cast(node, to)),
        }
    }

    /// An operand that has to be a time; a text literal is read as one.
    pub(super) fn time(&self, who: &str, at: &ast::Expr) -> Result<Node, Problem> {
        let node = self.node(at)?;
        match node.as_text() {
            Some(text) => Ok(Node::time(self.source.instant(at, text)?)),
            None => self.fit(who, at, node, Type::Time),
        }
    }

    /// An operand that names a time zone.
    pub(super) fn zone(&self, at: &ast::Expr) -> Result<TimeZone, Problem> {
        match self.node(at)?.as_text() {
            Some(name) => self.source.zone_named(at, name),
            None => Err(self.source.problem(at, "the zone must be a text, such as 'Europe/Paris'")),
        }
    }
}
