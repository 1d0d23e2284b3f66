//! The fields of one record as texts, their quotes resolved.

use super::scan::{Span, unescape};
use crate::format::Record;

/// A record and where its fields lie in it.
pub(crate) struct Fields<'a> {
    pub(super) text: &'a str,
    pub(super) spans: &'a [Span],
    pub(super) quote: u8,
    /// Holds the text of a field that had quotes to resolve.
    pub(super) scratch: &'a mut String,
}

impl Record for Fields<'_> {
    #[inline]
    fn field(&mut self, at: usize) -> Option<&str> {
        let span = self.spans[at];
        let raw = &self.text[span.from..span.to];
        if !span.escaped {
            return Some(raw);
        }
        unescape(raw, self.quote, self.scratch);
        Some(self.scratch)
    }
}
