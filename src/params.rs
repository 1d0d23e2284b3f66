//! What a topology says to an operator, and what is wrong with it, by key.
//!
//! Parameters come as a TOML table; an operator reads them into a private struct that denies unknown fields.
//! A problem names the key, not a line: `topology/` finds the place in the file.

use serde::de::{DeserializeOwned, Deserializer, SeqAccess, Visitor};
use std::fmt;

/// The parameters of one step: its TOML table without `operator`.
pub type Params = toml::Table;

/// Something wrong with a parameter.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Problem {
    /// Path to the value inside the step, such as `["fields", "amount"]`; empty: the step itself.
    pub path: Vec<String>,
    /// Where in the (string) value, as a byte offset: set for expressions.
    pub offset: Option<usize>,
    /// What is wrong, as a clause: `unknown column "amunt"`.
    pub what: String,
    /// The nearest valid choice, if one is near.
    pub nearest: Option<String>,
}

impl Problem {
    /// A problem with the value under one key.
    pub fn at(key: &str, what: impl Into<String>) -> Problem {
        Problem { path: vec![key.to_string()], what: what.into(), ..Problem::default() }
    }

    /// A problem with the step as a whole.
    pub fn whole(what: impl Into<String>) -> Problem {
        Problem { what: what.into(), ..Problem::default() }
    }

    /// Adds the nearest of `choices` to `given`.
    pub fn suggest<'a>(mut self, given: &str, choices: impl IntoIterator<Item = &'a str>) -> Problem {
        self.nearest = nearest(given, choices);
        self
    }
}

/// The choice that one most likely meant by `given`; `None` when nothing is near.
pub fn nearest<'a>(given: &str, choices: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let lower = given.to_lowercase();
    choices
        .into_iter()
        .map(|choice| (strsim::damerau_levenshtein(&lower, &choice.to_lowercase()), choice))
        .filter(|(distance, choice)| *distance <= (choice.len().max(given.len()) / 3).max(1))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, choice)| choice.to_string())
}

/// One name, or a list of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    all: Vec<String>,
    listed: bool,
}

impl Names {
    pub fn all(&self) -> &[String] {
        &self.all
    }

    /// Where the name `at` stands that was given under `key`.
    pub fn path(&self, key: &str, at: usize) -> Vec<String> {
        let place = self.listed.then(|| at.to_string());
        std::iter::once(key.to_string()).chain(place).collect()
    }
}

impl<'de> serde::Deserialize<'de> for Names {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Names, D::Error> {
        from.deserialize_any(ReadNames)
    }
}

struct ReadNames;

impl<'de> Visitor<'de> for ReadNames {
    type Value = Names;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name in quotes, or a list of them")
    }

    fn visit_str<E>(self, name: &str) -> Result<Names, E> {
        Ok(Names { all: vec![name.to_string()], listed: false })
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Names, A::Error> {
        let mut names = Names { all: Vec::new(), listed: true };
        while let Some(name) = list.next_element()? {
            names.all.push(name);
        }
        Ok(names)
    }
}

/// Reads parameters into an operator's own struct. The struct has `#[serde(deny_unknown_fields)]`.
pub fn read<T: DeserializeOwned>(params: Params) -> Result<T, Vec<Problem>> {
    serde_path_to_error::deserialize(toml::Value::Table(params)).map_err(|error| vec![problem_of(&error)])
}

/// Turns serde's error into a problem: its path, its words, and for an unknown key or variant the nearest one.
fn problem_of(error: &serde_path_to_error::Error<toml::de::Error>) -> Problem {
    let said = error.inner().message();
    let mut quoted = said.split('`').skip(1).step_by(2);
    let unknown = ["unknown field", "unknown variant"].iter().any(|start| said.starts_with(start));
    let mut path: Vec<String> = error.path().iter().map(|segment| segment.to_string()).collect();
    path.retain(|key| key != "?");
    if !unknown {
        if let (true, Some(key)) = (said.starts_with("missing field"), quoted.next()) {
            return Problem { path, what: format!("\"{key}\" is missing"), ..Problem::default() };
        }
        return Problem { path, what: said.replace('`', "\""), ..Problem::default() };
    }
    let given = quoted.next().unwrap_or_default();
    let what = if said.starts_with("unknown field") { "unknown key" } else { "unknown choice" };
    let choices: Vec<&str> = quoted.collect();
    // serde's path of an unknown field may or may not end in the field itself.
    if what == "unknown key" && path.last().map(String::as_str) != Some(given) {
        path.push(given.to_string());
    }
    let listed = choices.iter().map(|choice| format!("\"{choice}\"")).collect::<Vec<_>>().join(", ");
    let what = format!("{what} \"{given}\" (choose from {listed})");
    Problem { path, offset: None, what, nearest: None }.suggest(given, choices)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Deserialize, PartialEq)]
    #[serde(deny_unknown_fields)]
    struct Sample {
        threshold: f64,
        rate: Option<crate::units::Rate>,
    }

    fn problem(text: &str) -> Problem {
        read::<Sample>(text.parse().unwrap()).unwrap_err().remove(0)
    }

    #[test]
    fn what_is_there_is_read() {
        let sample = read::<Sample>("threshold = 1.5".parse().unwrap()).unwrap();
        assert_eq!(sample, Sample { threshold: 1.5, rate: None });
    }

    #[test]
    fn names_are_one_or_a_list() {
        #[derive(Debug, Deserialize)]
        struct Sample {
            per: Names,
        }
        let read = |text: &str| read::<Sample>(text.parse().unwrap()).map(|sample| sample.per);
        let (one, list) = (read("per = \"a\"").unwrap(), read("per = [\"a\", \"b\"]").unwrap());
        assert_eq!((one.all(), one.path("per", 0)), (&["a".to_string()][..], vec!["per".to_string()]));
        assert_eq!((list.all().len(), list.path("per", 1)), (2, vec!["per".to_string(), "1".to_string()]));
        let told = read("per = 3").unwrap_err().remove(0);
        assert!(
            told.path == ["per"] && told.what.contains("a name in quotes, or a list of them"),
            "{told:?}"
        );
        assert!(read("per = [3]").unwrap_err()[0].path.starts_with(&["per".to_string()]));
    }

    #[test]
    fn a_misspelt_key_is_told_with_the_nearest() {
        let told = problem("threshhold = 1.0");
        assert_eq!(told.path, ["threshhold"]);
        assert_eq!(told.nearest.as_deref(), Some("threshold"));
        assert_eq!(problem("").what, "\"threshold\" is missing");
        let told = problem("threshold = 1.0\nrate = \"fast\"");
        assert_eq!(told.path, ["rate"]);
        assert!(told.what.contains("a rate above zero"), "{}", told.what);
    }
}
