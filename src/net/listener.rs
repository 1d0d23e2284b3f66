//! Where peers connect to: a TCP address or the path of a Unix socket.

use super::peers::Peers;
use super::unix::{self, Bound};
use super::{Socket, cannot_listen};
use crate::error::{Result, reason, say};
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use std::io::{self, ErrorKind};
use std::net::{SocketAddr, TcpListener};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixListener;
use std::path::Path;

pub(crate) enum Listener {
    Tcp(TcpListener, Peers),
    /// The path is taken away with it.
    Unix {
        listener: UnixListener,
        _bound: Bound,
    },
}

/// Who has come.
pub(crate) enum Came {
    Socket(Socket),
    /// One that may not; it is gone.
    Stranger,
    /// One that went before it was here.
    Gone,
    Nobody,
    /// There is no descriptor, or no memory, for one more.
    NoRoom,
}

impl Listener {
    /// Listens at an address, and says where: the system chooses port 0.
    ///
    /// # Errors
    /// A sentence when it can't be.
    pub(crate) fn tcp(at: SocketAddr, peers: Peers) -> Result<Listener> {
        let listen = || {
            let listener = TcpListener::bind(at)?;
            listener.set_nonblocking(true)?;
            let at = listener.local_addr()?;
            Ok((listener, at))
        };
        let (listener, at) = listen().map_err(|e| cannot_listen(&at, &e))?;
        say(&format!("listens at {at}"));
        Ok(Listener::Tcp(listener, peers))
    }

    /// Listens at a path, where only the same user may come.
    ///
    /// # Errors
    /// A sentence when it can't be.
    pub(crate) fn unix(path: &str) -> Result<Listener> {
        let (listener, bound) = unix::listen_alone(Path::new(path))?;
        say(&format!("listens at {path}"));
        Ok(Listener::Unix { listener, _bound: bound })
    }

    /// The next who has come.
    ///
    /// # Errors
    /// What can't be mended, as a clause.
    pub(crate) fn accept(&self) -> std::result::Result<Came, String> {
        let came = match self {
            Listener::Tcp(listener, peers) => listener.accept().and_then(|(stream, from)| {
                if peers.may_come(from.ip()) { Socket::tcp(stream).map(Some) } else { Ok(None) }
            }),
            Listener::Unix { listener, .. } => {
                listener.accept().and_then(|(stream, _)| Socket::unix(stream).map(Some))
            }
        };
        match came {
            Ok(Some(socket)) => Ok(Came::Socket(socket)),
            Ok(None) => Ok(Came::Stranger),
            Err(e) => match (e.kind(), e.raw_os_error().map(Errno::from_raw)) {
                (ErrorKind::WouldBlock, _) => Ok(Came::Nobody),
                _ if is_lack(&e) => Ok(if is_awaited(self) { Came::NoRoom } else { Came::Nobody }),
                (_, Some(Errno::EBADF | Errno::EINVAL | Errno::ENOTSOCK)) => Err(reason(&e)),
                // It was gone before it was here: accept(2) tells what befell its connection.
                _ => Ok(Came::Gone),
            },
        }
    }
}

/// Whether there is no descriptor, or no memory, for one more.
pub(super) fn is_lack(error: &io::Error) -> bool {
    let error = error.raw_os_error().map(Errno::from_raw);
    matches!(error, Some(Errno::EMFILE | Errno::ENFILE | Errno::ENOBUFS | Errno::ENOMEM))
}

/// Whether it is this process that has no descriptor left: one that it lets go of is free for another.
pub(super) fn is_own_lack(error: &io::Error) -> bool {
    error.raw_os_error().map(Errno::from_raw) == Some(Errno::EMFILE)
}

/// Whether somebody has come who is not accepted yet. A lack does not tell: the system takes the descriptor first, and
/// looks for whom then.
pub(super) fn is_awaited(listener: &impl AsFd) -> bool {
    let mut fds = [PollFd::new(listener.as_fd(), PollFlags::POLLIN)];
    poll(&mut fds, PollTimeout::ZERO).is_ok_and(|ready| ready > 0)
}

impl AsFd for Listener {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Listener::Tcp(listener, _) => listener.as_fd(),
            Listener::Unix { listener, .. } => listener.as_fd(),
        }
    }
}
