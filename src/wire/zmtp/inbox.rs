//! The receiving end: one PULL for all who send to a worker, with one readiness wait for all of them.

use super::connection::Filled;
use super::door::{Caller, Door};
use super::guests::Guests;
use crate::clock::mono_ns;
use crate::error::{Error, Result};
use crate::wire::peer::Expects;
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, ppoll};
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use nix::sys::time::TimeSpec;
use std::collections::VecDeque;
use std::ops::Range;
use std::os::fd::{AsFd, BorrowedFd};
use std::path::Path;
use std::time::Duration;

/// So many are accepted before others get their turn.
const ACCEPTED_MAX: usize = 64;
const EVENTS: usize = 64;
const EMPTY_POLLS_MAX: u32 = 2;
const LISTENER: u64 = u64::MAX;
const BELL: u64 = u64::MAX - 1;

pub struct Inbox {
    door: Door,
    epoll: Epoll,
    events: Vec<EpollEvent>,
    guests: Guests,
    /// Some peer may be without READY.
    unready: bool,
    /// Peers that have something to read.
    ready: VecDeque<usize>,
    /// Whose buffer messages are taken from.
    current: Option<usize>,
    /// How often `take` has found nothing since readiness was polled. A worker asks twice, once behind a batch and
    /// once before it waits, and waiting looks anyway: so only the third time costs a call.
    empty_polls: u32,
    /// The message that `take` gave last, for `put_back`.
    last: Option<(usize, Range<usize>)>,
    again: bool,
    bell: bool,
}

impl Inbox {
    /// Binds a path. `frame_max`: a peer that sends more is cut off. `expects`: who may always come in.
    pub fn bind(path: &Path, frame_max: u64, expects: Expects) -> Result<Inbox> {
        let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)
            .map_err(|e| Error::failed(format!("cannot wait: {}", e.desc())))?;
        Ok(Inbox {
            door: Door::bind(path, &epoll, LISTENER)?,
            epoll,
            events: vec![EpollEvent::empty(); EVENTS],
            guests: Guests::new(expects, frame_max),
            unready: false,
            ready: VecDeque::new(),
            current: None,
            empty_polls: EMPTY_POLLS_MAX,
            last: None,
            again: false,
            bell: false,
        })
    }

    /// The next frame, if one is there. It is in the receive buffer, until the next call.
    pub fn take(&mut self) -> Result<Option<&[u8]>> {
        if std::mem::take(&mut self.again) {
            return Ok(self.shown());
        }
        loop {
            if let Some(at) = self.current {
                match self.guests.next(at) {
                    Ok(Some(message)) => {
                        self.last = Some((at, message));
                        return Ok(self.shown());
                    }
                    Ok(None) => {}
                    Err(_) => self.guests.cut_off(at),
                }
                self.current = None;
            }
            if let Some(at) = self.ready.pop_front() {
                self.read(at);
            } else if self.empty_polls < EMPTY_POLLS_MAX {
                self.empty_polls += 1;
                return Ok(None);
            } else {
                self.poll(EpollTimeout::ZERO)?;
            }
        }
    }

    fn shown(&self) -> Option<&[u8]> {
        let (at, message) = self.last.clone()?;
        self.guests.bytes(at, message)
    }

    /// The frame that was taken last was meant for this worker: who sent it is no stranger.
    #[inline]
    pub(crate) fn vouch(&mut self) {
        if let Some((at, _)) = self.last {
            self.guests.vouch(at);
        }
    }

    /// Gives the frame that was taken last back: the next `take` takes it again.
    pub(crate) fn put_back(&mut self) {
        self.again = self.last.is_some();
    }

    /// Whether a frame was put back and not taken again yet.
    pub(crate) fn holds_one(&self) -> bool {
        self.again
    }

    /// Waits until a frame may have come, or `bell` or any of `outside` is readable; false when the time was up before.
    /// Milliseconds are as fine as it goes; `ns` = 0 only looks.
    pub fn wait(
        &mut self,
        bell: Option<BorrowedFd<'_>>,
        outside: [Option<BorrowedFd<'_>>; 2],
        ns: u64,
    ) -> Result<bool> {
        if self.again || self.current.is_some() || !self.ready.is_empty() {
            return Ok(true);
        }
        self.hear_bell(bell)?;
        if let Some(outside @ [first, _]) = several(outside) {
            let own = self.epoll.0.as_fd();
            let mut fds = [own, first, outside[1]].map(|fd| PollFd::new(fd, PollFlags::POLLIN));
            let timeout = TimeSpec::from_duration(Duration::from_nanos(ns));
            let found = match ppoll(&mut fds, Some(timeout), None) {
                Ok(found) => found > 0,
                Err(Errno::EINTR) => true,
                Err(e) => return Err(self.door.cannot("wait", e.desc())),
            };
            return self.poll(EpollTimeout::ZERO).map(|_| found);
        }
        let ms = i32::try_from(ns.div_ceil(1_000_000)).unwrap_or(i32::MAX);
        self.poll(EpollTimeout::try_from(ms).unwrap_or(EpollTimeout::NONE))
    }

    fn hear_bell(&mut self, bell: Option<BorrowedFd<'_>>) -> Result<()> {
        let fail = |e: Errno| self.door.cannot("wait", e.desc());
        match (bell, self.bell) {
            (Some(bell), false) => {
                self.epoll.add(bell, EpollEvent::new(EpollFlags::EPOLLIN, BELL)).map_err(fail)?;
                self.bell = true;
            }
            // It has rung, and would ring for ever.
            (None, true) => {
                if let Some(bell) = crate::stop::bell() {
                    self.epoll.delete(bell).map_err(fail)?;
                }
                self.bell = false;
            }
            _ => {}
        }
        Ok(())
    }

    /// Sees who has something to read; true if anything has happened.
    fn poll(&mut self, timeout: EpollTimeout) -> Result<bool> {
        self.empty_polls = 0;
        if self.unready || !self.door.is_open() {
            self.sweep()?;
        }
        let found = match self.epoll.wait(&mut self.events, timeout) {
            Ok(found) => found,
            Err(Errno::EINTR) => return Ok(true),
            Err(e) => return Err(self.door.cannot("wait", e.desc())),
        };
        for at in 0..found {
            match self.events[at].data() {
                LISTENER => self.accept()?,
                BELL => {}
                peer => self.ready.push_back(peer as usize),
            }
        }
        Ok(found > 0)
    }

    /// Cuts off who is slow to say READY, and listens again when it may.
    fn sweep(&mut self) -> Result<()> {
        let now = mono_ns();
        self.unready = self.guests.sweep(now);
        self.door.open_again(&self.epoll, now)
    }

    fn read(&mut self, at: usize) {
        match self.guests.read(at) {
            Filled::Some => self.current = Some(at),
            // Others get their turn before the rest of it.
            Filled::Full => {
                self.current = Some(at);
                self.ready.push_back(at);
            }
            Filled::Nothing => {}
            Filled::Closed => self.guests.cut_off(at),
        }
    }

    fn accept(&mut self) -> Result<()> {
        let now = mono_ns();
        for _ in 0..ACCEPTED_MAX {
            let stream = match self.door.next()? {
                Caller::Peer(stream) => stream,
                Caller::Nobody => break,
                Caller::NoRoom if self.guests.drop_a_stranger() => continue,
                Caller::NoRoom => return self.door.shut(&self.epoll, now),
            };
            let Some((at, stream)) = self.guests.welcome(stream, now) else { continue };
            let event = EpollEvent::new(EpollFlags::EPOLLIN, at as u64);
            self.epoll.add(stream, event).map_err(|e| self.door.cannot("accept", e.desc()))?;
            self.unready = true;
        }
        Ok(())
    }
}

/// Both, or one of them twice; `None` where there is none.
fn several(outside: [Option<BorrowedFd<'_>>; 2]) -> Option<[BorrowedFd<'_>; 2]> {
    let [first, second] = outside;
    let one = first.or(second)?;
    Some([one, second.unwrap_or(one)])
}
