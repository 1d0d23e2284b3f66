//! What waits, saved piece by piece while it is at work: all pieces tell of the moment at which saving began.
//!
//! What is said of each row then, a byte, is copied at once. The rows themselves stay where they are until their
//! columns close up: before that, what is not saved yet is written into the bytes of the pieces to come.

use super::Waiting;
use super::saving::Saving;
use super::waiting::WAITS;
use crate::data::row;
use crate::data::state::{Bytes, Loader, Saver};
use crate::error::{Error, Result};
use crate::operator::Cx;
use serde::{Deserialize, Serialize};

/// A piece ends with the row with which it has so many bytes.
const PIECE_BYTES: usize = 64 * 1024;

#[derive(Serialize)]
struct Piece<'a> {
    last: bool,
    rows: Bytes<'a>,
}

#[derive(Deserialize)]
struct Read {
    last: bool,
    rows: Vec<u8>,
}

impl Waiting {
    /// Saving begins: it is settled what it will tell. All rows that came were looked at.
    pub(in crate::preprocess) fn begin_saving(&mut self) {
        let Saving { flags, at, full, bytes } = &mut self.saving;
        flags.clone_from(&self.flags);
        *at = 0;
        full.clear();
        bytes.clear();
    }

    /// Writes the next piece; false: it was the last.
    pub(in crate::preprocess) fn save_piece(&mut self, version: u16, out: &mut Saver<'_>) -> Result<bool> {
        while self.saving.full.is_empty() && self.saving.at < self.saving.flags.len() {
            self.write_next();
        }
        match self.saving.full.pop_front() {
            Some(piece) => {
                out.put(version, &Piece { last: false, rows: Bytes(&piece) })?;
                Ok(true)
            }
            None => {
                let rows = std::mem::take(&mut self.saving.bytes);
                out.put(version, &Piece { last: true, rows: Bytes(&rows) })?;
                Ok(false)
            }
        }
    }

    /// Rows are about to move: what is not saved of them yet is written aside.
    pub(super) fn save_rest(&mut self) {
        while self.saving.at < self.saving.flags.len() {
            self.write_next();
        }
    }

    fn write_next(&mut self) {
        let Saving { flags, at, full, bytes } = &mut self.saving;
        let flag = flags[*at];
        if flag & WAITS != 0 {
            bytes.extend_from_slice(&self.times[*at].to_le_bytes());
            bytes.push(flag);
            row::append(&self.rows, *at, bytes);
            if bytes.len() >= PIECE_BYTES {
                full.push_back(std::mem::take(bytes));
            }
        }
        *at += 1;
    }

    /// Reads back what `save_piece` wrote, into one without rows.
    pub(in crate::preprocess) fn load(&mut self, version: u16, from: &mut Loader<'_>) -> Result<()> {
        loop {
            let Read { last, rows } = from.get(version)?;
            let mut rest = &rows[..];
            while !rest.is_empty() {
                rest = self
                    .load_row(rest)
                    .ok_or_else(|| Error::failed("the state has rows of other columns"))?;
            }
            if last {
                return Ok(());
            }
        }
    }

    fn load_row<'a>(&mut self, bytes: &'a [u8]) -> Option<&'a [u8]> {
        let (time, rest) = bytes.split_first_chunk::<8>()?;
        let (flags, rest) = rest.split_first()?;
        let rest = row::read(rest, &mut self.rows)?;
        self.read_back(i64::from_le_bytes(*time), *flags);
        (*flags & WAITS != 0).then_some(rest)
    }
}

/// How far a step has let go what waited. What has gone out does not go out again, so this is kept where a crash finds
/// it in step with the rows: in the position of the step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::preprocess) struct Gone {
    /// Nothing of before this waits, or comes in.
    pub closed_to: i64,
    /// How often all went out at once, because of a stop.
    pub emptied: u64,
}

impl Gone {
    pub(in crate::preprocess) const NOTHING: Gone = Gone { closed_to: i64::MIN, emptied: 0 };

    /// As a position of its step says it; an empty one is that of a first start.
    fn read(position: &[u8]) -> Gone {
        let words = |at: usize| position.get(at..at + 8)?.try_into().ok();
        match (words(0), words(8)) {
            (Some(closed_to), Some(emptied)) => {
                Gone { closed_to: i64::from_le_bytes(closed_to), emptied: u64::from_le_bytes(emptied) }
            }
            _ => Gone::NOTHING,
        }
    }

    /// Where the position is ahead of a state, that is older: what waited has gone out, all of it, or what lies before
    /// a time.
    pub(in crate::preprocess) fn catch_up(&mut self, cx: &Cx, forget: impl FnOnce(Option<i64>)) {
        let at = Gone::read(cx.position());
        if at.emptied > self.emptied {
            forget(None);
        } else if at.closed_to > self.closed_to {
            forget(Some(at.closed_to));
        }
        self.emptied = self.emptied.max(at.emptied);
        self.closed_to = self.closed_to.max(at.closed_to);
    }

    /// Says it in the position of the step.
    pub(in crate::preprocess) fn tell(self, cx: &mut Cx) -> Result<()> {
        let position = self.position();
        if self != Gone::NOTHING && cx.position() != position { cx.set_position(&position) } else { Ok(()) }
    }

    fn position(self) -> [u8; 16] {
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&self.closed_to.to_le_bytes());
        bytes[8..].copy_from_slice(&self.emptied.to_le_bytes());
        bytes
    }
}
