//! The connections of a socket that sends, kept when it closes until their readers have read them to the end.
//!
//! libzmq closes a connection as soon as the kernel has its last bytes. A reader over a Unix socket that reads nothing
//! just then, because it holds as many messages as it may, hears of the end before them, and throws them away
//! (zeromq/libzmq#4660). So each connection is held by a second descriptor: the end that its reader then finds stands
//! behind all bytes. Over TCP it stands there anyway.

use crate::identity::Inode;
use nix::sys::stat::{SFlag, fstat};
use std::io::{ErrorKind, Read};
use std::net::Shutdown;
use std::os::fd::{AsFd, BorrowedFd, IntoRawFd, RawFd};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};
use zmq::SocketEvent;

/// Where libzmq tells of connections, in the context of the socket.
const AT: &str = "inproc://farewell";
/// How long to wait for a reader before the next sign of life.
pub(super) const SLICE: Duration = Duration::from_millis(10);
/// libzmq has cut off by then who has not greeted, on a slow machine too.
const GREETS: Duration = Duration::from_millis(2 * super::HANDSHAKE_MS as u64);
/// What says no more than that nothing was said.
const IN_TIME: [ErrorKind; 3] = [ErrorKind::WouldBlock, ErrorKind::TimedOut, ErrorKind::Interrupted];

pub(super) struct Farewell {
    monitor: zmq::Socket,
    open: Vec<Open>,
}

/// A connection over a Unix socket.
struct Open {
    /// The endpoint, as libzmq says it.
    at: Vec<u8>,
    fd: RawFd,
    /// Which socket the descriptor belonged to when that was asked, soon after it was told. What the two ends call the
    /// file says nothing: who binds it may name it otherwise than who connects.
    socket: Option<Inode>,
    since: Instant,
    greeted: bool,
}

impl Farewell {
    /// Listens from now on to who comes to a socket and goes; before it is bound or connected.
    pub(super) fn new(context: &zmq::Context, socket: &zmq::Socket) -> zmq::Result<Farewell> {
        let events = [
            SocketEvent::ACCEPTED,
            SocketEvent::CONNECTED,
            SocketEvent::HANDSHAKE_SUCCEEDED,
            SocketEvent::DISCONNECTED,
        ];
        socket.monitor(AT, events.iter().map(|event| i32::from(event.to_raw())).sum())?;
        let monitor = context.socket(zmq::PAIR)?;
        monitor.set_linger(0)?;
        // Who tells must never wait for who hears.
        monitor.set_rcvhwm(0)?;
        monitor.connect(AT)?;
        Ok(Farewell { monitor, open: Vec::new() })
    }

    /// Hears who has come and gone since. What is told meanwhile is kept until then, however much it is.
    pub(super) fn look(&mut self) {
        // An event is two messages: its number and a value, and the endpoint.
        while let Ok(parts) = self.monitor.recv_multipart(zmq::DONTWAIT) {
            let [head, at] = parts.as_slice() else { continue };
            let [a, b, value @ ..] = head.as_slice() else { continue };
            let Ok(value) = value.try_into().map(RawFd::from_ne_bytes) else { continue };
            if at.starts_with(b"ipc://") {
                self.hear(u16::from_ne_bytes([*a, *b]), value, at);
            }
        }
    }

    fn hear(&mut self, event: u16, fd: RawFd, at: &[u8]) {
        if event == SocketEvent::HANDSHAKE_SUCCEEDED.to_raw() {
            // No descriptor is told with it. Who greets does so at once, so it is who came last; in the end `hold`
            // trusts the time alone.
            if let Some(open) = self.open.iter_mut().rev().find(|open| open.at == at && !open.greeted) {
                open.greeted = true;
            }
            return;
        }
        self.open.retain(|open| open.fd != fd);
        if event != SocketEvent::DISCONNECTED.to_raw() {
            // Where the descriptor is another's by now, it is told before long that this connection is gone.
            let (at, socket) = (at.to_vec(), socket_of(theirs(fd)));
            self.open.push(Open { at, fd, socket, since: Instant::now(), greeted: false });
        }
    }

    /// Holds what is open now; before the socket closes. Nothing was sent to who has not greeted, and it may never
    /// read: libzmq cuts it off soon, and that is waited for while `wait` says that there is time.
    pub(super) fn hold<E>(mut self, mut wait: impl FnMut() -> Result<bool, E>) -> Result<Vec<UnixStream>, E> {
        self.look();
        let until = self.open.iter().filter(|open| !open.greeted).map(|open| open.since + GREETS).max();
        while until.is_some_and(|until| Instant::now() < until)
            && self.open.iter().any(|open| !open.greeted)
            && wait()?
        {
            // Whatever is wrong with it, time goes by.
            _ = self.monitor.poll(zmq::POLLIN, SLICE.as_millis() as i64);
            self.look();
        }
        // Who came while that was waited for is none that records were sent to, until it greets.
        let may_read = |open: &&Open| open.greeted || open.since.elapsed() >= GREETS;
        Ok(self.open.iter().filter(may_read).filter_map(Open::held).collect())
    }
}

impl Open {
    /// A second descriptor for the connection; `None` where it is gone.
    fn held(&self) -> Option<UnixStream> {
        let is_it = |fd: BorrowedFd<'_>| self.socket.is_some() && socket_of(fd) == self.socket;
        let theirs = theirs(self.fd);
        let held = is_it(theirs).then(|| theirs.try_clone_to_owned().ok()).flatten()?;
        if is_it(held.as_fd()) {
            return Some(UnixStream::from(held));
        }
        // It became another's between the two questions. If that is a file, its locks would end with this descriptor
        // (fcntl(2), "Record locks"), so that is kept until the process ends.
        _ = held.into_raw_fd();
        None
    }
}

/// Which socket a descriptor belongs to, if it is of one.
fn socket_of(fd: BorrowedFd<'_>) -> Option<Inode> {
    let there = fstat(fd).ok()?;
    let is_socket = SFlag::from_bits_truncate(there.st_mode) & SFlag::S_IFMT == SFlag::S_IFSOCK;
    is_socket.then_some(Inode { device: there.st_dev, number: there.st_ino })
}

/// The descriptor of a connection, which may be closed or another's by now.
#[allow(unsafe_code, reason = "libzmq tells the number of a descriptor that it owns")]
fn theirs<'a>(fd: RawFd) -> BorrowedFd<'a> {
    // SAFETY: it is only asked what it belongs to, which changes nothing, and duplicated where that is the connection.
    // Nothing is read from it, written to it or closed by this number.
    unsafe { BorrowedFd::borrow_raw(fd) }
}

/// Says to the readers that nothing more comes, and waits until each has gone, while `wait` says that there is time.
/// Whether all have.
pub(super) fn part<E>(held: Vec<UnixStream>, mut wait: impl FnMut() -> Result<bool, E>) -> Result<bool, E> {
    for stream in &held {
        // What can't be said or set: its reader has gone.
        _ = stream.shutdown(Shutdown::Write);
        _ = stream.set_nonblocking(false);
        _ = stream.set_read_timeout(Some(SLICE));
    }
    for mut stream in held {
        let mut heard = [0; 256];
        loop {
            match stream.read(&mut heard) {
                Ok(0) => break,
                Err(e) if !IN_TIME.contains(&e.kind()) => break,
                // It is there still; what it says is read and forgotten.
                _ => {}
            }
            if !wait()? {
                return Ok(false);
            }
        }
    }
    Ok(true)
}

#[cfg(test)]
mod tests;
