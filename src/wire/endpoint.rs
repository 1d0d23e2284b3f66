//! The two ends of a link, whichever engine carries it.
//!
//! Both engines speak ZMTP, so the ends need not be of one kind. Stages that are threads of one process meet in
//! memory (`inproc://`), which is libzmq's; all others at a Unix socket.

use super::header::LEN;
use super::peer::Expects;
use super::{socket, zmtp};
use crate::error::Result;
use crate::net::unix;
use nix::poll::PollFlags;
use serde::{Deserialize, Serialize};
use std::os::fd::BorrowedFd;
use std::path::PathBuf;

pub use socket::Context;

/// Who carries frames over a Unix socket.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Engine {
    /// Ours, on the stage's own thread.
    #[default]
    Direct,
    /// libzmq's sockets and I/O threads.
    Libzmq,
}

/// Where a worker takes frames from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// The name by which threads of its own process reach it.
    Memory(String),
    /// The Unix socket by which other processes do.
    Unix(PathBuf),
}

/// The receiving end: one for all who send to a worker.
pub enum Inbox {
    Libzmq(socket::Inbox),
    Direct(Box<zmtp::Inbox>),
}

/// The sending end: one for each receiving worker.
pub enum Outbox {
    Libzmq(socket::Outbox),
    Direct(Box<zmtp::Outbox>),
}

impl Inbox {
    /// Binds a worker's addresses, of each kind one at most. `frame_max`: a peer that sends more is cut off. `expects`:
    /// who may always come in; of others a few.
    pub fn bind(
        cx: &Context,
        engine: Engine,
        at: &[Address],
        frame_max: u64,
        expects: Expects,
    ) -> Result<Inbox> {
        if let (Engine::Direct, [Address::Unix(path)]) = (engine, at) {
            return Ok(Inbox::Direct(Box::new(zmtp::Inbox::bind(path, frame_max, expects)?)));
        }
        let (mut path, mut inproc) = (None, None);
        for address in at {
            match address {
                Address::Memory(name) => inproc = Some(name.as_str()),
                Address::Unix(at) => path = Some(at.as_path()),
            }
        }
        // libzmq would remove whatever lies there.
        path.map_or(Ok(()), unix::make_way)?;
        Ok(Inbox::Libzmq(cx.bind(path, inproc, frame_max, expects)?))
    }

    /// The next frame, if one is there.
    #[inline]
    pub fn take(&mut self) -> Result<Option<&[u8]>> {
        match self {
            Inbox::Libzmq(inbox) => inbox.take(),
            Inbox::Direct(inbox) => inbox.take(),
        }
    }

    /// The frame that was taken last was meant for this worker: who sent it is no stranger.
    #[inline]
    pub fn vouch(&mut self) {
        match self {
            // Who may come in is judged when it connects.
            Inbox::Libzmq(_) => {}
            Inbox::Direct(inbox) => inbox.vouch(),
        }
    }

    /// Gives the frame that was taken last back: the next `take` takes it again.
    pub fn put_back(&mut self) {
        match self {
            Inbox::Libzmq(inbox) => inbox.put_back(),
            Inbox::Direct(inbox) => inbox.put_back(),
        }
    }

    /// Whether a frame was put back and not taken again yet.
    pub fn holds_one(&self) -> bool {
        match self {
            Inbox::Libzmq(inbox) => inbox.holds_one(),
            Inbox::Direct(inbox) => inbox.holds_one(),
        }
    }

    /// Waits until a frame may have come, or `bell` or any of `outside` is readable; false when the time was up before.
    /// Milliseconds are as fine as it goes; `ns` = 0 only looks. libzmq's hears the bell only where there is something
    /// outside, so don't wait long.
    pub fn wait(
        &mut self,
        bell: Option<BorrowedFd<'_>>,
        outside: [Option<BorrowedFd<'_>>; 2],
        ns: u64,
    ) -> Result<bool> {
        match self {
            Inbox::Libzmq(inbox) => inbox.wait(bell, outside, ns),
            Inbox::Direct(inbox) => inbox.wait(bell, outside, ns),
        }
    }
}

impl Outbox {
    /// The way to a worker, which may come later.
    pub fn connect(cx: &Context, engine: Engine, to: &Address) -> Result<Outbox> {
        Ok(match (to, engine) {
            (Address::Memory(name), _) => Outbox::Libzmq(cx.connect_inside(name)?),
            (Address::Unix(path), Engine::Direct) => Outbox::Direct(Box::new(zmtp::Outbox::new(path))),
            (Address::Unix(path), Engine::Libzmq) => Outbox::Libzmq(cx.connect(path)?),
        })
    }

    /// Sends what is still here of a frame that was taken; false when some of it is still here. A frame is as good as
    /// sent only then.
    pub fn flush(&mut self, now: u64) -> Result<bool> {
        match self {
            Outbox::Libzmq(_) => Ok(true),
            Outbox::Direct(outbox) => outbox.flush(now),
        }
    }

    /// Takes a frame, if there is room for it.
    #[inline]
    pub fn offer(&mut self, head: &[u8; LEN], body: &[u8], now: u64) -> Result<bool> {
        match self {
            Outbox::Libzmq(outbox) => outbox.offer(head, body),
            Outbox::Direct(outbox) => outbox.offer(head, body, now),
        }
    }

    /// Whether some of a frame that was taken is still here.
    pub(crate) fn holds_one(&self) -> bool {
        matches!(self, Outbox::Direct(outbox) if outbox.holds_one())
    }

    /// What to wait for before the next offer; `None`: time.
    pub(crate) fn waits_for(&self) -> Option<(BorrowedFd<'_>, PollFlags)> {
        match self {
            Outbox::Libzmq(_) => None,
            Outbox::Direct(outbox) => outbox.waits_for(),
        }
    }
}
