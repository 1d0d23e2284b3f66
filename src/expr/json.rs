//! json_get: a value in a JSON text, by its path. Nothing is built of the text; it is walked through once.

use super::by_row::texts;
use super::operation::Kernel;
use super::text::put;
use super::view::{View, strict};
use crate::data::Column;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use std::fmt;

/// A path such as `$.a[0]."b c"`.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Path {
    steps: Vec<Step>,
}

#[derive(Clone, Debug, PartialEq)]
enum Step {
    Key(String),
    At(usize),
    /// From the end: 1 is the last.
    FromEnd(usize),
}

/// Deeper paths are not walked: each step takes stack.
const STEPS_MAX: usize = 64;

impl Path {
    /// Reads a path as SQLite writes it; `None` when it is none.
    pub(crate) fn read(text: &str) -> Option<Path> {
        let mut rest = text.strip_prefix('$')?;
        let mut steps = Vec::new();
        while !rest.is_empty() {
            let step;
            (step, rest) = match rest.split_at_checked(1)? {
                (".", rest) => key(rest)?,
                ("[", rest) => {
                    let (inner, rest) = rest.split_once(']')?;
                    (at(inner)?, rest)
                }
                _ => return None,
            };
            steps.push(step);
        }
        (steps.len() <= STEPS_MAX).then_some(Path { steps })
    }

    /// What `->>` takes beside a path: a key, or a place.
    pub(super) fn of_key(key: &str) -> Path {
        Path { steps: vec![Step::Key(key.to_string())] }
    }

    pub(super) fn of_place(at: i64) -> Path {
        let n = usize::try_from(at.unsigned_abs()).unwrap_or(usize::MAX);
        Path { steps: vec![if at < 0 { Step::FromEnd(n) } else { Step::At(n) }] }
    }

    /// Appends the value that is found: a text as it is, what else there is as JSON without spaces. `None` where the
    /// text is no JSON, nothing is there, or a null.
    pub(crate) fn find(&self, json: &str, out: &mut String) -> Option<()> {
        let found = Walk { steps: &self.steps };
        let mut from = serde_json::Deserializer::from_str(json);
        let raw = found.deserialize(&mut from).ok()??;
        from.end().ok()?;
        match raw.get() {
            "null" => None,
            text if text.starts_with('"') => {
                let text: std::borrow::Cow<'_, str> = serde_json::from_str(text).ok()?;
                put(out, &text)
            }
            json if json.starts_with(['{', '[']) => compact(json, out),
            word => put(out, word),
        }
    }
}

/// A key: up to the next step, or between double quotes.
fn key(rest: &str) -> Option<(Step, &str)> {
    if let Some(quoted) = rest.strip_prefix('"') {
        let (key, rest) = quoted.split_once('"')?;
        return Some((Step::Key(key.to_string()), rest));
    }
    let end = rest.find(['.', '[']).unwrap_or(rest.len());
    let (key, rest) = rest.split_at(end);
    (!key.is_empty()).then(|| (Step::Key(key.to_string()), rest))
}

/// A place: `0`, or `#-1` from the end.
fn at(inner: &str) -> Option<Step> {
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok()).flatten();
    match inner.strip_prefix("#-") {
        Some(back) => digits(back).map(Step::FromEnd),
        None => digits(inner).map(Step::At),
    }
}

/// Without the spaces between its signs.
fn compact(json: &str, out: &mut String) -> Option<()> {
    let start = out.len();
    let (mut within, mut escaped) = (false, false);
    for piece in json.split_inclusive(|c: char| {
        let cut = !within && c.is_ascii_whitespace();
        match c {
            _ if escaped => escaped = false,
            '\\' if within => escaped = true,
            '"' => within = !within,
            _ => {}
        }
        cut
    }) {
        out.push_str(piece.strip_suffix(|c: char| c.is_ascii_whitespace()).unwrap_or(piece));
    }
    (out.len() - start <= super::text::BYTES_MAX).then_some(())
}

/// The way that is left to go.
struct Walk<'a> {
    steps: &'a [Step],
}

type Found<'de> = Option<&'de RawValue>;

impl<'de> DeserializeSeed<'de> for Walk<'_> {
    type Value = Found<'de>;
    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Found<'de>, D::Error> {
        if self.steps.is_empty() {
            return serde::Deserialize::deserialize(from).map(Some);
        }
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Walk<'_> {
    type Value = Found<'de>;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Found<'de>, A::Error> {
        let mut found = None;
        let wanted = match &self.steps[0] {
            Step::Key(key) => Some(key.as_str()),
            _ => None,
        };
        while let Some(same) = map.next_key_seed(Same(wanted))? {
            match found {
                None if same => found = map.next_value_seed(Walk { steps: &self.steps[1..] })?,
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(found)
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Found<'de>, A::Error> {
        let rest = &self.steps[1..];
        match self.steps[0] {
            Step::Key(_) => while seq.next_element::<IgnoredAny>()?.is_some() {},
            Step::At(at) => {
                for _ in 0..at {
                    if seq.next_element::<IgnoredAny>()?.is_none() {
                        return Ok(None);
                    }
                }
                let found = seq.next_element_seed(Walk { steps: rest })?.flatten();
                while seq.next_element::<IgnoredAny>()?.is_some() {}
                return Ok(found);
            }
            Step::FromEnd(back) => {
                let mut all: Vec<&RawValue> = Vec::new();
                while let Some(item) = seq.next_element()? {
                    all.push(item);
                }
                let item = all.len().checked_sub(back).and_then(|at| all.get(at));
                let Some(item) = item else { return Ok(None) };
                let mut from = serde_json::Deserializer::from_str(item.get());
                return Walk { steps: rest }.deserialize(&mut from).map_err(A::Error::custom);
            }
        }
        Ok(None)
    }
    fn visit_bool<E>(self, _: bool) -> Result<Found<'de>, E> {
        Ok(None)
    }
    fn visit_i64<E>(self, _: i64) -> Result<Found<'de>, E> {
        Ok(None)
    }
    fn visit_u64<E>(self, _: u64) -> Result<Found<'de>, E> {
        Ok(None)
    }
    fn visit_f64<E>(self, _: f64) -> Result<Found<'de>, E> {
        Ok(None)
    }
    fn visit_str<E>(self, _: &str) -> Result<Found<'de>, E> {
        Ok(None)
    }
    fn visit_unit<E>(self) -> Result<Found<'de>, E> {
        Ok(None)
    }
}

/// Whether a key is the one that is looked for.
struct Same<'a>(Option<&'a str>);

impl<'de> DeserializeSeed<'de> for Same<'_> {
    type Value = bool;
    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<bool, D::Error> {
        from.deserialize_str(self)
    }
}

impl Visitor<'_> for Same<'_> {
    type Value = bool;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }
    fn visit_str<E>(self, key: &str) -> Result<bool, E> {
        Ok(self.0 == Some(key))
    }
}

/// `json_get(text, path)`.
impl Kernel for Path {
    fn apply(&self, operands: &[View<'_>], rows: usize, out: &mut Column) {
        strict(operands, rows, &mut out.valid);
        texts(out, rows, |row, text| self.find(operands[0].text(row), text));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_leads_to_a_value() {
        let json = r#" {"a": [1, {"b c": "x\n"}, [2 , 3]], "n": null, "t": true, "a": 9, "f": 1.50} "#;
        let get = |path: &str| {
            let mut out = String::new();
            Path::read(path).unwrap_or_else(|| panic!("{path}")).find(json, &mut out).map(|()| out)
        };
        assert_eq!(get("$.a[0]").as_deref(), Some("1"));
        assert_eq!(get("$.a[1].\"b c\"").as_deref(), Some("x\n"));
        assert_eq!(get("$.a[#-1]").as_deref(), Some("[2,3]"));
        assert_eq!(get("$.a[#-1][1]").as_deref(), Some("3"));
        assert_eq!(get("$.t").as_deref(), Some("true"));
        assert_eq!(get("$.f").as_deref(), Some("1.50"));
        assert_eq!(get("$.a[1]").as_deref(), Some("{\"b c\":\"x\\n\"}"));
        for path in ["$.n", "$.x", "$.a[9]", "$.t.x", "$[0]", "$.a[#-9]", "$.a.b"] {
            assert_eq!(get(path), None, "{path}");
        }
        let mut out = String::new();
        for text in ["", "{", "{\"a\":1", "{\"a\":1} x", "nope"] {
            assert_eq!(Path::read("$.a").and_then(|path| path.find(text, &mut out)), None, "{text}");
        }
        for path in ["a", "$a", "$.", "$[x]", "$[1", "$.\"a"] {
            assert_eq!(Path::read(path), None, "{path}");
        }
        let deep = "[".repeat(100_000) + &"]".repeat(100_000);
        assert!(
            Path::read("$[0]").and_then(|path| path.find(&deep, &mut out)).is_some(),
            "it takes no stack"
        );
        assert_eq!(out.len(), deep.len() - 2);
    }
}
