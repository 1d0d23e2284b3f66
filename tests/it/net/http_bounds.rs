//! What the source `http` says of records that it rejects, and what it must stand from those who mean no good.

use super::http_source::{Answer, asked, of_type, one, post};
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use std::io::Write;

const JSON: &str = "application/json";

/// The status of an answer; 0, if there was none.
fn status(answer: &Option<Answer>) -> u16 {
    answer.as_ref().map_or(0, |(status, ..)| *status)
}

/// Each of these SHALL be refused, and count as no record.
#[test]
fn heads_that_mean_no_good_are_refused() {
    let head = |more: &str| format!("POST / HTTP/1.1\r\n{more}Content-Type: {JSON}\r\n");
    let local = head("Host: localhost\r\n");
    let chunked = format!("{local}Transfer-Encoding: chunked\r\n\r\n");
    for (request, expected) in [
        // Nobody knows where this body ends.
        (format!("{local}\r\n{{}}"), [411, 411]),
        (local.replace("HTTP/1.1", "HTTP/1.0") + "\r\n{}", [411, 411]),
        (head("Host: localhost\r\nHost: localhost\r\n") + "Content-Length: 2\r\n\r\n{}", [403, 400]),
        (head("Host: \r\n") + "Content-Length: 2\r\n\r\n{}", [403, 400]),
        (local.replace("POST /", "POST http://evil.example/") + "Content-Length: 2\r\n\r\n{}", [403, 403]),
        (format!("{local}Content-Length: -2\r\n\r\n{{}}"), [400, 400]),
        (format!("{local}Content-Length: 99999999999999999999\r\n\r\n{{}}"), [400, 413]),
        (format!("{local}{}Content-Length: 2\r\n\r\n{{}}", "A: b\r\n".repeat(65)), [431, 400]),
        (format!("{local}A: {}\r\nContent-Length: 2\r\n\r\n{{}}", "b".repeat(20_000)), [431, 0]),
        (format!("{chunked}2;{}\r\n{{}}\r\n0\r\n\r\n", "x".repeat(100_000)), [400, 400]),
        (format!("{chunked}2\r\n{{}}\r\n0\r\n{}\r\n", "A: b\r\n".repeat(10_000)), [400, 400]),
        (format!("{chunked}ffffffffffffffff\r\n{{}}"), [413, 408]),
        (format!("{chunked}2\r\n{{}}"), [400, 408]),
    ] {
        let shown = request[..request.len().min(120)].to_string();
        let (answers, read, _) = asked("", vec![request.into_bytes()]);
        assert!(expected.contains(&status(&answers[0])), "{:?} for {expected:?}: {shown}", answers[0]);
        assert_eq!(read, 0, "{shown}");
    }
}

/// Objects that mean no good SHALL be rejected one by one, with their reason, and cost no more than others.
#[test]
fn bodies_that_mean_no_good_are_rejected() {
    let deep =
        |open: &str, close: &str| format!("{{\"x\":{}1{}}}", open.repeat(100_000), close.repeat(100_000));
    let number = format!("{{\"amount\":{}}}", "1".repeat(2 << 20));
    let objects: [(&str, &str); 9] = [
        (&deep("[", "]"), "too_deep"),
        (&deep("{\"x\":", "}"), "too_deep"),
        (&number, "too_long"),
        ("{\"amount\":1e400}", "json"),
        ("{\"amount\":NaN}", "json"),
        ("{\"user\":\"\\ud800\"}", "json"),
        ("{\"user\":\"a\u{0}\"}", "json"),
        ("{\"user\":\"a\",\"user\":\"b\"}", "duplicate"),
        ("{\"amount\":1}{", "json"),
    ];
    for (content, between) in [(JSON, ","), ("application/x-ndjson", "\n")] {
        // Behind what is no object of an array nothing is read.
        let all = if content == JSON { &objects[..8] } else { &objects[..] };
        let texts: Vec<&str> = all.iter().map(|(text, _)| *text).collect();
        let body = texts.join(between);
        let body = if content == JSON { format!("[{body}]") } else { body };
        let (answers, read, rows) = asked("", vec![of_type(content, &body), of_type(content, "{}")]);
        let (_, _, told) = answers[0].as_ref().unwrap();
        let reasons = all.iter().enumerate().map(|(at, (_, why))| json!({ "line": at + 1, "reason": why }));
        let told: Value = serde_json::from_str(told).unwrap();
        assert_eq!(told, json!({ "accepted": 0, "rejected": reasons.collect::<Vec<_>>() }), "{content}");
        assert_eq!((status(&answers[1]), read, rows), (200, all.len() as u64 + 1, 1));
    }
}

/// Many bodies in one write, and one of many packed pieces of nothing, SHALL be read as others are.
#[test]
fn requests_that_do_not_wait_are_answered_in_their_order() {
    let mut packed = Vec::new();
    for _ in 0..100_000 {
        packed.extend_from_slice(&[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    }
    let mut end = GzEncoder::new(Vec::new(), Compression::fast());
    end.write_all(b"{}").unwrap();
    packed.extend(end.finish().unwrap());
    let gzip = post("/", &format!("Content-Type: {JSON}\r\nContent-Encoding: gzip\r\n"), &packed);
    let many = of_type(JSON, "{}").repeat(1_000);
    let mut requests = vec![gzip, many];
    // The answers to what was written before.
    requests.extend((1..1_000).map(|_| Vec::new()));
    let (answers, read, rows) = asked("", requests);
    assert!(
        answers.iter().all(|answer| status(answer) == 200),
        "{:?}",
        answers.iter().find(|a| status(a) != 200)
    );
    assert_eq!((read, rows), (1_001, 1_001));
}

#[test]
fn what_was_rejected_is_told_by_line_and_reason() {
    let rejected = |content: &str, body: &str| one("", of_type(content, body)).1;
    let expected = json!({"accepted": 2, "rejected": [
        {"line": 2, "reason": "type:amount"}, {"line": 5, "reason": "json"}]});
    assert_eq!(rejected("application/x-ndjson", "{}\n{\"amount\":\"x\"}\n\n{}\nx\n"), expected);
    let expected = json!({"accepted": 1, "rejected": [
        {"line": 2, "reason": "json"}, {"line": 3, "reason": "type:amount"}]});
    assert_eq!(rejected("application/json", "[{},\n\n5,\n{\"amount\":\n\"x\"}]"), expected);
    let expected = json!({"accepted": 1, "rejected": [{"line": 3, "reason": "fields"}]});
    assert_eq!(rejected("text/csv", "\"a\nb\",1\nc\n"), expected);
    let many = rejected("application/x-ndjson", &"x\n".repeat(250));
    assert_eq!((many["rejected"].as_array().unwrap().len(), &many["more"]), (100, &150.into()));
}
