//! The file a source reads: plain or gzip (told by its first bytes), in any encoding, always as a stream of UTF-8 text.

use super::first_seen::FirstSeen;
use super::gzip::{Gzip, is_gzip, text_head};
use super::kinds;
use crate::error::{Error, Result, reason};
use crate::files;
use crate::format::{Decoder, Encoding};
use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::fs::FileExt;

/// So much of a file is enough to know how its text begins when it is compressed.
const HEAD: usize = 8 << 10;

/// What a file is opened for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reading {
    /// A look at its beginning.
    Look,
    /// All of it.
    All,
    /// The rest of it, after a restart: it must be the same file.
    Again(FirstSeen),
}

impl Reading {
    fn before(self) -> Option<FirstSeen> {
        match self {
            Reading::Again(first) => Some(first),
            Reading::Look | Reading::All => None,
        }
    }
}

/// An open regular file.
pub(crate) struct Input {
    path: String,
    text: Text,
    /// How much text was read or skipped.
    offset: u64,
    first_seen: FirstSeen,
    head: Vec<u8>,
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
    /// A sentence when there is no such file, when it can't be read again after a restart (a FIFO, a device), holds
    /// something else than text, or is not the one that was read before.
    pub(crate) fn open(path: &str, encoding: Option<Encoding>, reading: Reading) -> Result<Input> {
        let fail = |why: &str| Error::failed(format!("cannot read {path}: {why}"));
        if path == "-" {
            return Err(Error::failed("reading standard input is not built yet: name a file"));
        }
        let found = fs::metadata(path).map_err(|e| fail(&format!("{} (is \"path\" right?)", reason(&e))))?;
        if found.is_dir() {
            return Err(fail("it is a directory: name a file in it"));
        }
        if !found.is_file() {
            return Err(fail(
                "it is no regular file: a FIFO or device can't be read again, copy it to a file",
            ));
        }
        let file = File::open(path).map_err(|e| fail(&reason(&e)))?;
        files::on_a_disk(&file).map_err(|e| fail(&reason(&e)))?;
        let (first, head, gzip) = look(&file).map_err(|e| fail(&reason(&e)))?;
        if let Some((what, advice)) = kinds::of(&head[..head.len().min(kinds::HEAD)], encoding.is_some()) {
            return Err(fail(&format!("it is {what} ({advice})")));
        }
        let before = reading.before().unwrap_or(first);
        if before.has_changed(&file).map_err(|e| fail(&reason(&e)))? {
            return Err(Error::failed(format!(
                "{path} was changed since it was read before (another file lies there, or it was cut or written anew): \
                 start a new run"
            )));
        }
        let text = text(path, file, gzip, encoding, reading);
        Ok(Input { path: path.to_string(), text, offset: 0, first_seen: before, head })
    }

    /// Which file it is.
    pub(crate) fn first_seen(&self) -> FirstSeen {
        self.first_seen
    }

    /// What its text begins with is a document, no table: what it is, and what to do.
    pub(crate) fn markup(&self) -> Option<(&'static str, &'static str)> {
        kinds::markup(&self.head)
    }

    /// What a failed read of this file is to be told as.
    pub(crate) fn failure(path: &str, error: &io::Error) -> Error {
        let hint = match error.kind() {
            io::ErrorKind::UnexpectedEof => " (its gzip data end too early: copy the file again)",
            io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData => {
                " (its gzip data are damaged: copy the file again)"
            }
            _ => "",
        };
        Error::failed(format!("cannot go on reading {path}: {}{hint}", reason(error)))
    }

    /// Goes forward to `offset` of the text. Text that is made must be read all the way, so this works in pieces of
    /// a MiB: `false` means that it must be called again.
    pub(crate) fn forward(&mut self, offset: u64) -> Result<bool> {
        let shorter = || {
            let path = &self.path;
            Error::failed(format!(
                "{path} is shorter than what was read of it before ({offset} bytes of text): it was changed, \
                 start a new run"
            ))
        };
        let left = offset.saturating_sub(self.offset);
        let passed = match &mut self.text {
            Text::Plain(whole) => {
                if !whole.seek(offset).map_err(|e| Input::failure(&self.path, &e))? {
                    return Err(shorter());
                }
                left
            }
            Text::Made(text) => {
                let piece = left.min(1 << 20);
                let passed = io::copy(&mut text.by_ref().take(piece), &mut io::sink())
                    .map_err(|e| Input::failure(&self.path, &e))?;
                if passed < piece {
                    return Err(shorter());
                }
                passed
            }
        };
        self.offset += passed;
        Ok(self.offset >= offset)
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

fn text(path: &str, file: File, gzip: bool, encoding: Option<Encoding>, reading: Reading) -> Text {
    let whole = Whole { file, read: 0 };
    let bytes: Box<dyn Read + Send> = match (gzip, encoding) {
        (false, None) => return Text::Plain(whole),
        (false, Some(_)) => Box::new(whole),
        (true, _) => {
            let tells = reading != Reading::Look;
            Box::new(Gzip::new(path, whole, tells))
        }
    };
    Text::Made(match encoding {
        Some(encoding) => Box::new(Decoder::new(bytes, encoding)),
        None => bytes,
    })
}

/// Which file it is, what its text begins with, and whether it is gzip.
fn look(file: &File) -> io::Result<(FirstSeen, Vec<u8>, bool)> {
    let mut head = vec![0; HEAD];
    let len = file.read_at(&mut head, 0)?;
    head.truncate(len);
    let gzip = is_gzip(&head);
    Ok((FirstSeen::of(file)?, if gzip { text_head(&head, kinds::HEAD) } else { head }, gzip))
}

/// A file that is known to have been whole when it was opened.
struct Whole {
    file: File,
    read: u64,
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
        self.read += n as u64;
        if n == 0 && !into.is_empty() && self.file.metadata()?.len() < self.read {
            return Err(io::Error::other("it was cut short while it was read"));
        }
        Ok(n)
    }
}
