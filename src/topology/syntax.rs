//! What keeps a text from being TOML, in a user's words.

use std::ops::Range;
use toml::de::Error;

/// What is wrong with a text, and where.
#[derive(Debug)]
pub(super) struct Fault {
    pub at: Range<usize>,
    pub what: String,
    /// The value that it leaves unknown; of a key that is set twice the first one counts.
    pub value: Option<Vec<String>>,
}

/// Every key that is set twice, and the first thing that is no TOML; nothing behind that.
pub(super) fn faults(text: &str, errors: &[Error]) -> Vec<Fault> {
    let at = |error: &Error| error.span().unwrap_or(0..0);
    let fault = |error: &Error, what: String| Fault { at: at(error), what, value: None };
    let first = errors.iter().filter(|error| !is_duplicate(error)).min_by_key(|error| at(error).start);
    let end = first.map_or(usize::MAX, |error| at(error).start);
    let twice = errors.iter().filter(|error| is_duplicate(error) && at(error).start < end);
    let twice = twice.map(|error| {
        let key = text.get(at(error)).unwrap_or_default();
        fault(error, format!("{key} is set twice in one table"))
    });
    let first = first.map(|error| fault(error, format!("not valid TOML: {}", plainly(text, error))));
    twice.chain(first).collect()
}

/// A key that is set twice can be read past.
pub(super) fn is_duplicate(error: &Error) -> bool {
    error.message() == "duplicate key"
}

const UNQUOTED: &str = "a text stands in quotes (name = \"orders\"); true, false and numbers stand without";
const ESCAPE: &str =
    "behind \\ in a text in \" quotes stands n, t, \\, \" or a code: write \\\\, or put the text in ' quotes";
const CLOSED: &str = "the text has no closing quote on its line (one of several lines stands in \"\"\")";

/// Beginnings of what the parser says, and what is meant.
const PLAIN: &[(&str, &str)] = &[
    ("string values must be quoted", UNQUOTED),
    ("invalid boolean", UNQUOTED),
    ("invalid float", UNQUOTED),
    ("invalid basic string, expected \"", CLOSED),
    ("invalid literal string", CLOSED),
    ("invalid basic string", "the text holds a control character: write it as \\u0000, with its number"),
    ("missing escaped value", ESCAPE),
    ("too few unicode value digits", ESCAPE),
    ("unclosed array table", "a stage begins with [[stage]], in double brackets on both sides"),
    ("unclosed table", "the table's name has no closing ]"),
    ("unclosed array", "the list has no closing ]"),
    ("unclosed inline table", "the table has no closing }"),
    ("missing comma", "a comma is missing here, or a closing bracket before"),
    ("extra comma", "a comma too many"),
    ("unexpected key or value", "the line should end here: each key has a line of its own, without a comma"),
    ("key with no value", "a key stands before \"=\" and its value: name = \"orders\""),
    ("missing assignment", "a key stands before \"=\" and its value: where = \"x > 1\""),
    ("unquoted keys cannot be empty", "a key is missing before the \"=\""),
    (
        "invalid unquoted key",
        "a key is of letters, digits, _ and -, or stands in quotes; \"=\" comes behind it",
    ),
    ("unexpected leading zero", "a number has no leading zeros; a text stands in quotes"),
    ("\"_\" may only go between digits", "\"_\" may only stand between two digits"),
    ("missing value", UNQUOTED),
    ("cannot recurse", "lists and tables are nested too deeply (80 levels are read)"),
    ("recursion limit", "lists and tables are nested too deeply (80 levels are read)"),
];

fn plainly(text: &str, error: &Error) -> String {
    if let Some(other) = other_language(text) {
        return other.to_string();
    }
    let at = error.span().map_or(0, |span| span.start);
    if text.get(at..).is_some_and(|rest| rest.starts_with(['\u{201c}', '\u{201d}', '\u{2018}', '\u{2019}'])) {
        return "typographic quotes are no quotes: write \" or '".to_string();
    }
    let said = error.message().replace('`', "\"");
    let plain = PLAIN.iter().find(|(begins, _)| said.starts_with(begins));
    plain.map_or(said, |(_, plain)| plain.to_string())
}

/// A text that is written in another language as a whole, by its first line that says something.
fn other_language(text: &str) -> Option<&'static str> {
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    let first = lines.next()?;
    if first.starts_with('{') || first == "[" {
        return Some(
            "this looks like JSON; a topology is written so: name = \"orders\", and stages begin with [[stage]]",
        );
    }
    let key = first.split_once(':').map(|(key, rest)| (key, rest.is_empty() || rest.starts_with(' ')));
    let is_word = |key: &str| key.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-' || c == ' ');
    if first == "---" || key.is_some_and(|(key, parted)| parted && is_word(key)) {
        return Some(
            "this looks like YAML; a topology is written so: name = \"orders\", and stages begin with [[stage]]",
        );
    }
    first.starts_with('<').then_some("this looks like XML; a topology is written so: name = \"orders\"")
}
