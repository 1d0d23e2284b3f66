//! What a source reads, plain or compressed (told by its first bytes), in any encoding: always as UTF-8 text.
//!
//! `WouldBlock` means that nothing is there now, and that more may come.

use super::first_seen::FirstSeen;
use super::growth::Growth;
use super::kinds;
use super::pipe::{Opening, Pipe};
use crate::error::{Error, Result, reason};
use crate::files;
use crate::format::{Decoder, Encoding, Packed, Packing, text_head};
use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::os::fd::OwnedFd;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// So much of a file is enough to know how its text begins when it is compressed.
const HEAD: usize = 8 << 10;

/// What a file is opened for.
#[derive(Clone, Debug)]
pub(crate) enum Reading {
    /// A look at its beginning.
    Look,
    /// All of it.
    All,
    /// The rest of it, after a restart: it must be the same file.
    Again(FirstSeen),
    /// All of it and what will be written behind, until it is said that nothing more will be.
    Growing(Growth),
}

/// How a way forward has gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Forward {
    There,
    /// It is longer.
    Goes,
    /// The text ends before.
    Short,
}

/// Something to read, open: a regular file, or a stream.
pub(crate) struct Input {
    /// How a person calls it.
    called: String,
    text: Text,
    /// How much text was read or skipped.
    offset: u64,
    /// Which file it is; a stream is none.
    first_seen: Option<FirstSeen>,
    head: Vec<u8>,
    /// Where a stream can be waited for.
    waits_on: Option<OwnedFd>,
    /// Says to a stream that nothing more is to be read.
    closed: Option<Arc<AtomicBool>>,
}

enum Text {
    /// The bytes of the file are its text.
    Plain(Whole),
    /// They are not: they must be read from the start.
    Made(Box<dyn Read + Send>),
}

impl Input {
    /// Opens a regular file; `path` is relative to the current directory.
    ///
    /// # Errors
    /// A sentence when there is no such file, when it is none, holds something else than text, or is not the one that
    /// was read before.
    pub(crate) fn open(path: &Path, encoding: Option<Encoding>, reading: &Reading) -> Result<Input> {
        let called = path.display().to_string();
        let fail = |why: &str| Error::failed(format!("cannot read {called}: {why}"));
        let found = fs::metadata(path).map_err(|e| fail(&format!("{} (is \"path\" right?)", reason(&e))))?;
        if found.is_dir() {
            return Err(fail("it is a directory: name a file in it, or a pattern such as \"logs/*.csv\""));
        }
        if !found.is_file() {
            return Err(fail("it is no file, and nothing that can be read as one"));
        }
        let file = File::open(path).map_err(|e| fail(&reason(&e)))?;
        Input::of(file, &called, encoding, reading)
    }

    /// The same of a file that is open.
    ///
    /// # Errors
    /// As `open`.
    pub(crate) fn of(
        file: File,
        called: &str,
        encoding: Option<Encoding>,
        reading: &Reading,
    ) -> Result<Input> {
        let fail = |why: &str| Error::failed(format!("cannot read {called}: {why}"));
        files::on_a_disk(&file).map_err(|e| fail(&reason(&e)))?;
        let (first, head, packing) = look(&file).map_err(|e| fail(&reason(&e)))?;
        if let Some((what, advice)) = kinds::of(&head[..head.len().min(kinds::HEAD)], encoding.is_some()) {
            return Err(fail(&format!("it is {what} ({advice})")));
        }
        let before = if let Reading::Again(before) = reading { Some(*before) } else { None };
        if before.map_or(Ok(false), |before| before.has_changed(&file)).map_err(|e| fail(&reason(&e)))? {
            return Err(Error::failed(format!(
                "{called} was changed since it was read before (another file lies there, or it was cut or written \
                 anew): start a new run"
            )));
        }
        let text = text(called, file, packing, encoding, reading).map_err(|e| fail(&reason(&e)))?;
        let first_seen = before.or(Some(first));
        Ok(Input {
            called: called.to_string(),
            text,
            offset: 0,
            first_seen,
            head,
            waits_on: None,
            closed: None,
        })
    }

    /// Opens what is read as it comes, and once: standard input, a FIFO, a device. `stays`: writers may go and come.
    ///
    /// # Errors
    /// A sentence when it can't be opened.
    pub(crate) fn stream(said: &str, encoding: Option<Encoding>, stays: bool) -> Result<Input> {
        let stream = Pipe::open(said, stays)?;
        let (called, waits_on) = (stream.called.clone(), Some(stream.descriptor()?));
        let closed = Some(stream.closed.clone());
        let bytes = Box::new(Opening::new(stream, encoding.is_some()));
        let text = Text::Made(match encoding {
            Some(encoding) => Box::new(Decoder::new(bytes, encoding)),
            None => bytes,
        });
        Ok(Input { called, text, offset: 0, first_seen: None, head: Vec::new(), waits_on, closed })
    }

    /// How a person calls it.
    pub(crate) fn called(&self) -> &str {
        &self.called
    }

    /// Which file it is.
    pub(crate) fn first_seen(&self) -> Option<FirstSeen> {
        self.first_seen
    }

    /// Where a stream can be waited for when a read found nothing.
    pub(crate) fn take_waits_on(&mut self) -> Option<OwnedFd> {
        self.waits_on.take()
    }

    /// Reads no more of a stream than what was read. Whether it is one.
    pub(crate) fn close(&self) -> bool {
        self.closed.iter().for_each(|closed| closed.store(true, Ordering::Relaxed));
        self.closed.is_some()
    }

    /// How much of its text was read.
    pub(crate) fn offset(&self) -> u64 {
        self.offset
    }

    /// Whether the bytes of the file are its text: it can be gone on with anywhere.
    pub(crate) fn is_plain(&self) -> bool {
        matches!(self.text, Text::Plain(_))
    }

    /// Whether the first letter of its text is this one.
    pub(crate) fn begins_with(&self, letter: u8) -> bool {
        self.head.trim_ascii_start().first() == Some(&letter)
    }

    /// What its text begins with is a document, no table: what it is, and what to do.
    pub(crate) fn markup(&self) -> Option<(&'static str, &'static str)> {
        kinds::markup(&self.head)
    }

    /// What a failed read of it is to be told as.
    pub(crate) fn failure(called: &str, error: &io::Error) -> Error {
        Error::failed(format!("cannot go on reading {called}: {}", reason(error)))
    }

    /// Goes forward to `offset` of the text. Text that is made must be read all the way, so this works in pieces of
    /// a MiB, and is called again while it goes.
    ///
    /// # Errors
    /// When it can't be read.
    pub(crate) fn forward(&mut self, offset: u64) -> Result<Forward> {
        let left = offset.saturating_sub(self.offset);
        let passed = match &mut self.text {
            Text::Plain(whole) => match whole.seek(offset).map_err(|e| Input::failure(&self.called, &e))? {
                true => left,
                false => return Ok(Forward::Short),
            },
            Text::Made(text) => {
                let piece = left.min(1 << 20);
                match io::copy(&mut text.by_ref().take(piece), &mut io::sink()) {
                    Ok(passed) if passed == piece => passed,
                    Ok(_) => return Ok(Forward::Short),
                    // All of it was there before.
                    Err(e) if e.kind() == io::ErrorKind::WouldBlock => return Ok(Forward::Short),
                    Err(e) => return Err(Input::failure(&self.called, &e)),
                }
            }
        };
        self.offset += passed;
        Ok(if self.offset >= offset { Forward::There } else { Forward::Goes })
    }

    /// What a text that ends before `offset` is to be told as.
    pub(crate) fn shorter(&self, offset: u64) -> Error {
        let called = &self.called;
        Error::failed(format!(
            "{called} is shorter than what was read of it before ({offset} bytes of text): it was changed, start a new \
             run"
        ))
    }
}

impl Read for Input {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let n = match &mut self.text {
            Text::Plain(whole) => whole.read(into)?,
            Text::Made(text) => text.read(into)?,
        };
        self.offset += n as u64;
        Ok(n)
    }
}

fn text(
    called: &str,
    file: File,
    packing: Option<Packing>,
    encoding: Option<Encoding>,
    reading: &Reading,
) -> io::Result<Text> {
    let growth = if let Reading::Growing(growth) = reading { Some(growth.clone()) } else { None };
    let whole = Whole { file, read: 0, growth };
    let bytes: Box<dyn Read + Send> = match (packing, encoding) {
        (None, None) => return Ok(Text::Plain(whole)),
        (None, Some(_)) => Box::new(whole),
        (Some(packing), _) => {
            let tells = !matches!(reading, Reading::Look);
            Box::new(Packed::new(called, packing, whole, tells)?)
        }
    };
    Ok(Text::Made(match encoding {
        Some(encoding) => Box::new(Decoder::new(bytes, encoding)),
        None => bytes,
    }))
}

/// Which file it is, what its text begins with, and whether it is compressed.
fn look(file: &File) -> io::Result<(FirstSeen, Vec<u8>, Option<Packing>)> {
    let mut head = vec![0; HEAD];
    let len = file.read_at(&mut head, 0)?;
    head.truncate(len);
    let packing = Packing::of(&head);
    Ok((
        FirstSeen::of(file)?,
        packing.map_or_else(|| head.clone(), |of| text_head(of, &head, kinds::HEAD)),
        packing,
    ))
}

/// A file that is known to have been whole when it was opened.
struct Whole {
    file: File,
    read: u64,
    /// Of a file that grows.
    growth: Option<Growth>,
}

impl Whole {
    /// Whether the file reaches as far as that.
    fn seek(&mut self, offset: u64) -> io::Result<bool> {
        self.read = offset;
        Ok(self.file.metadata()?.len() >= offset && self.file.seek(SeekFrom::Start(offset))? == offset)
    }
}

impl Read for Whole {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let n = self.file.read(into)?;
        if let Some(growth) = &mut self.growth {
            growth.take(&self.file, self.read, &into[..n])?;
        }
        self.read += n as u64;
        if n == 0 && !into.is_empty() && self.file.metadata()?.len() < self.read {
            return Err(io::Error::other("it was cut short while it was read"));
        }
        Ok(n)
    }
}
