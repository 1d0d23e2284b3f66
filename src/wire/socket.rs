//! Sockets of libzmq as links need them: PULL that binds, PUSH that connects, whole frames, no waiting inside.

mod gate;

use super::header::LEN;
use super::peer::Expects;
use crate::error::{Error, Result};
use std::os::fd::{AsRawFd, BorrowedFd};
use std::path::Path;

/// The longest path of a Unix socket.
pub(crate) const PATH_BYTES_MAX: usize = 107;
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
    /// The message came while it was waited for, and nothing else was asked for yet.
    alone: bool,
    /// How long a receive blocks, as libzmq was told last.
    timeout_ms: i32,
}

/// The way to one worker.
pub struct Outbox {
    socket: zmq::Socket,
}

/// All sockets of a process; drop them before this, or dropping it waits for what they still hold.
#[derive(Default)]
pub struct Context {
    zmq: zmq::Context,
    gates: gate::Gates,
}

impl Drop for Context {
    fn drop(&mut self) {
        self.gates.close(&self.zmq);
    }
}

impl Context {
    /// Binds the receiving end: to a path for other processes, to a name for threads of this one, or to both.
    /// `frame_max`: a peer that sends more is cut off. `expects`: who may always come in by the path.
    pub fn bind(
        &self,
        path: Option<&Path>,
        inproc: Option<&str>,
        frame_max: u64,
        expects: Expects,
    ) -> Result<Inbox> {
        if let Some(path) = path {
            self.gates.open(&self.zmq, &domain(path), expects)?;
        }
        let gate = path.map(domain);
        let path = path.map(endpoint).transpose()?;
        let inproc = inproc.map(inside);
        let at = path.iter().chain(&inproc);
        let bind = || {
            let socket = self.socket(zmq::PULL, |socket| {
                socket.set_rcvhwm(HIGH_WATER_MARK)?;
                gate.iter().try_for_each(|domain| socket.set_zap_domain(domain))?;
                socket.set_maxmsgsize(frame_max as i64)
            })?;
            at.clone().try_for_each(|at| socket.bind(at))?;
            Ok(socket)
        };
        let socket = bind().map_err(|e| cannot("bind", at.clone().next(), e))?;
        Ok(Inbox { socket, message: zmq::Message::new(), again: false, alone: false, timeout_ms: -1 })
    }

    /// Connects the sending end; the peer may come later.
    pub fn connect(&self, path: &Path) -> Result<Outbox> {
        self.connect_to(endpoint(path)?)
    }

    /// The same to a thread of this process.
    pub(crate) fn connect_inside(&self, name: &str) -> Result<Outbox> {
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
        let socket = self.zmq.socket(of)?;
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
        if !std::mem::take(&mut self.again) {
            if std::mem::take(&mut self.alone) {
                // What was waited for goes on its way before libzmq is asked for more.
                return Ok(None);
            }
            loop {
                match self.socket.recv(&mut self.message, zmq::DONTWAIT) {
                    Ok(()) => break,
                    Err(zmq::Error::EAGAIN) => return Ok(None),
                    Err(zmq::Error::EINTR) => {}
                    Err(e) => return Err(failed(e)),
                }
            }
        }
        if self.message.get_more() {
            self.drop_parts()?;
            // No header is that short: whoever reads it refuses it.
            return Ok(Some(&[]));
        }
        Ok(Some(&self.message))
    }

    /// Gives the frame that was taken last back: the next `take` takes it again.
    pub(crate) fn put_back(&mut self) {
        self.again = true;
    }

    /// Whether a frame was put back and not taken again yet.
    pub(crate) fn holds_one(&self) -> bool {
        self.again
    }

    /// A frame of ours has one part; the parts of another's are dropped, however many.
    fn drop_parts(&mut self) -> Result<()> {
        while self.message.get_more() {
            self.socket.recv(&mut self.message, 0).map_err(failed)?;
        }
        Ok(())
    }

    /// Waits until a frame has come, which the next `take` takes; false when the time was up before, or a signal came.
    ///
    /// A receive that blocks is what costs libzmq least: a wait for its descriptor and then a receive would be twice as
    /// many calls. So the bell alone is not waited for: who must hear of it waits a tenth of a second at the longest.
    pub fn wait(
        &mut self,
        bell: Option<BorrowedFd<'_>>,
        outside: [Option<BorrowedFd<'_>>; 2],
        ns: u64,
    ) -> Result<bool> {
        if self.again {
            return Ok(true);
        }
        if outside.iter().any(Option::is_some) {
            return self.wait_for_several(bell, outside, ns);
        }
        let ms = ns.div_ceil(1_000_000).min(i32::MAX as u64) as i32;
        if self.timeout_ms != ms {
            self.socket.set_rcvtimeo(ms).map_err(failed)?;
            self.timeout_ms = ms;
        }
        let received = self.socket.recv(&mut self.message, 0);
        match received {
            Ok(()) => {
                (self.again, self.alone) = (true, true);
                Ok(true)
            }
            Err(zmq::Error::EAGAIN | zmq::Error::EINTR) => Ok(false),
            Err(e) => Err(failed(e)),
        }
    }
}

impl Inbox {
    /// Waits for a frame and for descriptors at once.
    fn wait_for_several(
        &self,
        bell: Option<BorrowedFd<'_>>,
        outside: [Option<BorrowedFd<'_>>; 2],
        ns: u64,
    ) -> Result<bool> {
        // A descriptor that is not there is passed over, as poll(2) does.
        let fd = |fd: Option<BorrowedFd<'_>>| {
            zmq::PollItem::from_fd(fd.map_or(-1, |fd| fd.as_raw_fd()), zmq::POLLIN)
        };
        let [first, second] = outside.map(fd);
        let mut items = [self.socket.as_poll_item(zmq::POLLIN), first, second, fd(bell)];
        let ms = i64::try_from(ns.div_ceil(1_000_000)).unwrap_or(i64::MAX);
        match zmq::poll(&mut items, ms) {
            Ok(n) => Ok(n > 0),
            Err(zmq::Error::EINTR) => Ok(false),
            Err(e) => Err(failed(e)),
        }
    }
}

fn failed(e: zmq::Error) -> Error {
    Error::failed(format!("cannot receive: {}", e.message()))
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

/// By what name the gate knows a socket.
fn domain(path: &Path) -> String {
    path.display().to_string()
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
