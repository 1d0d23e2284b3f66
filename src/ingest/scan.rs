//! Where a CSV record ends, and its fields: pure functions over text.

use memchr::memchr;

/// Fields behind so many are counted, but not remembered: a record has no more columns.
pub const COLUMNS_MAX: usize = 10_000;

/// What separates fields. A `quote` of 0xFF, which is in no UTF-8 text, means that there is none.
#[derive(Clone, Copy, Debug)]
pub struct Dialect {
    pub delimiter: u8,
    pub quote: u8,
}

/// Where a field lies in its record. Of an `escaped` one the quotes are still to be resolved (`unescape`).
#[derive(Clone, Copy, Debug)]
pub struct Span {
    pub from: usize,
    pub to: usize,
    pub escaped: bool,
}

/// What `scan` found at the start of a text.
pub enum Scan {
    Record {
        len: usize,
        fields: usize,
    },
    /// The text ends before the record does.
    Short,
}

#[inline]
pub fn is_line_end(byte: u8) -> bool {
    matches!(byte, b'\n' | b'\r')
}

/// Finds the end of the first record of `text`, which has at least one byte and begins with no line end.
/// `whole`: nothing comes behind it. An open quote at the end of a whole text is `Short` too.
pub fn scan(text: &[u8], whole: bool, dialect: Dialect, spans: &mut Vec<Span>) -> Scan {
    let Dialect { delimiter, quote } = dialect;
    let plain = |from: usize| -> usize {
        let stop = |byte: &u8| *byte == delimiter || is_line_end(*byte);
        text[from..].iter().position(stop).map_or(text.len(), |n| from + n)
    };
    let (mut at, mut fields) = (0, 0);
    loop {
        let from = at;
        let mut span = Span { from, to: 0, escaped: false };
        if text.get(at) == Some(&quote) {
            let mut doubled = false;
            let close = loop {
                let Some(n) = memchr(quote, &text[at + 1..]) else { return Scan::Short };
                at += n + 1;
                if text.get(at + 1) != Some(&quote) {
                    break at;
                }
                doubled = true;
                at += 1;
            };
            at = plain(close + 1);
            span = Span { from: from + 1, to: close, escaped: doubled || at > close + 1 };
            if span.escaped {
                (span.from, span.to) = (from, at);
            }
        } else {
            at = plain(at);
            span.to = at;
        }
        fields += 1;
        if fields <= COLUMNS_MAX {
            spans.push(span);
        }
        match text.get(at) {
            Some(byte) if *byte == delimiter => at += 1,
            None if !whole => return Scan::Short,
            _ => return Scan::Record { len: at, fields },
        }
    }
}

/// Resolves the quotes of an escaped field: it begins with one, doubled ones are one, and what stands behind
/// the closing one is taken as it is.
pub fn unescape(field: &str, quote: u8, into: &mut String) {
    let quote = quote as char;
    into.clear();
    let mut rest = &field[1..];
    while let Some(at) = rest.find(quote) {
        into.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let Some(behind) = rest.strip_prefix(quote) else { break };
        into.push(quote);
        rest = behind;
    }
    into.push_str(rest);
}
