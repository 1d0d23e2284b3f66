//! Functions of strings, with SQLite's answers: characters are Unicode's, but only ASCII letters have cases.

use super::view::{Arg, View, ints, strict, zero_nulls};
use crate::data::{Bits, Column, Text, Values};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Function {
    Concat,
    Length,
    Lower,
    Replace,
    Substr,
    /// Spaces, or the characters of a second operand, from both ends.
    Trim,
    TrimStart,
    TrimEnd,
    Upper,
}

/// A string that an expression makes is at most so long; a longer one is NULL.
pub(super) const BYTES_MAX: usize = 16 << 20;
/// So many bytes of characters to trim are looked through for each that may be one.
const CHARS_FEW: usize = 32;
/// So many bytes of text may a column of an expression have; a batch that would have more is worked on in parts.
pub(super) const ROOM: usize = 64 << 20;

pub(super) fn apply(function: Function, operands: &[View<'_>], rows: usize, out: &mut Column) {
    let text = operands[0];
    if function == Function::Length {
        return length(text, rows, out);
    }
    strict(operands, rows, &mut out.valid);
    let Values::Str(values) = &mut out.values else { unreachable!("it fills strings") };
    let valid = &mut out.valid;
    match function {
        Function::Lower => {
            made(values, valid, rows, |row, out| put(out, text.text(row)), str::make_ascii_lowercase)
        }
        Function::Upper => {
            made(values, valid, rows, |row, out| put(out, text.text(row)), str::make_ascii_uppercase)
        }
        Function::Concat => {
            let next = operands[1];
            let join =
                |row, out: &mut String| put(out, text.text(row)).and_then(|()| put(out, next.text(row)));
            made(values, valid, rows, join, |_| {});
        }
        Function::Replace => {
            let (from, to) = (operands[1], operands[2]);
            let replace = |row, out: &mut String| replace(text.text(row), from.text(row), to.text(row), out);
            made(values, valid, rows, replace, |_| {});
        }
        Function::Substr => {
            let (start, len) =
                (operands[1].ints(), operands.get(2).map_or(Arg::One(i64::MAX), |view| view.ints()));
            let part = |row, out: &mut String| put(out, substr(text.text(row), start.get(row), len.get(row)));
            made(values, valid, rows, part, |_| {});
        }
        Function::Trim | Function::TrimStart | Function::TrimEnd => {
            let chars = |row| operands.get(1).map_or(" ", |view| view.text(row));
            let trim = |row, out: &mut String| {
                let (text, chars) = (text.text(row), chars(row));
                // Of many characters each is found without a look at all.
                let mut many: Vec<char> = Vec::new();
                if chars.len() > CHARS_FEW {
                    many.extend(chars.chars());
                    many.sort_unstable();
                }
                let among = |c| match many.is_empty() {
                    true => chars.contains(c),
                    false => many.binary_search(&c).is_ok(),
                };
                put(
                    out,
                    match function {
                        Function::TrimStart => text.trim_start_matches(among),
                        Function::TrimEnd => text.trim_end_matches(among),
                        _ => text.trim_matches(among),
                    },
                )
            };
            made(values, valid, rows, trim, |_| {});
        }
        Function::Length => unreachable!("it fills integers"),
    }
}

/// Appends the strings that `write` writes and `finish` changes in place. One that grows too large is NULL.
pub(super) fn made(
    values: &mut Text,
    valid: &mut Bits,
    rows: usize,
    write: impl Fn(usize, &mut String) -> Option<()>,
    finish: impl Fn(&mut str),
) {
    for row in 0..rows {
        let mut fits = true;
        values.push_within(ROOM, |out| {
            let start = out.len();
            if !valid.get(row) {
                return;
            }
            fits = write(row, out).is_some() && out.len() - start <= BYTES_MAX;
            if fits {
                finish(&mut out[start..]);
            } else {
                out.truncate(start);
            }
        });
        if !fits {
            valid.set(row, false);
        }
    }
}

/// Appends a piece, unless it alone is too long.
pub(super) fn put(out: &mut String, piece: &str) -> Option<()> {
    (piece.len() <= BYTES_MAX).then(|| out.push_str(piece))
}

fn replace(text: &str, from: &str, to: &str, out: &mut String) -> Option<()> {
    let start = out.len();
    let mut last = 0;
    // Nothing stands nowhere.
    for (at, _) in text.match_indices(from).filter(|_| !from.is_empty()) {
        put(out, &text[last..at])?;
        put(out, to)?;
        last = at + from.len();
        if out.len() - start > BYTES_MAX {
            return None;
        }
    }
    put(out, &text[last..])
}

/// Characters `start..start + len`, counted from 1, or from the end when `start` is negative; a negative `len`
/// asks for those before `start` (SQLite's `substrFunc`). Position 0 is before the first character.
fn substr(text: &str, start: i64, len: i64) -> &str {
    let (start, len) = (i128::from(start), i128::from(len));
    let chars = if start < 0 { text.chars().count() as i128 } else { 0 };
    let (mut from, mut take) = match start {
        ..0 => (start + chars, len),
        0 => (0, len - i128::from(len > 0)),
        _ => (start - 1, len),
    };
    if from < 0 {
        take = if take < 0 { 0 } else { (take + from).max(0) };
        from = 0;
    }
    if take < 0 {
        take = (-take).min(from);
        from -= take;
    }
    let byte = |text: &str, chars: i128| {
        let nth = usize::try_from(chars).ok().and_then(|chars| text.char_indices().nth(chars));
        nth.map_or(text.len(), |(at, _)| at)
    };
    let text = &text[byte(text, from)..];
    &text[..byte(text, take)]
}

fn length(a: View<'_>, rows: usize, out: &mut Column) {
    let (values, valid) = ints(out);
    strict(&[a], rows, valid);
    match &a.column.values {
        Values::List(lists) if !a.one => values.extend((0..rows).map(|row| lists.get(row).len() as i64)),
        _ => values.extend((0..rows).map(|row| a.text(row).chars().count() as i64)),
    }
    zero_nulls(values, valid);
}

/// The text whose bytes these digits are; other characters may stand between two bytes if `between` has them.
pub(super) fn unhex(digits: &str, between: &str, out: &mut String) -> Option<()> {
    if digits.len() > 2 * BYTES_MAX {
        return None;
    }
    let mut bytes = Vec::with_capacity(digits.len() / 2);
    let mut left = digits.chars();
    while let Some(first) = left.next() {
        let Some(high) = first.to_digit(16) else {
            if between.contains(first) {
                continue;
            }
            return None;
        };
        let low = left.next()?.to_digit(16)?;
        bytes.push((high * 16 + low) as u8);
    }
    out.push_str(std::str::from_utf8(&bytes).ok()?);
    Some(())
}
