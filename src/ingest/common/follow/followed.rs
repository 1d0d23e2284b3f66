//! One file that is followed: opened when what stands above its records is there, read until it is let go of.

use super::rotated::is_copy;
use super::{From, NAMED, WORDS};
use crate::data::Batch;
use crate::error::{Error, Result, reason};
use crate::format::Records;
use crate::identity::Inode;
use crate::ingest::common::first_seen::FirstSeen;
use crate::ingest::common::growth::{Growth, Tail};
use crate::ingest::common::input::{Forward, Input, Reading};
use crate::ingest::common::lines::{Filled, Lines};
use crate::ingest::common::pace::Pace;
use crate::ingest::common::shape::{Shape, agree, differ};
use crate::ingest::common::warn;
use crate::operator::Cx;
use nix::sys::inotify::WatchDescriptor;
use std::fs::{File, Metadata};
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

/// Of a compressed text, or one in another encoding, so much is read at once.
const MADE: usize = 16 << 10;

pub(super) struct Followed {
    /// The name by which it was found, which another may have by now.
    pub path: PathBuf,
    pub file: File,
    pub watched: Option<WatchDescriptor>,
    /// It was read to its end since something was heard.
    pub dry: bool,
    /// In which turn of the source it was read last.
    pub turn: u64,
    /// Its place in the position may be another than the one that is kept.
    pub moved: bool,
    kept: [u64; WORDS],
    /// Its name leads to it still, as far as names were looked at.
    pub named: bool,
    /// Since then another may have its name.
    pub seen: SystemTime,
    /// What it is known by: what was taken of it; before that, how it was found.
    first: FirstSeen,
    tail: Arc<Tail>,
    /// It was cut, so what stands at its start need not be a header.
    headless: bool,
    state: State,
}

enum State {
    /// To be opened, and gone on with at this byte of its text.
    Closed(u64),
    Forward(Input, u64),
    Open(Box<Records<Input>>),
}

/// Records at hand. Of a text that is made of bytes, which stays open, little is read ahead.
fn opened(mut records: Records<Input>) -> State {
    if !records.source().is_plain() {
        records.set_room(MADE);
    }
    State::Open(Box::new(records))
}

impl Followed {
    /// A file that was opened by this name, all of it to be read.
    pub(super) fn new(path: &Path, file: File) -> io::Result<Followed> {
        let first = FirstSeen::of(&file)?;
        Ok(Followed {
            path: path.to_path_buf(),
            file,
            watched: None,
            dry: false,
            turn: 0,
            moved: true,
            kept: [0; WORDS],
            named: true,
            seen: UNIX_EPOCH,
            first,
            tail: Arc::new(Tail::new(false)),
            headless: false,
            state: State::Closed(0),
        })
    }

    /// One that was read up to `offset` before, when it was known by `first`.
    pub(super) fn again(path: &Path, file: File, offset: u64, first: FirstSeen) -> io::Result<Followed> {
        let found = Followed::new(path, file)?;
        // Of one that was cut, and then nothing was read, the start is a cut one's still.
        let headless = offset == 0 && first.has_changed(&found.file)?;
        Ok(Followed { first, headless, state: State::Closed(offset), ..found })
    }

    pub(super) fn inode(&self) -> Inode {
        self.first.inode()
    }

    /// Nothing more will come: it is read to its end and let go of.
    pub(super) fn let_go(&mut self) {
        self.tail.end();
        self.dry = false;
    }

    /// Whether no name leads to it any more.
    pub(super) fn is_deleted(&self) -> bool {
        self.file.metadata().is_ok_and(|there| there.nlink() == 0)
    }

    /// What it is known by; of a short file more is known when more was read.
    fn identity(&mut self) -> FirstSeen {
        if let (State::Open(_), (taken @ 1.., head)) = (&self.state, self.tail.taken()) {
            self.first = FirstSeen::read(self.first.inode(), taken, head);
        }
        self.first
    }

    /// Whether another file is a copy of it, as who rotates by copies makes it.
    pub(super) fn is_copied_in(&self, other: &File) -> bool {
        let longer =
            |here: Metadata, other: Metadata| here.len() >= self.first.len() && other.len() > here.len();
        let both = self.file.metadata().and_then(|here| Ok((here, other.metadata()?)));
        both.is_ok_and(|(here, there)| !longer(here, there)) && is_copy(self.first, other)
    }

    /// How far its text was read.
    fn offset(&self) -> u64 {
        match &self.state {
            State::Closed(offset) | State::Forward(_, offset) => *offset,
            State::Open(records) => records.position(),
        }
    }

    fn called(&self) -> String {
        self.path.display().to_string()
    }

    /// Whether it was cut, or written anew, since it was read: what was taken is given, then it begins anew.
    pub(super) fn was_cut(&self) -> bool {
        self.tail.was_cut()
    }

    /// Begins anew with a file that was cut.
    pub(super) fn begin_anew(&mut self) {
        warn(&format!(
            "{} was cut or written anew while it was followed: it is read from its start again, and what was written \
             behind byte {} before that is not known",
            self.called(),
            self.offset()
        ));
        self.moved = true;
        self.tail = Arc::new(Tail::new(self.tail.has_ended()));
        (self.headless, self.state) = (true, State::Closed(0));
    }

    /// Lets go of what was read ahead and of its second descriptor, until its turn comes again.
    pub(super) fn rest(&mut self) {
        self.identity();
        self.state = State::Closed(self.offset());
    }

    /// Whether it is open, and can be gone on with at any byte.
    pub(super) fn can_rest(&self) -> bool {
        matches!(&self.state, State::Open(records) if records.source().is_plain() && !self.was_cut())
    }

    /// Its place in the position, if that may be another than the one that is kept.
    pub(super) fn place(&mut self) -> [u64; WORDS] {
        if std::mem::take(&mut self.moved) {
            let [a, b, c, d] = self.identity().to_words();
            let named = if self.named { NAMED } else { 0 };
            self.kept = [self.offset() | named, a, b, c, d];
        }
        self.kept
    }

    /// Comes nearer to its records; `false`: what stands above them is not there yet, and nothing can be read.
    pub(super) fn open<S: Shape>(&mut self, from: &From<S>) -> Result<bool> {
        self.moved = true;
        match &mut self.state {
            State::Open(_) => return Ok(true),
            State::Forward(input, offset) => match input.forward(*offset)? {
                Forward::There => {
                    if let State::Forward(input, offset) =
                        std::mem::replace(&mut self.state, State::Closed(0))
                    {
                        self.state = opened(from.shape.records(input, offset));
                    }
                    return Ok(true);
                }
                Forward::Goes => {}
                Forward::Short => self.begin_anew(),
            },
            State::Closed(0) => match self.begin(from)? {
                Some(records) => {
                    self.state = opened(records);
                    return Ok(true);
                }
                None => self.dry = true,
            },
            State::Closed(offset) => {
                let offset = *offset;
                let head = self.first.text_of(&self.file);
                match head.map_err(|e| Input::failure(&self.called(), &e))? {
                    Some(head) => self.state = State::Forward(self.input(from, head)?, offset),
                    None => self.begin_anew(),
                }
            }
        }
        Ok(false)
    }

    /// The records of a file that is read from its start, when its header is there.
    fn begin<S: Shape>(&mut self, from: &From<S>) -> Result<Option<Records<Input>>> {
        let len = self.file.metadata().map_err(|e| Input::failure(&self.called(), &e))?.len();
        if len == 0 && !self.tail.has_ended() {
            return Ok(None);
        }
        let input = self.input(from, Vec::new())?;
        if len == 0 {
            return Ok(Some(from.shape.records(input, 0)));
        }
        let opened = from.shape.open(input);
        if self.headless {
            let headed = |names: &Option<Vec<String>>| {
                names.as_ref().is_none_or(|names| differ(&from.columns, names).is_none())
            };
            return match opened {
                Ok(None) => Ok(None),
                Ok(Some((records, names))) if headed(&names) => Ok(Some(records)),
                _ => Ok(Some(from.shape.records(self.input(from, Vec::new())?, 0))),
            };
        }
        let Some((records, names)) = opened? else { return Ok(None) };
        if let Some(names) = names {
            agree(&from.columns, &names, &self.called(), &from.places.called())?;
        }
        Ok(Some(records))
    }

    /// The file from its start, with a cursor of its own. `head`: what was taken of it before.
    fn input<S: Shape>(&mut self, from: &From<S>, head: Vec<u8>) -> Result<Input> {
        let again = format!("/proc/self/fd/{}", self.file.as_raw_fd());
        let file = File::open(again);
        let file =
            file.map_err(|e| Error::failed(format!("cannot read {}: {}", self.called(), reason(&e))))?;
        self.tail = Arc::new(Tail::new(self.tail.has_ended()));
        let growth = Growth::new(self.tail.clone(), head);
        Input::of(file, &self.called(), from.encoding, &Reading::Growing(growth))
    }

    /// Reads records into the batch.
    pub(super) fn fill(
        &mut self,
        lines: &mut Lines,
        pace: &mut Pace,
        max: usize,
        batch: &mut Batch,
        cx: &mut Cx,
    ) -> Result<Filled> {
        let State::Open(records) = &mut self.state else { return Ok(Filled::Nothing) };
        lines.now_in(|| self.path.to_string_lossy());
        let filled = lines.fill(records, pace, max, batch, cx);
        filled.map_err(|e| Input::failure(&self.called(), &e))
    }
}
