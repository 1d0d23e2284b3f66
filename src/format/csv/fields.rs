//! The fields of one record as texts, their quotes resolved.

use super::dialect::Dialect;
use super::odd::resolve;
use super::scan::Span;
use crate::format::{Field, Record};

/// A record and where its fields lie in it.
pub(crate) struct Fields<'a> {
    pub(super) text: &'a str,
    pub(super) spans: &'a [Span],
    pub(super) dialect: &'a Dialect,
    /// Holds the text of a field that had something to resolve.
    pub(super) scratch: &'a mut String,
}

impl Record for Fields<'_> {
    #[inline]
    fn field(&mut self, at: usize) -> Field<'_> {
        // A record that was let through with fewer fields than columns.
        let Some(span) = self.spans.get(at) else { return Field::Null };
        let raw = &self.text[span.from..span.to];
        if !span.odd {
            return Field::Text(raw);
        }
        let quoted = resolve(raw, self.dialect, self.scratch);
        if quoted && !self.dialect.quoted_null {
            Field::Quoted(self.scratch)
        } else {
            Field::Text(self.scratch)
        }
    }
}
