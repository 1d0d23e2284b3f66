//! Files that are read one after another as one stream of records, and how far that has come.
//!
//! How far is: which file (device, inode, what it begins with), which byte of its text, and how many files came before
//! it. So the next process goes on in the right file, and tells what has changed meanwhile.

mod kept;

use super::input::{Forward, Input, Reading};
use super::paths::{Place, Places};
use super::shape::{Shape, agree, differ};
use super::warn;
use crate::error::{Error, Result};
use crate::format::{Encoding, Records};
use crate::operator::Cx;
use crate::units::Repeat;
use kept::Kept;
use std::fs;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};

/// What the position of a stream is: that it was begun.
const BEGUN: &[u8] = b"read once";

/// The files, and which of them is read.
pub(crate) struct Sequence<S: Shape> {
    pub shape: S,
    places: Places,
    encoding: Option<Encoding>,
    /// What each header has to say.
    columns: Vec<String>,
    files: Vec<PathBuf>,
    /// Which one is read.
    at: usize,
    now: Now,
    /// How a person calls what is read.
    called: String,
    /// Where a stream is waited for, while it has nothing.
    waits_on: Option<OwnedFd>,
    /// A FIFO does not end when its writers have gone.
    stays: bool,
    repeat: Option<Repeat>,
    /// How often all were read before, and how many records there were by then.
    round: u64,
    done: u64,
    /// The position, all but its first word.
    kept: Vec<u8>,
}

/// How near a source is to records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    There,
    Goes,
    /// Nothing has come that it could go on with.
    Waits,
}

enum Now {
    Nothing,
    /// What stands above the records of a stream is waited for.
    Above(Box<Records<Input>>),
    /// On the way to the byte of the text where an earlier process stopped.
    Forward(Input, u64),
    Open(Box<Records<Input>>),
}

impl<S: Shape> Sequence<S> {
    /// Nothing is opened yet. `columns`: what each header has to name.
    pub(crate) fn new(shape: S, place: Place, columns: Vec<String>) -> Sequence<S> {
        let Place { places, encoding, follow: stays, repeat } = place;
        Sequence {
            shape,
            called: places.called(),
            places,
            encoding,
            columns,
            files: Vec::new(),
            at: 0,
            now: Now::Nothing,
            waits_on: None,
            stays,
            repeat,
            round: 0,
            done: 0,
            kept: Vec::new(),
        }
    }

    /// Comes nearer to a file that is open: when `records` can be had.
    ///
    /// # Errors
    /// A sentence when a file can't be opened, or is not the one that an earlier process had read.
    pub(crate) fn open(&mut self, cx: &mut Cx) -> Result<Way> {
        match &mut self.now {
            Now::Open(_) => return Ok(Way::There),
            Now::Nothing if self.places.stream().is_some() => self.begin_stream(cx)?,
            Now::Nothing => self.begin(cx)?,
            Now::Above(records) => {
                let Some(names) = self.shape.head(&self.called, records)? else { return Ok(Way::Waits) };
                let why = names.and_then(|names| differ(&self.columns, &names));
                if let Some(why) = why {
                    return Err(Error::failed(format!(
                        "the first line of {} does not name the columns in the order of \"types\" or \"names\": {why}",
                        self.called
                    )));
                }
                if let Now::Above(records) = std::mem::replace(&mut self.now, Now::Nothing) {
                    self.now = Now::Open(records);
                }
            }
            Now::Forward(input, offset) => {
                let forward = input.forward(*offset)?;
                if forward == Forward::Short {
                    return Err(input.shorter(*offset));
                }
                if forward == Forward::There
                    && let Now::Forward(input, offset) = std::mem::replace(&mut self.now, Now::Nothing)
                {
                    self.now = Now::Open(Box::new(self.shape.records(input, offset)));
                }
            }
        }
        Ok(Way::Goes)
    }

    /// The records of the file that is read, and how a person calls it.
    pub(crate) fn records(&mut self) -> Option<(&mut Records<Input>, &str)> {
        match &mut self.now {
            Now::Open(records) => Some((records, &self.called)),
            Now::Nothing | Now::Forward(..) | Now::Above(_) => None,
        }
    }

    /// Reads no more of a stream than what was read. Whether one is open.
    pub(crate) fn close_stream(&self) -> bool {
        match &self.now {
            Now::Above(records) | Now::Open(records) => records.source().close(),
            Now::Nothing | Now::Forward(..) => false,
        }
    }

    /// What a stream is waited for by.
    pub(crate) fn waits_on(&self) -> Option<BorrowedFd<'_>> {
        self.waits_on.as_ref().map(AsFd::as_fd)
    }

    /// Says how far its text was read; not beyond `before`, where what follows is not passed on yet.
    ///
    /// # Errors
    /// When that is more than can be kept.
    pub(crate) fn keep(&mut self, cx: &mut Cx, before: Option<u64>) -> Result<()> {
        let Now::Open(records) = &self.now else { return Ok(()) };
        if self.kept.is_empty() {
            return Ok(());
        }
        let offset = before.unwrap_or_else(|| records.position());
        self.kept[..8].copy_from_slice(&offset.to_le_bytes());
        cx.set_position(&self.kept)
    }

    /// The file was read to its end. `false`: it was the last.
    ///
    /// # Errors
    /// When the next one can't be opened.
    pub(crate) fn next(&mut self, cx: &mut Cx) -> Result<bool> {
        let before = self.at;
        self.at += 1;
        if !self.open_next()? && !self.begin_anew(cx.done())? {
            self.at = before;
            return Ok(false);
        }
        self.keep(cx, None)?;
        Ok(true)
    }

    /// Begins once more with the first file, if that is wanted, and the last round had a record. Whether it does.
    fn begin_anew(&mut self, done: u64) -> Result<bool> {
        let more = match self.repeat {
            Some(Repeat::Times(times)) => self.round + 1 < u64::from(times),
            Some(Repeat::Word(_)) => true,
            None => false,
        };
        if !more || done == self.done {
            return Ok(false);
        }
        (self.round, self.done, self.at) = (self.round + 1, done, 0);
        self.open_next()
    }

    fn begin_stream(&mut self, cx: &mut Cx) -> Result<()> {
        let Some(said) = self.places.stream() else { return Ok(()) };
        if !cx.position().is_empty() {
            let called = self.places.called();
            return Err(Error::failed(format!(
                "{called} can't be read again, and an earlier process had read of it: what that one had not passed on \
                 is gone (start a new run; a file can be gone on with)"
            )));
        }
        let mut input = Input::stream(said, self.encoding, self.stays)?;
        self.waits_on = input.take_waits_on();
        cx.set_position(BEGUN)?;
        self.now = Now::Above(Box::new(self.shape.records(input, 0)));
        Ok(())
    }

    /// Opens the first file, or goes where an earlier process stopped.
    fn begin(&mut self, cx: &mut Cx) -> Result<()> {
        if let Some(kept) = Kept::read(cx.position()) {
            return self.go_on(kept);
        }
        self.files = self.places.files()?;
        if !self.open_next()? {
            // All are empty: what is wrong with the last is told.
            self.at = self.files.len() - 1;
            self.open_at(self.at)?;
        }
        self.keep(cx, None)
    }

    /// Opens the file whose turn it is, or the next that is not empty; `false` when there is none.
    fn open_next(&mut self) -> Result<bool> {
        let several = self.files.len() > 1;
        while let Some(path) = self.files.get(self.at) {
            if !several || fs::metadata(path).map_or(true, |there| there.len() > 0) {
                self.open_at(self.at)?;
                return Ok(true);
            }
            self.at += 1;
        }
        Ok(false)
    }

    fn open_at(&mut self, at: usize) -> Result<()> {
        let path = &self.files[at];
        let input = Input::open(path, self.encoding, &Reading::All)?;
        let (first, called) = (input.first_seen(), input.called().to_string());
        let Some((records, names)) = self.shape.open(input)? else { return Ok(()) };
        if let Some(names) = names {
            self.agree(path, &names)?;
        }
        self.kept =
            first.map_or(Vec::new(), |first| Kept::write(first, [at as u64, self.round, self.done], path));
        self.called = called;
        self.now = Now::Open(Box::new(records));
        Ok(())
    }

    /// The header of each file has to say what the first one's did when it was checked.
    fn agree(&self, path: &Path, names: &[String]) -> Result<()> {
        let path = path.display().to_string();
        if self.files.len() > 1 {
            return agree(&self.columns, names, &path, &self.files[0].display().to_string());
        }
        let same = differ(&self.columns, names).is_none();
        let changed = || {
            Error::failed(format!("the columns of {path} have changed since it was checked: start a new run"))
        };
        if same { Ok(()) } else { Err(changed()) }
    }

    /// Goes on in the file that an earlier process was reading.
    fn go_on(&mut self, Kept { offset, first, before, round, done, path }: Kept) -> Result<()> {
        self.files = self.places.look()?.files;
        let Some(at) = self.files.iter().position(|file| *file == path) else {
            return Err(Error::failed(format!(
                "{} is not there any more, and was read up to byte {offset} before: start a new run",
                path.display()
            )));
        };
        if at > before {
            warn(&format!(
                "{} files have come meanwhile whose names stand before {}: they are not read",
                at - before,
                path.display()
            ));
        }
        (self.at, self.round, self.done) = (at, round, done);
        let input = Input::open(&path, self.encoding, &Reading::Again(first))?;
        // Its header is still what it was, or the records would be others.
        let head = Input::open(&path, self.encoding, &Reading::Look)?;
        if let Some((_, Some(names))) = self.shape.open(head)? {
            self.agree(&path, &names)?;
        }
        self.kept = Kept::write(first, [at as u64, self.round, self.done], &path);
        self.called = path.display().to_string();
        self.now = Now::Forward(input, offset);
        Ok(())
    }
}
