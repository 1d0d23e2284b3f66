//! `eval`: an expression tried by hand.

use super::code_and_words;
use crate::run::{Sandbox, text};
use std::io::Write;
use std::process::Stdio;

#[test]
fn a_value_and_its_type_are_shown() {
    let room = Sandbox::new();
    let said = |args: &[&str]| {
        let output = room.sluicebox(args);
        assert_eq!(code_and_words(&output), (Some(0), String::new()), "{args:?}");
        text(&output.stdout)
    };
    assert_eq!(said(&["eval", "1 + 1"]), "2\ntype: i64\n");
    assert_eq!(said(&["eval", "-1"]), "-1\ntype: i64\n");
    assert_eq!(said(&["eval", "x / 4", "--with", "{\"x\": 1.0}"]), "0.25\ntype: f64\n");
    assert_eq!(
        said(&["eval", "upper(s)", "--with", "[{\"s\": \"a\"}, {\"s\": null}]"]),
        "A\nNULL\ntype: str\n"
    );
    let json = said(&["eval", "list(s, 'b')", "--with", "{\"s\": \"a\"}", "--json"]);
    assert_eq!(json, "{\"type\":\"list<str>\",\"values\":[[\"a\",\"b\"]]}\n");
    assert_eq!(said(&["eval", "x", "--with", "{\"x\": 7}", "--types", "x=f64"]), "7.0\ntype: f64\n");
    let functions = said(&["list", "functions"]);
    assert!(functions.contains("Texts") && functions.contains("substr(s, start, count)"), "{functions}");
    let all: serde_json::Value = serde_json::from_str(&said(&["list", "functions", "--json"])).unwrap();
    let first = &all.as_array().unwrap()[0];
    assert_eq!(super::keys(first), "name also group usage about example answer");
}

#[test]
fn records_come_by_standard_input_line_by_line() {
    let room = Sandbox::new();
    let mut child = room
        .command(&["eval", "n * n", "--with", "-", "--json"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines: String = (0..1000).map(|n| format!("{{\"n\": {n}}}\n")).collect();
    child.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    let all: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let squares: Vec<u64> = (0..1000).map(|n| n * n).collect();
    assert_eq!(all, serde_json::json!({ "type": "i64", "values": squares }));
}

#[test]
fn mistakes_are_told_with_their_place_and_end_with_2() {
    let room = Sandbox::new();
    for (args, said) in [
        (&["eval", "1 +"][..], "expected an expression, found the end"),
        (&["eval", "amunt", "--with", "{\"amount\": 1}"], "^^^^^ did you mean \"amount\"?"),
        (&["eval", "amount > 1"], "there is no column \"amount\": a record with it is given by --with"),
        (&["eval", "sqrrt(4)"], "there is no function \"sqrrt\""),
        (&["eval", "x", "--with", "{\"x\": "], "record 1 is no JSON object"),
        (&["eval", "x", "--with", "{}", "--types", "x"], "\"x\" says no type: write name=type"),
        (&["eval", "hour('2013-01-01')", "--time-zone", "Mars"], "there is no time zone \"Mars\""),
        (&["eval"], "<EXPR>"),
    ] {
        let output = room.sluicebox(args);
        let (code, words) = code_and_words(&output);
        assert_eq!(code, Some(2), "{args:?}: {words}");
        assert!(words.contains(said) && output.stdout.is_empty(), "{args:?}: {words}");
    }
    let warned = room.sluicebox(&["eval", "x = NULL", "--with", "{\"x\": 1}"]);
    let (code, words) = code_and_words(&warned);
    assert_eq!((code, text(&warned.stdout)), (Some(0), "NULL\ntype: bool\n".to_string()));
    assert!(words.contains("a comparison with NULL is never true"), "{words}");
}
