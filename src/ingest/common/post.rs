//! A source of datagrams: each is taken whole, and those that the kernel had no room for are told.

use super::pace::Pace;
use crate::data::{Batch, Schema};
use crate::error::{Error, Result, reason, say};
use crate::net::{Datagram, Datagrams, Peers};
use crate::operator::{Advice, Cx, Next, Operator};
use crate::units::{counted, group};
use std::net::SocketAddr;
use std::os::fd::{AsFd, BorrowedFd};

/// So many datagrams are looked at in a turn.
const TURN: usize = 1024;
/// The kernel holds no more than so many: each takes more of its 8 MiB than half a KiB.
const LAST: u64 = 16 << 10;
/// So often it is told what was lost before it was read.
const TELL_NS: u64 = 60_000_000_000;

/// How a datagram becomes rows.
pub(crate) trait Open: Send {
    /// A batch begins, without rows.
    fn begin(&mut self, cx: &Cx);

    /// Takes one. `cut`: its end is missing.
    fn take(&mut self, datagram: &[u8], cut: bool, pace: &mut Pace, batch: &mut Batch, cx: &mut Cx);

    /// Goes on with the one that was taken, up to `max` records; whether there is more.
    fn go_on(&mut self, pace: &mut Pace, max: usize, batch: &mut Batch, cx: &mut Cx) -> bool;

    /// The batch ends.
    fn end(&mut self, batch: &mut Batch);

    /// What to do about a reason for which a record was rejected.
    fn advice(&self, reason: &str) -> Option<Advice>;
}

/// Where they come to; checked.
#[derive(Clone)]
pub(crate) enum Place {
    Udp(SocketAddr, Peers),
    Unix(String),
}

pub(crate) struct Post<T> {
    place: Place,
    open: T,
    schema: Schema,
    pace: Pace,
    socket: Option<Datagrams>,
    /// Some wait, and no record is due.
    paused: bool,
    /// How many found no room, in all and since that was told, and when it was.
    dropped: u64,
    untold: u64,
    told_ns: u64,
    strangers: u64,
    /// How many were asked for, and when that is enough at the end.
    taken: u64,
    last: Option<u64>,
}

impl<T: Open> Post<T> {
    pub(crate) fn new(place: Place, open: T, schema: Schema, pace: Pace) -> Post<T> {
        let (paused, dropped, untold, told_ns, strangers) = (false, 0, 0, 0, 0);
        let (socket, taken, last) = (None, 0, None);
        Post { place, open, schema, pace, socket, paused, dropped, untold, told_ns, strangers, taken, last }
    }

    /// Takes up to `max` records of what has come; whether there may be more.
    fn receive(&mut self, max: usize, batch: &mut Batch, cx: &mut Cx) -> Result<bool> {
        let before = cx.done();
        for _ in 0..TURN {
            let left = max.saturating_sub((cx.done() - before) as usize);
            if left == 0 || self.open.go_on(&mut self.pace, left, batch, cx) {
                return Ok(true);
            }
            let Some(socket) = &mut self.socket else { return Ok(false) };
            let next = socket.next().map_err(|e| Error::failed(format!("cannot receive: {}", reason(&e))))?;
            self.taken += 1;
            match next {
                Datagram::Nothing => return Ok(false),
                Datagram::Stranger => {
                    self.strangers += 1;
                    cx.refused(1);
                }
                Datagram::Whole(text) => self.open.take(text, false, &mut self.pace, batch, cx),
                Datagram::Cut(text) => self.open.take(text, true, &mut self.pace, batch, cx),
            }
        }
        Ok(true)
    }

    /// Nothing more is taken; what waits still is counted.
    fn close(&mut self, cx: &mut Cx) {
        if let Some(socket) = self.socket.take() {
            self.count(socket.end(), cx);
        }
    }

    fn count(&mut self, dropped: u64, cx: &mut Cx) {
        cx.missed(dropped);
        (self.dropped, self.untold) =
            (self.dropped.saturating_add(dropped), self.untold.saturating_add(dropped));
    }

    fn tell(&mut self, now: u64, at_the_end: bool) {
        let is_time = at_the_end || self.told_ns == 0 || now > self.told_ns + TELL_NS;
        if !is_time || self.untold + self.strangers == 0 {
            return;
        }
        if self.untold > 0 {
            say(&format!(
                "warning: {} found no room, or nobody to be read by, {} in all; the account counts what is missed \
                 (raise net.core.rmem_max, or let less come)",
                counted(self.untold, "datagram", "datagrams"),
                group(self.dropped)
            ));
        }
        if self.strangers > 0 {
            let left = counted(self.strangers, "datagram was", "datagrams were");
            say(&format!("{left} left aside: who may not send is not heard"));
        }
        (self.untold, self.strangers, self.told_ns) = (0, 0, now);
    }
}

impl<T: Open> Operator for Post<T> {
    fn process(&mut self, batch: &mut Batch, cx: &mut Cx) -> Result<Next> {
        batch.reset(&self.schema);
        if self.socket.is_none() {
            self.socket = Some(match &self.place {
                Place::Udp(at, peers) => Datagrams::udp(*at, peers.clone())?,
                Place::Unix(path) => Datagrams::unix(path)?,
            });
        }
        let allowed = self.pace.allowed(cx.now_ns, cx.records_max);
        self.open.begin(cx);
        let more = self.receive(allowed, batch, cx);
        self.open.end(batch);
        let more = more?;
        let dropped = self.socket.as_mut().map_or(0, Datagrams::dropped);
        self.count(dropped, cx);
        self.tell(cx.now_ns, false);
        let due = self.pace.next(cx.now_ns);
        self.paused = due != Next::Again;
        Ok(if self.paused || more { due } else { Next::Wait })
    }

    /// Takes what has come still, and gives it: no more than the kernel can hold, since others go on sending.
    fn finish(&mut self, batch: &mut Batch, cx: &mut Cx) -> Result<Next> {
        batch.reset(&self.schema);
        if self.taken >= *self.last.get_or_insert(self.taken + LAST) {
            self.close(cx);
        }
        self.open.begin(cx);
        let more = self.receive(cx.records_max, batch, cx);
        self.open.end(batch);
        if more? {
            return Ok(Next::Again);
        }
        self.close(cx);
        self.tell(cx.now_ns, true);
        Ok(Next::End)
    }

    /// While a record is due, what makes a turn worth it.
    fn wait_on(&self) -> Option<BorrowedFd<'_>> {
        self.socket.as_ref().filter(|_| !self.paused).map(|socket| socket.as_fd())
    }

    fn advice(&self, reason: &str) -> Option<Advice> {
        self.open.advice(reason)
    }
}
