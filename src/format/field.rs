//! What a record says of a column, as its format has it.

use crate::data::Text;

/// A record that its format has parted into fields, one for each column.
pub(crate) trait Record {
    fn field(&mut self, at: usize) -> Field<'_>;
}

/// What a record says of one column: texts of formats that have nothing else, and values of those that have types.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Field<'a> {
    /// NULL, whatever its column is.
    Null,
    /// A value, or NULL if it is a text that means that.
    Text(&'a str),
    /// No text that means NULL: what it says counts.
    Quoted(&'a str),
    /// A text and no number: of a column of texts or times, or NULL if it is one that means that.
    Str(&'a str),
    Bool(bool),
    I64(i64),
    F64(f64),
    /// A whole number that no i64 holds, as the nearest f64.
    Huge(f64),
    /// Nanoseconds since 1970-01-01 UTC.
    Time(i64),
    /// A list of texts.
    List(Items<'a>),
    /// What no column holds: an object, say.
    Other(&'static str),
}

/// Some of the texts of a list.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Items<'a> {
    pub(super) texts: &'a Text,
    pub(super) from: usize,
    pub(super) to: usize,
}

impl<'a> Items<'a> {
    pub(super) fn iter(self) -> impl Iterator<Item = &'a str> {
        (self.from..self.to).map(move |at| self.texts.get(at))
    }
}
