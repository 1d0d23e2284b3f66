//! Hides personal columns: by tokens that a secret key makes of their values, or by a word in their place.
//!
//! ```toml
//! operator = "mask"
//! hash = ["email", "user_id"]     # a token of each value: equal values have equal tokens
//! redact = ["name"]               # the same word in place of every value
//! keep_last = { card = 4 }        # the word, and so many last characters
//! key_file = "secret/mask.key"    # or key_env = "MASK_KEY"
//! ```
//!
//! ```toml
//! operator = "mask"
//! redact = ["name", "age"]
//! keep_last = { card = 4 }
//! ```
//!
//! | name str (in) | age i64 (in) | card str (in) | x i64 (in) | name str (out) | age str (out) | card str (out) | x i64 (out) |
//! |---|---|---|---|---|---|---|---|
//! | Ann Bob NULL | 41 NULL 7 | 4000123412341234 1234 NULL | 1 2 3 | *** *** NULL | *** NULL *** | ***1234 *** NULL | 1 2 3 |
//!
//! A token is the beginning of HMAC-SHA-256 of the value's text under the key (RFC 2104, 6234), as hexadecimal
//! digits: 32 of them, 128 bits, unless `digits` says another number. Who has no key can neither find a value by trying
//! all there are nor tell whether a token is of a value. Equal values have equal tokens in all columns, streams and
//! runs with the same key, so records can still be counted, grouped and joined by them. A number and a text that is
//! written like it have the same.
//!
//! NULL stays NULL, and columns become str. A value of no more characters than are kept is hidden whole.
//!
//! The key is all that a file or a variable holds, without a line end behind it: 16 bytes at least. So
//! `head -c 32 /dev/urandom | base64 > mask.key; chmod 600 mask.key` makes one. A file that every user of the machine
//! may read is refused. The key is read when a topology is checked and when a stage starts; it is neither stored nor
//! shown anywhere. Who changes it changes all tokens.
//!
//! A value costs about 0.5 us to hash. Nothing is remembered.

mod key;

use crate::data::{Batch, Column, Field, Type, Values, render};
use crate::error::Result;
use crate::operator::{Cx, Input, Next, Operator, Passes, PlanResult, Planned, Spec, column, only};
use crate::params::{self, JsonSchema, Problem};
use key::Key;
use serde::Deserialize;
use std::collections::BTreeMap;

pub(super) const OPERATOR: Spec = Spec::new(
    "mask",
    "hides personal columns: tokens by a secret key, or a word",
    include_str!("mask.rs"),
    plan,
)
.parameters::<Params>()
.called(&["hash", "redact", "anonymize", "pseudonymize", "tokenize", "obfuscate", "encrypt", "scrub"]);

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Params {
    /// Columns that become tokens, by the key.
    #[serde(default)]
    hash: Vec<String>,
    /// Columns that become the word.
    #[serde(default)]
    redact: Vec<String>,
    /// Columns that become it with so many of their last characters behind: name = number.
    #[serde(default)]
    keep_last: BTreeMap<String, usize>,
    /// What stands in place of a value.
    #[serde(default = "stars")]
    word: String,
    /// The file that holds the key.
    key_file: Option<String>,
    /// The environment variable that holds it.
    key_env: Option<String>,
    /// So many hexadecimal digits a token has.
    #[serde(default = "digits")]
    #[schemars(range(min = 16, max = 64))]
    digits: usize,
}

fn stars() -> String {
    "***".to_string()
}

fn digits() -> usize {
    32
}

/// What is done with a column.
#[derive(Clone, Debug, PartialEq)]
enum How {
    Hash,
    Redact,
    KeepLast(usize),
}

fn plan(params: params::Params, inputs: &[Input]) -> PlanResult {
    let params: Params = params::read(params)?;
    let schema = only(inputs);
    let mut problems = Vec::new();
    let mut parts: Vec<(usize, How)> = Vec::new();
    let hash =
        params.hash.iter().enumerate().map(|(i, name)| (["hash".into(), i.to_string()], name, How::Hash));
    let redact = params
        .redact
        .iter()
        .enumerate()
        .map(|(i, name)| (["redact".into(), i.to_string()], name, How::Redact));
    let keep = params.keep_last.iter();
    let keep = keep.map(|(name, n)| (["keep_last".into(), name.clone()], name, How::KeepLast(*n)));
    for (path, name, how) in hash.chain(redact).chain(keep) {
        match column(schema, &path[0], name) {
            Ok(at) if parts.iter().any(|(other, _)| *other == at) => {
                let what = format!("\"{name}\" is named twice: a column is hidden in one way");
                problems.push(Problem { path: path.to_vec(), ..Problem::whole(what) });
            }
            Ok(at) if schema.fields[at].of == Type::List => {
                let what = format!("column \"{name}\" is a list: take it apart before, by explode");
                problems.push(Problem { path: path.to_vec(), ..Problem::whole(what) });
            }
            Ok(at) => parts.push((at, how)),
            Err(problem) => problems.push(Problem { path: path.to_vec(), ..problem }),
        }
    }
    if parts.is_empty() && problems.is_empty() {
        problems.push(Problem::at("hash", "name at least one column in hash, redact or keep_last"));
    }
    let key = key(&params, &mut problems);
    if !problems.is_empty() {
        return Err(problems);
    }
    let mut output = schema.clone();
    let mut passes: Vec<Option<usize>> = (0..schema.len()).map(Some).collect();
    for (at, _) in &parts {
        output.fields[*at] = Field::new(&schema.fields[*at].name, Type::Str);
        passes[*at] = None;
    }
    let Params { word, digits, .. } = params;
    let mask = Mask { parts, key, word, digits, value: Vec::new() };
    Ok(Planned { passes: Passes::These(passes), ..Planned::new(output, move || mask.clone()) })
}

/// The key, where tokens are to be made.
fn key(params: &Params, problems: &mut Vec<Problem>) -> Option<Key> {
    let found = match (&params.key_file, &params.key_env) {
        (Some(_), Some(_)) => {
            problems.push(Problem::at("key_env", "there is a key_file too: the key comes from one of them"));
            return None;
        }
        (Some(path), None) => Key::of_file(path).map_err(|what| Problem::at("key_file", what)),
        (None, Some(name)) => Key::of_variable(name).map_err(|what| Problem::at("key_env", what)),
        (None, None) if params.hash.is_empty() => return None,
        (None, None) => Err(Problem::at("hash", "tokens need a key: say where it is by key_file or key_env")),
    };
    found.map_err(|problem| problems.push(problem)).ok()
}

#[derive(Clone)]
struct Mask {
    parts: Vec<(usize, How)>,
    key: Option<Key>,
    word: String,
    digits: usize,
    /// The text of one value.
    value: Vec<u8>,
}

impl Mask {
    /// Hides the values of one column.
    fn hide(&mut self, how: &How, from: &Column, to: &mut Column) {
        let Values::Str(texts) = &mut to.values else { panic!("a new column is of the type asked for") };
        for row in 0..from.len() {
            let valid = from.valid.get(row);
            to.valid.push(valid);
            if !valid {
                texts.push("");
                continue;
            }
            if *how == How::Redact {
                texts.push(&self.word);
                continue;
            }
            let value: &[u8] = match &from.values {
                Values::Str(of) => of.get(row).as_bytes(),
                _ => {
                    self.value.clear();
                    render::text_value(&from.value(row), &mut self.value);
                    &self.value
                }
            };
            match (how, &self.key) {
                (How::KeepLast(n), _) => texts.push_with(|out| {
                    out.push_str(&self.word);
                    out.push_str(last(value, *n));
                }),
                (_, Some(key)) => texts.push_with(|out| key.token(value, self.digits, out)),
                (_, None) => panic!("plan sees to it that there is a key"),
            }
        }
    }
}

/// The last characters of a text that has more of them.
fn last(value: &[u8], n: usize) -> &str {
    let text = str::from_utf8(value).expect("values are written as UTF-8");
    match text.char_indices().rev().nth(n) {
        Some(_) => text.char_indices().rev().nth(n.wrapping_sub(1)).map_or("", |(at, _)| &text[at..]),
        None => "",
    }
}

impl Operator for Mask {
    fn process(&mut self, batch: &mut Batch, _: &mut Cx) -> Result<Next> {
        for part in 0..self.parts.len() {
            let (at, how) = self.parts[part].clone();
            let mut hidden = batch.new_column(Type::Str);
            self.hide(&how, &batch.columns[at], &mut hidden);
            let old = std::mem::replace(&mut batch.columns[at], hidden);
            batch.put_aside(old);
        }
        Ok(Next::Wait)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_longer_shows_its_end() {
        for (text, n, is) in
            [("4000123", 4, "0123"), ("0123", 4, ""), ("né€x", 2, "€x"), ("abc", 0, ""), ("", 0, "")]
        {
            assert_eq!(last(text.as_bytes(), n), is, "{text} {n}");
        }
    }

    #[test]
    fn equal_values_have_equal_tokens_in_all_columns_and_null_none() {
        let key = Key::new(b"0123456789abcdef".to_vec()).unwrap();
        let parts = vec![(0, How::Hash), (1, How::Hash)];
        let mut mask = Mask { parts, key: Some(key), word: stars(), digits: 16, value: Vec::new() };
        let mut batch = Batch::default();
        batch.columns = vec![Column::new(Type::Str), Column::new(Type::I64)];
        use crate::data::Value;
        for (text, number) in [(Value::Str("42"), Value::I64(42)), (Value::Str("x"), Value::Null)] {
            batch.columns[0].push(text);
            batch.columns[1].push(number);
            batch.id.push(1);
            batch.born_ns.push(1);
        }
        let (mut texts, mut numbers) = (Column::new(Type::Str), Column::new(Type::Str));
        mask.hide(&How::Hash, &batch.columns[0], &mut texts);
        mask.hide(&How::Hash, &batch.columns[1], &mut numbers);
        assert_eq!(texts.value(0), numbers.value(0));
        assert_ne!(texts.value(0), texts.value(1));
        assert_eq!(numbers.value(1), Value::Null);
        let Value::Str(token) = texts.value(0) else { panic!("it is a text") };
        assert_eq!(token.len(), 16);
    }
}
