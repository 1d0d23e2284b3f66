//! Requests in the bodies of others.

use super::http_source::answered;

/// A body that says two lengths SHALL be refused, and nothing behind its head be read.
#[test]
fn nothing_is_smuggled_in() {
    let head = "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";
    let (chunked, length) = ("Transfer-Encoding: chunked\r\n", "Content-Length: 2\r\n");
    for lengths in [[chunked, length], [length, chunked], [chunked, "Content-Length: 0\r\n"]] {
        let lengths = lengths.concat();
        let request = format!("{head}{lengths}\r\n2\r\n{{}}\r\n0\r\n\r\n{{}}{head}{length}\r\n{{}}");
        let (answers, account, _) = answered("", vec![request.into_bytes(), Vec::new()], 1);
        let status = answers[0].as_ref().map_or(0, |(status, ..)| *status);
        assert_eq!((status, account.done, answers[1].is_none()), (400, 0, true), "{lengths}: {answers:?}");
    }
}
