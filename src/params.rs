//! What a topology says to an operator, and what is wrong with it, by key.
//!
//! Parameters come as a TOML table; an operator reads them into a private struct that denies unknown fields and
//! describes itself: its schema is the user's table of parameters, and what they are checked by.
//! A problem names the key, not a line: `topology/` finds the place in the file.

mod called;
mod check;
mod expression;
mod mend;
mod names;
pub mod schema;
mod unit;
mod with;
mod within;
pub mod words;

pub(crate) use expression::EXPRESSION;
pub use expression::Expression;
pub(crate) use expression::expressions;
pub(crate) use mend::{is_sure, mend};
pub use names::Names;
pub(crate) use names::{NAMED, is_name};
pub use schemars::JsonSchema;
pub(crate) use unit::in_our_units;
pub(crate) use with::With;
pub(crate) use within::{Ends, Within};

use serde::de::DeserializeOwned;

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

    /// Adds the name among `choices` that is nearest to `given`.
    pub(crate) fn suggest<'a>(mut self, given: &str, choices: impl IntoIterator<Item = &'a str>) -> Problem {
        self.nearest = nearest(given, choices);
        self
    }
}

/// The choice that is spelt nearly as `given`; `None` when nothing is near.
pub fn nearest<'a>(given: &str, choices: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let lower = given.to_lowercase();
    choices
        .into_iter()
        .map(|choice| (strsim::damerau_levenshtein(&lower, &choice.to_lowercase()), choice))
        .filter(|(distance, choice)| *distance <= (choice.len().max(given.len()) / 3).max(1))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, choice)| choice.to_string())
}

/// The word of ours that was meant by `given`, among keys, types or other words that we have chosen: what other tools
/// call so, else what is spelt nearly so. For names that users choose there is `nearest`.
pub fn meant<'a>(given: &str, choices: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let choices: Vec<&str> = choices.into_iter().collect();
    let ours = called::ours(given, &choices).map(str::to_string);
    ours.or_else(|| nearest(given, choices))
}

/// A value as TOML writes it, cut when it is long.
pub(crate) fn shown(value: &toml::Value) -> String {
    const CHARS_MAX: usize = 40;
    let text = value.to_string();
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if text.chars().count() <= CHARS_MAX {
        return text;
    }
    let quote = text.chars().next().filter(|first| ['"', '\''].contains(first));
    text.chars().take(CHARS_MAX).chain(['…']).chain(quote).collect()
}

/// Reads parameters into an operator's own struct, after its schema has let them through. The struct has
/// `#[serde(deny_unknown_fields)]`.
///
/// # Errors
/// Everything that is wrong with them by their schema; what only serde knows is told alone.
pub fn read<T: DeserializeOwned + JsonSchema>(params: Params) -> Result<T, Vec<Problem>> {
    let problems = wrong(&schema::describe::<T>(), &params);
    if !problems.is_empty() {
        return Err(problems);
    }
    serde_path_to_error::deserialize(toml::Value::Table(params)).map_err(|error| {
        let path = error.path().iter().map(|segment| segment.to_string()).filter(|key| key != "?").collect();
        vec![Problem { path, what: error.inner().message().replace('`', "\""), ..Problem::default() }]
    })
}

/// Everything that is wrong with parameters by their schema.
pub(crate) fn wrong(schema: &serde_json::Value, params: &Params) -> Vec<Problem> {
    let mut problems = Vec::new();
    check::check(schema, &toml::Value::Table(params.clone()), &[], &mut problems);
    problems
}

/// Problems with a value, as problems with the parameters that it lies in.
pub(crate) fn under(path: &[&str], problems: Vec<Problem>) -> Vec<Problem> {
    let path: Vec<String> = path.iter().map(|key| key.to_string()).collect();
    problems.into_iter().map(|problem| Problem { path: path.clone(), ..problem }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Deserialize, JsonSchema, PartialEq)]
    #[serde(deny_unknown_fields)]
    struct Sample {
        threshold: f64,
        rate: Option<crate::units::Rate>,
        /// How large it may grow.
        #[schemars(range(min = 1, max = 1048576))]
        #[serde(default = "kib")]
        size: crate::units::Bytes,
        #[serde(default)]
        names: Vec<String>,
    }

    fn kib() -> crate::units::Bytes {
        crate::units::Bytes(1024)
    }

    fn problem(text: &str) -> Problem {
        read::<Sample>(text.parse().unwrap()).unwrap_err().remove(0)
    }

    #[test]
    fn what_is_there_is_read() {
        let sample = read::<Sample>("threshold = 1.5".parse().unwrap()).unwrap();
        assert_eq!(sample, Sample { threshold: 1.5, rate: None, size: kib(), names: Vec::new() });
    }

    #[test]
    fn a_misspelt_key_is_told_with_the_nearest() {
        let told = problem("threshhold = 1.0");
        assert_eq!(told.path, ["threshhold"]);
        assert_eq!(told.nearest.as_deref(), Some("threshold"));
        assert_eq!(problem("").what, "\"threshold\" is missing");
        let told = problem("threshold = 1.0\nrate = \"fast\"");
        assert_eq!(told.path, ["rate"]);
        assert_eq!(told.what, "\"rate\" must be a rate above zero such as \"20k/s\", not \"fast\"");
    }

    #[test]
    fn all_that_is_wrong_is_told_at_once_in_the_words_of_the_schema() {
        let told = read::<Sample>("rate = 0\nsize = \"2MiB\"\nnames = [1]".parse().unwrap()).unwrap_err();
        let told: Vec<&str> = told.iter().map(|problem| problem.what.as_str()).collect();
        let expected = [
            "\"rate\" must be a rate above zero such as \"20k/s\", not 0",
            "\"size\" must be a size from \"1B\" to \"1MiB\", not \"2MiB\"",
            "\"names.0\" must be a text in quotes, not 1",
            "\"threshold\" is missing",
        ];
        assert_eq!(told, expected);
    }

    #[test]
    fn a_struct_describes_its_keys() {
        let keys = schema::keys(&schema::describe::<Sample>());
        let line = |key: &schema::Key| {
            format!("{} {} {:?} {} {}", key.name, key.what, key.default, key.needed, key.about)
        };
        let expected = [
            "threshold a number None true ",
            "rate a rate above zero such as \"20k/s\" None false ",
            "size a size from \"1B\" to \"1MiB\" Some(\"\\\"1KiB\\\"\") false How large it may grow.",
            "names a list of texts None false ",
        ];
        assert_eq!(keys.iter().map(line).collect::<Vec<_>>(), expected);
    }
}
