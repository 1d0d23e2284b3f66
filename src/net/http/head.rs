//! What of a request's head is refused, so that no web page can post here and nobody without the token.

use super::{Content, Rules};
use hyper::header::{
    AUTHORIZATION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, HOST, HeaderMap, HeaderName, ORIGIN,
    TRANSFER_ENCODING,
};
use hyper::http::request::Parts;
use hyper::{Method, StatusCode, Version};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// What was refused, and why, in a sentence.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Refused {
    pub status: StatusCode,
    pub why: String,
}

pub(super) fn refuse<T>(status: StatusCode, why: impl Into<String>) -> Result<T, Refused> {
    Err(Refused { status, why: why.into() })
}

/// What the head says of a body that may come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Head {
    pub content: Content,
    pub gzip: bool,
}

/// Types that a page of any site can post without asking.
const OF_PAGES: [&str; 4] = ["", "application/x-www-form-urlencoded", "multipart/form-data", "text/plain"];
const OF_LINES: [&str; 5] = [
    "application/x-ndjson",
    "application/ndjson",
    "application/jsonl",
    "application/x-jsonlines",
    "application/json-lines",
];

/// Looks at all of the head that matters; the first that is wrong is told.
pub(super) fn check(head: &Parts, rules: &Rules) -> Result<Head, Refused> {
    let says = |name: HeaderName| text(&head.headers, name);
    host(head, rules)?;
    if says(ORIGIN).is_some() {
        return refuse(StatusCode::FORBIDDEN, "web pages may not post here (the request has an Origin)");
    }
    let site = says(HeaderName::from_static("sec-fetch-site"));
    if site.is_some_and(|site| site != "none" && site != "same-origin") {
        return refuse(StatusCode::FORBIDDEN, "web pages may not post here (Sec-Fetch-Site)");
    }
    if head.uri.path() != rules.path {
        return refuse(StatusCode::NOT_FOUND, "there is nothing at this path");
    }
    if head.method != Method::POST {
        return refuse(StatusCode::METHOD_NOT_ALLOWED, "records are posted here: use POST");
    }
    if let Some(token) = &rules.token
        && !says(AUTHORIZATION).and_then(bearer).is_some_and(|given| is_same(given.as_bytes(), token))
    {
        return refuse(
            StatusCode::FORBIDDEN,
            "the token is missing or wrong: send Authorization: Bearer TOKEN",
        );
    }
    let (content, gzip) = (content(says(CONTENT_TYPE))?, gzip(says(CONTENT_ENCODING))?);
    if !head.headers.contains_key(CONTENT_LENGTH) && !head.headers.contains_key(TRANSFER_ENCODING) {
        let why = "say how long the body is, or send it chunked: what stands behind the head is not read";
        return refuse(StatusCode::LENGTH_REQUIRED, why);
    }
    let length = says(CONTENT_LENGTH).and_then(|length| length.parse::<usize>().ok());
    if length.is_some_and(|length| length > rules.body_max) {
        return refuse(StatusCode::PAYLOAD_TOO_LARGE, too_much(rules));
    }
    Ok(Head { content, gzip })
}

pub(super) fn too_much(rules: &Rules) -> String {
    format!("a body has {} bytes at most: post fewer records at a time", rules.body_max)
}

/// A field that stands there once, as a text; one that can't be read, or stands there twice, is none of ours.
fn text(headers: &HeaderMap, name: HeaderName) -> Option<&str> {
    let mut all = headers.get_all(name).iter();
    let first = all.next()?;
    Some(if all.next().is_some() { "\u{0}" } else { first.to_str().unwrap_or("\u{0}") })
}

/// A name that leads here only by a trick of a page's own name server is none of ours.
fn host(head: &Parts, rules: &Rules) -> Result<(), Refused> {
    let named = head.uri.authority().map(|of| of.as_str()).or_else(|| text(&head.headers, HOST));
    let Some(named) = named else {
        let status =
            if head.version == Version::HTTP_11 { StatusCode::BAD_REQUEST } else { StatusCode::FORBIDDEN };
        return refuse(status, "the request names no Host");
    };
    let port = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit());
    let name = named.rsplit_once(':').filter(|(_, behind)| port(behind)).map_or(named, |(name, _)| name);
    let bare = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name);
    let is_ours = |address: IpAddr| {
        let here = rules.at.ip();
        let everywhere =
            here == IpAddr::V4(Ipv4Addr::UNSPECIFIED) || here == IpAddr::V6(Ipv6Addr::UNSPECIFIED);
        address.is_loopback() || address == here || everywhere
    };
    let known = name.eq_ignore_ascii_case("localhost")
        || bare.parse().is_ok_and(is_ours)
        || rules.hosts.iter().any(|host| host.eq_ignore_ascii_case(name) || host.eq_ignore_ascii_case(named));
    if known { Ok(()) } else { refuse(StatusCode::FORBIDDEN, "this is no name of this host: see \"hosts\"") }
}

fn bearer(given: &str) -> Option<&str> {
    let (scheme, token) = given.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// In a time that tells nothing of how much of it is right.
fn is_same(given: &[u8], token: &[u8]) -> bool {
    let differ = token.iter().enumerate().fold(given.len() ^ token.len(), |differ, (at, byte)| {
        differ | usize::from(given.get(at).copied().unwrap_or(0) ^ byte)
    });
    std::hint::black_box(differ) == 0
}

fn content(said: Option<&str>) -> Result<Content, Refused> {
    let (of, more) = said.map_or(("", ""), |said| said.split_once(';').unwrap_or((said, "")));
    let (of, more) = (of.trim().to_ascii_lowercase(), more.to_ascii_lowercase());
    let charset = more.split(';').find_map(|said| said.trim().strip_prefix("charset=").map(str::to_string));
    if charset.is_some_and(|charset| !["utf-8", "utf8", "us-ascii"].contains(&charset.trim_matches('"'))) {
        return refuse(StatusCode::UNSUPPORTED_MEDIA_TYPE, "texts are read as UTF-8 only");
    }
    match of.as_str() {
        "application/json" => Ok(Content::Json),
        "text/csv" => Ok(Content::Csv),
        of if OF_LINES.contains(&of) => Ok(Content::Lines),
        of => {
            let status = match OF_PAGES.contains(&of) {
                true => StatusCode::FORBIDDEN,
                false => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            };
            refuse(
                status,
                "say Content-Type: application/json, application/x-ndjson (an object a line) or text/csv",
            )
        }
    }
}

fn gzip(said: Option<&str>) -> Result<bool, Refused> {
    match said.map(str::to_ascii_lowercase).as_deref() {
        None | Some("identity") => Ok(false),
        Some("gzip" | "x-gzip") => Ok(true),
        Some(_) => refuse(StatusCode::UNSUPPORTED_MEDIA_TYPE, "a body may be gzip, and nothing else"),
    }
}

#[cfg(test)]
mod tests;
