//! What is read as it comes, and once: standard input, a FIFO, a device. Reading never waits.

use super::kinds;
use super::paths::STDIN;
use crate::error::{Error, Result, reason};
use crate::format::{Packed, Packing};
use crate::surroundings::has_no_stdin;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use std::fs::{File, OpenOptions};
use std::io::{self, Cursor, Read};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::OpenOptionsExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// So much is read to see what it is.
const HEAD: usize = 512;

/// An open pipe.
pub(super) struct Pipe {
    /// How a person calls it.
    pub called: String,
    /// Nothing more is read of it, when that is said.
    pub closed: Arc<AtomicBool>,
    file: File,
    /// The last read took all that was there.
    empty: bool,
}

impl Pipe {
    /// Opens what lies at a path, or standard input (`-`). `stays`: a FIFO does not end when its writers have gone.
    ///
    /// # Errors
    /// A sentence when it can't be opened.
    pub(super) fn open(said: &str, stays: bool) -> Result<Pipe> {
        let called = if said == STDIN { "standard input".to_string() } else { said.to_string() };
        let fail = |why: String| Error::failed(format!("cannot read {called}: {why}"));
        if said == STDIN && has_no_stdin() {
            return Err(fail(
                "it is closed (lead something into it: `… | sluicebox run FILE`, or name a file)".into(),
            ));
        }
        let file = match said {
            STDIN => io::stdin().as_fd().try_clone_to_owned().map(File::from),
            // Without a writer, opening a FIFO would wait for one. Who can write to it himself never sees its end.
            _ => OpenOptions::new()
                .read(true)
                .write(stays)
                .custom_flags(nix::libc::O_NONBLOCK | nix::libc::O_NOCTTY)
                .open(said),
        };
        let file = file.map_err(|e| fail(reason(&e)))?;
        Ok(Pipe { called, closed: Arc::default(), file, empty: false })
    }

    /// A descriptor of its own to wait for it.
    ///
    /// # Errors
    /// When there is none left.
    pub(super) fn descriptor(&self) -> Result<OwnedFd> {
        let fail = |e| Error::failed(format!("cannot read {}: {}", self.called, reason(&e)));
        self.file.try_clone().map(OwnedFd::from).map_err(fail)
    }
}

impl Read for Pipe {
    /// What is there. A descriptor that others share may not be made non-blocking, so it is asked first.
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.closed.load(Ordering::Relaxed) {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        if std::mem::take(&mut self.empty) {
            // Asking would cost a call, and the next wait tells of what comes behind it.
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let mut fds = [PollFd::new(self.file.as_fd(), PollFlags::POLLIN)];
        if poll(&mut fds, PollTimeout::ZERO)? == 0 {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        let n = self.file.read(into)?;
        self.empty = n > 0 && n < into.len();
        Ok(n)
    }
}

/// A pipe whose first bytes tell how it is compressed, when they have come.
pub(super) enum Opening {
    Ahead { from: Option<Pipe>, head: Vec<u8>, decoded: bool },
    Open(Box<dyn Read + Send>),
}

impl Opening {
    /// `decoded`: it was said what encoding its text has.
    pub(super) fn new(from: Pipe, decoded: bool) -> Opening {
        Opening::Ahead { from: Some(from), head: Vec::new(), decoded }
    }
}

impl Read for Opening {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        loop {
            let (from, head, decoded) = match self {
                Opening::Open(text) => return text.read(into),
                Opening::Ahead { from, head, decoded } => (from, head, *decoded),
            };
            let Some(pipe) = from else { return Ok(0) };
            let mut more = [0; HEAD];
            let n = pipe.read(&mut more)?;
            head.extend_from_slice(&more[..n]);
            if n > 0 && Packing::is_open(head) {
                continue;
            }
            if let Some((what, advice)) = kinds::of(head, decoded) {
                return Err(io::Error::other(format!("it is {what} ({advice})")));
            }
            let (packing, called) = (Packing::of(head), pipe.called.clone());
            let (Some(pipe), head) = (from.take(), std::mem::take(head)) else { return Ok(0) };
            let all = Cursor::new(head).chain(pipe);
            *self = Opening::Open(match packing {
                Some(packing) => Box::new(Packed::new(&called, packing, all, true)?),
                None => Box::new(all),
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nix::sys::stat::Mode;
    use nix::unistd::mkfifo;
    use std::io::{ErrorKind, Write};

    #[test]
    fn what_was_there_is_read_and_not_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("fifo");
        mkfifo(&path, Mode::S_IRWXU).unwrap();
        let mut pipe = Pipe::open(path.to_str().unwrap(), false).unwrap();
        let mut writer = OpenOptions::new().write(true).open(&path).unwrap();
        let read = |pipe: &mut Pipe, most: usize| {
            let mut into = vec![0; most];
            pipe.read(&mut into).map(|n| into[..n].to_vec()).map_err(|e| e.kind())
        };
        assert_eq!(read(&mut pipe, 9), Err(ErrorKind::WouldBlock), "nothing has come");
        writer.write_all(b"abc").unwrap();
        assert_eq!(read(&mut pipe, 2), Ok(b"ab".to_vec()));
        assert_eq!(read(&mut pipe, 2), Ok(b"c".to_vec()), "more was there than fitted");
        writer.write_all(b"d").unwrap();
        assert_eq!(read(&mut pipe, 2), Err(ErrorKind::WouldBlock), "it had taken all");
        assert_eq!(read(&mut pipe, 2), Ok(b"d".to_vec()), "and is asked again");
        drop(writer);
        assert_eq!(read(&mut pipe, 2), Err(ErrorKind::WouldBlock));
        assert_eq!(read(&mut pipe, 2), Ok(Vec::new()), "the end");
    }
}
