//! Objects as rows: what fits is exactly what serde_json says of them, whatever the cuts.

mod hostile;
mod law;

use crate::data::{Batch, Schema};
use crate::format::{Form, Found, Misfit, Records, TypingParams};
use std::io::{self, Read};

/// How lines are to be read: types and more, as TOML.
pub(super) fn form(text: &str, rest: Option<&str>, line_max: usize) -> (Form, Schema) {
    let (mut problems, usual) = (Vec::new(), toml::from_str("").unwrap());
    let typing: TypingParams = toml::from_str(text).unwrap();
    let typing = typing.check(usual, &mut problems).unwrap();
    let schema = rest.iter().fold(typing.schema(), |schema, rest| schema.with(rest, crate::data::Type::Str));
    (Form::json_lines(rest.map(str::to_string), line_max, typing), schema)
}

/// Each record, as its row or as the reason why it is none; with where it ends.
pub(super) fn read((form, schema): &(Form, Schema), from: impl Read) -> Vec<(Result<String, String>, u64)> {
    let mut records = form.records(from, 0, schema);
    let (mut reader, mut batch) = (form.reader(schema), Batch::new(schema));
    let mut all = Vec::new();
    loop {
        batch.clear();
        reader.begin();
        let told = match next(&mut records) {
            Found::End => return all,
            Found::Nothing => continue,
            Found::Bad(reason) => Err(reason.to_string()),
            Found::Record => match reader.add(&records, &mut batch.columns) {
                Ok(()) => {
                    let values = batch.columns.iter().map(|column| format!("{:?}", column.value(0)));
                    Ok(values.collect::<Vec<_>>().join(" "))
                }
                Err(Misfit::Record(reason)) => Err(reason.to_string()),
                Err(Misfit::Field(at)) => Err(format!("{} {:?}", schema.fields[at].name, reader.wrong(at))),
            },
        };
        all.push((told, records.position()));
    }
}

/// A text that has no more just now is asked again.
fn next<R: Read>(records: &mut Records<R>) -> Found {
    loop {
        match records.next() {
            Ok(found) => return found,
            Err(e) if e.kind() == io::ErrorKind::WouldBlock => {}
            Err(e) => panic!("{e}"),
        }
    }
}

pub(super) fn rows(text: &str, types: &str) -> Vec<Result<String, String>> {
    read(&form(types, None, 1 << 20), text.as_bytes()).into_iter().map(|(row, _)| row).collect()
}

pub(super) fn one(text: &str, types: &str) -> Result<String, String> {
    let mut rows = rows(text, types);
    assert_eq!(rows.len(), 1, "{text}");
    rows.remove(0)
}

fn ok(row: &str) -> Result<String, String> {
    Ok(row.to_string())
}

fn no(reason: &str) -> Result<String, String> {
    Err(reason.to_string())
}

#[test]
fn a_value_is_of_its_type_or_the_record_is_rejected() {
    let of = |value: &str, of: &str| {
        one(&format!("{{\"x\":{value}}}"), &format!("null = [\"NA\"]\ntypes = {{ x = \"{of}\" }}"))
    };
    for (value, kind, row) in [
        ("1", "i64", "I64(1)"),
        ("-9223372036854775808", "i64", "I64(-9223372036854775808)"),
        ("1", "f64", "F64(1.0)"),
        ("0.1", "f64", "F64(0.1)"),
        ("18446744073709551615", "f64", "F64(1.8446744073709552e19)"),
        ("true", "bool", "Bool(true)"),
        ("\"\"", "str", "Str(\"\")"),
        ("\"\\u00fc\\ud83d\\ude00\"", "str", "Str(\"ü😀\")"),
        ("\"NA\"", "str", "Null"),
        ("\"NA\"", "f64", "Null"),
        ("null", "list<str>", "Null"),
        ("[]", "list<str>", "List([])"),
        ("[\"a\",\"\\n\"]", "list<str>", "List([\"a\", \"\\n\"])"),
        ("\"2013-01-01T05:15:00Z\"", "time", "Time(1357017300000000000)"),
        ("\"2013-01-01 05:15\"", "time", "Time(1357017300000000000)"),
    ] {
        assert_eq!(of(value, kind), ok(row), "{value} {kind}");
    }
    for (value, kind, wrong) in [
        ("1.0", "i64", "x F64(1.0)"),
        ("9223372036854775808", "i64", "x Huge(9.223372036854776e18)"),
        ("\"1\"", "i64", "x Str(\"1\")"),
        ("\"1\"", "f64", "x Str(\"1\")"),
        ("1", "str", "x I64(1)"),
        ("1", "bool", "x I64(1)"),
        ("\"true\"", "bool", "x Str(\"true\")"),
        ("\"\"", "time", "x Str(\"\")"),
        ("1357017300", "time", "x I64(1357017300)"),
        ("[\"a\",1]", "list<str>", "x Other(\"a list of other things than texts\")"),
        ("[\"a\",null]", "list<str>", "x Other(\"a list of other things than texts\")"),
        ("[\"a\",[{}]]", "list<str>", "x Other(\"a list of other things than texts\")"),
        ("{\"y\":1}", "str", "x Other(\"an object\")"),
    ] {
        assert_eq!(of(value, kind), no(wrong), "{value} {kind}");
    }
}

#[test]
fn columns_are_paths_in_the_order_of_the_types() {
    let types = "types = { z = \"i64\", \"a.b.c\" = \"i64\", \"a.d\" = \"str\" }";
    for (text, row) in [
        (r#"{"a":{"b":{"c":1},"d":"x"},"z":3,"q":{"a":[{"b":9}]}}"#, "I64(3) I64(1) Str(\"x\")"),
        (r#"{"z":3,"a.b.c":1,"a.d":"x"}"#, "I64(3) I64(1) Str(\"x\")"),
        (r#"{"a":{"b.c":1},"a.d":"x"}"#, "Null I64(1) Str(\"x\")"),
        (r#"{"a.b":{"c":1}}"#, "Null I64(1) Null"),
        (r#"{"a":{"b":{"c":1}},"a.b.c":2}"#, "Null I64(2) Null"),
        (r#"{"a.b.c":2,"a":{"b":{"c":"no"}}}"#, "Null I64(2) Null"),
        (r#"{"a":7}"#, "Null Null Null"),
        (r#"{"a":null,"z":null}"#, "Null Null Null"),
        ("{}", "Null Null Null"),
    ] {
        assert_eq!(one(text, types), ok(row), "{text}");
    }
    let both = "types = { a = \"i64\", \"a.b\" = \"i64\" }";
    assert_eq!(rows("{\"a\":1}\n{\"a\":{\"b\":2}}\n", both), [ok("I64(1) Null"), ok("Null I64(2)")]);
}

#[test]
fn what_no_column_names_is_kept_as_it_stood_where_that_is_wanted() {
    let form = form("types = { \"a.b\" = \"i64\", c = \"i64\" }", Some("rest"), 999);
    for (text, row) in [
        (r#"{"a":{"b":1},"c":2}"#, r#"I64(1) I64(2) Str("{}")"#),
        (
            r#"{"a":{"b":1,"x": [1, 2.50]},"d":"\u00fc","c":2, "e f":{"b":null}}"#,
            r#"I64(1) I64(2) Str("{\"a\":{\"x\":[1, 2.50]},\"d\":\"\\u00fc\",\"e f\":{\"b\":null}}")"#,
        ),
        (r#"{"a":7,"c":2}"#, r#"Null I64(2) Str("{\"a\":7}")"#),
        (r#"{"rest":7}"#, r#"Null Null Str("{\"rest\":7}")"#),
    ] {
        assert_eq!(read(&form, text.as_bytes())[0].0, ok(row), "{text}");
    }
    assert_eq!(read(&form, &br#"{"d":1e999}"#[..])[0].0, no("json"));
    for text in [
        r#"{"d":1,"c":2,"d":3}"#,
        r#"{"d":1,"\u0064":3}"#,
        r#"{"d":1,"a":{"x":1,"d":1,"x":2}}"#,
        r#"{"d":1,"a":{"d":1},"d":2}"#,
    ] {
        assert_eq!(read(&form, text.as_bytes())[0].0, no("duplicate"), "{text}");
    }
    let row = r#"I64(3) Null Str("{\"d\":1,\"a\":{\"d\":1},\"e\":{\"d\":1}}")"#;
    assert_eq!(
        read(&form, &br#"{"d":1,"a":{"d":1,"b":3},"e":{"d":1}}"#[..])[0].0,
        ok(row),
        "in objects of their own"
    );
}

#[test]
fn lines_are_parted_from_what_stands_around_them() {
    let types = "types = { n = \"i64\" }";
    let text = "\u{feff}{\"n\":1}\r\n\r\n  \t\n {\"n\":2} \n\u{feff}{\"n\":3}\n\n{\"n\":4}";
    let ns: Vec<_> = (1..5).map(|n| ok(&format!("I64({n})"))).collect();
    assert_eq!(rows(text, types), ns);
    assert!(rows("", types).is_empty() && rows(" \n\r\n", types).is_empty());
}
