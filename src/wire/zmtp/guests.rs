//! Who is connected to an inbox, and who may stay.
//!
//! The kernel says which process connects. A process that is a sender of this worker is let in, always. All others are
//! strangers, whatever they say: any process of the same user may connect. So many of them may stay, the longest there
//! goes when one more comes, and one of them at a time may send something long. Who has sent a frame that was meant for
//! this worker is no stranger any more: where processes have numbers of their own (containers) that tells senders.

use super::connection::{Connection, Filled};
use super::greeting::Role;
use crate::error::say;
use crate::wire::peer::Expects;
use std::ops::Range;
use std::os::unix::net::UnixStream;

/// So many strangers may be connected at a time.
pub(super) const STRANGERS_MAX: usize = 32;
/// Who has not said READY by then is cut off.
const HANDSHAKE_NS: u64 = 2_000_000_000;
/// A stranger's buffer beyond this is long.
const LONG: usize = 256 << 10;

/// Connections by number; a number is used again when its connection has gone.
pub(super) struct Guests {
    list: Vec<Option<Guest>>,
    expects: Expects,
    frame_max: u64,
    /// The stranger that may send something long.
    long: Option<usize>,
    told: bool,
}

struct Guest {
    connection: Connection,
    stranger: bool,
}

impl Guests {
    pub(super) fn new(expects: Expects, frame_max: u64) -> Guests {
        Guests { list: Vec::new(), expects, frame_max, long: None, told: false }
    }

    /// Begins to talk with who has connected; `None` when it is gone already, or is another user's.
    pub(super) fn welcome(&mut self, stream: UnixStream, now: u64) -> Option<(usize, &UnixStream)> {
        let connection = Connection::begin(stream, Role::Pull, self.frame_max, now)?;
        let stranger = !(self.expects)(connection.pid);
        let strangers = self.list.iter().flatten().filter(|guest| guest.stranger).count();
        if stranger && strangers >= STRANGERS_MAX {
            self.drop_a_stranger();
        }
        let at = self.list.iter().position(Option::is_none).unwrap_or(self.list.len());
        if at == self.list.len() {
            self.list.push(None);
        }
        let guest = self.list[at].insert(Guest { connection, stranger });
        Some((at, &guest.connection.stream))
    }

    /// Cuts off the stranger that is here longest; false where there is none.
    pub(super) fn drop_a_stranger(&mut self) -> bool {
        let strangers = self.list.iter().enumerate();
        let strangers = strangers.filter_map(|(at, guest)| Some((at, guest.as_ref()?)));
        let strangers = strangers.filter(|(_, guest)| guest.stranger);
        let Some((at, _)) = strangers.min_by_key(|(_, guest)| guest.connection.since_ns) else {
            return false;
        };
        if !std::mem::replace(&mut self.told, true) {
            say(&format!(
                "more than {STRANGERS_MAX} processes that don't belong to this run are connected: the longest there is \
                 cut off (further ones are not told)"
            ));
        }
        self.cut_off(at);
        true
    }

    /// It has sent what was meant for this worker.
    #[inline]
    pub(super) fn vouch(&mut self, at: usize) {
        if let Some(guest) = &mut self.list[at] {
            guest.stranger = false;
        }
    }

    pub(super) fn cut_off(&mut self, at: usize) {
        // Closing it takes it out of the epoll set.
        self.list[at] = None;
    }

    /// Cuts off who is slow to say READY; whether others have not said it yet.
    pub(super) fn sweep(&mut self, now: u64) -> bool {
        let mut unready = false;
        for guest in &mut self.list {
            let Some(Guest { connection, .. }) = guest else { continue };
            let waits = !connection.is_open();
            if waits && now.saturating_sub(connection.since_ns) > HANDSHAKE_NS {
                *guest = None;
            } else {
                unready |= waits;
            }
        }
        unready
    }

    /// Reads what is there of one, once.
    pub(super) fn read(&mut self, at: usize) -> Filled {
        let Some(guest) = &mut self.list[at] else { return Filled::Nothing };
        let filled = guest.connection.read();
        if guest.stranger && guest.connection.room() > LONG && self.long != Some(at) {
            let before = self.long.replace(at);
            if let Some(before) = before.filter(|at| self.is_long_stranger(*at)) {
                self.cut_off(before);
            }
        }
        filled
    }

    fn is_long_stranger(&self, at: usize) -> bool {
        self.list[at].as_ref().is_some_and(|guest| guest.stranger && guest.connection.room() > LONG)
    }

    /// The next whole message in the buffer of one.
    ///
    /// # Errors
    /// When it must be cut off.
    #[inline]
    pub(super) fn next(&mut self, at: usize) -> Result<Option<Range<usize>>, &'static str> {
        self.list[at].as_mut().map_or(Ok(None), |guest| guest.connection.next())
    }

    #[inline]
    pub(super) fn bytes(&self, at: usize, message: Range<usize>) -> Option<&[u8]> {
        self.list[at].as_ref().map(|guest| guest.connection.bytes(message))
    }
}
