//! The connections of a socket that sends, kept when it closes until their readers have read them to the end.
//!
//! libzmq closes a connection as soon as the kernel has its last bytes. A reader over a Unix socket that reads nothing
//! just then, because it holds as many messages as it may, hears of the end before them, and throws them away
//! (zeromq/libzmq#4660). So each connection is held by a second descriptor: the end that its reader then finds stands
//! behind all bytes. Over TCP it stands there anyway.

use std::io::{ErrorKind, Read};
use std::net::Shutdown;
use std::os::fd::{BorrowedFd, RawFd};
use std::os::unix::net::{SocketAddr, UnixStream};
use std::path::PathBuf;
use std::time::Duration;
use zmq::SocketEvent;

/// Where libzmq tells of connections, in the context of the socket.
const AT: &str = "inproc://farewell";
/// How long to wait for a reader before the next sign of life.
const SLICE: Duration = Duration::from_millis(50);
/// What says no more than that nothing was said.
const IN_TIME: [ErrorKind; 3] = [ErrorKind::WouldBlock, ErrorKind::TimedOut, ErrorKind::Interrupted];

pub(super) struct Farewell {
    monitor: zmq::Socket,
    /// The files at which the socket meets its readers.
    paths: Vec<PathBuf>,
    open: Vec<RawFd>,
}

impl Farewell {
    /// Listens from now on to who comes to a socket and goes; before it is bound or connected.
    pub(super) fn new(
        context: &zmq::Context,
        socket: &zmq::Socket,
        paths: Vec<PathBuf>,
    ) -> zmq::Result<Farewell> {
        let events = [SocketEvent::ACCEPTED, SocketEvent::CONNECTED, SocketEvent::DISCONNECTED];
        socket.monitor(AT, events.iter().map(|event| i32::from(event.to_raw())).sum())?;
        let monitor = context.socket(zmq::PAIR)?;
        monitor.set_linger(0)?;
        // Who tells must never wait for who hears.
        monitor.set_rcvhwm(0)?;
        monitor.connect(AT)?;
        Ok(Farewell { monitor, paths, open: Vec::new() })
    }

    /// Hears who has come and gone since.
    pub(super) fn look(&mut self) {
        // An event is two messages: its number and its descriptor, and the endpoint.
        while let Ok(parts) = self.monitor.recv_multipart(zmq::DONTWAIT) {
            let Some([a, b, fd @ ..]) = parts.first().map(Vec::as_slice) else { continue };
            let (event, Ok(fd)) = (u16::from_ne_bytes([*a, *b]), fd.try_into().map(RawFd::from_ne_bytes))
            else {
                continue;
            };
            self.open.retain(|known| *known != fd);
            if event != SocketEvent::DISCONNECTED.to_raw() {
                self.open.push(fd);
            }
        }
    }

    /// Holds what is open now; before the socket closes.
    pub(super) fn hold(mut self) -> Vec<UnixStream> {
        self.look();
        self.open.iter().filter_map(|fd| held(*fd)).filter(|stream| self.is_ours(stream)).collect()
    }

    /// A descriptor may be another's by now: what it belongs to is asked.
    fn is_ours(&self, stream: &UnixStream) -> bool {
        let ends = [stream.local_addr(), stream.peer_addr()];
        let at =
            |end: &SocketAddr| end.as_pathname().is_some_and(|at| self.paths.iter().any(|path| path == at));
        ends.iter().all(Result::is_ok) && ends.iter().flatten().any(at)
    }
}

/// The connection behind a descriptor, by one of our own; `None` where it is gone.
#[allow(unsafe_code, reason = "libzmq tells the number of a descriptor that it owns")]
fn held(fd: RawFd) -> Option<UnixStream> {
    // SAFETY: it is only duplicated. Where it was closed meanwhile, that fails or gives another's, which does no harm.
    let theirs = unsafe { BorrowedFd::borrow_raw(fd) };
    theirs.try_clone_to_owned().ok().map(UnixStream::from)
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
mod tests {
    use super::super::{Bounds, Endpoint, Kind, Sent, Socket, Way};
    use std::sync::mpsc::channel;
    use std::time::Duration;

    /// libzmq's own end of a socket loses most of these.
    #[test]
    fn a_reader_that_is_full_when_the_sender_ends_has_all() {
        const MESSAGES: usize = 1_000;
        let folder = tempfile::tempdir().expect("a folder");
        let at = format!("ipc://{}", folder.path().join("s").display());
        let way = Way::Bind(Endpoint::parse(&at).expect("an endpoint"));
        let bounds = Bounds { queue_max: 10_000, message_max: -1 };
        let socket = Socket::open(&Kind::Push, &way, bounds).expect("it is bound");
        let context = zmq::Context::new();
        let reader = context.socket(zmq::PULL).expect("a reader");
        reader.set_rcvhwm(1).expect("it holds one message");
        reader.set_rcvtimeo(10_000).expect("it waits for no more than ten seconds");
        reader.connect(&at).expect("it connects");
        for _ in 0..MESSAGES {
            while socket.send(None, &[7; 20]).expect("it sends") == Sent::NotNow {
                socket.wait_for_room(100);
            }
        }
        let (waits, waiting) = channel();
        let ending = std::thread::spawn(move || {
            socket.end(Duration::from_secs(60), || {
                _ = waits.send(());
                Ok(())
            })
        });
        // Until it waits for the reader, or has ended without.
        _ = waiting.recv();
        let read = (0..MESSAGES).take_while(|_| reader.recv_bytes(0).is_ok()).count();
        assert_eq!(read, MESSAGES);
        ending.join().expect("no panic").expect("it ends");
    }
}
