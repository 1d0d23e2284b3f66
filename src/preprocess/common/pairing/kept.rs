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
use crate::operator::{Cx, Ending};
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;

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
    pub(super) fn begin_saving(&mut self) {
        let Saving { flags, at, full, bytes } = &mut self.saving;
        flags.clone_from(&self.flags);
        *at = 0;
        full.clear();
        bytes.clear();
    }

    /// Writes the next piece; false: it was the last.
    pub(super) fn save_piece(&mut self, version: u16, out: &mut Saver<'_>) -> Result<bool> {
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
    pub(super) fn load(&mut self, version: u16, from: &mut Loader<'_>) -> Result<()> {
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
    /// Of those of that very time so many have gone: what goes out in pieces has come so far with each.
    of_it: u64,
    /// While all goes out at an end: what was closed before.
    #[serde(skip)]
    before: Option<(i64, u64)>,
}

impl Gone {
    pub(super) const NOTHING: Gone = Gone { closed_to: i64::MIN, emptied: 0, of_it: 0, before: None };

    /// As a position of its step says it; an empty one is that of a first start.
    fn read(position: &[u8]) -> Gone {
        let words = |at: usize| position.get(at..at + 8)?.try_into().ok();
        match (words(0), words(8)) {
            (Some(closed_to), Some(emptied)) => Gone {
                closed_to: i64::from_le_bytes(closed_to),
                emptied: u64::from_le_bytes(emptied),
                of_it: words(16).map_or(0, u64::from_le_bytes),
                before: None,
            },
            _ => Gone::NOTHING,
        }
    }

    /// Where the position is ahead of a state, that is older: what waited has gone out, all of it, or what lies before
    /// a time, and the first so many of that time.
    pub(super) fn catch_up(&mut self, cx: &Cx, forget: impl FnOnce(Option<i64>, u64)) {
        let at = Gone::read(cx.position());
        let (here, there) = ((self.closed_to, self.of_it), (at.closed_to, at.of_it));
        if at.emptied > self.emptied {
            forget(None, 0);
        } else if there > here {
            let known = if there.0 == here.0 { here.1 } else { 0 };
            forget(Some(there.0), there.1 - known);
        }
        self.emptied = self.emptied.max(at.emptied);
        (self.closed_to, self.of_it) = here.max(there);
    }

    /// The next goes, in the order of their times.
    #[inline]
    pub(in crate::preprocess) fn pass(&mut self, time: i64) {
        match time.cmp(&self.closed_to) {
            Ordering::Greater => (self.closed_to, self.of_it) = (time, 1),
            Ordering::Equal => self.of_it += 1,
            Ordering::Less => {}
        }
    }

    /// Lets go what lies before a time, in pieces: `let_go` says whether its piece was the last. Whether all has gone.
    pub(in crate::preprocess) fn close_to(
        &mut self,
        time: i64,
        let_go: impl FnOnce(&mut Gone) -> bool,
    ) -> bool {
        if time <= self.closed_to {
            return true;
        }
        let done = let_go(self);
        if done {
            (self.closed_to, self.of_it) = (time, 0);
        }
        done
    }

    /// Lets go all that waits at an end, in pieces, unless it is kept: `let_go` says whether its piece was the last.
    /// After a stop time goes on from where it was. Whether all has gone.
    pub(in crate::preprocess) fn finish(
        &mut self,
        waiting: usize,
        cx: &mut Cx,
        let_go: impl FnOnce(&mut Gone) -> bool,
    ) -> bool {
        if cx.ending() == Ending::Kept {
            cx.wait_open(waiting as u64);
            return true;
        }
        let before = *self.before.get_or_insert((self.closed_to, self.of_it));
        let done = let_go(self);
        if done && cx.ending() == Ending::Stopped {
            self.emptied += 1;
            (self.closed_to, self.of_it, self.before) = (before.0, before.1, None);
        }
        done
    }

    /// Says it in the position of the step.
    pub(super) fn tell(self, cx: &mut Cx) -> Result<()> {
        let position = self.position();
        if self != Gone::NOTHING && cx.position() != position { cx.set_position(&position) } else { Ok(()) }
    }

    fn position(self) -> [u8; 24] {
        let mut bytes = [0; 24];
        bytes[..8].copy_from_slice(&self.closed_to.to_le_bytes());
        bytes[8..16].copy_from_slice(&self.emptied.to_le_bytes());
        bytes[16..].copy_from_slice(&self.of_it.to_le_bytes());
        bytes
    }
}
