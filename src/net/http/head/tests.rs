//! What of a head is refused, field by field.

use super::*;
use hyper::Request;

fn rules() -> Rules {
    Rules {
        at: "127.0.0.1:8080".parse().unwrap(),
        path: "/".to_string(),
        token: Some(b"s3cret".to_vec()),
        hosts: vec!["feed.example".to_string()],
        body_max: 100,
        connections_max: 1,
    }
}

/// The status of a POST with these fields beside (or instead of) the usual ones; 200 where nothing is refused.
fn status(method: &str, uri: &str, fields: &[(&str, &str)]) -> u16 {
    let usual = [
        ("host", "localhost:8080"),
        ("authorization", "Bearer s3cret"),
        ("content-type", "application/json"),
        ("content-length", "2"),
    ];
    let mut request = Request::builder().method(method).uri(uri);
    for (name, value) in usual.iter().filter(|(name, _)| !fields.iter().any(|(other, _)| other == name)) {
        request = request.header(*name, *value);
    }
    for (name, value) in fields.iter().filter(|(_, value)| *value != "-") {
        request = request.header(*name, *value);
    }
    let (parts, ()) = request.body(()).unwrap().into_parts();
    check(&parts, &rules()).map_or_else(|refused| refused.status.as_u16(), |_| 200)
}

/// Method, URI, fields, and the status.
type Row = (&'static str, &'static str, &'static [(&'static str, &'static str)], u16);

#[test]
fn what_is_refused_by_its_head() {
    let table: &[Row] = &[
        ("POST", "/", &[], 200),
        ("POST", "/", &[("host", "127.0.0.1")], 200),
        ("POST", "/", &[("host", "[::1]:8080")], 200),
        ("POST", "/", &[("host", "LOCALHOST")], 200),
        ("POST", "/", &[("host", "feed.example:8080")], 200),
        ("POST", "/", &[("host", "evil.example")], 403),
        ("POST", "/", &[("host", "localhost.evil.example:8080")], 403),
        ("POST", "/", &[("host", "10.0.0.1:8080")], 403),
        ("POST", "/", &[("host", "-")], 400),
        ("POST", "/", &[("host", "localhost"), ("host", "localhost")], 403),
        ("POST", "http://evil.example/", &[], 403),
        ("POST", "/", &[("origin", "https://evil.example")], 403),
        ("POST", "/", &[("origin", "null")], 403),
        ("POST", "/", &[("origin", "http://localhost:8080")], 403),
        ("POST", "/", &[("sec-fetch-site", "cross-site")], 403),
        ("POST", "/", &[("sec-fetch-site", "same-site")], 403),
        ("POST", "/", &[("sec-fetch-site", "none")], 200),
        ("POST", "/", &[("authorization", "-")], 403),
        ("POST", "/", &[("authorization", "Bearer s3cre")], 403),
        ("POST", "/", &[("authorization", "Bearer s3crets")], 403),
        ("POST", "/", &[("authorization", "Basic s3cret")], 403),
        ("POST", "/", &[("authorization", "bearer s3cret")], 200),
        ("POST", "/", &[("content-type", "-")], 403),
        ("POST", "/", &[("content-type", "text/plain")], 403),
        ("POST", "/", &[("content-type", "application/x-www-form-urlencoded")], 403),
        ("POST", "/", &[("content-type", "multipart/form-data; boundary=a")], 403),
        ("POST", "/", &[("content-type", "application/xml")], 415),
        ("POST", "/", &[("content-type", "application/json; charset=utf-16")], 415),
        ("POST", "/", &[("content-type", "Application/JSON; Charset=\"UTF-8\"")], 200),
        ("POST", "/", &[("content-type", "text/csv; header=present")], 200),
        ("POST", "/", &[("content-encoding", "br")], 415),
        ("POST", "/", &[("content-encoding", "gzip")], 200),
        ("POST", "/", &[("content-length", "100")], 200),
        ("POST", "/", &[("content-length", "101")], 413),
        ("POST", "/", &[("content-length", "-")], 411),
        ("POST", "/", &[("content-length", "-"), ("transfer-encoding", "chunked")], 200),
        ("GET", "/", &[], 405),
        ("DELETE", "/", &[], 405),
        ("POST", "/x", &[], 404),
        ("POST", "/../../etc/passwd", &[], 404),
        ("POST", "/%00", &[], 404),
        ("POST", "/?a=1", &[], 200),
    ];
    for (method, uri, fields, expected) in table {
        assert_eq!(status(method, uri, fields), *expected, "{method} {uri} {fields:?}");
    }
}
