//! The publishing end: an XPUB that binds a path and knows all its topics (RFC 29).
//!
//! Nothing that a watcher does, or does not do, can hold up who publishes: what finds no room with one is missed by
//! that one. So many may be here at a time; one more takes the place of who is here for nothing the longest, or is
//! refused.

use super::door::{Caller, Door};
use super::frame;
use super::watcher::Watcher;
use crate::clock::mono_ns;
use crate::error::{Error, Result};
use nix::errno::Errno;
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use std::os::fd::BorrowedFd;
use std::path::Path;
use std::sync::Arc;

/// So many may watch a process at a time.
const WATCHERS_MAX: usize = 32;
/// Who has not said READY by then is cut off.
const HANDSHAKE_NS: u64 = 2_000_000_000;
/// So many are accepted before others get their turn.
const ACCEPTED_MAX: usize = 64;
const EVENTS: usize = 16;
const DOOR: u64 = u64::MAX;
const BELL: u64 = u64::MAX - 1;

pub struct Publisher {
    door: Door,
    epoll: Epoll,
    topics: Vec<String>,
    watchers: Vec<Option<Watcher>>,
    /// By topic, how many want it.
    wanted: Vec<usize>,
    /// Who wants what since `news` was asked last.
    news: Vec<(usize, usize)>,
}

/// A message that can be given to any number of watchers.
pub type Message = Arc<[u8]>;

impl Publisher {
    /// Binds a path. `bell` ends each wait while it is readable.
    pub fn bind(path: &Path, topics: Vec<String>, bell: BorrowedFd<'_>) -> Result<Publisher> {
        let cannot = |e: Errno| Error::failed(format!("cannot wait: {}", e.desc()));
        let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC).map_err(cannot)?;
        epoll.add(bell, EpollEvent::new(EpollFlags::EPOLLIN, BELL)).map_err(cannot)?;
        let door = Door::bind(path, &epoll, DOOR)?;
        let wanted = vec![0; topics.len()];
        Ok(Publisher { door, epoll, topics, watchers: Vec::new(), wanted, news: Vec::new() })
    }

    /// Whether somebody wants a topic.
    pub(crate) fn is_wanted(&self, topic: usize) -> bool {
        self.wanted[topic] > 0
    }

    /// How many want something, each once for each topic.
    pub(crate) fn readers(&self) -> usize {
        self.wanted.iter().sum()
    }

    /// Somebody wants something.
    pub(crate) fn is_watched(&self) -> bool {
        self.wanted.iter().any(|n| *n > 0)
    }

    /// Who has begun to want what since this was asked last: a watcher's number, and a topic's.
    pub fn news(&mut self) -> Option<(usize, usize)> {
        self.news.pop()
    }

    /// A message of a topic: its name, and two parts behind it.
    pub fn message(&self, topic: usize, head: &[u8], body: &[u8]) -> Message {
        let name = self.topics[topic].as_bytes();
        let mut out = Vec::with_capacity(name.len() + head.len() + body.len() + 3 * frame::HEAD_MAX);
        frame::part(name, true, &mut out);
        frame::part(head, true, &mut out);
        frame::part(body, false, &mut out);
        out.into()
    }

    /// Gives a message to all who want its topic.
    pub fn publish(&mut self, topic: usize, message: &Message) {
        for at in 0..self.watchers.len() {
            if self.watchers[at].as_ref().is_some_and(|watcher| watcher.wants(topic)) {
                self.give(at, message);
            }
        }
    }

    /// Gives a message to one watcher, if it is there still.
    pub(crate) fn give(&mut self, to: usize, message: &Message) {
        let Some(watcher) = &mut self.watchers[to] else { return };
        let waited = watcher.has_waiting();
        watcher.give(message);
        if !waited {
            self.write(to, false);
        }
    }

    /// Writes what waits for one, and asks to be told when there is room for the rest.
    fn write(&mut self, at: usize, told: bool) {
        let Some(watcher) = &mut self.watchers[at] else { return };
        let waits = watcher.write().then(|| watcher.has_waiting());
        match waits {
            None => self.cut_off(at),
            Some(waits) if waits != told => {
                let of = if waits { EpollFlags::EPOLLIN | EpollFlags::EPOLLOUT } else { EpollFlags::EPOLLIN };
                let mut event = EpollEvent::new(of, at as u64);
                if self.epoll.modify(watcher.stream(), &mut event).is_err() {
                    self.cut_off(at);
                }
            }
            Some(_) => {}
        }
    }

    /// Whether something waits to be written.
    pub fn has_waiting(&self) -> bool {
        self.watchers.iter().flatten().any(Watcher::has_waiting)
    }

    /// Waits until somebody says something or has room, or the bell rings; `ns` at the longest, if that is said.
    ///
    /// # Errors
    /// When nobody can be waited for any more.
    pub fn wait(&mut self, ns: Option<u64>) -> Result<()> {
        let ms = self.sweep(mono_ns())?.into_iter().chain(ns).min().map(|ns| ns.div_ceil(1_000_000));
        let timeout = ms.and_then(|ms| EpollTimeout::try_from(ms).ok()).unwrap_or(EpollTimeout::NONE);
        let mut events = [EpollEvent::empty(); EVENTS];
        let found = match self.epoll.wait(&mut events, timeout) {
            Ok(found) => found,
            Err(Errno::EINTR) => 0,
            Err(e) => return Err(self.door.cannot("wait", e.desc())),
        };
        for event in &events[..found] {
            match event.data() {
                DOOR => self.accept()?,
                BELL => {}
                at => self.serve(at as usize, event.events()),
            }
        }
        Ok(())
    }

    fn serve(&mut self, at: usize, of: EpollFlags) {
        if of.contains(EpollFlags::EPOLLOUT) {
            self.write(at, true);
        }
        let Publisher { watchers, topics, wanted, news, .. } = self;
        let Some(watcher) = &mut watchers[at] else { return };
        if !of.intersects(EpollFlags::EPOLLOUT) || of.intersects(EpollFlags::EPOLLIN | EpollFlags::EPOLLHUP) {
            let waited = watcher.has_waiting();
            let stays = watcher.hear(topics, |topic, wants| {
                if wants {
                    wanted[topic] += 1;
                    news.push((at, topic));
                } else {
                    wanted[topic] -= 1;
                }
            });
            match stays {
                false => self.cut_off(at),
                true if !waited => self.write(at, false),
                true => {}
            }
        }
    }

    fn cut_off(&mut self, at: usize) {
        // Closing it takes it out of the epoll set.
        let Some(watcher) = self.watchers[at].take() else { return };
        for (topic, wanted) in self.wanted.iter_mut().enumerate() {
            *wanted -= usize::from(watcher.wants(topic));
        }
        self.news.retain(|(watcher, _)| *watcher != at);
    }

    /// Cuts off who is slow to say READY. When this is to be done again, in nanoseconds.
    fn sweep(&mut self, now: u64) -> Result<Option<u64>> {
        let mut again = None;
        for at in 0..self.watchers.len() {
            let Some(since) = self.watchers[at].as_ref().and_then(Watcher::silent_since) else { continue };
            match HANDSHAKE_NS.saturating_sub(now.saturating_sub(since)) {
                0 => self.cut_off(at),
                left => again = again.into_iter().chain([left]).min(),
            }
        }
        if !self.door.is_open() {
            self.door.open_again(&self.epoll, now)?;
            again = again.into_iter().chain([HANDSHAKE_NS / 20]).min();
        }
        Ok(again)
    }

    fn accept(&mut self) -> Result<()> {
        let now = mono_ns();
        for _ in 0..ACCEPTED_MAX {
            let stream = match self.door.next()? {
                Caller::Peer(stream) => stream,
                Caller::Nobody => break,
                Caller::NoRoom if self.drop_one_for_nothing() => continue,
                Caller::NoRoom => return self.door.shut(&self.epoll, now),
            };
            if self.watchers.iter().flatten().count() >= WATCHERS_MAX && !self.drop_one_for_nothing() {
                continue;
            }
            let Some(watcher) = Watcher::begin(stream, self.topics.len(), now) else { continue };
            let at = self.watchers.iter().position(Option::is_none).unwrap_or(self.watchers.len());
            if at == self.watchers.len() {
                self.watchers.push(None);
            }
            let event = EpollEvent::new(EpollFlags::EPOLLIN, at as u64);
            self.epoll.add(watcher.stream(), event).map_err(|e| self.door.cannot("accept", e.desc()))?;
            self.watchers[at] = Some(watcher);
        }
        Ok(())
    }

    /// Cuts off who wants nothing and is here longest; false where all want something.
    fn drop_one_for_nothing(&mut self) -> bool {
        let idle = self.watchers.iter().enumerate();
        let idle = idle.filter_map(|(at, watcher)| Some((watcher.as_ref()?.wants_nothing_since()?, at)));
        let longest = idle.min();
        if let Some((_, at)) = longest {
            self.cut_off(at);
        }
        longest.is_some()
    }
}
