//! A text that is held whole, as a message is: its records, in each way in which a message may hold several.

use super::found::{Found, MARK};
use super::json::Cut;
use super::msgpack;
use super::window::Window;
use std::io::{self, Read};
use std::ops::Range;

/// The records of one text after another; of each all is read at first.
pub(crate) struct Whole<R> {
    window: Window<R>,
    at: usize,
    found: Range<usize>,
    how: How,
    line_max: usize,
    work: u64,
}

/// How records are found in it.
enum How {
    Json(Cut),
    Msgpack(msgpack::Cut),
}

impl<R: Read> Whole<R> {
    pub(super) fn json(from: R, line_max: usize) -> Whole<R> {
        Whole::new(from, How::Json(Cut::Start), line_max)
    }

    pub(super) fn msgpack(from: R, line_max: usize) -> Whole<R> {
        Whole::new(from, How::Msgpack(msgpack::Cut::default()), line_max)
    }

    fn new(from: R, how: How, line_max: usize) -> Whole<R> {
        Whole { window: Window::new(from, 0), at: 0, found: 0..0, how, line_max, work: 0 }
    }

    /// What of the text is read.
    pub(super) fn window(&self) -> &Window<R> {
        &self.window
    }

    pub(super) fn window_mut(&mut self) -> &mut Window<R> {
        &mut self.window
    }

    /// Begins with another text, and keeps the memory.
    pub(super) fn restart(&mut self, from: R) {
        self.window.restart(from);
        (self.at, self.found, self.work) = (0, 0..0, 0);
        match &mut self.how {
            How::Json(cut) => *cut = Cut::Start,
            How::Msgpack(cut) => *cut = msgpack::Cut::default(),
        }
    }

    /// Looks for the next record. It is in `record` until the next call.
    pub(super) fn next(&mut self) -> io::Result<Found> {
        while !self.window.is_whole() {
            self.window.fill(usize::MAX / 2)?;
        }
        let (before, text) = (self.at, self.window.text());
        let (found, range) = match &mut self.how {
            How::Json(cut) => cut.next(text, &mut self.at),
            How::Msgpack(cut) => cut.next(text, &mut self.at),
        };
        self.work += (self.at - before) as u64;
        self.found = range;
        let long = found == Found::Record && self.found.len() > self.line_max;
        Ok(if long { Found::Bad("too_long") } else { found })
    }

    pub(super) fn record(&self) -> &[u8] {
        let record = &self.window.text()[self.found.clone()];
        record.strip_prefix(MARK).unwrap_or(record)
    }

    pub(super) fn position(&self) -> u64 {
        self.at as u64
    }

    pub(super) fn work(&self) -> u64 {
        self.work
    }

    /// Whether surely no record is left.
    pub(super) fn is_at_end(&self) -> bool {
        self.window.is_whole() && self.at == self.window.text().len()
    }
}
