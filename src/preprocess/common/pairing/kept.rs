//! What waits, saved piece by piece while it is at work: all pieces tell of the moment at which saving began.
//!
//! What is said of each row then, a byte, is copied at once. The rows themselves stay where they are until their
//! columns close up: before that, what is not saved yet is written into the bytes of the pieces to come.

use super::super::Ends;
use super::Waiting;
use super::reached::{Past, Reached};
use super::saving::Saving;
use super::waiting::WAITS;
use crate::data::row;
use crate::data::state::{Bytes, Entries, Loader, Saver, append};
use crate::error::{Error, Result};
use crate::operator::{Cx, Ending};
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::preprocess) struct Gone {
    /// As far as time let them go: what goes out in pieces comes further with each.
    closed: Reached,
    /// As far as ends have: they close no time.
    ends: Ends<Reached>,
}

impl Gone {
    pub(super) const NOTHING: Gone = Gone { closed: Reached::NOTHING, ends: Ends::NOTHING };

    /// As a position of its step says it; an empty one is that of a first start.
    fn read(position: &[u8]) -> Gone {
        Entries::of(position).next().ok().flatten().unwrap_or(Gone::NOTHING)
    }

    /// Nothing of before this waits.
    pub(in crate::preprocess) fn closed_to(&self) -> i64 {
        self.closed.time
    }

    /// Nothing of before this comes in: where a part of a time has gone, that is over too.
    pub(in crate::preprocess) fn shut_to(&self) -> i64 {
        self.closed.time.saturating_add(i64::from(self.closed.of_it > 0))
    }

    /// Where the position is ahead of a state, that is older: what waited has gone out, all of it, or as far as time
    /// and ends came since.
    pub(super) fn catch_up(&mut self, cx: &Cx, mut forget: impl FnMut(Past)) {
        let at = Gone::read(cx.position());
        if let Some((from, to)) = self.ends.since(&at.ends) {
            forget(to.since(from.unwrap_or(Reached::NOTHING)));
        }
        if at.closed > self.closed {
            forget(at.closed.since(self.closed));
            self.closed = at.closed;
        }
        self.ends.catch_up(&at.ends);
    }

    /// Lets go what lies before a time, in pieces: `let_go` says whether its piece was the last. Whether all has gone.
    pub(in crate::preprocess) fn close_to(
        &mut self,
        time: i64,
        let_go: impl FnOnce(&mut Reached) -> bool,
    ) -> bool {
        if time <= self.closed.time {
            return true;
        }
        let done = let_go(&mut self.closed);
        if done {
            self.closed = Reached::before(time);
        }
        done
    }

    /// Lets go all that waits at an end, in pieces, unless it is kept: `let_go` says whether its piece was the last.
    /// What comes after it (after a stop, say) finds time where it was. Whether all has gone.
    pub(in crate::preprocess) fn finish(
        &mut self,
        waiting: usize,
        cx: &mut Cx,
        let_go: impl FnOnce(&mut Reached) -> bool,
    ) -> bool {
        if cx.ending() == Ending::Kept {
            cx.wait_open(waiting as u64);
            return true;
        }
        self.ends.let_go(Reached::NOTHING, |to| {
            let done = let_go(to);
            if done {
                *to = Reached::ALL;
            }
            done
        })
    }

    /// Says it in the position of the step.
    pub(super) fn tell(&self, position: &mut Vec<u8>, cx: &mut Cx) -> Result<()> {
        if *self == Gone::NOTHING {
            return Ok(());
        }
        position.clear();
        append(self, position);
        if cx.position() == *position { Ok(()) } else { cx.set_position(position) }
    }
}
