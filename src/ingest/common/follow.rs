//! Files that grow, followed over rotation, replacement and restarts: what is written to them is one stream of
//! records.
//!
//! A file is what it is (device, inode, what it begins with), not what it is called. One that lost its name is read to
//! its end, and what took the name is read behind it. How far each was read is the position; so it is found again
//! under whatever name it has by then.

mod followed;
mod names;
mod rotated;
mod watch;

use super::first_seen::FirstSeen;
use super::lines::{Filled, Lines};
use super::pace::Pace;
use super::paths::Places;
use super::shape::Shape;
use crate::data::Batch;
use crate::error::{Error, Result};
use crate::format::Encoding;
use crate::operator::{Cx, Next, SOURCE_POSITION_BYTES_MAX};
use followed::Followed;
use std::collections::BTreeSet;
use std::os::fd::BorrowedFd;
use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use watch::Watch;

/// A file's place in the position: how far it was read, and which one it is.
const WORDS: usize = 5;
/// Said with how far a file was read: it had its name when names were looked at.
const NAMED: u64 = 1 << 63;
/// So many find room there, beside when names were looked at.
const FILES_MAX: usize = (SOURCE_POSITION_BYTES_MAX - 8) / (WORDS * 8);
/// So many are open at a time, with what was read ahead of them; of others a descriptor is held, and no memory.
const OPEN_MAX: usize = 64;

pub(crate) struct Follow<S> {
    from: From<S>,
    watch: Watch,
    /// Those of one name in the order in which they had it.
    files: Vec<Followed>,
    /// Which one has its turn.
    at: usize,
    begun: bool,
    /// Names may have changed since they were looked at.
    names_due: bool,
    /// When they were, by this process or an earlier one.
    looked: Option<SystemTime>,
    /// What an earlier process had read, and is not there any more.
    gone: Vec<FirstSeen>,
    /// What can't be followed, and was told.
    told: BTreeSet<PathBuf>,
    /// Turns so far.
    turns: u64,
    kept: Vec<u8>,
    /// Files have come or gone since that was written.
    reordered: bool,
}

/// What is followed, and how it is read.
pub(super) struct From<S> {
    pub shape: S,
    pub places: Places,
    pub encoding: Option<Encoding>,
    /// What each header has to say.
    pub columns: Vec<String>,
}

impl<S: Shape> Follow<S> {
    /// Nothing is opened yet.
    pub(crate) fn new(
        shape: S,
        places: Places,
        encoding: Option<Encoding>,
        columns: Vec<String>,
    ) -> Follow<S> {
        let from = From { shape, places, encoding, columns };
        Follow {
            from,
            watch: Watch::new(),
            files: Vec::new(),
            at: 0,
            begun: false,
            names_due: false,
            looked: None,
            gone: Vec::new(),
            told: BTreeSet::new(),
            turns: 0,
            kept: Vec::new(),
            reordered: false,
        }
    }

    /// Reads what was written, up to as many records as are due, and says what it wants next.
    ///
    /// # Errors
    /// When a file can't be read, or its header is another.
    pub(crate) fn fill(
        &mut self,
        lines: &mut Lines,
        pace: &mut Pace,
        batch: &mut Batch,
        cx: &mut Cx,
    ) -> Result<Next> {
        if !self.begun {
            self.begun = true;
            self.restore(cx.position())?;
            self.look(true)?;
            self.keep(cx)?;
            return Ok(Next::Again);
        }
        let heard = self.watch.heard(cx.now_ns);
        self.names_due |= heard.names;
        if heard.names || heard.all || self.watch.any_is_written() {
            let all = heard.names || heard.all;
            let written = self.files.iter_mut().filter(|file| all || self.watch.is_written(file.watched));
            written.for_each(|file| file.dry = false);
        }
        if std::mem::take(&mut self.names_due) {
            self.look(false)?;
        }
        let allowed = pace.allowed(cx.now_ns, cx.records_max);
        lines.begin(cx);
        let read = self.read(allowed, lines, pace, batch, cx);
        // Of an error too: what was read before it goes its way.
        lines.end(batch);
        self.keep(cx)?;
        if read? {
            return Ok(pace.next(cx.now_ns));
        }
        Ok(self.watch.look_at_ns().map_or(Next::Wait, Next::At))
    }

    /// What is waited for while nothing is written.
    pub(crate) fn waits_on(&self) -> Option<BorrowedFd<'_>> {
        self.watch.descriptor()
    }

    /// Reads from the files whose turn it is until there is something. Whether there may be more.
    fn read(
        &mut self,
        allowed: usize,
        lines: &mut Lines,
        pace: &mut Pace,
        batch: &mut Batch,
        cx: &mut Cx,
    ) -> Result<bool> {
        while let Some(at) = self.turn() {
            if allowed == 0 {
                return Ok(true);
            }
            self.at = at;
            self.turns += 1;
            let file = &mut self.files[at];
            file.turn = self.turns;
            if !file.open(&self.from)? {
                // On a long way forward others get their turn.
                if file.dry { continue } else { return Ok(true) }
            }
            self.let_rest();
            let file = &mut self.files[at];
            match file.fill(lines, pace, allowed, batch, cx)? {
                Filled::Enough => {
                    self.at += 1;
                    return Ok(true);
                }
                Filled::Nothing | Filled::End if file.was_cut() => file.begin_anew(),
                Filled::Nothing => file.dry = true,
                Filled::End => {
                    let file = self.files.remove(at);
                    self.watch.forget(file.watched);
                    self.reordered = true;
                }
            }
            if !batch.id.is_empty() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Closes the one that was read longest ago, when more are open than may be.
    fn let_rest(&mut self) {
        if self.files.iter().filter(|file| file.can_rest()).count() > OPEN_MAX {
            let open = self.files.iter_mut().filter(|file| file.can_rest());
            open.min_by_key(|file| file.turn).into_iter().for_each(Followed::rest);
        }
    }

    /// The next file with something to read: by turns, but of one name the older first.
    fn turn(&self) -> Option<usize> {
        let waits = |at: usize| {
            let older = self.files[..at].iter().filter(|older| !older.dry);
            // Letter by letter: as paths they take their time.
            older.map(|older| older.path.as_os_str()).any(|older| older == self.files[at].path.as_os_str())
        };
        let n = self.files.len();
        (0..n).map(|step| (self.at + step) % n).find(|at| !self.files[*at].dry && !waits(*at))
    }

    /// Says how far each file was read, and when names were looked at.
    fn keep(&mut self, cx: &mut Cx) -> Result<()> {
        self.kept.resize(self.files.len() * WORDS * 8, 0);
        let all = std::mem::take(&mut self.reordered);
        for (file, kept) in self.files.iter_mut().zip(self.kept.chunks_exact_mut(WORDS * 8)) {
            if file.moved || all {
                for (bytes, word) in kept.chunks_exact_mut(8).zip(file.place()) {
                    bytes.copy_from_slice(&word.to_le_bytes());
                }
            }
        }
        let looked = self.looked.and_then(|looked| looked.duration_since(UNIX_EPOCH).ok());
        let looked = looked.map(|looked| looked.as_nanos() as u64);
        looked.iter().for_each(|word| self.kept.extend_from_slice(&word.to_le_bytes()));
        cx.set_position(&self.kept)
    }

    /// Another file is followed, in this place of the order.
    fn add(&mut self, at: usize, mut file: Followed) -> Result<()> {
        if self.files.len() == FILES_MAX {
            return Err(Error::failed(format!(
                "more than {FILES_MAX} files are to be followed at a time, and how far more were read can't be kept \
                 (a narrower pattern, or several stages, share them)"
            )));
        }
        file.watched = self.watch.file(&file.file);
        self.files.insert(at, file);
        self.reordered = true;
        Ok(())
    }
}

/// A file in a position: how far it was read, whether it had its name, and which one it is.
type Entry = (u64, bool, FirstSeen);

/// A position, read: the files, and when names were looked at.
fn entries(bytes: &[u8]) -> (Vec<Entry>, Option<SystemTime>) {
    let (words, _) = bytes.as_chunks::<8>();
    let (files, rest) = words.as_chunks::<WORDS>();
    let file = |words: &[[u8; 8]; WORDS]| {
        let [offset, a, b, c, d] = words.map(u64::from_le_bytes);
        (offset & !NAMED, offset & NAMED != 0, FirstSeen::from_words([a, b, c, d]))
    };
    let looked = rest.first().map(|word| UNIX_EPOCH + Duration::from_nanos(u64::from_le_bytes(*word)));
    (files.iter().map(file).collect(), looked)
}
