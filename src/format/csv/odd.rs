//! CSV that takes a look at every byte: with an escape, or with blanks around its fields; and what such fields say.

use super::dialect::Dialect;
use super::scan::{COLUMNS_MAX, Scan, Span, is_line_end};

/// As `scan::scan`, for dialects that are odd.
pub(super) fn scan_odd(text: &[u8], whole: bool, dialect: &Dialect, spans: &mut Vec<Span>) -> Scan {
    let (mut at, mut fields) = (0, 0);
    loop {
        while text.get(at).is_some_and(|byte| is_blank(*byte, dialect)) {
            at += 1;
        }
        let from = at;
        let mut odd = false;
        if dialect.quote.is_some() && text.get(at).copied() == dialect.quote {
            let Some(close) = closing(text, at + 1, dialect) else { return Scan::Short };
            at = stop(text, close + 1, dialect, &mut odd);
            if !dialect.lenient_quotes && trimmed(text, close + 1, at, dialect) > close + 1 {
                return Scan::Stray;
            }
            odd = true;
        } else {
            at = stop(text, at, dialect, &mut odd);
        }
        fields += 1;
        if fields <= COLUMNS_MAX {
            spans.push(Span { from, to: trimmed(text, from, at, dialect), odd });
        }
        match text.get(at) {
            Some(byte) if *byte == dialect.delimiter => at += 1,
            None if !whole => return Scan::Short,
            _ => return Scan::Record { len: at, fields },
        }
    }
}

fn is_blank(byte: u8, dialect: &Dialect) -> bool {
    dialect.trim && matches!(byte, b' ' | b'\t') && byte != dialect.delimiter
}

/// Where the blanks at the end of `text[from..to]` begin.
fn trimmed(text: &[u8], from: usize, to: usize, dialect: &Dialect) -> usize {
    to - text[from..to].iter().rev().take_while(|byte| is_blank(**byte, dialect)).count()
}

/// Whether the escape at `at` takes the meaning of what stands behind it.
fn escapes(text: &[u8], at: usize, dialect: &Dialect) -> bool {
    let special = |byte: &u8| {
        is_line_end(*byte)
            || *byte == dialect.delimiter
            || [dialect.quote, dialect.escape].contains(&Some(*byte))
    };
    dialect.escape.is_some()
        && dialect.escape == text.get(at).copied()
        && text.get(at + 1).is_some_and(special)
}

/// How long what an escape takes the meaning of is, with the escape: `\r\n` is one line end.
fn escaped_len(text: &[u8], at: usize) -> usize {
    if text[at + 1..].starts_with(b"\r\n") { 3 } else { 2 }
}

/// The next delimiter or line end from `at` on, or the end of the text. `odd`: something must be resolved before it.
fn stop(text: &[u8], mut at: usize, dialect: &Dialect, odd: &mut bool) -> usize {
    while let Some(&byte) = text.get(at) {
        if byte == dialect.delimiter || is_line_end(byte) {
            break;
        }
        let escapes = escapes(text, at, dialect);
        *odd |= escapes;
        at += if escapes { escaped_len(text, at) } else { 1 };
    }
    at.min(text.len())
}

/// Where the quote is closed that was opened before `at`.
fn closing(text: &[u8], mut at: usize, dialect: &Dialect) -> Option<usize> {
    while let Some(byte) = text.get(at) {
        if escapes(text, at, dialect) {
            at += escaped_len(text, at);
        } else if Some(*byte) != dialect.quote {
            at += 1;
        } else if text.get(at + 1).copied() == dialect.quote {
            at += 2;
        } else {
            return Some(at);
        }
    }
    None
}

/// Writes what a field says: a doubled quote is one, an escape is left out, and what stands behind the closing quote is
/// taken as it is. Whether the field is in quotes.
pub(super) fn resolve(field: &str, dialect: &Dialect, into: &mut String) -> bool {
    let is = |of: Option<u8>, letter: char| of.is_some_and(|of| char::from(of) == letter);
    into.clear();
    let quoted = field.starts_with(|letter| is(dialect.quote, letter));
    let mut rest = &field[usize::from(quoted)..];
    let marks = |letter| is(dialect.escape, letter) || (quoted && is(dialect.quote, letter));
    while let Some(at) = rest.find(marks) {
        let text = rest.as_bytes();
        into.push_str(&rest[..at]);
        let escapes = escapes(text, at, dialect);
        if escapes || (is(dialect.quote, char::from(text[at])) && text.get(at + 1) == Some(&text[at])) {
            into.push(char::from(text[at + 1]));
            rest = &rest[at + 2..];
        } else if is(dialect.escape, char::from(text[at])) {
            into.push(char::from(text[at]));
            rest = &rest[at + 1..];
        } else {
            rest = &rest[at + 1..];
            break;
        }
    }
    into.push_str(rest);
    quoted
}
