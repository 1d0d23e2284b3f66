//! `${NAME}` and `${NAME:-default}` in strings: variables of the environment, filled in before anything is checked.
//!
//! Keys are never filled in, and what a variable holds is text and nothing else: no quotes end there, no key begins, no
//! other variable is looked up in it. `$${` stands for the characters `${`.

use super::spans::{Path, under};
use crate::error::{Error, Result};
use config::{Value, ValueKind};
use std::ffi::OsString;
use std::ops::Range;

/// A part of a text that was filled in: its bytes now, and where it stood before.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Piece {
    now: Range<usize>,
    before: Range<usize>,
}

/// What is wrong in a text, and at which byte.
pub(super) type Faults = Vec<(usize, String)>;

/// A string that has variables: where it stands, and the parts that were filled in, or what is wrong.
pub(super) type Filled = (Path, std::result::Result<Vec<Piece>, Faults>);

/// Fills in every string below `path`; tells of those that have variables.
pub(super) fn fill_all(value: &mut Value, path: &[String]) -> Vec<Filled> {
    let mut strings = Vec::new();
    each_string(value, path, &mut strings);
    let one = |(path, text): (Path, &mut String)| match fill(text, &environment) {
        Ok((_, pieces)) if pieces.is_empty() => None,
        Ok((filled, pieces)) => {
            *text = filled;
            Some((path, Ok(pieces)))
        }
        Err(faults) => Some((path, Err(faults))),
    };
    strings.into_iter().filter_map(one).collect()
}

/// One text, filled in.
///
/// # Errors
/// When a variable is not set or can't stand there.
pub fn filled(text: &str) -> Result<String> {
    let filled = fill(text, &environment);
    filled.map(|(text, _)| text).map_err(|mut faults| Error::usage(faults.remove(0).1))
}

/// Where byte `offset` of a filled text was in the one before.
pub(super) fn before(pieces: &[Piece], offset: usize) -> usize {
    match pieces.iter().rfind(|piece| piece.now.start <= offset) {
        None => offset,
        // The variable's name.
        Some(piece) if offset < piece.now.end => piece.before.start + 2,
        Some(piece) => piece.before.end + (offset - piece.now.end),
    }
}

fn each_string<'a>(value: &'a mut Value, path: &[String], found: &mut Vec<(Path, &'a mut String)>) {
    match &mut value.kind {
        ValueKind::String(text) => found.push((path.to_vec(), text)),
        ValueKind::Array(entries) => {
            for (at, value) in entries.iter_mut().enumerate() {
                each_string(value, &under(path, &[&at.to_string()]), found);
            }
        }
        ValueKind::Table(table) => {
            for (key, value) in table {
                each_string(value, &under(path, &[key]), found);
            }
        }
        _ => {}
    }
}

fn environment(name: &str) -> Option<OsString> {
    std::env::var_os(name)
}

/// The text with its variables in it, and where they are.
fn fill(
    text: &str,
    lookup: &impl Fn(&str) -> Option<OsString>,
) -> std::result::Result<(String, Vec<Piece>), Faults> {
    let (mut filled, mut pieces, mut faults) = (String::new(), Vec::new(), Faults::new());
    let mut at = 0;
    while let Some(dollar) = text[at..].find('$').map(|found| at + found) {
        filled += &text[at..dollar];
        let rest = &text[dollar..];
        let (put, len) = match rest {
            _ if rest.starts_with("$${") => ("${".to_string(), 3),
            _ if rest.starts_with("${") => match variable(&rest[2..], lookup) {
                Ok((value, len)) => (value, 2 + len),
                Err(what) => {
                    // The place is that of the name.
                    faults.push((dollar + 2, what));
                    (String::new(), 2)
                }
            },
            _ => {
                filled.push('$');
                at = dollar + 1;
                continue;
            }
        };
        let now = filled.len()..filled.len() + put.len();
        pieces.push(Piece { now, before: dollar..dollar + len });
        filled += &put;
        at = dollar + len;
    }
    filled += &text[at..];
    if faults.is_empty() { Ok((filled, pieces)) } else { Err(faults) }
}

/// The value of the variable that a text behind `${` names, and how many bytes say so, the brace included.
fn variable(
    rest: &str,
    lookup: &impl Fn(&str) -> Option<OsString>,
) -> std::result::Result<(String, usize), String> {
    const MUST: &str = "\"${\" begins a variable of the environment, as in ${HOME} or ${HOME:-/tmp}: write $${ for \
        the characters";
    let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(rest.len());
    let (name, behind) = rest.split_at(end);
    if name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) {
        return Err(MUST.to_string());
    }
    let (default, len) = match (behind.strip_prefix(":-"), behind.strip_prefix('}')) {
        (Some(default), _) => {
            let close = default.find('}').ok_or(MUST)?;
            (Some(&default[..close]), end + 2 + close + 1)
        }
        (_, Some(_)) => (None, end + 1),
        _ => return Err(MUST.to_string()),
    };
    let value = match (lookup(name), default) {
        (Some(value), Some(default)) if value.is_empty() => return Ok((default.to_string(), len)),
        (Some(value), _) => value,
        (None, Some(default)) => return Ok((default.to_string(), len)),
        (None, None) => {
            return Err(format!(
                "the environment variable {name} is not set: set it, or write ${{{name}:-default}}"
            ));
        }
    };
    match value.into_string() {
        Err(_) => Err(format!("the environment variable {name} is not UTF-8")),
        Ok(value) if value.contains(char::is_control) => {
            Err(format!("the environment variable {name} holds a line break or another control character"))
        }
        Ok(value) => Ok((value, len)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lookup(name: &str) -> Option<OsString> {
        let known = [("A", "a"), ("EMPTY", ""), ("WITHIN", "${A}"), ("LINES", "x\ny"), ("LONG", "abcdefgh")];
        known.iter().find(|(known, _)| *known == name).map(|(_, value)| OsString::from(value))
    }

    #[test]
    fn variables_are_filled_in_once() {
        let text = |text: &str| fill(text, &lookup).unwrap().0;
        assert_eq!(text("x${A}y${A}"), "xaya");
        assert_eq!(text("${NOT:-b c}${EMPTY:-d}${A:-e}|${EMPTY}|${NOT:-}"), "b cda||");
        assert_eq!(text("${WITHIN} ${NOT:-${A}"), "${A} ${A", "what is put in is not looked at again");
        assert_eq!(text("$${A} $ $$ $A 5$ größe$"), "${A} $ $$ $A 5$ größe$");
    }

    #[test]
    fn what_is_wrong_is_told_at_its_name() {
        let faults = |text: &str| fill(text, &lookup).unwrap_err();
        let told = faults("x ${NOT} ${LINES} ${A}");
        assert_eq!(told.iter().map(|(at, _)| *at).collect::<Vec<_>>(), [4, 11]);
        assert!(
            told[0].1.contains("NOT is not set") && told[1].1.contains("LINES holds a line break"),
            "{told:?}"
        );
        for text in ["${", "${}", "${1}", "${A", "${A-b}", "${A:b}", "${A:-b", "${ A}", "${größe}"] {
            assert!(faults(text)[0].1.contains("write $${"), "{text}");
        }
    }

    #[test]
    fn a_place_is_found_again() {
        let text = "${LONG} > ${A} + $${ amunt";
        let (filled, pieces) = fill(text, &lookup).unwrap();
        let old = |word: &str| before(&pieces, filled.find(word).unwrap());
        assert_eq!(&text[old("amunt")..], "amunt");
        assert!(text[old("bcd")..].starts_with("LONG}") && text[old(" > ")..].starts_with(" > $"));
    }
}
