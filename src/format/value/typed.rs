//! What formats say that have types, as a value of its column's type: nothing is changed that is of another.

use super::{ValueParser, add};
use crate::data::{Column, Values};
use crate::format::field::Field;
use crate::format::number::is_exact;

impl ValueParser {
    /// Adds what a format with types says, which counts: a text is no number, and a number is no text. `false`, and
    /// nothing added, when it is of another type than the column. `strict`: a number that an f64 does not hold is none.
    pub(in crate::format) fn push_typed(
        &mut self,
        field: Field<'_>,
        strict: bool,
        column: &mut Column,
    ) -> bool {
        if let Field::Str(text) = field {
            return self.push_text(text, column);
        }
        let fits = match (&mut column.values, field) {
            (Values::Bool(values), Field::Bool(is)) => add(values, Some(is)),
            (Values::I64(values), Field::I64(number)) => add(values, Some(number)),
            (Values::F64(values), Field::F64(number)) => add(values, Some(number)),
            (Values::F64(values), Field::I64(number)) => {
                add(values, Some(number as f64).filter(|_| !strict || is_exact(number)))
            }
            (Values::F64(values), Field::Huge(number)) => add(values, Some(number).filter(|_| !strict)),
            (Values::Time(values), Field::Time(ns)) => add(values, Some(ns)),
            (Values::List(values), Field::List(items)) => {
                values.push(items.iter());
                true
            }
            _ => false,
        };
        if fits {
            column.valid.push(true);
        }
        fits
    }

    /// Whether a text was said to mean NULL.
    #[inline]
    pub(in crate::format) fn is_said_null(&self, text: &str) -> bool {
        !self.nulls.is_empty() && self.nulls.iter().any(|null| null == text)
    }

    /// The same for a text. An empty one is a text, unless it was said that it means NULL.
    fn push_text(&mut self, text: &str, column: &mut Column) -> bool {
        if self.is_said_null(text) {
            column.push_null();
            return true;
        }
        let fits = match &mut column.values {
            Values::Str(values) => {
                values.push(text);
                true
            }
            Values::Time(values) => add(values, self.time(text.trim_ascii())),
            _ => false,
        };
        if fits {
            column.valid.push(true);
        }
        fits
    }
}
