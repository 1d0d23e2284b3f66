//! Text cut into CSV records, and these into fields, in a buffer that never grows beyond the longest record
//! allowed.
//!
//! On well-formed text it says what the `csv` crate says: a quote counts only at the start of a field, `""` in
//! a quoted field is a quote, `\n`, `\r` and `\r\n` end a record, blank lines are no records. That crate holds
//! any record whole, however long; this one gives up a record of more than `line_max` bytes.

use super::fields::Fields;
use super::scan::{Dialect, Scan, Span, is_line_end, scan};
use memchr::memchr2;
use std::io::{self, Read};
use std::ops::Range;

const CAPACITY: usize = 128 << 10;
/// So much is shown of a line that was too long to hold.
const SHOWN: usize = 4 << 10;

/// What `next` found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// A record of so many fields.
    Record(usize),
    /// A record that can't be used: `quote` (one is never closed) or `too_long`.
    Bad(&'static str),
    /// Nothing yet; there may be more.
    Nothing,
    End,
}

/// The records of a text.
pub(crate) struct Records<R> {
    from: R,
    dialect: Dialect,
    line_max: usize,
    /// How much is read at once.
    room: usize,
    buffer: Vec<u8>,
    /// What is not read yet of the buffer.
    start: usize,
    end: usize,
    /// Where the buffer begins in the text.
    base: u64,
    ended: bool,
    found: Range<usize>,
    spans: Vec<Span>,
    /// Where the line began that is too long and being skipped, and the first of its bytes.
    long: Option<u64>,
    shown: Vec<u8>,
    work: u64,
}

impl<R: Read> Records<R> {
    /// Records of a text that stands at `offset`.
    pub(crate) fn new(from: R, dialect: Dialect, line_max: usize, offset: u64) -> Records<R> {
        Records {
            from,
            dialect,
            line_max,
            room: CAPACITY,
            buffer: Vec::new(),
            start: 0,
            end: 0,
            base: offset,
            ended: false,
            found: 0..0,
            spans: Vec::new(),
            long: None,
            shown: Vec::new(),
            work: 0,
        }
    }

    /// Skips the byte-order mark that a text may begin with.
    pub(crate) fn skip_mark(&mut self) -> io::Result<()> {
        self.fill()?;
        if self.buffer[self.start..self.end].starts_with(b"\xef\xbb\xbf") {
            self.start += 3;
        }
        Ok(())
    }

    /// Looks for the next record. It is in `record` and `fields` until the next call.
    pub(crate) fn next(&mut self) -> io::Result<Found> {
        if self.long.is_some() {
            return self.skip_line();
        }
        loop {
            if self.skip_line_ends() {
                return Ok(if self.fill()? { Found::Nothing } else { Found::End });
            }
            // A record must end within `line_max` bytes and the one behind them, wherever the buffer ends.
            let len = (self.end - self.start).min(self.line_max + 1);
            let whole = self.ended && self.start + len == self.end;
            let text = &self.buffer[self.start..self.start + len];
            self.spans.clear();
            match scan(text, whole, self.dialect, &mut self.spans) {
                Scan::Record { len, fields } if len <= self.line_max => {
                    self.take(len);
                    return Ok(Found::Record(fields));
                }
                Scan::Short if !whole && len <= self.line_max => {
                    self.fill()?;
                }
                _ => return Ok(self.give_up(len)),
            }
        }
    }

    /// The record that was found, as it stands in the text, without its line end.
    pub(crate) fn record(&self) -> &[u8] {
        if self.found.is_empty() { &self.shown } else { &self.buffer[self.found.clone()] }
    }

    /// Its fields; `None` when it is not UTF-8. `scratch` is memory to resolve quotes in.
    #[inline]
    pub(crate) fn fields<'a>(&'a self, scratch: &'a mut String) -> Option<Fields<'a>> {
        let text = str::from_utf8(self.record()).ok()?;
        Some(Fields { text, spans: &self.spans, quote: self.dialect.quote, scratch })
    }

    /// A longer record is given up.
    pub(super) fn line_max(&self) -> usize {
        self.line_max
    }

    /// Where the next unread record begins in the text.
    pub(crate) fn position(&self) -> u64 {
        self.long.unwrap_or(self.base + self.start as u64)
    }

    /// How many bytes were looked at so far, those seen twice counted twice: what the work has cost.
    pub(crate) fn work(&self) -> u64 {
        self.work
    }

    /// Whether surely no record is left.
    pub(crate) fn is_at_end(&mut self) -> io::Result<bool> {
        Ok(self.long.is_none() && self.skip_line_ends() && !self.fill()?)
    }

    /// Passes over line ends (of blank lines, and the second half of `\r\n`); whether the buffer is empty then.
    fn skip_line_ends(&mut self) -> bool {
        let ends = self.buffer[self.start..self.end].iter().take_while(|byte| is_line_end(**byte)).count();
        self.start += ends;
        self.work += ends as u64;
        self.start == self.end
    }

    fn take(&mut self, len: usize) {
        self.found = self.start..self.start + len;
        self.start = (self.start + len + 1).min(self.end);
        self.work += len as u64 + 1;
    }

    /// A record has no end within `len` bytes. When a quote is open and has swallowed line ends, only the first
    /// line is given up: it is where the quote is that is never closed. Else the line is too long.
    fn give_up(&mut self, len: usize) -> Found {
        self.work += len as u64;
        let text = &self.buffer[self.start..self.start + len];
        if let Some(line) = memchr2(b'\n', b'\r', text) {
            self.take(line);
            return Found::Bad("quote");
        }
        if len <= self.line_max {
            self.take(len);
            return Found::Bad("quote");
        }
        self.long = Some(self.base + self.start as u64);
        self.shown.clear();
        self.shown.extend_from_slice(&text[..len.min(SHOWN)]);
        Found::Nothing
    }

    /// Throws away a too long line, a buffer at a time.
    fn skip_line(&mut self) -> io::Result<Found> {
        let line_end = memchr2(b'\n', b'\r', &self.buffer[self.start..self.end]);
        let passed = line_end.map_or(self.end - self.start, |at| at + 1);
        self.start += passed;
        self.work += passed as u64;
        if line_end.is_none() && self.fill()? {
            return Ok(Found::Nothing);
        }
        self.long = None;
        self.found = 0..0;
        self.spans.clear();
        Ok(Found::Bad("too_long"))
    }

    /// Reads until the buffer is full, which it grows if one record fills it; `false` at the end of the text.
    fn fill(&mut self) -> io::Result<bool> {
        if self.ended {
            return Ok(false);
        }
        self.buffer.copy_within(self.start..self.end, 0);
        self.base += self.start as u64;
        (self.start, self.end) = (0, self.end - self.start);
        if self.end == self.buffer.len() {
            let len = (self.end * 2).max(self.room).min(self.line_max + 1 + self.room);
            self.buffer.reserve_exact(len - self.end);
            self.buffer.resize(len, 0);
        }
        let before = self.end;
        while self.end < self.buffer.len() {
            match self.from.read(&mut self.buffer[self.end..]) {
                Ok(0) => {
                    self.ended = true;
                    break;
                }
                Ok(n) => self.end += n,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
        Ok(self.end > before)
    }
}

#[cfg(test)]
mod tests;
