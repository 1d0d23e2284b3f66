//! What is no JSON, or too much of it.

use super::{form, no, ok, one, read, rows};
use crate::format::Found;
use std::cell::Cell;
use std::io::{self, Read};

const N: &str = "types = { n = \"i64\" }";

#[test]
fn what_is_no_object_of_its_own_is_rejected() {
    for text in [
        "{\"n\":1}{\"n\":2}",
        "{\"n\":1} x",
        "{\"n\":1",
        "{\"n\":01}",
        "{\"n\":1,}",
        "{n:1}",
        "{'n':1}",
        "{\"x\":NaN}",
        "{\"x\":1e400}",
        "{\"x\":\"\\ud800\"}",
        "{\"x\":\"\\udc00\\ud800\"}",
        "{\"x\":\"\u{1}\"}",
        "{\"x\":\"\\q\"}",
        "[{\"n\":1}]",
        "1",
        "null",
        "\"n\"",
        "nul",
    ] {
        assert_eq!(one(text, N), no("json"), "{text}");
    }
    assert_eq!(read(&form(N, None, 99), &b"{\"x\":\"\xff\"}\n{\"n\":1}"[..])[0].0, no("utf8"));
    assert_eq!(one("{\"n\":1e400}", N), no("json"));
}

#[test]
fn a_key_that_matters_stands_once_in_its_object() {
    let types = "types = { n = \"i64\", \"a.b\" = \"i64\" }";
    for text in [
        r#"{"n":1,"n":1}"#,
        r#"{"n":1,"x":2,"\u006e":3}"#,
        r#"{"a":{"b":1},"a":{"c":1}}"#,
        r#"{"a":{"b":1,"b":2}}"#,
        r#"{"a.b":1,"a.b":2}"#,
    ] {
        assert_eq!(one(text, types), no("duplicate"), "{text}");
    }
    assert_eq!(one(r#"{"x":1,"x":2,"n":3,"y":{"n":1,"n":2}}"#, types), ok("I64(3) Null"));
}

#[test]
fn depth_and_length_are_bounded() {
    let deep = |n: usize| format!("{{\"x\":{}{}}}", "[".repeat(n), "]".repeat(n));
    assert_eq!(one(&deep(100), N), ok("Null"));
    for n in [200, 100_000] {
        assert_eq!(one(&deep(n), N), no("too_deep"));
        assert_eq!(one(&deep(n).replace('x', "n"), N), no("too_deep"));
        assert_eq!(one(&format!("{{\"n\":{}", "{\"n\":".repeat(n)), N), no("too_deep"));
    }
    let line = |len: usize| format!("{{\"n\":1,\"x\":\"{}\"}}", "y".repeat(len - 14));
    let text = format!("{}\n{}\n{}\n", line(50), line(51), line(50));
    let told: Vec<_> = read(&form(N, None, 50), text.as_bytes()).into_iter().map(|(row, _)| row).collect();
    assert_eq!(told, [ok("I64(1)"), no("too_long"), ok("I64(1)")]);
    assert_eq!(one(&format!("{{\"n\":1{}", "0".repeat(900_000)), N), no("json"));
    assert_eq!(rows(&"{\"n\":1}\n".repeat(70_000), N).len(), 70_000);
}

#[test]
fn a_huge_line_is_never_held() {
    let text = io::Cursor::new("{\"n\":1}\n")
        .chain(io::repeat(b'{').take(64 << 20))
        .chain(io::Cursor::new("\n{\"n\":2}\n"))
        .chain(io::repeat(b' ').take(64 << 20));
    let (form, schema) = form(N, None, 1 << 20);
    let mut records = form.records(text, 0, &schema);
    let mut told = Vec::new();
    loop {
        let before = records.work();
        match records.next().unwrap() {
            Found::End => break,
            Found::Nothing => {}
            found => told.push((found, records.record().len(), records.position())),
        }
        assert!(records.work() - before < 4 << 20, "a call does not read the whole line");
    }
    let behind = 8 + (64 << 20) + 1;
    let expected =
        [(Found::Record, 7, 8), (Found::Bad("too_long"), 4 << 10, behind), (Found::Record, 7, behind + 8)];
    assert_eq!(told, expected);
}

#[test]
fn whole_lines_come_before_a_text_that_has_no_more_just_now() {
    /// A text of which so much has come.
    struct Coming<'a>(&'a [u8], &'a Cell<usize>);
    impl Read for Coming<'_> {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            let n = self.1.get().min(into.len());
            if n == 0 {
                return Err(io::ErrorKind::WouldBlock.into());
            }
            self.1.set(self.1.get() - n);
            self.0.read(&mut into[..n])
        }
    }
    let (form, schema) = form(N, None, 99);
    let come = Cell::new(0);
    let mut records = form.records(Coming(b"{\"n\":1}\n{\"n\":2}\n{\"n\":3}\n", &come), 0, &schema);
    let mut told = Vec::new();
    for more in [0, 20, 0, 3, 1] {
        come.set(more);
        told.push(String::new());
        loop {
            let found = match records.next() {
                Ok(Found::Nothing) => continue,
                Ok(Found::Record) => String::from_utf8(records.record().to_vec()).unwrap(),
                other => format!("{:?}", other.map_err(|e| e.kind())),
            };
            let end = found.starts_with("Err");
            *told.last_mut().unwrap() += &found;
            if end {
                break;
            }
        }
    }
    let wait = "Err(WouldBlock)";
    let two = format!("{{\"n\":1}}{{\"n\":2}}{wait}");
    assert_eq!(told, [wait, &two, wait, wait, &format!("{{\"n\":3}}{wait}")]);
}
