//! The parts of a text between separators.

use crate::params::Problem;

/// What lies between two parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::preprocess) enum Separator {
    Text(String),
    /// White space, however much; none before the first part or behind the last.
    Spaces,
}

impl Separator {
    /// What a topology says; white space, where it says nothing.
    pub(in crate::preprocess) fn check(given: Option<String>) -> Result<Separator, Problem> {
        match given {
            None => Ok(Separator::Spaces),
            Some(text) if text.is_empty() => {
                let what =
                    "an empty text parts nothing: say what lies between, or leave it out for white space";
                Err(Problem::at("separator", what))
            }
            Some(text) => Ok(Separator::Text(text)),
        }
    }

    /// Gives each part of a text, with spaces around it or, where they are `trimmed`, without.
    #[inline]
    pub(in crate::preprocess) fn each<'a>(
        &self,
        text: &'a str,
        trimmed: bool,
        mut part: impl FnMut(&'a str),
    ) {
        match self {
            Separator::Spaces => text.split_whitespace().for_each(part),
            Separator::Text(between) => {
                text.split(between.as_str()).for_each(|of| part(if trimmed { of.trim() } else { of }));
            }
        }
    }

    /// What is left of a text behind its first `n` parts, separators in it as they are; `None` when there are no more.
    pub(in crate::preprocess) fn behind<'a>(&self, text: &'a str, n: usize) -> Option<&'a str> {
        let mut rest = text;
        for _ in 0..n {
            rest = match self {
                Separator::Text(between) => rest.split_once(between.as_str())?.1,
                Separator::Spaces => rest.trim_start().split_once(char::is_whitespace)?.1,
            };
        }
        match self {
            Separator::Text(_) => Some(rest),
            Separator::Spaces => Some(rest.trim()).filter(|rest| !rest.is_empty()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts<'a>(separator: &Separator, text: &'a str, trimmed: bool) -> Vec<&'a str> {
        let mut parts = Vec::new();
        separator.each(text, trimmed, |part| parts.push(part));
        parts
    }

    #[test]
    fn parts_lie_between_separators() {
        let comma = Separator::check(Some(",".to_string())).unwrap();
        assert_eq!(parts(&comma, "a, b,,", false), ["a", " b", "", ""]);
        assert_eq!(parts(&comma, "a, b,,", true), ["a", "b", "", ""]);
        assert_eq!(parts(&comma, "", false), [""]);
        assert_eq!([0, 1, 3].map(|n| comma.behind("a, b,,", n)), [Some("a, b,,"), Some(" b,,"), Some("")]);
        assert_eq!(comma.behind("a, b,,", 4), None);
        let spaces = Separator::check(None).unwrap();
        assert_eq!(parts(&spaces, " a \t b\n", false), ["a", "b"]);
        assert_eq!(parts(&spaces, " ", false), [""; 0]);
        assert_eq!([0, 1].map(|n| spaces.behind(" a \t b c\n", n)), [Some("a \t b c"), Some("b c")]);
        assert_eq!([1, 2].map(|n| spaces.behind(" a ", n)), [None, None]);
        assert!(Separator::check(Some(String::new())).is_err());
    }
}
