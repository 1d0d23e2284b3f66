//! The parts of a URL (RFC 3986), and values of its query by name.

use super::parted::Parted;
use super::piece::Piece;
use crate::data::Type;
use std::ops::Range;

/// The parts that may be columns.
pub(super) const PARTS: [(&str, Type); 6] = [
    ("scheme", Type::Str),
    ("host", Type::Str),
    ("port", Type::I64),
    ("path", Type::Str),
    ("query", Type::Str),
    ("fragment", Type::Str),
];

/// Where each part lies, in the order of `PARTS`; the path may be empty.
fn parts(text: &str) -> Option<[Option<Range<usize>>; 6]> {
    let mut parts = [const { None }; 6];
    let mut end = text.len();
    for (part, sign) in [(5, '#'), (4, '?')] {
        if let Some(at) = text[..end].find(sign) {
            parts[part] = Some(at + 1..end);
            end = at;
        }
    }
    let mut at = 0;
    let letters = |scheme: &str| {
        scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b))
    };
    if let Some(colon) = text[..end].find(':').filter(|colon| letters(&text[..*colon])) {
        parts[0] = Some(0..colon);
        at = colon + 1;
    }
    if text[at..end].starts_with("//") {
        at += 2;
        let len = text[at..end].find('/').unwrap_or(end - at);
        let (host, port) = authority(text, at..at + len)?;
        (parts[1], parts[2]) = (Some(host), port);
        at += len;
    }
    // Neither a scheme nor a host nor a path from the root: no URL, but some text.
    if parts[0].is_none() && parts[1].is_none() && !text[at..end].starts_with('/') {
        return None;
    }
    if text.contains(|c: char| c.is_whitespace() || c.is_control()) {
        return None;
    }
    parts[3] = Some(at..end);
    Some(parts)
}

/// Host and port of `user@host:port`; the host of an IPv6 address is in brackets.
fn authority(text: &str, of: Range<usize>) -> Option<(Range<usize>, Option<Range<usize>>)> {
    let start = text[of.clone()].rfind('@').map_or(of.start, |at| of.start + at + 1);
    let host = &text[start..of.end];
    let inner = match host.starts_with('[') {
        true => host.find(']')? + 1,
        false => host.find(':').unwrap_or(host.len()),
    };
    let behind = start + inner;
    let port = match text[behind..of.end].strip_prefix(':') {
        Some("") => None,
        Some(port) => {
            port.parse::<u16>().ok()?;
            Some(behind + 1..of.end)
        }
        None if behind == of.end => None,
        None => return None,
    };
    Some((start..behind, port))
}

/// Takes a URL apart: `columns` are places in `PARTS`, the parameters' columns come behind them.
pub(super) fn part(text: &str, columns: &[usize], parameters: &[String], parted: &mut Parted) -> Option<()> {
    let parts = parts(text)?;
    for (column, part) in columns.iter().enumerate() {
        if let Some(at) = parts[*part].clone().filter(|at| !at.is_empty()) {
            parted.set(column, at);
        }
    }
    let Some(query) = parts[4].clone().filter(|_| !parameters.is_empty()) else { return Some(()) };
    for pair in text[query].split('&') {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let start = parted.beside.len();
        decode(name, &mut parted.beside);
        let found = parameters.iter().position(|of| *of == parted.beside[start..]);
        parted.beside.truncate(start);
        let column = found.map(|found| columns.len() + found);
        if let Some(column) = column.filter(|column| parted.pieces[*column] == Piece::Absent) {
            parted.write(column, |out| decode(value, out));
        }
    }
    Some(())
}

/// `%C3%A9` is a byte each, `+` a space; bytes that are no text are shown as such.
fn decode(text: &str, out: &mut String) {
    if !text.contains(['%', '+']) {
        return out.push_str(text);
    }
    let (mut bytes, mut left) = (Vec::with_capacity(text.len()), text.as_bytes());
    while let [first, rest @ ..] = left {
        let digits = rest.get(..2).filter(|digits| digits.iter().all(u8::is_ascii_hexdigit));
        let digits = digits.and_then(|digits| std::str::from_utf8(digits).ok());
        let byte = digits.filter(|_| *first == b'%').and_then(|digits| u8::from_str_radix(digits, 16).ok());
        left = if byte.is_some() { &rest[2..] } else { rest };
        bytes.push(byte.unwrap_or(if *first == b'+' { b' ' } else { *first }));
    }
    out.push_str(&String::from_utf8_lossy(&bytes));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::format::Field;

    fn of(text: &str) -> Option<String> {
        let mut parted = Parted::default();
        parted.begin(8);
        let parameters = ["q".to_string(), "é".to_string()];
        part(text, &[0, 1, 2, 3, 4, 5], &parameters, &mut parted)?;
        let field = |at| match parted.field(at, text) {
            Field::Text(text) => text.to_string(),
            _ => "-".to_string(),
        };
        Some((0..8).map(field).collect::<Vec<_>>().join(" "))
    }

    #[test]
    fn parts_and_parameters_are_found() {
        for (text, is) in [
            (
                "https://u:p@ex.org:8443/a/b?q=x%20y+z&%C3%A9=1#top",
                "https ex.org 8443 /a/b q=x%20y+z&%C3%A9=1 top x y z 1",
            ),
            ("http://ex.org", "http ex.org - - - - - -"),
            ("/a?q=1&q=2", "- - - /a q=1&q=2 - 1 -"),
            ("//cdn/x", "- cdn - /x - - - -"),
            ("http://[::1]:80/", "http [::1] 80 / - - - -"),
            ("mailto:a@b", "mailto - - a@b - - - -"),
            ("/s?q=100%+5%-1", "- - - /s q=100%+5%-1 - 100% 5%-1 -"),
            ("http://h/?q=%zz&x", "http h - / q=%zz&x - %zz -"),
        ] {
            assert_eq!(of(text).as_deref(), Some(is), "{text}");
        }
        for wrong in
            ["", "nothing", "http://h:99999/", "http://h:x/", "http://a b/", "http://[::1/", "1http://x"]
        {
            assert_eq!(of(wrong), None, "{wrong}");
        }
    }
}
