//! What can be done with operands, and which kernel does it.

use super::arith::{self, Arith};
use super::by_row::{self, ByRow};
use super::compare::{self, Compare};
use super::logic;
use super::view::View;
use super::{cast, like, math, text, time};
use crate::data::Column;
use crate::data::time::TimeZone;
use regex::Regex;
use std::sync::Arc;

#[derive(Clone)]
pub(super) enum Operation {
    Arith(Arith),
    Compare(Compare),
    /// IS (true) and IS NOT (false): a comparison to which NULL is a value.
    Same(bool),
    Not,
    /// IS NULL (true) and IS NOT NULL (false).
    IsNull(bool),
    /// To the type of the column that is filled; texts are times of a zone.
    Cast(Option<TimeZone>),
    /// LIKE, with its escape character.
    Like(Option<char>),
    Regexp(Regex),
    /// GLOB.
    Glob,
    Math(math::Function),
    Text(text::Function),
    /// In a zone, or in UTC.
    Time(time::Function, Option<TimeZone>),
    /// The greater (true) or the lesser of two.
    Extreme(bool),
    /// A plain function, called row by row.
    ByRow(ByRow),
    /// What was made ready when the expression was planned: formats, paths, intervals.
    Ready(Arc<dyn Kernel>),
}

/// A kernel with something of its own.
pub(super) trait Kernel: Send + Sync {
    /// Appends the answers for all rows to a column of the type that was planned for it.
    fn apply(&self, operands: &[View<'_>], rows: usize, out: &mut Column);
}

impl Operation {
    /// Appends the answers for all rows to a column of the type that was planned for it.
    pub(super) fn apply(&self, operands: &[View<'_>], rows: usize, out: &mut Column) {
        let [first, rest @ ..] = operands else { unreachable!("every operation has an operand") };
        let second = rest.first().copied().unwrap_or(*first);
        match self {
            Operation::Arith(arith) => arith::apply(*arith, *first, second, rows, out),
            Operation::Compare(compare) => compare::apply(*compare, *first, second, rows, out),
            Operation::Same(same) => compare::same(*same, *first, second, rows, out),
            Operation::Not => logic::not(*first, rows, out),
            Operation::IsNull(null) => logic::is_null(*null, *first, rows, out),
            Operation::Cast(zone) => cast::apply(*first, zone.as_ref(), rows, out),
            Operation::Like(escape) => like::apply(*first, second, *escape, rows, out),
            Operation::Regexp(regex) => like::regexp(regex, *first, rows, out),
            Operation::Glob => like::glob(*first, second, rows, out),
            Operation::Math(function) => math::apply(*function, *first, rest.first().copied(), rows, out),
            Operation::Text(function) => text::apply(*function, operands, rows, out),
            Operation::Time(function, zone) => time::apply(*function, *first, zone.as_ref(), rows, out),
            Operation::Extreme(greatest) => math::extreme(*greatest, *first, second, rows, out),
            Operation::ByRow(by_row) => by_row::apply(*by_row, operands, rows, out),
            Operation::Ready(kernel) => kernel.apply(operands, rows, out),
        }
    }
}
