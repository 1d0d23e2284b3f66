//! Laws over any text, against serde_json's own value of it.

use super::{form, read};
use crate::data::Value as Told;
use proptest::prelude::*;
use serde_json::Value;
use std::io::{self, Read};

const TYPES: &str =
    "types = { b = \"bool\", i = \"i64\", f = \"f64\", s = \"str\", \"o.l\" = \"list<str>\" }";

/// A text in pieces of so many bytes, each behind a moment without any.
struct Pieces<'a>(&'a [u8], usize, bool);

impl Read for Pieces<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        self.2 = !self.2;
        if self.2 {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let n = self.1.min(into.len()).min(self.0.len());
        into[..n].copy_from_slice(&self.0[..n]);
        self.0 = &self.0[n..];
        Ok(n)
    }
}

/// The row that a line is, as its value says; `None`: it is none.
fn row_of(line: &[u8]) -> Option<String> {
    let Value::Object(object) = serde_json::from_slice(line).ok()? else { return None };
    let value = |name: &str| object.get(name).unwrap_or(&Value::Null);
    let list = match object.get("o.l").or_else(|| object.get("o").and_then(|inner| inner.get("l"))) {
        Some(list) => list,
        None => &Value::Null,
    };
    let null = |value: &Value| value.is_null().then_some(Told::Null);
    let items = |value: &'_ Value| -> Option<Vec<String>> {
        value.as_array()?.iter().map(|item| item.as_str().map(str::to_string)).collect()
    };
    let items = items(list);
    let told = [
        null(value("b")).or_else(|| value("b").as_bool().map(Told::Bool))?,
        null(value("i")).or_else(|| value("i").as_i64().map(Told::I64))?,
        null(value("f")).or_else(|| value("f").as_f64().map(Told::F64))?,
        null(value("s")).or_else(|| value("s").as_str().map(Told::Str))?,
        null(list)
            .or_else(|| items.as_ref().map(|items| Told::List(items.iter().map(String::as_str).collect())))?,
    ];
    Some(told.iter().map(|value| format!("{value:?}")).collect::<Vec<_>>().join(" "))
}

fn scalar() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<bool>().prop_map(|x| x.to_string()),
        any::<i64>().prop_map(|x| x.to_string()),
        any::<u64>().prop_map(|x| x.to_string()),
        any::<f64>().prop_map(|x| serde_json::to_string(&x).unwrap()),
        "[-]?[0-9]{1,25}([.][0-9]{1,9})?([eE][-+]?[0-9]{1,3})?",
        any::<String>().prop_map(|x| serde_json::to_string(&x).unwrap()),
        "\"(\\\\u[0-9a-fA-F]{4}|[ -~])*\"",
        Just("null".to_string()),
        "[ -~]{0,6}",
    ]
}

fn value() -> impl Strategy<Value = String> {
    scalar().prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(|items| format!("[{}]", items.join(","))),
            prop::collection::vec(("[a-lo]", inner), 0..3).prop_map(|fields| object(&fields)),
        ]
    })
}

fn object(fields: &[(String, String)]) -> String {
    let fields: Vec<_> = fields.iter().map(|(key, value)| format!("\"{key}\": {value}")).collect();
    format!("{{{}}}", fields.join(" ,"))
}

/// Keys of an object once each: what becomes of two is ours to say.
fn line() -> impl Strategy<Value = String> {
    let keys = prop::sample::subsequence(vec!["b", "i", "f", "s", "o", "o.l", "x", "ü"], 0..6).prop_shuffle();
    let whole = (keys, prop::collection::vec(value(), 8)).prop_map(|(keys, values)| {
        object(&keys.into_iter().map(str::to_string).zip(values).collect::<Vec<_>>())
    });
    prop_oneof![4 => whole, 1 => value(), 1 => "[ -~]{0,9}"]
}

proptest! {
    #[test]
    fn a_line_is_a_row_when_its_value_is_one(line in line()) {
        let line = line.replace(['\n', '\r'], " ");
        prop_assume!(!line.trim_matches([' ', '\t']).is_empty());
        let told = read(&form(TYPES, None, 1 << 20), line.as_bytes());
        prop_assert_eq!(told.len(), 1);
        if told[0].0 != Err("duplicate".to_string()) {
            prop_assert_eq!(told[0].0.clone().ok(), row_of(line.as_bytes()), "{}", line);
        }
    }

    #[test]
    fn where_a_text_is_cut_is_of_no_account(
        lines in prop::collection::vec(prop_oneof![3 => line(), 1 => "[ \t\r]{0,3}", 1 => "\u{feff}x"], 0..9),
        piece in 1..40_usize,
        line_max in 1..90_usize,
        ended: bool,
    ) {
        let text = lines.join("\n") + if ended { "\n" } else { "" };
        let form = form(TYPES, None, line_max);
        let whole = read(&form, text.as_bytes());
        prop_assert_eq!(&whole, &read(&form, Pieces(text.as_bytes(), piece, false)));
        prop_assert!(whole.iter().all(|(_, position)| *position <= text.len() as u64));
    }
}
