//! printf: a format, read once, and values written by it as SQLite writes them. Widths count characters.

mod number;

use super::by_row::texts;
use super::operation::Kernel;
use super::text::put;
use super::view::View;
use crate::data::{Column, Type};
use std::iter::Peekable;
use std::str::Chars;

/// A format: texts, and places for values.
pub(super) struct Printf {
    pieces: Vec<Piece>,
}

enum Piece {
    Text(String),
    Place(Place),
}

/// One `%…`.
#[derive(Clone, Default)]
struct Place {
    left: bool,
    /// `+` or a space in front of what is not negative.
    sign: Option<char>,
    other: bool,
    exact: bool,
    zeros: bool,
    thousands: bool,
    width: Size,
    precision: Size,
    letter: char,
}

/// A width or a precision.
#[derive(Clone, Copy, Default)]
enum Size {
    #[default]
    None,
    Is(usize),
    /// The next value says it.
    Given,
}

/// No column of text is wider.
const WIDTH_MAX: usize = 1 << 20;

impl Printf {
    /// Reads a format, or says what is wrong with it.
    pub(super) fn read(format: &str) -> Result<Printf, String> {
        let (mut pieces, mut text) = (Vec::new(), String::new());
        let mut letters = format.chars().peekable();
        while let Some(letter) = letters.next() {
            if letter != '%' {
                text.push(letter);
                continue;
            }
            match letters.peek() {
                None => text.push('%'),
                Some('%') => {
                    letters.next();
                    text.push('%');
                }
                Some(_) => {
                    pieces.push(Piece::Text(std::mem::take(&mut text)));
                    pieces.push(Piece::Place(place(&mut letters)?));
                }
            }
        }
        pieces.push(Piece::Text(text));
        Ok(Printf { pieces })
    }

    /// The types of the values that it has places for.
    pub(super) fn operands(&self) -> Vec<Type> {
        let mut types = Vec::new();
        for piece in &self.pieces {
            let Piece::Place(place) = piece else { continue };
            let sizes = [place.width, place.precision].into_iter().filter(|size| matches!(size, Size::Given));
            types.extend(sizes.map(|_| Type::I64));
            types.push(match place.letter {
                'f' | 'e' | 'E' | 'g' | 'G' => Type::F64,
                's' | 'z' | 'c' | 'q' | 'Q' | 'w' => Type::Str,
                _ => Type::I64,
            });
        }
        types
    }
}

/// Appends a number as `%.16g` does, with so many digits.
pub(super) fn general(x: f64, digits: usize, out: &mut String) {
    number::float(&Place { letter: 'g', ..Place::default() }, x, 0, false, Some(digits), out);
}

fn place(letters: &mut Peekable<Chars<'_>>) -> Result<Place, String> {
    let mut place = Place::default();
    while let Some(flag) = letters.next_if(|c| "-+ #!0,".contains(*c)) {
        match flag {
            '-' => place.left = true,
            '+' => place.sign = Some('+'),
            ' ' => place.sign = Some(' '),
            '#' => place.other = true,
            '!' => place.exact = true,
            '0' => place.zeros = true,
            _ => place.thousands = true,
        }
    }
    place.width = size(letters)?;
    if letters.next_if_eq(&'.').is_some() {
        place.precision = match size(letters)? {
            Size::None => Size::Is(0),
            size => size,
        };
    }
    while letters.next_if_eq(&'l').is_some() {}
    match letters.next() {
        Some(letter) if "diuxXorfeEgGszcqQw".contains(letter) => Ok(Place { letter, ..place }),
        Some(letter) => {
            Err(format!("printf knows no %{letter} (it knows %d %u %x %X %o %r %f %e %g %s %c %q %Q %w %%)"))
        }
        None => Err("the format ends behind a %".to_string()),
    }
}

fn size(letters: &mut Peekable<Chars<'_>>) -> Result<Size, String> {
    if letters.next_if_eq(&'*').is_some() {
        return Ok(Size::Given);
    }
    let mut size = None;
    while let Some(digit) = letters.next_if(char::is_ascii_digit) {
        let n = size.unwrap_or(0) * 10 + digit as usize - '0' as usize;
        if n > WIDTH_MAX {
            return Err(format!("printf writes at most {WIDTH_MAX} characters for a value"));
        }
        size = Some(n);
    }
    Ok(size.map_or(Size::None, Size::Is))
}

impl Kernel for Printf {
    fn apply(&self, operands: &[View<'_>], rows: usize, out: &mut Column) {
        out.valid.push_valid(rows);
        texts(out, rows, |row, text| {
            let mut operands = operands.iter();
            for piece in &self.pieces {
                match piece {
                    Piece::Text(piece) => put(text, piece)?,
                    Piece::Place(place) => place.write(&mut operands, row, text)?,
                }
                if text.len() > u32::MAX as usize / 2 {
                    return None;
                }
            }
            Some(())
        });
    }
}

impl Place {
    fn write<'a, 'v: 'a>(
        &self,
        operands: &mut impl Iterator<Item = &'a View<'v>>,
        row: usize,
        out: &mut String,
    ) -> Option<()> {
        let mut next = || operands.next().expect("plan gives a value for each place");
        let mut left = self.left;
        let mut size = |size, negative: &mut dyn FnMut()| match size {
            Size::None => None,
            Size::Is(n) => Some(n),
            Size::Given => {
                let n = next().ints().get(row);
                if n < 0 {
                    negative();
                }
                Some(usize::try_from(n.unsigned_abs()).unwrap_or(usize::MAX))
            }
        };
        let width = size(self.width, &mut || left = true).unwrap_or(0);
        let precision = size(self.precision, &mut || {});
        if width > WIDTH_MAX || precision.is_some_and(|precision| precision > WIDTH_MAX) {
            return None;
        }
        let value = next();
        let start = out.len();
        match self.letter {
            'f' | 'e' | 'E' | 'g' | 'G' => {
                let x = if value.valid(row) { value.floats().get(row) } else { 0.0 };
                number::float(self, x, width, left, precision, out);
            }
            's' | 'z' => {
                let text = if value.valid(row) { value.text(row) } else { "" };
                out.extend(text.chars().take(precision.unwrap_or(usize::MAX)));
            }
            'c' => {
                let text = if value.valid(row) { value.text(row) } else { "" };
                let first = text.chars().next();
                (0..precision.unwrap_or(1).max(1)).for_each(|_| out.extend(first));
            }
            'q' | 'Q' | 'w' => self.quoted(value.valid(row).then(|| value.text(row)), precision, out),
            _ => number::whole(self, value.ints().get(row), width, precision, out),
        }
        pad(out, start, width, left);
        Some(())
    }

    /// With its quotes doubled; by `Q` between quotes.
    fn quoted(&self, text: Option<&str>, precision: Option<usize>, out: &mut String) {
        let Some(text) = text else {
            return out.push_str(if self.letter == 'Q' { "NULL" } else { "(NULL)" });
        };
        let quote = if self.letter == 'w' { '"' } else { '\'' };
        let around = (self.letter == 'Q').then_some('\'');
        out.extend(around);
        for c in text.chars().take(precision.unwrap_or(usize::MAX)) {
            out.push(c);
            if c == quote {
                out.push(c);
            }
        }
        out.extend(around);
    }
}

/// Fills what was written since `start` with spaces, up to a width.
fn pad(out: &mut String, start: usize, width: usize, left: bool) {
    let has = out[start..].chars().count();
    if has >= width {
        return;
    }
    let spaces = " ".repeat(width - has);
    match left {
        true => out.push_str(&spaces),
        false => out.insert_str(start, &spaces),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_format_says_what_it_takes_and_what_is_wrong_with_it() {
        let takes = |format: &str| Printf::read(format).map(|format| format.operands());
        assert_eq!(takes("a %% b%"), Ok(vec![]));
        assert_eq!(takes("%5.2f %-*s %lld"), Ok(vec![Type::F64, Type::I64, Type::Str, Type::I64]));
        assert!(takes("%y").unwrap_err().contains("knows no %y"));
        assert!(takes("%99999999d").unwrap_err().contains("at most"));
        assert!(takes("%5").unwrap_err().contains("ends behind"));
    }
}
