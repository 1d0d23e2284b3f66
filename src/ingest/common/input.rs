//! The file a source reads: plain or gzip (told by its first bytes), always as a stream of text.

use crate::error::{Error, Result, reason};
use flate2::bufread::MultiGzDecoder;
use std::fs::{self, File};
use std::io::{self, BufReader, Read, Seek, SeekFrom};

const GZIP: [u8; 2] = [0x1f, 0x8b];

enum Bytes {
    Plain(File),
    Gzip(Box<MultiGzDecoder<BufReader<File>>>),
}

/// An open regular file.
pub(crate) struct Input {
    path: String,
    bytes: Bytes,
    /// How much text was read or skipped.
    offset: u64,
}

impl Input {
    /// Opens a regular file; `path` is relative to the current directory.
    ///
    /// # Errors
    /// A sentence when there is no such file, or it can't be read again after a restart (a FIFO, a device).
    pub(crate) fn open(path: &str) -> Result<Input> {
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
        let open = || -> io::Result<Bytes> {
            let mut file = File::open(path)?;
            let mut magic = Vec::with_capacity(GZIP.len());
            file.by_ref().take(GZIP.len() as u64).read_to_end(&mut magic)?;
            file.rewind()?;
            let gzip = magic == GZIP;
            Ok(if gzip {
                Bytes::Gzip(Box::new(MultiGzDecoder::new(BufReader::with_capacity(64 << 10, file))))
            } else {
                Bytes::Plain(file)
            })
        };
        let bytes = open().map_err(|e| fail(&reason(&e)))?;
        Ok(Input { path: path.to_string(), bytes, offset: 0 })
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

    /// Goes forward to `offset` of the text. A gzip file must be read all the way, so this works in pieces of
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
        let passed = match &mut self.bytes {
            Bytes::Plain(file) => {
                let seek = |file: &mut File| -> io::Result<bool> {
                    Ok(file.metadata()?.len() >= offset && file.seek(SeekFrom::Start(offset))? == offset)
                };
                if !seek(file).map_err(|e| Input::failure(&self.path, &e))? {
                    return Err(shorter());
                }
                left
            }
            Bytes::Gzip(text) => {
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
        let n = match &mut self.bytes {
            Bytes::Plain(file) => file.read(into)?,
            Bytes::Gzip(text) => text.read(into)?,
        };
        self.offset += n as u64;
        if let (Bytes::Plain(file), 0) = (&self.bytes, n)
            && !into.is_empty()
            && file.metadata()?.len() < self.offset
        {
            return Err(io::Error::other("it was cut short while it was read"));
        }
        Ok(n)
    }
}
