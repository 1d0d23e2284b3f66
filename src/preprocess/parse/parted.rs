//! A text in fields: where each lies in it, or in a text beside it.

use super::piece::Piece;
use super::quotes::quoted;
use crate::format::{Field, Record};
use std::ops::Range;

/// The fields of one text.
#[derive(Clone, Default)]
pub(super) struct Parted {
    pub pieces: Vec<Piece>,
    /// What stands in no text as it is: decoded, without its quotes.
    pub beside: String,
}

impl Parted {
    /// Begins with another text, of so many columns.
    pub(super) fn begin(&mut self, columns: usize) {
        self.pieces.clear();
        self.pieces.resize(columns, Piece::Absent);
        self.beside.clear();
    }

    /// What lies in the text.
    pub(super) fn set(&mut self, column: usize, at: Range<usize>) {
        self.pieces[column] = Piece::In(at.start, at.end);
    }

    /// What `write` writes beside it.
    pub(super) fn write(&mut self, column: usize, write: impl FnOnce(&mut String)) {
        let start = self.beside.len();
        write(&mut self.beside);
        self.pieces[column] = Piece::Beside(start, self.beside.len());
    }

    /// A piece that lies in the text, or beside it.
    pub(super) fn text<'a>(&'a self, piece: Piece, text: &'a str) -> &'a str {
        piece.text(text, &self.beside)
    }

    #[inline]
    pub(super) fn field<'a>(&'a self, column: usize, text: &'a str) -> Field<'a> {
        match self.pieces[column] {
            Piece::Absent => Field::Null,
            Piece::In(from, to) => Field::Text(&text[from..to]),
            Piece::Beside(from, to) => Field::Text(&self.beside[from..to]),
            Piece::I64(n) => Field::I64(n),
            Piece::F64(x) => Field::F64(x),
            Piece::Time(ns) => Field::Time(ns),
        }
    }
}

/// A record of one field.
pub(super) struct One<'a>(pub Field<'a>);

impl Record for One<'_> {
    fn field(&mut self, _: usize) -> Field<'_> {
        self.0
    }
}

/// Where a text has a sign next: it is looked for anew only behind what was found, so that all is looked at once.
struct Ahead<'a> {
    text: &'a str,
    sign: &'a str,
    /// Where it is; the text's end, where it is no more.
    next: usize,
    /// How many bytes were looked at.
    #[cfg(test)]
    work: usize,
}

impl<'a> Ahead<'a> {
    fn new(text: &'a str, sign: &'a str) -> Ahead<'a> {
        let mut ahead = Ahead {
            text,
            sign,
            next: 0,
            #[cfg(test)]
            work: 0,
        };
        ahead.look(0);
        ahead
    }

    fn look(&mut self, from: usize) {
        self.next = self.text[from..].find(self.sign).map_or(self.text.len(), |at| from + at);
        #[cfg(test)]
        {
            self.work += self.next - from + 1;
        }
    }

    /// The first place that is not before `from`, which never goes back.
    fn from(&mut self, from: usize) -> usize {
        if self.next < from {
            self.look(from);
        }
        self.next
    }
}

/// `a=1 b="x y"`: for each key that has a column, its value. A word without a value is passed over.
///
/// # Errors
/// Where a quote is not closed, or no pair is there.
pub(super) fn pairs(
    text: &str,
    (between, equals): (&str, &str),
    columns: &[String],
    parted: &mut Parted,
) -> Option<()> {
    let (mut at, mut found) = (0, false);
    let mut ahead = Ahead::new(text, between);
    while at < text.len() {
        let end = ahead.from(at);
        if end == at {
            at += between.len();
            continue;
        }
        let rest = &text[at..];
        let Some(sign) = rest[..end - at].find(equals) else {
            at = end;
            continue;
        };
        let column = columns.iter().position(|column| column == rest[..sign].trim());
        let column = column.filter(|column| parted.pieces[*column] == Piece::Absent);
        found = true;
        at += sign + equals.len();
        if text[at..].starts_with('"') {
            let start = parted.beside.len();
            let (piece, behind) = quoted(text, at, true, &mut parted.beside)?;
            at = behind;
            match column {
                Some(column) => parted.pieces[column] = piece,
                None => parted.beside.truncate(start),
            }
            continue;
        }
        let end = ahead.from(at);
        if let Some(column) = column {
            let value = &text[at..end];
            let from = at + value.len() - value.trim_start().len();
            parted.set(column, from..from + value.trim().len());
        }
        at = end;
    }
    found.then_some(())
}

/// The fields of one line of CSV, as many as there are columns.
pub(super) fn csv(text: &str, delimiter: char, columns: usize, parted: &mut Parted) -> Option<()> {
    let mut at = 0;
    for column in 0..columns {
        if column > 0 {
            at += text[at..].strip_prefix(delimiter).map(|_| delimiter.len_utf8())?;
        }
        let rest = &text[at..];
        if rest.starts_with('"') {
            (parted.pieces[column], at) = quoted(text, at, false, &mut parted.beside)?;
        } else {
            let len = rest.find(delimiter).unwrap_or(rest.len());
            parted.set(column, at..at + len);
            at += len;
        }
    }
    (at == text.len()).then_some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(parted: &Parted, text: &str) -> Vec<String> {
        let field = |at| match parted.field(at, text) {
            Field::Text(text) => text.to_string(),
            other => format!("{other:?}"),
        };
        (0..parted.pieces.len()).map(field).collect()
    }

    #[test]
    fn pairs_are_found_by_their_keys() {
        let of = |text: &str, signs| {
            let mut parted = Parted::default();
            parted.begin(2);
            let columns = ["a".to_string(), "b".to_string()];
            pairs(text, signs, &columns, &mut parted).map(|()| texts(&parted, text).join("|"))
        };
        assert_eq!(of("a=1 b=\"x \\\"y\\\"\" c=3", (" ", "=")).as_deref(), Some("1|x \"y\""));
        assert_eq!(of("  c=9  bare b=2 b=3", (" ", "=")).as_deref(), Some("Null|2"));
        assert_eq!(of("a: 1, b: é", (",", ":")).as_deref(), Some("1|é"));
        assert_eq!(of("a= b=2", (" ", "=")).as_deref(), Some("|2"));
        for wrong in ["", "no pair here", "a=\"open"] {
            assert_eq!(of(wrong, (" ", "=")), None, "{wrong}");
        }
    }

    /// However many values are asked for, no byte is looked at twice.
    #[test]
    fn a_sign_is_looked_for_once() {
        for text in ["a=\"x\"".repeat(1_000), "a=\"x\" ".repeat(1_000)] {
            let mut ahead = Ahead::new(&text, " ");
            (0..text.len()).for_each(|from| assert!(ahead.from(from) >= from));
            assert!(ahead.work <= 2 * text.len(), "{}", ahead.work);
        }
    }

    #[test]
    fn a_line_of_csv_has_as_many_fields_as_columns() {
        let of = |text: &str| {
            let mut parted = Parted::default();
            parted.begin(3);
            csv(text, ',', 3, &mut parted).map(|()| texts(&parted, text).join("|"))
        };
        assert_eq!(of("a,b,c").as_deref(), Some("a|b|c"));
        assert_eq!(of("\"a,\"\"b\"\"\",,é").as_deref(), Some("a,\"b\"||é"));
        for wrong in ["", "a,b", "a,b,c,d", "\"a,b,c", "\"a\"x,b,c"] {
            assert_eq!(of(wrong), None, "{wrong}");
        }
    }
}
