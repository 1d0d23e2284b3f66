//! A text that is read piece by piece: what was read of it and is still of use, in a buffer that grows no further than
//! it is told.

use std::io::{self, Read};

/// So much is read at once.
pub(super) const CAPACITY: usize = 128 << 10;

pub(super) struct Window<R> {
    from: R,
    /// How much is read at once.
    pub room: usize,
    pub buffer: Vec<u8>,
    /// What is not passed yet of the buffer.
    start: usize,
    end: usize,
    /// Where the buffer begins in the text.
    base: u64,
    ended: bool,
    /// Why no more could be read: told when all that was read before is passed.
    failed: Option<io::Error>,
}

impl<R: Read> Window<R> {
    /// On a text that stands at `offset`.
    pub(super) fn new(from: R, offset: u64) -> Window<R> {
        Window {
            from,
            room: CAPACITY,
            buffer: Vec::new(),
            start: 0,
            end: 0,
            base: offset,
            ended: false,
            failed: None,
        }
    }

    /// What was read and is not passed.
    #[inline]
    pub(super) fn text(&self) -> &[u8] {
        &self.buffer[self.start..self.end]
    }

    /// Whether nothing comes behind it.
    #[inline]
    pub(super) fn is_whole(&self) -> bool {
        self.ended
    }

    /// Where it begins in the text.
    #[inline]
    pub(super) fn position(&self) -> u64 {
        self.base + self.start as u64
    }

    /// Where its first byte lies in the buffer.
    #[inline]
    pub(super) fn start(&self) -> usize {
        self.start
    }

    /// Passes over so many bytes, or all there are.
    #[inline]
    pub(super) fn pass(&mut self, len: usize) {
        self.start = (self.start + len).min(self.end);
    }

    /// Where it is read from.
    pub(super) fn source(&self) -> &R {
        &self.from
    }

    pub(super) fn source_mut(&mut self) -> &mut R {
        &mut self.from
    }

    /// Gives memory back that a long record has taken, where nothing is left of it.
    pub(super) fn slim(&mut self) {
        if self.start == self.end && self.buffer.len() > self.room {
            self.base += self.start as u64;
            (self.start, self.end, self.buffer) = (0, 0, Vec::new());
        }
    }

    /// Begins with another text, and keeps the memory.
    pub(super) fn restart(&mut self, from: R) {
        (self.from, self.start, self.end, self.base) = (from, 0, 0, 0);
        (self.ended, self.failed) = (false, None);
    }

    /// Reads until the buffer is full, which it grows, up to `len_max` and one read more, if what is not passed fills
    /// it; `false` at the end of the text. What is there comes before one that has no more just now (`WouldBlock`).
    ///
    /// # Errors
    /// When nothing could be read before the text failed, or has no more just now: it may be called again then.
    pub(super) fn fill(&mut self, len_max: usize) -> io::Result<bool> {
        if let Some(error) = self.failed.take() {
            return Err(error);
        }
        if self.ended {
            return Ok(false);
        }
        self.buffer.copy_within(self.start..self.end, 0);
        self.base += self.start as u64;
        (self.start, self.end) = (0, self.end - self.start);
        if self.end == self.buffer.len() {
            let len = (self.end * 2).max(self.room).min(len_max + self.room);
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
                Err(e) if self.end == before => return Err(e),
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => break,
                Err(e) => {
                    self.failed = Some(e);
                    break;
                }
            }
        }
        Ok(self.end > before)
    }
}
