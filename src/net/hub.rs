//! Peers that are connected, bounded in number, with one readiness wait for all of them and for those to come.
//!
//! Where there are as many as may be, one who has given nothing yet goes for who comes new, the longest there first;
//! then who has been silent for long. So connections that say nothing keep nobody out.

use super::Socket;
use super::dialer::Dialer;
use super::listener::{Came, Listener};
use crate::error::{Error, Result};
use nix::errno::Errno;
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags, EpollTimeout};
use std::collections::VecDeque;
use std::os::fd::{AsFd, BorrowedFd};

/// So many are accepted in one look.
const ACCEPTED_MAX: usize = 64;
/// With no descriptor left for another peer nobody is accepted for so long.
const PAUSE_NS: u64 = 100_000_000;
/// Who has given something may be silent for so long before it goes for who comes new.
const SILENT_NS: u64 = 60_000_000_000;
const EVENTS: usize = 64;
const LISTENER: u64 = u64::MAX;
const DIALER: u64 = u64::MAX - 1;

/// Where peers come from.
pub(crate) enum Source {
    /// They connect to us.
    Listener(Listener),
    /// We connect to one.
    Dialer(Dialer),
}

/// Connections by number, each with what its owner keeps of it.
pub(crate) struct Hub<T> {
    source: Source,
    guests: Vec<Option<Guest<T>>>,
    free: Vec<usize>,
    max: usize,
    epoll: Epoll,
    events: Vec<EpollEvent>,
    /// Who has something to read, in the order in which that was seen.
    ready: VecDeque<usize>,
    /// New peers are accepted; if not, again from `accept_ns` on.
    listening: bool,
    accept_ns: u64,
}

struct Guest<T> {
    owned: T,
    ready: bool,
    gave: bool,
    last_ns: u64,
}

/// What a look has found.
pub(crate) struct Seen<T> {
    /// Who has gone for another.
    pub gone: Vec<T>,
    /// So many were sent away: they may not come, or all places are taken.
    pub sent_away: u64,
    /// Why there is no connection yet, as a clause.
    pub unmet: Option<String>,
}

impl<T: AsFd> Hub<T> {
    /// For `max` peers at a time.
    ///
    /// # Errors
    /// When there is no descriptor for it.
    pub(crate) fn new(source: Source, max: usize) -> Result<Hub<T>> {
        let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC).map_err(cannot)?;
        match &source {
            Source::Listener(listener) => epoll.add(listener, readable(LISTENER)),
            Source::Dialer(dialer) => epoll.add(dialer, readable(DIALER)),
        }
        .map_err(cannot)?;
        let (guests, free, ready) = (Vec::new(), Vec::new(), VecDeque::new());
        let events = vec![EpollEvent::empty(); EVENTS];
        Ok(Hub { source, guests, free, max, epoll, events, ready, listening: true, accept_ns: 0 })
    }

    /// Who connects.
    pub(crate) fn dialer(&mut self) -> Option<&mut Dialer> {
        match &mut self.source {
            Source::Dialer(dialer) => Some(dialer),
            Source::Listener(_) => None,
        }
    }

    /// Sees who has something to read, and takes in who is new.
    ///
    /// # Errors
    /// When readiness can't be asked for.
    pub(crate) fn look(&mut self, now: u64, mut welcome: impl FnMut(Socket) -> T) -> Result<Seen<T>> {
        let mut seen = Seen { gone: Vec::new(), sent_away: 0, unmet: None };
        if !self.listening && now >= self.accept_ns {
            if let Source::Listener(listener) = &self.source {
                self.epoll.add(listener, readable(LISTENER)).map_err(cannot)?;
            }
            self.listening = true;
        }
        let found = match self.epoll.wait(&mut self.events, EpollTimeout::ZERO) {
            Ok(found) => found,
            Err(Errno::EINTR) => 0,
            Err(e) => return Err(cannot(e)),
        };
        for at in 0..found {
            match self.events[at].data() {
                LISTENER => self.accept(now, &mut welcome, &mut seen)?,
                DIALER => match self.dialer().and_then(Dialer::answer) {
                    Some(Ok(socket)) => _ = self.add(welcome(socket), now)?,
                    Some(Err(why)) => seen.unmet = Some(why),
                    None => {}
                },
                peer => self.again(peer as usize),
            }
        }
        Ok(seen)
    }

    /// How many may be served in this turn, so that each has its own before one has a second.
    pub(crate) fn waiting(&self) -> usize {
        self.ready.len()
    }

    /// The next who has something to read.
    pub(crate) fn next(&mut self) -> Option<usize> {
        while let Some(at) = self.ready.pop_front() {
            if let Some(guest) = &mut self.guests[at] {
                guest.ready = false;
                return Some(at);
            }
        }
        None
    }

    /// It has more at hand than the socket can tell of: it comes again, behind the others.
    pub(crate) fn again(&mut self, at: usize) {
        if let Some(guest) = self.guests.get_mut(at).and_then(Option::as_mut).filter(|guest| !guest.ready) {
            guest.ready = true;
            self.ready.push_back(at);
        }
    }

    /// It has given something.
    pub(crate) fn gave(&mut self, at: usize, now: u64) {
        if let Some(guest) = &mut self.guests[at] {
            (guest.gave, guest.last_ns) = (true, now);
        }
    }

    pub(crate) fn get(&mut self, at: usize) -> Option<&mut T> {
        self.guests.get_mut(at)?.as_mut().map(|guest| &mut guest.owned)
    }

    /// Everybody who is connected, by number.
    pub(crate) fn all(&mut self) -> impl Iterator<Item = (usize, &mut T)> {
        let all = self.guests.iter_mut().enumerate();
        all.filter_map(|(at, guest)| guest.as_mut().map(|guest| (at, &mut guest.owned)))
    }

    /// Lets go of one. Its socket leaves the wait when it is dropped.
    pub(crate) fn take(&mut self, at: usize) -> Option<T> {
        let guest = self.guests.get_mut(at)?.take()?;
        // A number that waits for its turn still would be another's.
        self.ready.retain(|ready| *ready != at);
        self.free.push(at);
        let _ = self.epoll.delete(&guest.owned);
        Some(guest.owned)
    }

    /// When to look again whether there is room for new peers.
    pub(crate) fn look_again_ns(&self) -> Option<u64> {
        (!self.listening).then_some(self.accept_ns)
    }

    fn add(&mut self, owned: T, now: u64) -> Result<usize> {
        let at = self.free.pop().unwrap_or(self.guests.len());
        if at == self.guests.len() {
            self.guests.push(None);
        }
        let guest = self.guests[at].insert(Guest { owned, ready: false, gave: false, last_ns: now });
        self.epoll.add(&guest.owned, readable(at as u64)).map_err(cannot)?;
        Ok(at)
    }

    fn accept(&mut self, now: u64, welcome: &mut impl FnMut(Socket) -> T, seen: &mut Seen<T>) -> Result<()> {
        for _ in 0..ACCEPTED_MAX {
            let Source::Listener(listener) = &self.source else { return Ok(()) };
            match listener
                .accept()
                .map_err(|why| Error::failed(format!("cannot accept connections: {why}")))?
            {
                Came::Nobody => break,
                Came::Gone => {}
                Came::Stranger => seen.sent_away += 1,
                // Its descriptor is free when the caller has let go of it: then there is room for one.
                Came::NoRoom => match self.make_room(now) {
                    Some(gone) => {
                        seen.gone.push(gone);
                        return Ok(());
                    }
                    None => return self.pause(now),
                },
                Came::Socket(socket) => {
                    let full = self.guests.len() - self.free.len() >= self.max;
                    if full {
                        match self.make_room(now) {
                            Some(gone) => seen.gone.push(gone),
                            None => {
                                seen.sent_away += 1;
                                continue;
                            }
                        }
                    }
                    self.add(welcome(socket), now)?;
                }
            }
        }
        Ok(())
    }

    /// Lets go of who is most likely to be missed by nobody.
    fn make_room(&mut self, now: u64) -> Option<T> {
        let guests = self.guests.iter().enumerate();
        let guests = guests.filter_map(|(at, guest)| Some((at, guest.as_ref()?)));
        let may_go = guests.filter(|(_, guest)| !guest.gave || now.saturating_sub(guest.last_ns) > SILENT_NS);
        let (at, _) = may_go.min_by_key(|(_, guest)| (guest.gave, guest.last_ns))?;
        self.take(at)
    }

    /// Does not listen for a while: a peer that waits to be accepted would wake us for ever.
    fn pause(&mut self, now: u64) -> Result<()> {
        if let Source::Listener(listener) = &self.source {
            self.epoll.delete(listener).map_err(cannot)?;
        }
        (self.listening, self.accept_ns) = (false, now + PAUSE_NS);
        Ok(())
    }
}

/// Readable when there is something to look at.
impl<T> AsFd for Hub<T> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.epoll.0.as_fd()
    }
}

fn readable(data: u64) -> EpollEvent {
    EpollEvent::new(EpollFlags::EPOLLIN, data)
}

fn cannot(why: Errno) -> Error {
    Error::failed(format!("cannot wait for connections: {}", why.desc().to_lowercase()))
}
