//! Sockets of libzmq as links need them: PULL that binds, PUSH that connects, whole frames, no waiting inside.

use super::header::LEN;
use crate::error::{Error, Result, reason};
use std::os::fd::{AsRawFd, BorrowedFd, RawFd};
use std::path::Path;

/// The longest path of a Unix socket.
pub const PATH_BYTES_MAX: usize = 107;
/// libzmq's own queue, in frames: only a backstop. The window bounds records and bytes, and at low rates a frame
/// holds one record, so this must not be less than a window has records.
const HIGH_WATER_MARK: i32 = 8192;
const HANDSHAKE_MS: i32 = 2000;
const RECONNECT_MS: i32 = 10;
const RECONNECT_MS_MAX: i32 = 1000;

/// Where a worker takes frames from: one PULL for all who send to it.
pub struct Inbox {
    socket: zmq::Socket,
    message: zmq::Message,
    /// The message was put back.
    again: bool,
    /// What becomes readable when something may have come.
    descriptor: RawFd,
    /// libzmq has just said that there is nothing.
    empty: bool,
    /// How often `take` has found nothing since then: a worker asks twice, behind a batch and before it waits, and the
    /// second time need not cost a call.
    in_vain: u32,
}

/// The way to one worker.
pub struct Outbox {
    socket: zmq::Socket,
}

/// All sockets of a process; drop them before this, or dropping it waits for what they still hold.
#[derive(Default)]
pub struct Context(zmq::Context);

impl Context {
    /// Binds the receiving end: to a path for other processes, to a name for threads of this one, or to both.
    /// `frame_max`: a peer that sends more is cut off.
    pub fn bind(&self, path: Option<&Path>, inproc: Option<&str>, frame_max: u64) -> Result<Inbox> {
        let path = path.map(endpoint).transpose()?;
        let inproc = inproc.map(inside);
        let at = path.iter().chain(&inproc);
        let bind = || {
            let socket = self.socket(zmq::PULL, |socket| {
                socket.set_rcvhwm(HIGH_WATER_MARK)?;
                socket.set_maxmsgsize(frame_max as i64)
            })?;
            at.clone().try_for_each(|at| socket.bind(at))?;
            Ok(socket)
        };
        let socket = bind().map_err(|e| cannot("bind", at.clone().next(), e))?;
        let descriptor = socket.get_fd().map_err(|e| cannot("bind", at.clone().next(), e))?;
        let message = zmq::Message::new();
        Ok(Inbox { socket, message, again: false, descriptor, empty: false, in_vain: 0 })
    }

    /// Connects the sending end; the peer may come later.
    pub fn connect(&self, path: &Path) -> Result<Outbox> {
        self.connect_to(endpoint(path)?)
    }

    /// The same to a thread of this process.
    pub fn connect_inside(&self, name: &str) -> Result<Outbox> {
        self.connect_to(inside(name))
    }

    fn connect_to(&self, at: String) -> Result<Outbox> {
        let connect = || {
            let socket = self.socket(zmq::PUSH, |socket| {
                socket.set_sndhwm(HIGH_WATER_MARK)?;
                socket.set_immediate(false)?;
                socket.set_reconnect_ivl(RECONNECT_MS)?;
                socket.set_reconnect_ivl_max(RECONNECT_MS_MAX)
            })?;
            socket.connect(&at)?;
            Ok(socket)
        };
        connect().map(|socket| Outbox { socket }).map_err(|e| cannot("connect to", Some(&at), e))
    }

    fn socket(
        &self,
        of: zmq::SocketType,
        set: impl FnOnce(&zmq::Socket) -> zmq::Result<()>,
    ) -> zmq::Result<zmq::Socket> {
        let socket = self.0.socket(of)?;
        socket.set_handshake_ivl(HANDSHAKE_MS)?;
        // What was not delivered when a worker ends is counted, not waited for: End is what waits.
        socket.set_linger(0)?;
        set(&socket)?;
        Ok(socket)
    }
}

impl Inbox {
    /// The next frame, if one is there.
    pub fn take(&mut self) -> Result<Option<&[u8]>> {
        if std::mem::take(&mut self.again) {
            return Ok(Some(&self.message));
        }
        if self.empty && self.in_vain == 1 {
            self.in_vain = 2;
            return Ok(None);
        }
        loop {
            match self.socket.recv(&mut self.message, zmq::DONTWAIT) {
                Ok(()) => break,
                Err(zmq::Error::EAGAIN) => {
                    (self.empty, self.in_vain) = (true, 1);
                    return Ok(None);
                }
                Err(zmq::Error::EINTR) => {}
                Err(e) => return Err(Error::failed(format!("cannot receive: {}", e.message()))),
            }
        }
        self.empty = false;
        if self.message.get_more() {
            self.drop_parts()?;
            // No header is that short: whoever reads it refuses it.
            return Ok(Some(&[]));
        }
        Ok(Some(&self.message))
    }

    /// Gives the frame that was taken last back: the next `take` takes it again.
    pub fn put_back(&mut self) {
        self.again = true;
    }

    /// Whether a frame was put back and not taken again yet.
    pub fn holds_one(&self) -> bool {
        self.again
    }

    /// A frame of ours has one part; the parts of another's are dropped, however many.
    fn drop_parts(&mut self) -> Result<()> {
        while self.message.get_more() {
            let received = self.socket.recv(&mut self.message, 0);
            received.map_err(|e| Error::failed(format!("cannot receive: {}", e.message())))?;
        }
        Ok(())
    }

    /// Waits until a frame may have come or `other` is readable; false when the time was up before.
    ///
    /// The socket's own descriptor says only that something has come since libzmq looked last, so it may be waited for
    /// when `take` has just found nothing, and not else.
    pub fn wait(&mut self, other: Option<BorrowedFd<'_>>, ns: u64) -> Result<bool> {
        if self.again || !self.empty {
            return Ok(true);
        }
        self.in_vain = 0;
        let other = other.map_or(-1, |fd| fd.as_raw_fd());
        zmq_sys::wait::readable([self.descriptor, other], ns).map_err(|e| {
            let why = std::io::Error::from_raw_os_error(e);
            Error::failed(format!("cannot wait: {}", reason(&why)))
        })
    }
}

impl Outbox {
    /// Sends a frame, if there is room for it.
    pub fn offer(&mut self, head: &[u8; LEN], body: &[u8]) -> Result<bool> {
        let mut message = zmq::Message::with_size(LEN + body.len());
        message[..LEN].copy_from_slice(head);
        message[LEN..].copy_from_slice(body);
        match self.socket.send(message, zmq::DONTWAIT) {
            Ok(()) => Ok(true),
            Err(zmq::Error::EAGAIN | zmq::Error::EINTR) => Ok(false),
            Err(e) => Err(Error::failed(format!("cannot send: {}", e.message()))),
        }
    }
}

/// Which libzmq is built in, and whether it can encrypt.
pub fn version() -> String {
    let (major, minor, patch) = zmq::version();
    let curve = if zmq::has("curve") == Some(true) { "with CURVE" } else { "without CURVE" };
    format!("libzmq {major}.{minor}.{patch} {curve}")
}

fn inside(name: &str) -> String {
    format!("inproc://{name}")
}

fn endpoint(path: &Path) -> Result<String> {
    let text = path.display().to_string();
    if text.len() > PATH_BYTES_MAX {
        return Err(Error::usage(format!(
            "the socket path {text} has {} bytes, a Unix socket takes {PATH_BYTES_MAX}: choose a shorter name or \
             XDG_RUNTIME_DIR",
            text.len()
        )));
    }
    Ok(format!("ipc://{text}"))
}

fn cannot(what: &str, at: Option<&String>, e: zmq::Error) -> Error {
    Error::failed(format!("cannot {what} {}: {}", at.map_or("a socket", String::as_str), e.message()))
}
