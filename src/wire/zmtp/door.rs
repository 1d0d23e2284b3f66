//! The socket at which peers come in, and what is done when there is no room for one more.

use crate::error::{Error, Result, reason};
use crate::net::unix;
use nix::errno::Errno;
use nix::sys::epoll::{Epoll, EpollEvent, EpollFlags};
use std::io::ErrorKind;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};

/// With no file descriptor left for another peer, nobody is accepted for so long.
const PAUSE_NS: u64 = 100_000_000;

/// A bound path in an epoll set.
pub(super) struct Door {
    listener: UnixListener,
    path: PathBuf,
    /// By what it is known in the set.
    data: u64,
    /// New peers are accepted; if not, again from `open_ns` on.
    open: bool,
    open_ns: u64,
}

/// Who stands at the door.
pub(super) enum Caller {
    Peer(UnixStream),
    Nobody,
    /// Somebody, for whom no descriptor is left.
    NoRoom,
}

impl Door {
    /// Binds a path, and adds it to the set as `data`.
    pub(super) fn bind(path: &Path, epoll: &Epoll, data: u64) -> Result<Door> {
        let listener = unix::listen(path)?;
        let door = Door { listener, path: path.to_path_buf(), data, open: true, open_ns: 0 };
        door.watch(epoll)?;
        Ok(door)
    }

    /// Lets the next one in.
    pub(super) fn next(&self) -> Result<Caller> {
        loop {
            let stream = match self.listener.accept() {
                Ok((stream, _)) => stream,
                Err(e) => match (e.kind(), e.raw_os_error().map(Errno::from_raw)) {
                    (ErrorKind::WouldBlock, _) => return Ok(Caller::Nobody),
                    (ErrorKind::Interrupted | ErrorKind::ConnectionAborted, _) => continue,
                    (_, Some(Errno::EMFILE | Errno::ENFILE | Errno::ENOBUFS | Errno::ENOMEM)) => {
                        return Ok(Caller::NoRoom);
                    }
                    _ => return Err(self.cannot("accept", &reason(&e))),
                },
            };
            stream.set_nonblocking(true).map_err(|e| self.cannot("accept", &reason(&e)))?;
            return Ok(Caller::Peer(stream));
        }
    }

    /// Lets nobody in for a while: a peer that waits to be accepted would wake us for ever.
    pub(super) fn shut(&mut self, epoll: &Epoll, now: u64) -> Result<()> {
        epoll.delete(&self.listener).map_err(|e| self.cannot("wait", e.desc()))?;
        (self.open, self.open_ns) = (false, now + PAUSE_NS);
        Ok(())
    }

    pub(super) fn is_open(&self) -> bool {
        self.open
    }

    /// Opens it again, when it may.
    pub(super) fn open_again(&mut self, epoll: &Epoll, now: u64) -> Result<()> {
        if !self.open && now >= self.open_ns {
            self.watch(epoll)?;
            self.open = true;
        }
        Ok(())
    }

    fn watch(&self, epoll: &Epoll) -> Result<()> {
        let event = EpollEvent::new(EpollFlags::EPOLLIN, self.data);
        epoll.add(&self.listener, event).map_err(|e| self.cannot("wait", e.desc()))
    }

    pub(super) fn cannot(&self, what: &str, why: &str) -> Error {
        Error::failed(format!("cannot {what} at {}: {}", self.path.display(), why.to_lowercase()))
    }
}
