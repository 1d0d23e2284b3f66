//! Where a CSV record ends, and its fields: pure functions over text.

use super::dialect::Dialect;
use memchr::memchr;

/// Fields behind so many are counted, but not remembered: a record has no more columns.
pub(super) const COLUMNS_MAX: usize = 10_000;

/// Where a field lies in its record. Of an `odd` one the quotes or escapes are still to be resolved.
#[derive(Clone, Copy, Debug)]
pub(super) struct Span {
    pub from: usize,
    pub to: usize,
    pub odd: bool,
}

/// What `scan` found at the start of a text.
pub(super) enum Scan {
    Record {
        len: usize,
        fields: usize,
    },
    /// The text ends before the record does.
    Short,
    /// There is text behind a closing quote.
    Stray,
}

#[inline]
pub(super) fn is_line_end(byte: u8) -> bool {
    matches!(byte, b'\n' | b'\r')
}

/// Finds the end of the first record of `text`, which has at least one byte and begins with no line end.
/// `whole`: nothing comes behind it. An open quote at the end of a whole text is `Short` too. `QUOTES`: the dialect has
/// a quote.
pub(super) fn scan<const QUOTES: bool>(
    text: &[u8],
    whole: bool,
    dialect: &Dialect,
    spans: &mut Vec<Span>,
) -> Scan {
    let Dialect { delimiter, quote, lenient_quotes, quoted_null, .. } = *dialect;
    let quote = quote.unwrap_or_default();
    let mut stops = Stops::new(text, 0, delimiter);
    let (mut from, mut fields) = (0, 0);
    loop {
        let mut span = Span { from, to: 0, odd: false };
        let at = if QUOTES && text.get(from) == Some(&quote) {
            let mut doubled = false;
            let mut close = from;
            loop {
                let Some(n) = memchr(quote, &text[close + 1..]) else { return Scan::Short };
                close += n + 1;
                if text.get(close + 1) != Some(&quote) {
                    break;
                }
                doubled = true;
                close += 1;
            }
            stops = Stops::new(text, close + 1, delimiter);
            let at = stops.next(text);
            let stray = at > close + 1;
            if stray && !lenient_quotes {
                return Scan::Stray;
            }
            span = Span { from: from + 1, to: close, odd: doubled || stray || !quoted_null };
            if span.odd {
                (span.from, span.to) = (from, at);
            }
            at
        } else {
            span.to = stops.next(text);
            span.to
        };
        fields += 1;
        if fields <= COLUMNS_MAX {
            spans.push(span);
        }
        match text.get(at) {
            Some(byte) if *byte == delimiter => from = at + 1,
            None if !whole => return Scan::Short,
            _ => return Scan::Record { len: at, fields },
        }
    }
}

const ONES: u64 = 0x0101_0101_0101_0101;
const LOW: u64 = 0x7f7f_7f7f_7f7f_7f7f;

/// Where delimiters and line ends stand from some byte on: eight bytes are compared at once, since fields are
/// short and the end of each would be a branch to guess.
struct Stops {
    delimiter: u8,
    /// Where the eight bytes begin.
    at: usize,
    /// The high bit of byte n is set: there is a stop at `at + n`, and it was not told yet.
    hits: u64,
}

impl Stops {
    fn new(text: &[u8], at: usize, delimiter: u8) -> Stops {
        Stops { delimiter, at, hits: hits(text, at, delimiter) }
    }

    /// The next stop, or the end of the text.
    #[inline]
    fn next(&mut self, text: &[u8]) -> usize {
        while self.hits == 0 {
            self.at += 8;
            if self.at >= text.len() {
                return text.len();
            }
            self.hits = hits(text, self.at, self.delimiter);
        }
        let stop = self.at + self.hits.trailing_zeros() as usize / 8;
        self.hits &= self.hits - 1;
        stop
    }
}

#[inline]
fn hits(text: &[u8], at: usize, delimiter: u8) -> u64 {
    let word = match text.get(at..at + 8) {
        Some(bytes) => bytes.try_into().expect("eight bytes are eight bytes"),
        None => {
            // What is behind the end is no stop: 0xFF is no ASCII character.
            let (mut bytes, rest) = ([0xff; 8], text.get(at..).unwrap_or_default());
            bytes[..rest.len()].copy_from_slice(rest);
            bytes
        }
    };
    let word = u64::from_le_bytes(word);
    // The high bit of each byte that is zero, exactly.
    let zeros = |x: u64| !(((x & LOW) + LOW) | x | LOW);
    let equals = |byte: u8| zeros(word ^ (ONES * u64::from(byte)));
    equals(delimiter) | equals(b'\n') | equals(b'\r')
}
