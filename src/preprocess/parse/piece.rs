//! What a text says of one column: where it lies, or a value.

/// What was found for one column.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) enum Piece {
    #[default]
    Absent,
    /// Bytes of the text.
    In(usize, usize),
    /// Bytes of what was written beside it.
    Beside(usize, usize),
    I64(i64),
    F64(f64),
    Time(i64),
}

impl Piece {
    /// A part of a text, by its bytes.
    pub(super) fn within(self, from: usize, to: usize) -> Piece {
        match self {
            Piece::In(start, _) => Piece::In(start + from, start + to),
            Piece::Beside(start, _) => Piece::Beside(start + from, start + to),
            other => other,
        }
    }

    /// A text that lies in one, or beside it.
    pub(super) fn text<'a>(self, text: &'a str, beside: &'a str) -> &'a str {
        match self {
            Piece::In(from, to) => &text[from..to],
            Piece::Beside(from, to) => &beside[from..to],
            _ => "",
        }
    }
}
