//! A pipe, a terminal, standard output: what somebody else reads, and what can't be taken back.
//!
//! It is neither truncated nor synced. A slow reader slows the writer; nothing is dropped.

use super::place::{Kind, cannot, cannot_io};
use crate::error::{Error, Exit, Result};
use crate::operator::{Cx, Refusal, insist};
use crate::surroundings::has_no_stdout;
use crate::units::Span;
use nix::libc;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::OpenOptionsExt;
use std::time::Instant;

/// An open stream.
pub(crate) struct Stream {
    path: String,
    file: File,
}

/// A pipe that has room at all takes so many bytes without blocking (pipe(7)).
const PIECE: usize = libc::PIPE_BUF;
/// How long to wait for room before the next sign of life.
const SLICE_MS: u16 = 100;

impl Stream {
    pub(crate) fn stdout() -> Result<Stream> {
        if has_no_stdout() {
            let what = "cannot write to standard output: it was closed by who started this (send it to a file, or say \
                        a path)";
            return Err(Error::failed(what));
        }
        // Past the buffer of `std::io::Stdout`, which would cut batches at line ends.
        let fd = io::stdout().as_fd().try_clone_to_owned();
        let fd = fd.map_err(|e| cannot_io("stdout", &e))?;
        Ok(Stream { path: "stdout".to_string(), file: File::from(fd) })
    }

    /// Opens a FIFO, once somebody reads it, or a device.
    pub(crate) fn open(path: &str, kind: Kind, patience: Span, cx: &mut Cx) -> Result<Stream> {
        // A FIFO without a reader would block in `open`, out of reach of a stop.
        let flags = if kind == Kind::Fifo { libc::O_NONBLOCK } else { 0 };
        let file = insist(patience, cx, |_| {
            OpenOptions::new().write(true).custom_flags(flags | libc::O_NOCTTY).open(path).map_err(|e| {
                if e.raw_os_error() == Some(libc::ENXIO) {
                    let advice = "start the reader of the pipe, or raise \"patience\"";
                    return Refusal::NotNow(cannot(path, "nobody reads it", advice));
                }
                Refusal::Never(cannot_io(path, &e))
            })
        })?;
        Ok(Stream { path: path.to_string(), file })
    }

    /// Writes it all, at the reader's speed.
    pub(crate) fn write(&mut self, mut bytes: &[u8], patience: Span, cx: &mut Cx) -> Result<()> {
        while !bytes.is_empty() {
            self.wait_for_room(cx)?;
            let piece = &bytes[..bytes.len().min(PIECE)];
            let written = insist(patience, cx, |_| self.write_piece(piece))?;
            bytes = &bytes[written..];
        }
        Ok(())
    }

    fn write_piece(&mut self, piece: &[u8]) -> std::result::Result<usize, Refusal> {
        match self.file.write(piece) {
            Ok(0) => Err(Refusal::NotNow(cannot(&self.path, "it takes no more", "choose another path"))),
            Ok(written) => Ok(written),
            Err(e) => match e.kind() {
                io::ErrorKind::Interrupted | io::ErrorKind::WouldBlock => Ok(0),
                io::ErrorKind::BrokenPipe => Err(Refusal::Never(self.closed())),
                // Standard output may lead into a file on a full disk, or one that has become too long.
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
                    Err(Refusal::NotNow(cannot_io(&self.path, &e)))
                }
                _ => Err(Refusal::Never(cannot_io(&self.path, &e))),
            },
        }
    }

    fn wait_for_room(&self, cx: &mut Cx) -> Result<()> {
        let start = Instant::now();
        let reader = || format!("the reader of {}, which takes no more just now", self.path);
        loop {
            let mut fds = [PollFd::new(self.file.as_fd(), PollFlags::POLLOUT)];
            match poll(&mut fds, PollTimeout::from(SLICE_MS)) {
                Ok(0) | Err(nix::errno::Errno::EINTR) => cx.wait(start, reader)?,
                // Whatever is wrong with it, `write` tells it better.
                Ok(_) | Err(_) => return Ok(()),
            }
        }
    }

    fn closed(&self) -> Error {
        if self.path == "stdout" {
            return Error::new(Exit::Closed, "nobody reads standard output any more");
        }
        cannot(&self.path, "its reader went away", "start the reader again and run anew")
    }
}
