//! Sockets of libzmq for sources and sinks: the second door of that library. Each has a context of its own with one
//! thread, so that what it still has to send can be waited for when it ends.
//!
//! Who may connect is bounded by libzmq alone: a peer that does not greet within two seconds is cut off, and a message
//! that is longer than may be cuts off who sends it.

mod endpoint;
mod farewell;
mod parts;

use endpoint::Endpoint;
pub(crate) use endpoint::Way;
use farewell::Farewell;
pub(crate) use parts::{Body, Parts};

use super::unix::make_way;
use crate::error::{Error, Result};
use crate::identity::Inode;
use mio::unix::SourceFd;
use mio::{Events, Interest, Poll, Token};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

const HANDSHAKE_MS: i32 = 2_000;
const ZAP_DOMAIN: &str = "sluicebox";
const RECONNECT_MS: i32 = 50;
const RECONNECT_MS_MAX: i32 = 1_000;

/// What a socket is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Takes messages, each from one of those who push.
    Pull,
    /// Takes copies of messages whose topic begins so.
    Sub(Vec<String>),
    /// Gives each message to one of those who pull.
    Push,
    /// Gives copies to all who subscribe, and waits for nobody.
    Pub,
}

/// What a socket may hold.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    /// So many messages wait in it, for each peer.
    pub queue_max: i32,
    /// Who sends a longer one is cut off.
    pub message_max: i64,
}

/// An open socket. Its fields are dropped in their order: a context ends when its sockets are gone.
pub(crate) struct Socket {
    /// Readable when something has happened to the socket since it was asked last.
    bell: Poll,
    events: Events,
    /// Of one that pushes.
    farewell: Option<Farewell>,
    socket: zmq::Socket,
    context: zmq::Context,
    ways: Vec<String>,
    binds: bool,
    /// The file that it is bound to, which libzmq leaves behind.
    file: Option<(PathBuf, Inode)>,
    waiting: zmq::Message,
}

/// What became of a message that was offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sent {
    Yes,
    /// Nobody is connected, or nobody takes more just now.
    NotNow,
}

impl Socket {
    pub(crate) fn open(kind: &Kind, way: &Way, bounds: Bounds) -> Result<Socket> {
        let (binds, ends) = match way {
            Way::Bind(end) => (true, std::slice::from_ref(end)),
            Way::Connect(ends) => (false, ends.as_slice()),
        };
        for path in ends.iter().filter(|_| binds).filter_map(Endpoint::path) {
            make_way(path)?;
        }
        let context = zmq::Context::new();
        let socket = ready(&context, kind, bounds).map_err(|e| failed("cannot make a socket", e))?;
        let farewell = match kind {
            Kind::Push => Some(Farewell::new(&context, &socket)),
            Kind::Pull | Kind::Sub(_) | Kind::Pub => None,
        };
        let farewell = farewell.transpose().map_err(|e| failed("cannot listen to a socket", e))?;
        for end in ends {
            let text = end.text();
            let met = if binds { socket.bind(text) } else { socket.connect(text) };
            let what = if binds { "bind" } else { "connect to" };
            met.map_err(|e| Error::failed(format!("cannot {what} {text}: {}", e.message().to_lowercase())))?;
        }
        let cannot = |e: std::io::Error| Error::failed(format!("cannot wait for a socket: {e}"));
        let bell = Poll::new().map_err(cannot)?;
        let fd = socket.as_raw_fd();
        bell.registry().register(&mut SourceFd(&fd), Token(0), Interest::READABLE).map_err(cannot)?;
        let ways = ends.iter().map(|end| end.text().to_string()).collect();
        let (events, waiting) = (Events::with_capacity(1), zmq::Message::new());
        let bound = ends.iter().find_map(Endpoint::path).filter(|_| binds);
        let file =
            bound.and_then(|path| Some((path.to_path_buf(), Inode::of(&path.symlink_metadata().ok()?))));
        Ok(Socket { bell, events, farewell, socket, context, ways, binds, file, waiting })
    }

    /// Readable when there may be something to take. It is quiet again after `hear`, so all must be taken then, or the
    /// socket asked again.
    pub(crate) fn fd(&self) -> BorrowedFd<'_> {
        self.bell.registry().as_fd()
    }

    /// What has happened so far is known.
    pub(crate) fn hear(&mut self) {
        // Whatever is wrong with it, the socket is asked next.
        _ = self.bell.poll(&mut self.events, Some(Duration::ZERO));
    }

    /// Takes the next message, if one is there. Of more parts than fit the rest is dropped, and counted.
    pub(crate) fn take(&mut self, parts: &mut Parts) -> Result<bool> {
        parts.clear();
        loop {
            match self.socket.recv(&mut self.waiting, zmq::DONTWAIT) {
                Ok(()) => {}
                Err(zmq::Error::EAGAIN) => return Ok(false),
                Err(zmq::Error::EINTR) => continue,
                Err(e) => return Err(failed("cannot receive", e)),
            }
            let more = self.waiting.get_more();
            parts.add(std::mem::replace(&mut self.waiting, zmq::Message::new()));
            if !more {
                return Ok(true);
            }
        }
    }

    /// Gives a message, of a topic and a body where there is one, to whom it is for.
    pub(crate) fn send(&self, topic: Option<&str>, body: &[u8]) -> Result<Sent> {
        match topic.map_or(Ok(Sent::Yes), |topic| self.part(topic.as_bytes(), zmq::SNDMORE))? {
            Sent::Yes => self.part(body, 0),
            Sent::NotNow => Ok(Sent::NotNow),
        }
    }

    /// Gives a part of a message. A signal that comes meanwhile is no reason to begin the message again.
    fn part(&self, part: &[u8], flags: i32) -> Result<Sent> {
        loop {
            match self.socket.send(part, zmq::DONTWAIT | flags) {
                Ok(()) => return Ok(Sent::Yes),
                Err(zmq::Error::EAGAIN) => return Ok(Sent::NotNow),
                Err(zmq::Error::EINTR) => {}
                Err(e) => return Err(failed("cannot send", e)),
            }
        }
    }

    /// Waits until a message would be taken, for so long at most.
    pub(crate) fn wait_for_room(&mut self, ms: i64) {
        // Whatever is wrong with it, `send` tells it better.
        _ = self.socket.poll(zmq::POLLOUT, ms);
        self.look();
    }

    /// Cuts off all peers, and takes no new ones. What has come of those who connected can be taken still; what has
    /// come of those that it connected to is gone.
    pub(crate) fn close_door(&mut self) {
        for way in self.ways.drain(..) {
            // One that is gone is closed.
            _ = if self.binds { self.socket.unbind(&way) } else { self.socket.disconnect(&way) };
        }
        self.remove_file();
    }

    fn remove_file(&mut self) {
        // Another may have bound the path since, where somebody had taken the file away.
        let is_ours = |path: &Path, inode| Inode::at(path) == Some(inode);
        if let Some((path, _)) = self.file.take().filter(|(path, inode)| is_ours(path, *inode)) {
            // One that can't be removed is replaced by who binds next.
            _ = std::fs::remove_file(path);
        }
    }

    /// Hears who has come and gone. Whether it is to be called again now and then, so that none of that piles up.
    pub(crate) fn look(&mut self) -> bool {
        let farewell = self.farewell.as_mut().map(Farewell::look);
        farewell.is_some()
    }

    /// Ends it. What it holds still is sent, and who pulls reads it, for so long at most, while `wait` is called again
    /// and again; it says when to give up. Whether all was read, as far as that is known. After a stop it ends before
    /// those who count that time from there.
    pub(crate) fn end(mut self, linger: Duration, mut wait: impl FnMut() -> Result<()>) -> Result<bool> {
        self.remove_file();
        let until = Instant::now() + linger;
        let short = linger.as_nanos() as u64 / 10 * 9;
        let mut wait = || {
            wait()?;
            Ok::<bool, Error>(Instant::now() < until && !crate::stop::must_leave(short))
        };
        let Socket { socket, context, farewell, .. } = self;
        let held = farewell.map_or(Ok(Vec::new()), |farewell| farewell.hold(&mut wait))?;
        let (told, hears) = std::sync::mpsc::channel();
        let left = until.saturating_duration_since(Instant::now());
        // Where it can't be said the usual holds: nothing is waited for.
        _ = socket.set_linger(i32::try_from(left.as_millis()).unwrap_or(i32::MAX));
        drop(socket);
        let ends = move || {
            drop(context);
            _ = told.send(());
        };
        let thread = std::thread::Builder::new().name("zmq-end".to_string()).spawn(ends);
        thread.map_err(|e| Error::failed(format!("cannot start a thread: {}", crate::error::reason(&e))))?;
        while let Err(std::sync::mpsc::RecvTimeoutError::Timeout) = hears.recv_timeout(farewell::SLICE) {
            if !wait()? {
                return Ok(false);
            }
        }
        Ok(farewell::part(held, &mut wait)? && Instant::now() < until)
    }
}

/// A socket that is not connected yet.
fn ready(context: &zmq::Context, kind: &Kind, bounds: Bounds) -> zmq::Result<zmq::Socket> {
    let of = match kind {
        Kind::Pull => zmq::PULL,
        Kind::Sub(_) => zmq::SUB,
        Kind::Push => zmq::PUSH,
        Kind::Pub => zmq::PUB,
    };
    let socket = context.socket(of)?;
    socket.set_linger(0)?;
    socket.set_handshake_ivl(HANDSHAKE_MS)?;
    socket.set_reconnect_ivl(RECONNECT_MS)?;
    socket.set_reconnect_ivl_max(RECONNECT_MS_MAX)?;
    socket.set_ipv6(true)?;
    match kind {
        Kind::Pull | Kind::Sub(_) => socket.set_rcvhwm(bounds.queue_max)?,
        Kind::Push | Kind::Pub => socket.set_sndhwm(bounds.queue_max)?,
    }
    // What is given to one that is not there yet would be nobody's.
    socket.set_immediate(matches!(kind, Kind::Push))?;
    socket.set_maxmsgsize(bounds.message_max)?;
    // Nobody is asked, but what does not greet as ZMTP 3 does is cut off instead of taken for a peer of the first one.
    socket.set_zap_domain(ZAP_DOMAIN)?;
    if let Kind::Sub(topics) = kind {
        topics.iter().try_for_each(|topic| socket.set_subscribe(topic.as_bytes()))?;
    }
    Ok(socket)
}

fn failed(what: &str, e: zmq::Error) -> Error {
    Error::failed(format!("{what}: {}", e.message().to_lowercase()))
}
