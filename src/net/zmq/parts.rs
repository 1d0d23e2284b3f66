//! The parts of one message.

use std::fmt;

/// So many are kept of a message; those behind them are only counted.
const KEPT: usize = 3;

/// Of a message of any number of parts.
#[derive(Default)]
pub(crate) struct Parts {
    kept: Vec<zmq::Message>,
    count: usize,
}

impl Parts {
    pub(super) fn clear(&mut self) {
        self.kept.clear();
        self.count = 0;
    }

    pub(super) fn add(&mut self, part: zmq::Message) {
        if self.kept.len() < KEPT {
            self.kept.push(part);
        }
        self.count += 1;
    }

    /// How many there were.
    pub(crate) fn count(&self) -> usize {
        self.count
    }

    pub(crate) fn get(&self, at: usize) -> &[u8] {
        self.kept.get(at).map_or(&[], |part| part)
    }

    /// Takes the last one out.
    pub(crate) fn take_last(&mut self) -> Body {
        Body { part: self.kept.pop().unwrap_or_else(zmq::Message::new), at: 0 }
    }
}

impl fmt::Debug for Parts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "a message of {} parts", self.count)
    }
}

/// A part that is read as a text is.
pub(crate) struct Body {
    part: zmq::Message,
    at: usize,
}

/// An empty one.
impl Default for Body {
    fn default() -> Body {
        Body { part: zmq::Message::new(), at: 0 }
    }
}

impl std::io::Read for Body {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let mut rest = &self.part[self.at..];
        let n = rest.read(into)?;
        self.at += n;
        Ok(n)
    }
}
