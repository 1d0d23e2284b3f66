//! Text cut into CSV records, and these into fields, in a buffer that never grows beyond the longest record
//! allowed.
//!
//! On well-formed text it says what the `csv` crate says: a quote counts only at the start of a field, `""` in
//! a quoted field is a quote, `\n`, `\r` and `\r\n` end a record, blank lines are no records. That crate holds
//! any record whole, however long; this one gives up a record of more than `line_max` bytes.

use super::begin::{Begin, begins};
use super::dialect::Dialect;
use super::fields::Fields;
use super::odd::scan_odd;
use super::scan::{Scan, Span, scan};
use crate::format::found::{Found, MARK, SHOWN};
use crate::format::window::Window;
use memchr::memchr2;
use std::io::{self, Read};
use std::ops::Range;

/// A line too long to hold that is being skipped.
struct Long {
    /// Where it began.
    at: u64,
    comment: bool,
}

/// The records of a text.
pub(crate) struct Records<R> {
    window: Window<R>,
    dialect: Dialect,
    /// The dialect's own way to find the end of a record.
    scan: fn(&[u8], bool, &Dialect, &mut Vec<Span>) -> Scan,
    begins: [Begin; 256],
    line_max: usize,
    /// Where the record lies in the window's buffer.
    found: Range<usize>,
    spans: Vec<Span>,
    /// How many fields it has.
    fields: usize,
    /// So many bytes of what comes next were seen to hold no end of it.
    seen: usize,
    long: Option<Long>,
    /// The first of the bytes of a line that was too long.
    shown: Vec<u8>,
    work: u64,
}

impl<R: Read> Records<R> {
    /// Records of a text that stands at `offset`.
    pub(crate) fn new(from: R, dialect: Dialect, line_max: usize, offset: u64) -> Records<R> {
        let scan = match dialect.quote {
            _ if dialect.is_odd() => scan_odd,
            Some(_) => scan::<true>,
            None => scan::<false>,
        };
        Records {
            window: Window::new(from, offset),
            dialect,
            scan,
            begins: begins(&dialect),
            line_max,
            found: 0..0,
            spans: Vec::new(),
            fields: 0,
            seen: 0,
            long: None,
            shown: Vec::new(),
            work: 0,
        }
    }

    /// Looks for the next record. It is in `record` and `fields` until the next call.
    pub(crate) fn next(&mut self) -> io::Result<Found> {
        if self.long.is_some() {
            return self.skip_long();
        }
        loop {
            if self.pass_what_is_none()? {
                return Ok(match self.long.is_some() || self.fill()? {
                    true => Found::Nothing,
                    false => Found::End,
                });
            }
            // A record must end within `line_max` bytes and the one behind them, wherever the buffer ends.
            let text = self.window.text();
            let len = text.len().min(self.line_max + 1);
            let whole = self.window.is_whole() && len == text.len();
            let (text, more) = (&text[..len], !whole && len <= self.line_max);
            // A text that comes in small pieces is not parted anew with each of them: a record ends at a line end.
            if more && self.seen > 0 && memchr2(b'\n', b'\r', &text[self.seen..]).is_none() {
                self.seen = len;
                self.fill()?;
                continue;
            }
            self.spans.clear();
            match (self.scan)(text, whole, &self.dialect, &mut self.spans) {
                Scan::Record { len, fields } if len <= self.line_max => {
                    self.fields = fields;
                    self.take(len);
                    return Ok(Found::Record);
                }
                Scan::Stray if more && memchr2(b'\n', b'\r', text).is_none() => self.see(len)?,
                Scan::Short if more => self.see(len)?,
                _ => return Ok(self.give_up(len)),
            };
        }
    }

    /// The record that was found, as it stands in the text, without its line end.
    pub(crate) fn record(&self) -> &[u8] {
        if self.found.is_empty() { &self.shown } else { &self.window.buffer[self.found.clone()] }
    }

    /// Its fields; `None` when it is not UTF-8. `scratch` is memory to resolve quotes in.
    #[inline]
    pub(crate) fn fields<'a>(&'a self, scratch: &'a mut String) -> Option<Fields<'a>> {
        let text = str::from_utf8(self.record()).ok()?;
        Some(Fields { text, spans: &self.spans, dialect: &self.dialect, scratch })
    }

    /// How many fields the record has.
    #[inline]
    pub(crate) fn count(&self) -> usize {
        self.fields
    }

    /// Whether the record makes a row of so many `columns`.
    #[inline]
    pub(crate) fn fits(&self, columns: usize) -> bool {
        self.fields == columns
            || (self.dialect.ragged
                && self.fields <= self.spans.len()
                && self.spans.iter().skip(columns).all(|span| span.from == span.to))
    }

    pub(super) fn dialect(&self) -> &Dialect {
        &self.dialect
    }

    /// A longer record is given up.
    pub(super) fn line_max(&self) -> usize {
        self.line_max
    }

    /// What comes next of the text, as far as it has been read.
    pub(super) fn ahead(&mut self) -> io::Result<&[u8]> {
        if self.window.text().is_empty() {
            self.fill()?;
        }
        Ok(self.window.text())
    }

    /// Passes over so many lines, whatever stands in them.
    pub(super) fn skip_lines(&mut self, mut lines: u64) -> io::Result<()> {
        while lines > 0 {
            let text = self.window.text();
            let (len, ended) = match memchr2(b'\n', b'\r', text) {
                Some(at) if text[at] == b'\r' && at + 1 == text.len() && !self.window.is_whole() => {
                    (at, false)
                }
                Some(at) => (at + if text[at..].starts_with(b"\r\n") { 2 } else { 1 }, true),
                None => (text.len(), false),
            };
            self.window.pass(len);
            lines -= u64::from(ended);
            if !ended && !self.fill()? {
                break;
            }
        }
        Ok(())
    }

    /// Where the next unread record begins in the text.
    pub(crate) fn position(&self) -> u64 {
        self.long.as_ref().map_or(self.window.position(), |long| long.at)
    }

    /// How many bytes were looked at so far, those seen twice counted twice: what the work has cost.
    pub(crate) fn work(&self) -> u64 {
        self.work
    }

    /// Whether surely no record is left.
    pub(crate) fn is_at_end(&mut self) -> io::Result<bool> {
        Ok(self.long.is_none() && self.pass_what_is_none()? && self.long.is_none() && !self.fill()?)
    }

    fn fill(&mut self) -> io::Result<bool> {
        self.window.fill(self.line_max + 1)
    }

    /// What comes next has no end within `len` bytes: more is read.
    fn see(&mut self, len: usize) -> io::Result<bool> {
        self.seen = len;
        self.fill()
    }

    /// Reads so many bytes at once.
    pub(in crate::format) fn set_room(&mut self, bytes: usize) {
        self.window.room = bytes;
    }

    /// What of the text is read.
    pub(in crate::format) fn window(&self) -> &Window<R> {
        &self.window
    }

    pub(in crate::format) fn window_mut(&mut self) -> &mut Window<R> {
        self.found = 0..0;
        &mut self.window
    }

    /// Begins with another text, and keeps the memory.
    pub(crate) fn restart(&mut self, from: R) {
        self.window.restart(from);
        (self.found, self.seen, self.long, self.work) = (0..0, 0, None, 0);
        self.spans.clear();
    }

    /// Passes over line ends (of blank lines, and the second half of `\r\n`), comments and byte-order marks; whether
    /// no record begins in what is read of the text.
    fn pass_what_is_none(&mut self) -> io::Result<bool> {
        loop {
            let Some(byte) = self.window.text().first() else { return Ok(true) };
            let begin = self.begins[usize::from(*byte)];
            let len = match begin {
                Begin::Record => return Ok(false),
                Begin::LineEnd => 1,
                Begin::Mark if self.window.text().starts_with(MARK) => MARK.len(),
                // The buffer may end within a mark.
                Begin::Mark if MARK.starts_with(self.window.text()) && self.fill()? => continue,
                Begin::Mark => return Ok(false),
                Begin::Comment => match memchr2(b'\n', b'\r', self.window.text()) {
                    Some(at) => at + 1,
                    None => {
                        self.long = Some(Long { at: self.window.position(), comment: true });
                        return Ok(true);
                    }
                },
            };
            self.pass(len);
        }
    }

    fn pass(&mut self, len: usize) {
        self.window.pass(len);
        self.work += len as u64;
    }

    fn take(&mut self, len: usize) {
        self.seen = 0;
        let start = self.window.start();
        self.found = start..start + len;
        self.pass(len + 1);
    }

    /// A record has no end within `len` bytes, or none that can be trusted. When an open quote has swallowed line ends,
    /// only the first line is given up: it is where the quote is that is never closed. Else the line is too long.
    fn give_up(&mut self, len: usize) -> Found {
        let text = &self.window.text()[..len];
        self.work += len as u64;
        if let Some(line) = memchr2(b'\n', b'\r', text) {
            self.take(line);
            return Found::Bad("quote");
        }
        if len <= self.line_max {
            self.take(len);
            return Found::Bad("quote");
        }
        self.shown.clear();
        self.shown.extend_from_slice(&text[..len.min(SHOWN)]);
        self.seen = 0;
        self.long = Some(Long { at: self.window.position(), comment: false });
        Found::Nothing
    }

    /// Throws away a line that is too long to hold, a buffer at a time.
    fn skip_long(&mut self) -> io::Result<Found> {
        let text = self.window.text();
        let line_end = memchr2(b'\n', b'\r', text);
        let passed = line_end.map_or(text.len(), |at| at + 1);
        self.pass(passed);
        if line_end.is_none() && self.fill()? {
            return Ok(Found::Nothing);
        }
        if self.long.take().is_some_and(|long| long.comment) {
            return Ok(Found::Nothing);
        }
        self.found = 0..0;
        self.spans.clear();
        Ok(Found::Bad("too_long"))
    }
}

#[cfg(test)]
mod tests;
