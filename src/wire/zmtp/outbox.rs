//! The sending end: one PUSH for one receiving worker.
//!
//! A frame goes out by one gathered write. What the socket did not take of it is kept here and goes first the next
//! time; until it has gone, nothing else is taken. When the connection breaks meanwhile, the frame is sent again
//! whole on the next one, so a receiver never sees half of it.

use super::connection::{Connection, Filled};
use super::frame::{self, HEAD_MAX};
use super::greeting::Role;
use crate::error::{Error, Result, reason};
use crate::net::unix;
use crate::wire::header::LEN;
use nix::errno::Errno;
use nix::poll::PollFlags;
use std::io::{ErrorKind, IoSlice, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::path::{Path, PathBuf};

/// How long to wait before the next try to connect.
const RETRY_NS: u64 = 2_000_000;
/// What the peer says is listened to this often while frames flow.
const LISTEN_NS: u64 = 100_000_000;
/// A PULL sends commands only.
const MESSAGE_MAX: u64 = 0;

pub struct Outbox {
    path: PathBuf,
    connection: Option<Connection>,
    /// When to try again to connect.
    retry_ns: u64,
    listened_ns: u64,
    /// A frame that was taken, and how much of it has gone.
    kept: Vec<u8>,
    gone: usize,
    /// The last write found the socket full.
    full: bool,
}

/// What a write came to.
enum Sent {
    All,
    /// The socket took so many bytes and is full.
    Part(usize),
    Broken,
}

impl Outbox {
    pub fn new(path: &Path) -> Outbox {
        Outbox {
            path: path.to_path_buf(),
            connection: None,
            retry_ns: 0,
            listened_ns: 0,
            kept: Vec::new(),
            gone: 0,
            full: false,
        }
    }

    /// Sends the rest of a frame that was taken; false when some of it is still here.
    pub fn flush(&mut self, now: u64) -> Result<bool> {
        Ok(self.kept.is_empty() || (self.is_open(now)? && self.send_kept()?))
    }

    /// Takes a frame, if there is a connection with room for it.
    pub fn offer(&mut self, head: &[u8; LEN], body: &[u8], now: u64) -> Result<bool> {
        if !self.is_open(now)? || !self.flush(now)? {
            return Ok(false);
        }
        let mut start = [0; HEAD_MAX];
        let size = frame::write(LEN + body.len(), &mut start);
        let mut whole = [0; HEAD_MAX + LEN];
        whole[..size].copy_from_slice(&start[..size]);
        whole[size..size + LEN].copy_from_slice(head);
        let whole = &whole[..size + LEN];
        match self.write(&[IoSlice::new(whole), IoSlice::new(body)], whole.len() + body.len())? {
            Sent::All => Ok(true),
            Sent::Part(0) | Sent::Broken => Ok(false),
            Sent::Part(n) => {
                self.kept.extend_from_slice(whole);
                self.kept.extend_from_slice(body);
                self.gone = n;
                Ok(true)
            }
        }
    }

    /// Whether some of a frame that was taken is still here.
    pub(crate) fn holds_one(&self) -> bool {
        !self.kept.is_empty()
    }

    /// What to wait for before the next offer; `None`: time.
    pub(crate) fn waits_for(&self) -> Option<(BorrowedFd<'_>, PollFlags)> {
        let connection = self.connection.as_ref()?;
        let of = match (connection.is_open(), self.full) {
            (false, _) => PollFlags::POLLIN,
            (true, true) => PollFlags::POLLOUT,
            (true, false) => return None,
        };
        Some((connection.stream.as_fd(), of))
    }

    /// Whether messages may flow; does what can be done for it now.
    fn is_open(&mut self, now: u64) -> Result<bool> {
        if self.connection.is_none() && now >= self.retry_ns {
            self.retry_ns = now + RETRY_NS;
            self.connect(now)?;
        }
        let Some(connection) = &self.connection else { return Ok(false) };
        if !connection.is_open() || now.saturating_sub(self.listened_ns) >= LISTEN_NS {
            self.listened_ns = now;
            self.listen();
        }
        Ok(self.connection.as_ref().is_some_and(Connection::is_open))
    }

    fn connect(&mut self, now: u64) -> Result<()> {
        match unix::connect(&self.path) {
            Ok(stream) => {
                self.connection = Connection::begin(stream, Role::Push, MESSAGE_MAX, now);
                Ok(())
            }
            // Nobody is there yet, or not again yet; or it has more to accept than it can.
            Err(Errno::ENOENT | Errno::ECONNREFUSED | Errno::EAGAIN | Errno::EINTR) => Ok(()),
            Err(e) => {
                let (path, why) = (self.path.display(), e.desc().to_lowercase());
                Err(Error::failed(format!("cannot connect to {path}: {why}")))
            }
        }
    }

    /// Hears what the peer has said.
    fn listen(&mut self) {
        let Some(connection) = &mut self.connection else { return };
        loop {
            match connection.read() {
                Filled::Nothing => return,
                Filled::Closed => break,
                Filled::Some | Filled::Full => match connection.next() {
                    Ok(_) => {}
                    Err(_) => break,
                },
            }
        }
        self.disconnect();
    }

    fn disconnect(&mut self) {
        self.connection = None;
        self.full = false;
        // What was cut goes again, whole.
        self.gone = 0;
    }

    fn send_kept(&mut self) -> Result<bool> {
        let kept = std::mem::take(&mut self.kept);
        let rest = &kept[self.gone..];
        let sent = self.write(&[IoSlice::new(rest)], rest.len());
        self.kept = kept;
        match sent? {
            Sent::All => {
                self.kept.clear();
                self.gone = 0;
            }
            Sent::Part(n) => self.gone += n,
            Sent::Broken => {}
        }
        Ok(self.kept.is_empty())
    }

    fn write(&mut self, parts: &[IoSlice<'_>], len: usize) -> Result<Sent> {
        let Some(connection) = &mut self.connection else { return Ok(Sent::Broken) };
        let sent = match connection.stream.write_vectored(parts) {
            Ok(n) if n == len => Sent::All,
            Ok(n) => Sent::Part(n),
            Err(e) => match e.kind() {
                ErrorKind::WouldBlock => Sent::Part(0),
                ErrorKind::Interrupted => return Ok(Sent::Part(0)),
                ErrorKind::BrokenPipe | ErrorKind::ConnectionReset | ErrorKind::NotConnected => {
                    self.disconnect();
                    return Ok(Sent::Broken);
                }
                _ => {
                    let (path, why) = (self.path.display(), reason(&e));
                    return Err(Error::failed(format!("cannot send to {path}: {why}")));
                }
            },
        };
        self.full = matches!(sent, Sent::Part(_));
        Ok(sent)
    }
}
