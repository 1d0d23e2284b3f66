//! A connected stream, of TCP or a Unix socket. It never blocks.

use nix::sys::socket::{setsockopt, sockopt};
use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;

pub(crate) enum Socket {
    /// And the address of the other end.
    Tcp(TcpStream, Option<SocketAddr>),
    Unix(UnixStream),
}

impl Socket {
    /// A stream that does not wait, neither to read nor to gather what is written, and that hears when a host has gone.
    ///
    /// # Errors
    /// When the stream can't be told so.
    pub(crate) fn tcp(stream: TcpStream) -> io::Result<Socket> {
        stream.set_nonblocking(true)?;
        stream.set_nodelay(true)?;
        setsockopt(&stream, sockopt::KeepAlive, &true)?;
        let peer = stream.peer_addr().ok();
        Ok(Socket::Tcp(stream, peer))
    }

    /// The same over a Unix socket.
    ///
    /// # Errors
    /// As `tcp`.
    pub(crate) fn unix(stream: UnixStream) -> io::Result<Socket> {
        stream.set_nonblocking(true)?;
        Ok(Socket::Unix(stream))
    }

    /// The address of the other end, as far as it has one: who connects to a path has none.
    pub(crate) fn peer(&self) -> String {
        match self {
            Socket::Tcp(_, peer) => peer.map_or(String::new(), |peer| peer.to_string()),
            Socket::Unix(_) => String::new(),
        }
    }

    /// Says that nothing more will be written. Who is gone already need not hear it.
    pub(crate) fn say_end(&self) {
        let _ = match self {
            Socket::Tcp(stream, _) => stream.shutdown(Shutdown::Write),
            Socket::Unix(stream) => stream.shutdown(Shutdown::Write),
        };
    }
}

impl Read for Socket {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self {
            Socket::Tcp(stream, _) => stream.read(into),
            Socket::Unix(stream) => stream.read(into),
        }
    }
}

impl Write for Socket {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Socket::Tcp(stream, _) => stream.write(bytes),
            Socket::Unix(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl AsFd for Socket {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Socket::Tcp(stream, _) => stream.as_fd(),
            Socket::Unix(stream) => stream.as_fd(),
        }
    }
}
