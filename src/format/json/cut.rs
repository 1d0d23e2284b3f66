//! A whole text cut into JSON values, wherever their lines end: the elements of an array, or objects one behind the
//! other.
//!
//! What is no object, or one that is never closed, ends where a line begins with the next: what is broken costs itself
//! alone, and no text is walked through again and again.

use crate::format::found::{Found, MARK};
use memchr::{memchr_iter, memchr3};
use std::ops::Range;

/// How far a whole text is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::format) enum Cut {
    /// It has not begun.
    Start,
    /// An object follows the other.
    Objects,
    /// The same behind one that was never closed: no other goes on in a line that begins as an object does.
    Broken,
    /// Elements of an array; `first`: none was taken yet.
    Array {
        first: bool,
    },
    End,
}

/// Whether a text is an array that is none to its end: it is not closed, an element is missing, or something stands
/// behind it.
pub(crate) fn breaks_off(text: &[u8]) -> bool {
    let (mut cut, mut at) = (Cut::Start, 0);
    loop {
        match cut.next(text, &mut at).0 {
            Found::Bad(_) => return true,
            Found::Record if matches!(cut, Cut::Array { .. }) => {}
            _ => return false,
        }
    }
}

impl Cut {
    /// The next record of a text from `at` on, which is moved behind it, and where it lies.
    pub(in crate::format) fn next(&mut self, text: &[u8], at: &mut usize) -> (Found, Range<usize>) {
        if *self == Cut::Start {
            *self = start(text, at);
        }
        *at += blanks(&text[*at..]);
        match *self {
            Cut::Array { first } => self.element(first, text, at),
            Cut::Objects | Cut::Broken if *at < text.len() => self.object(text, at),
            _ => (Found::End, 0..0),
        }
    }

    fn object(&mut self, text: &[u8], at: &mut usize) -> (Found, Range<usize>) {
        if text[*at] == b'{' {
            if let Some(end) = value(text, *at, *self == Cut::Broken) {
                return taken(at, end);
            }
            *self = Cut::Broken;
        }
        let from = *at;
        let next = memchr_iter(b'\n', &text[from..]).map(|end| from + end).find(|end| goes_on(text, *end));
        *at = next.unwrap_or(text.len());
        (Found::Record, from..from + text[from..*at].trim_ascii_end().len())
    }

    fn element(&mut self, first: bool, text: &[u8], at: &mut usize) -> (Found, Range<usize>) {
        let from = *at;
        match text.get(*at) {
            Some(b']') => {
                *self = Cut::End;
                let behind = *at + 1 + blanks(&text[*at + 1..]);
                *at = text.len();
                return if behind == text.len() { (Found::End, 0..0) } else { bad(behind..text.len()) };
            }
            Some(b',') if !first => {
                *at += 1;
                *at += blanks(&text[*at..]);
            }
            Some(_) if first => {}
            _ => return self.broken(text, at, from),
        }
        *self = Cut::Array { first: false };
        match value(text, *at, false) {
            Some(end) => taken(at, end),
            None => self.broken(text, at, from),
        }
    }

    /// From there on it is no array.
    fn broken(&mut self, text: &[u8], at: &mut usize, from: usize) -> (Found, Range<usize>) {
        *self = Cut::End;
        *at = text.len();
        bad(from..text.len())
    }
}

/// How a text is to be cut that begins so.
fn start(text: &[u8], at: &mut usize) -> Cut {
    *at += if text[*at..].starts_with(MARK) { MARK.len() } else { 0 };
    *at += blanks(&text[*at..]);
    if text.get(*at) != Some(&b'[') {
        return Cut::Objects;
    }
    *at += 1;
    Cut::Array { first: true }
}

fn taken(at: &mut usize, end: usize) -> (Found, Range<usize>) {
    let found = *at..end;
    *at = end;
    (Found::Record, found)
}

fn bad(range: Range<usize>) -> (Found, Range<usize>) {
    (Found::Bad("json"), range)
}

fn blanks(text: &[u8]) -> usize {
    text.iter().take_while(|byte| is_blank(**byte)).count()
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b'\n' | b'\r' | b' ' | b'\t')
}

/// Whether an object begins behind this end of a line.
fn goes_on(text: &[u8], end: usize) -> bool {
    text.get(end + 1) == Some(&b'{')
}

/// Where the value ends that begins at `at`, as far as its brackets and quotes tell; `None` if it does not.
/// `bounded`: nor may it go on in a line that begins as an object does.
fn value(text: &[u8], mut at: usize, bounded: bool) -> Option<usize> {
    let mut depth = 0_usize;
    loop {
        match text.get(at)? {
            b'"' => at = quoted(text, at + 1)?,
            b'{' | b'[' => (depth, at) = (depth + 1, at + 1),
            b'}' | b']' => (depth, at) = (depth.checked_sub(1)?, at + 1),
            // Of a value without brackets the next that can't be part of it is the end.
            _ if depth == 0 => {
                let ends = |byte: &u8| is_blank(*byte) || b",]}[{\"".contains(byte);
                let len = text[at..].iter().position(ends).unwrap_or(text.len() - at);
                return (len > 0).then_some(at + len);
            }
            b'\n' if bounded && goes_on(text, at) => return None,
            _ => at += 1,
        }
        if depth == 0 {
            return Some(at);
        }
    }
}

/// Behind the closing quote of a text that was opened before `at`. A text has no line end in it.
fn quoted(text: &[u8], mut at: usize) -> Option<usize> {
    loop {
        at += memchr3(b'"', b'\\', b'\n', text.get(at..)?)?;
        match text[at] {
            b'"' => return Some(at + 1),
            b'\n' => return None,
            _ => at += 2,
        }
    }
}

#[cfg(test)]
mod tests;
