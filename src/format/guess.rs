//! The type of a column, guessed from the first of its texts.

use super::number::{float, integer};
use super::value::ValueParser;
use crate::data::{Schema, Type};
use crate::params::Problem;

/// What came of a look at the first records of a text.
pub(crate) struct Look {
    /// The columns, each of the narrowest type that holds what was seen.
    pub(crate) columns: Schema,
    /// What seems to be wrong, by key, as the end of a sentence that begins with the name of the text.
    pub(crate) notes: Vec<Problem>,
}

/// A look at so many records, or so many bytes of text, whichever is first.
pub(super) const RECORDS: usize = 10_000;
pub(super) const BYTES: u64 = 1 << 20;

/// What a column can still be after the texts seen.
pub(super) struct Guess {
    seen: bool,
    integer: bool,
    float: bool,
    time: bool,
    boolean: bool,
}

impl Guess {
    /// Anything at all.
    pub(super) fn new() -> Guess {
        Guess { seen: false, integer: true, float: true, time: true, boolean: true }
    }

    /// Takes one text into account. NULLs say nothing.
    pub(super) fn see(&mut self, text: &str, values: &ValueParser) {
        let text = text.trim_ascii();
        if values.is_null(text) {
            return;
        }
        self.seen = true;
        // What is ruled out is not tried again: a failed parse of a time costs a hundred times a good one.
        let mut digits = String::new();
        let number = values.number(text, &mut digits);
        self.integer = self.integer && integer(number, true).is_some();
        self.float = self.float && float(number, true).is_some();
        self.time = self.time && values.is_instant(text);
        self.boolean = self.boolean && values.word(text).is_some();
    }

    /// Whether it has seen no value.
    pub(super) fn is_open(&self) -> bool {
        !self.seen
    }

    /// The narrowest type that holds all and changes none of them: neither a digit nor a letter. A column of NULLs is
    /// str.
    pub(super) fn guess(&self) -> Type {
        match self {
            Guess { seen: false, .. } => Type::Str,
            Guess { integer: true, .. } => Type::I64,
            Guess { float: true, .. } => Type::F64,
            Guess { time: true, .. } => Type::Time,
            Guess { boolean: true, .. } => Type::Bool,
            _ => Type::Str,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_narrowest_type_that_holds_all() {
        let values = ValueParser::new(&["NA".into()], None, None);
        for (texts, of) in [
            (&["1", "-2", "", "NA"][..], Type::I64),
            (&["1", "2.5", "1e+3"], Type::F64),
            (&["5.9e-05", "6e-05", "1e+16"], Type::F64),
            (&["1234", "12E4", "5E0"], Type::Str),
            (&["7e10", "1e99"], Type::Str),
            (&["9007199254740993", "1.5"], Type::Str),
            (&["9007199254740993", "15"], Type::I64),
            (&["+1.5", "-2"], Type::F64),
            (&["007", "8"], Type::Str),
            (&["0.5", "00.5"], Type::Str),
            (&["+4930123"], Type::Str),
            (&["99999999999999999999", "1"], Type::Str),
            (&["99999999999999999999", "0.5"], Type::Str),
            (&["2013-01-01 05:15", "2013-01-01T05:15:00+01:00"], Type::Time),
            (&["2013-01-01", "2013-07-01"], Type::Str),
            (&["2013-01-01", "2013-01-01 05:15:00"], Type::Str),
            (&["2013-01-01 05:15 EST"], Type::Str),
            (&["20130101"], Type::I64),
            (&["true", "FALSE"], Type::Bool),
            (&["true", "1"], Type::Str),
            (&["1.5", "inf"], Type::Str),
            (&["", "NA"], Type::Str),
            (&[], Type::Str),
            (&["a"], Type::Str),
        ] {
            let mut guess = Guess::new();
            texts.iter().for_each(|text| guess.see(text, &values));
            assert_eq!(guess.guess(), of, "{texts:?}");
        }
    }
}
