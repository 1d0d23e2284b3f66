//! LIKE, GLOB and REGEXP.

use super::view::{View, bools, strict, zero_nulls};
use crate::data::Column;
use regex::Regex;
use std::str::Chars;

pub(super) fn apply(a: View<'_>, pattern: View<'_>, escape: Option<char>, rows: usize, out: &mut Column) {
    patterns(a, pattern, rows, out, |pattern, text| like(pattern, text, escape));
}

pub(super) fn glob(a: View<'_>, pattern: View<'_>, rows: usize, out: &mut Column) {
    patterns(a, pattern, rows, out, globs);
}

/// A longer pattern has no answer, as in SQLite: it takes pattern × text.
const PATTERN_MAX: usize = 50_000;

fn patterns(
    a: View<'_>,
    pattern: View<'_>,
    rows: usize,
    out: &mut Column,
    fits: impl Fn(&str, &str) -> bool,
) {
    let (values, valid) = bools(out);
    strict(&[a, pattern], rows, valid);
    for row in 0..rows {
        let pattern = pattern.text(row);
        let short = pattern.len() <= PATTERN_MAX;
        values.push(short && fits(pattern, a.text(row)));
        if !short {
            valid.set(row, false);
        }
    }
    zero_nulls(values, valid);
}

pub(super) fn regexp(regex: &Regex, a: View<'_>, rows: usize, out: &mut Column) {
    let (values, valid) = bools(out);
    strict(&[a], rows, valid);
    values.extend((0..rows).map(|row| regex.is_match(a.text(row))));
    zero_nulls(values, valid);
}

/// `%` is any text, `_` any character, the character behind `escape` only itself; ASCII letters match in both cases.
fn like(pattern: &str, text: &str, escape: Option<char>) -> bool {
    fits(pattern, text, |pattern, c| {
        let (wanted, literal) = match pattern.next() {
            Some(c) if Some(c) == escape => (pattern.next(), true),
            other => (other, false),
        };
        match (wanted, c) {
            (Some('%'), _) if !literal => None,
            (Some('_'), Some(_)) if !literal => Some(true),
            (Some(p), Some(c)) => Some(p.eq_ignore_ascii_case(&c)),
            _ => Some(false),
        }
    })
}

/// `*` is any text, `?` any character, `[a-z]` one of a set, `[^a-z]` one of no set.
fn globs(pattern: &str, text: &str) -> bool {
    fits(pattern, text, |pattern, c| match (pattern.next(), c) {
        (Some('*'), _) => None,
        (Some('?'), Some(_)) => Some(true),
        (Some('['), Some(c)) => Some(in_set(pattern, c)),
        (Some(p), Some(c)) => Some(p == c),
        _ => Some(false),
    })
}

/// Whether a text fits a pattern. `next` takes what comes next of the pattern, and says whether the next character of
/// the text fits it; `None`: any text does. Never slower than pattern × text: when what is any text has taken too
/// little it takes one character more, and none before it need be looked at again.
#[inline]
fn fits(pattern: &str, text: &str, next: impl Fn(&mut Chars<'_>, Option<char>) -> Option<bool>) -> bool {
    let (mut wanted, mut left) = (pattern.chars(), text.chars());
    // Behind the last that is any text: the pattern, and the text it is held against.
    let mut retry: Option<(Chars<'_>, Chars<'_>)> = None;
    while !(wanted.as_str().is_empty() && left.as_str().is_empty()) {
        let (mut pattern, mut text) = (wanted.clone(), left.clone());
        match next(&mut pattern, text.next()) {
            None => {
                retry = Some((pattern.clone(), left.clone()));
                wanted = pattern;
            }
            Some(true) => (wanted, left) = (pattern, text),
            Some(false) => {
                let Some((behind, from)) = &mut retry else { return false };
                if from.next().is_none() {
                    return false;
                }
                (wanted, left) = (behind.clone(), from.clone());
            }
        }
    }
    true
}

/// Whether a character is in the set that the pattern goes on with, up to its `]`; a set without an end has none.
fn in_set(pattern: &mut Chars<'_>, c: char) -> bool {
    let (mut seen, mut before) = (false, None);
    let mut next = pattern.next();
    let inverted = next == Some('^');
    if inverted {
        next = pattern.next();
    }
    if next == Some(']') {
        seen = c == ']';
        next = pattern.next();
    }
    while let Some(of) = next.filter(|of| *of != ']') {
        let rest = pattern.clone().next();
        match before {
            Some(low) if of == '-' && rest.is_some_and(|rest| rest != ']') => {
                let high = pattern.next();
                seen |= low <= c && high.is_some_and(|high| c <= high);
                before = None;
            }
            _ => {
                seen |= c == of;
                before = Some(of);
            }
        }
        next = pattern.next();
    }
    next.is_some() && seen != inverted
}

#[cfg(test)]
mod tests {
    use super::{globs, like};

    #[test]
    fn globs_know_sets_and_cases() {
        for (pattern, text) in [
            ("*", ""),
            ("a*", "abc"),
            ("*[0-9]", "a7"),
            ("[^a-c]?", "dx"),
            ("[]x]", "]"),
            ("[a-]", "-"),
            ("é*", "éa"),
            ("*.[ch]", "a.b.c"),
        ] {
            assert!(globs(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in
            [("A*", "abc"), ("[a-c", "a"), ("[^a]", "a"), ("?", ""), ("[]", "]"), ("a", "ab")]
        {
            assert!(!globs(pattern, text), "{pattern} {text}");
        }
        assert!(!globs(&("*a".repeat(2_000) + "b"), &"a".repeat(20_000)));
    }

    #[test]
    fn wildcards_cases_and_escapes() {
        for (pattern, text) in [
            ("%", ""),
            ("a%", "Abc"),
            ("%b%c", "abxbc"),
            ("_é_", "xéy"),
            ("100!%", "100%"),
            ("!_%", "_x"),
            ("%a%a%b", "aaaaab"),
        ] {
            assert!(like(pattern, text, Some('!')), "{pattern} {text}");
        }
        for (pattern, text) in
            [("", "a"), ("_", ""), ("_", "ab"), ("É", "é"), ("100!%", "1000"), ("a!", "a"), ("%__", "é")]
        {
            assert!(!like(pattern, text, Some('!')), "{pattern} {text}");
        }
    }

    #[test]
    fn many_wildcards_are_not_tried_in_all_ways() {
        let pattern = "%a".repeat(2_000) + "b";
        assert!(!like(&pattern, &"a".repeat(20_000), None));
    }
}
