//! A whole text cut into JSON values, wherever their lines end: an array of objects, or objects one behind the other.

use crate::format::found::{Found, MARK};
use std::ops::Range;

/// How far a whole text is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::format) enum Cut {
    /// It has not begun.
    Start,
    /// Each line is an object.
    Lines,
    /// An object follows the other.
    Values,
    /// Elements of an array; `first`: none was taken yet.
    Array {
        first: bool,
    },
    End,
}

impl Cut {
    /// The next record of a text from `at` on, which is moved behind it, and where it lies.
    pub(in crate::format) fn next(&mut self, text: &[u8], at: &mut usize) -> (Found, Range<usize>) {
        if *self == Cut::Start {
            *self = start(text, at);
        }
        *at += blanks(&text[*at..]);
        if *at == text.len() && !matches!(self, Cut::Array { .. }) || *self == Cut::End {
            return (Found::End, 0..0);
        }
        match *self {
            Cut::Lines => line(text, at),
            Cut::Values => match value(text, *at) {
                Some(end) => taken(at, end),
                None => line(text, at),
            },
            _ => self.element(text, at),
        }
    }

    fn element(&mut self, text: &[u8], at: &mut usize) -> (Found, Range<usize>) {
        let first = *self == Cut::Array { first: true };
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
        match value(text, *at) {
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
    let rest = &text[*at..];
    match rest.first() {
        Some(b'[') => {
            *at += 1;
            Cut::Array { first: true }
        }
        // Written for people: its line ends are within it.
        Some(b'{') => match value(rest, 0) {
            Some(end) if rest[..end].contains(&b'\n') => Cut::Values,
            _ => Cut::Lines,
        },
        _ => Cut::Lines,
    }
}

fn line(text: &[u8], at: &mut usize) -> (Found, Range<usize>) {
    let rest = &text[*at..];
    let len = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
    let blank = rest[..len].iter().rev().take_while(|byte| is_blank(**byte)).count();
    let found = *at..*at + len - blank;
    *at = (*at + len + 1).min(text.len());
    (Found::Record, found)
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

/// Where the value ends that begins at `at`, as far as its brackets and quotes tell; `None` if it does not.
fn value(text: &[u8], mut at: usize) -> Option<usize> {
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
            _ => at += 1,
        }
        if depth == 0 {
            return Some(at);
        }
    }
}

/// Behind the closing quote of a text that was opened before `at`.
fn quoted(text: &[u8], mut at: usize) -> Option<usize> {
    loop {
        at += memchr::memchr2(b'"', b'\\', text.get(at..)?)?;
        if text[at] == b'"' {
            return Some(at + 1);
        }
        at += 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn cut(text: &str) -> Vec<String> {
        let (mut cut, mut at, mut all) = (Cut::Start, 0, Vec::new());
        loop {
            let (found, range) = cut.next(text.as_bytes(), &mut at);
            let record = text[range].to_string();
            match found {
                Found::End => return all,
                Found::Record => all.push(record),
                found => all.push(format!("{found:?} {record}")),
            }
        }
    }

    #[test]
    fn objects_are_found_in_each_way_to_write_several() {
        for (text, expected) in [
            ("", &[][..]),
            (" \n", &[]),
            ("{\"a\":1}", &["{\"a\":1}"]),
            ("{\"a\":1}\r\n\n {\"b\":2} ", &["{\"a\":1}", "{\"b\":2}"]),
            ("{\n \"a\": [1, {\"b\": \"}\\\"{\"}]\n}\n{}", &["{\n \"a\": [1, {\"b\": \"}\\\"{\"}]\n}", "{}"]),
            ("[]", &[]),
            (" [ {\"a\":1} ,\n{\"b\":[2]} ] \n", &["{\"a\":1}", "{\"b\":[2]}"]),
            ("[1,\"x,]\",null]", &["1", "\"x,]\"", "null"]),
            ("{\"a\":1\n{\"b\":2}", &["{\"a\":1", "{\"b\":2}"]),
        ] {
            assert_eq!(cut(text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_broken_is_told_once_and_nothing_behind_it_is_read() {
        for (text, expected) in [
            ("[{}", &["{}", "Bad(\"json\") "][..]),
            ("[{} {}]", &["{}", "Bad(\"json\") {}]"]),
            ("[{},]", &["{}", "Bad(\"json\") ,]"]),
            ("[,{}]", &["Bad(\"json\") ,{}]"]),
            ("[{}] {}", &["{}", "Bad(\"json\") {}"]),
            ("[{\"a\":\"x}]", &["Bad(\"json\") {\"a\":\"x}]"]),
            ("[", &["Bad(\"json\") "]),
        ] {
            assert_eq!(cut(text), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_cut_to_its_end(text in "[\\[\\]{},\"\\\\a \n]{0,40}") {
            prop_assert!(cut(&text).len() <= text.len() + 1);
        }
    }
}
