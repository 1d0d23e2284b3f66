//! Text cut into lines, each of which is to be an object (JSON Lines, <https://jsonlines.org>), in a buffer that never
//! grows beyond the longest line allowed.

use crate::format::found::{Found, MARK, SHOWN};
use crate::format::window::Window;
use memchr::memchr;
use std::io::{self, Read};
use std::ops::Range;

/// The lines of a text. Blank ones are none; blanks around a line, and a byte-order mark before it, are none of it.
pub(crate) struct Lines<R> {
    window: Window<R>,
    line_max: usize,
    /// Where the line lies in the window's buffer.
    found: Range<usize>,
    /// So many bytes of what comes next were seen to hold no line end.
    seen: usize,
    /// Where a line began that is too long to hold, and is being skipped.
    long: Option<u64>,
    /// The first of its bytes.
    shown: Vec<u8>,
    work: u64,
}

impl<R: Read> Lines<R> {
    /// Lines of a text that stands at `offset`.
    pub(crate) fn new(from: R, line_max: usize, offset: u64) -> Lines<R> {
        let window = Window::new(from, offset);
        Lines { window, line_max, found: 0..0, seen: 0, long: None, shown: Vec::new(), work: 0 }
    }

    /// Looks for the next line. It is in `record` until the next call.
    pub(crate) fn next(&mut self) -> io::Result<Found> {
        if self.long.is_some() {
            return self.skip_long();
        }
        if self.pass_what_is_none()? {
            return Ok(if self.fill()? { Found::Nothing } else { Found::End });
        }
        loop {
            let text = self.window.text();
            let len = text.len().min(self.line_max + 1);
            let end = memchr(b'\n', &text[self.seen.min(len)..len]).map(|at| self.seen + at);
            if let Some(end) = end.or_else(|| (self.window.is_whole() && len <= self.line_max).then_some(len))
            {
                self.take(end);
                return Ok(Found::Record);
            }
            if len > self.line_max {
                self.shown.clear();
                self.shown.extend_from_slice(&text[..len.min(SHOWN)]);
                self.long = Some(self.window.position());
                (self.seen, self.found) = (0, 0..0);
                self.work += len as u64;
                return Ok(Found::Nothing);
            }
            self.seen = len;
            self.fill()?;
        }
    }

    /// The line that was found, without its end; of one that was too long what it began with.
    pub(crate) fn record(&self) -> &[u8] {
        if self.found.is_empty() { &self.shown } else { &self.window.buffer[self.found.clone()] }
    }

    /// A line that is too long has begun, and not ended yet.
    pub(in crate::format) fn is_too_long(&self) -> bool {
        self.long.is_some()
    }

    /// Where the next unread line begins in the text.
    pub(crate) fn position(&self) -> u64 {
        self.long.unwrap_or(self.window.position())
    }

    /// How many bytes were looked at so far: what the work has cost.
    pub(crate) fn work(&self) -> u64 {
        self.work
    }

    /// Whether surely no line is left.
    pub(crate) fn is_at_end(&mut self) -> io::Result<bool> {
        Ok(self.long.is_none() && self.pass_what_is_none()? && !self.fill()?)
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
    }

    fn fill(&mut self) -> io::Result<bool> {
        self.window.fill(self.line_max + 1)
    }

    /// Passes over blank lines, blanks before a line and byte-order marks; whether no line begins in what is read of
    /// the text.
    fn pass_what_is_none(&mut self) -> io::Result<bool> {
        loop {
            let text = self.window.text();
            let Some(first) = text.first() else { return Ok(true) };
            if is_blank(*first) {
                self.pass(text.iter().take_while(|byte| is_blank(**byte)).count());
            } else if text.starts_with(MARK) {
                self.pass(MARK.len());
            } else if !MARK.starts_with(text) || !self.fill()? {
                // The buffer may end within a mark.
                return Ok(false);
            }
        }
    }

    fn pass(&mut self, len: usize) {
        self.window.pass(len);
        self.work += len as u64;
    }

    fn take(&mut self, len: usize) {
        self.seen = 0;
        let start = self.window.start();
        let blank = self.window.text()[..len].iter().rev().take_while(|byte| is_blank(**byte)).count();
        self.found = start..start + len - blank;
        self.pass(len + 1);
    }

    /// Throws away a line that is too long to hold, a buffer at a time.
    fn skip_long(&mut self) -> io::Result<Found> {
        let text = self.window.text();
        let line_end = memchr(b'\n', text);
        let passed = line_end.map_or(text.len(), |at| at + 1);
        self.pass(passed);
        if line_end.is_none() && self.fill()? {
            return Ok(Found::Nothing);
        }
        (self.long, self.found) = (None, 0..0);
        Ok(Found::Bad("too_long"))
    }
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b'\n' | b'\r' | b' ' | b'\t')
}
