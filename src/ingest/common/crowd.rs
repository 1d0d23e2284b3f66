//! A source at streams: many peers that connect, or one that is connected to, each with its turn.
//!
//! What a peer says becomes rows by `Talk`; how many there may be, how much of them is held in all and who is next is
//! the same for all of them.

use super::pace::Pace;
use crate::data::{Batch, Schema};
use crate::error::{Error, Result, say};
use crate::net::{Dialer, Hub, Listener, Peers, Socket, Source, Target};
use crate::operator::{Advice, Cx, Next, Operator};
use crate::units::counted;
use std::net::SocketAddr;
use std::os::fd::{AsFd, BorrowedFd};

/// Of all peers together no more than this is held that is no whole record yet, or as much as the longest record takes.
pub(super) const HELD_MAX: usize = 32 << 20;
/// So often it is told that peers are sent away.
const TELL_NS: u64 = 60_000_000_000;

/// How what a peer says becomes rows.
pub(crate) trait Talk: Send {
    type Client: AsFd + Send;

    /// Somebody has come.
    fn welcome(&mut self, socket: Socket) -> Self::Client;

    /// A batch begins, without rows.
    fn begin(&mut self, cx: &Cx);

    /// Reads a bounded piece of what a client has said, up to `max` records.
    fn serve(
        &mut self,
        client: &mut Self::Client,
        pace: &mut Pace,
        max: usize,
        batch: &mut Batch,
        cx: &mut Cx,
    ) -> Heard;

    /// Nothing more is read of it than what is held.
    fn close(&mut self, client: &mut Self::Client);

    /// It goes: what it has begun and not ended is rejected.
    fn leave(&mut self, client: Self::Client, cx: &mut Cx);

    /// The batch ends.
    fn end(&mut self, batch: &mut Batch);

    /// So much memory is held for it.
    fn held(client: &Self::Client) -> usize;

    /// How much of that all peers together may have.
    fn held_max(&self) -> usize {
        HELD_MAX
    }

    /// What to do about a reason for which a record was rejected.
    fn advice(&self, reason: &str) -> Option<Advice>;
}

/// Whether there is more to hear of a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Heard {
    /// It may have said more.
    More,
    /// Nothing for now.
    Nothing,
    /// It has gone.
    Gone,
}

/// Where the peers are; checked.
#[derive(Clone)]
pub(crate) enum Place {
    Tcp(SocketAddr, Peers),
    Unix(String),
    /// One that is connected to, and again when it has gone, or not.
    Peer(Target, bool),
}

pub(crate) struct Crowd<T: Talk> {
    place: Place,
    max: usize,
    talk: T,
    schema: Schema,
    pace: Pace,
    hub: Option<Hub<T::Client>>,
    held: usize,
    /// Peers wait, and no record is due.
    paused: bool,
    /// The one that was connected to has gone, and no other comes.
    ended: bool,
    sent_away: u64,
    told_ns: u64,
    /// It was said that the peer is not there.
    unmet: bool,
}

impl<T: Talk> Crowd<T> {
    pub(crate) fn new(place: Place, max: usize, talk: T, schema: Schema, pace: Pace) -> Crowd<T> {
        Crowd {
            place,
            max,
            talk,
            schema,
            pace,
            hub: None,
            held: 0,
            paused: false,
            ended: false,
            sent_away: 0,
            told_ns: 0,
            unmet: false,
        }
    }

    fn open(&self) -> Result<Hub<T::Client>> {
        let source = match &self.place {
            Place::Tcp(at, peers) => Source::Listener(Listener::tcp(*at, peers.clone())?),
            Place::Unix(path) => Source::Listener(Listener::unix(path)?),
            Place::Peer(target, _) => Source::Dialer(Dialer::new(target.clone())?),
        };
        let mut hub = Hub::new(source, self.max)?;
        if let Some(dialer) = hub.dialer() {
            dialer.dial();
        }
        Ok(hub)
    }

    fn next(&mut self, batch: &Batch, cx: &Cx) -> Next {
        let Some(hub) = &self.hub else { return Next::Wait };
        let more = hub.waiting() > 0;
        let due = self.pace.next(cx.now_ns);
        self.paused = due != Next::Again;
        match due {
            _ if self.ended => {
                if batch.is_empty() {
                    Next::End
                } else {
                    Next::Again
                }
            }
            Next::At(_) => due,
            _ if more => Next::Again,
            _ => hub.look_again_ns().map_or(Next::Wait, Next::At),
        }
    }

    /// Sees who has come and who has something to say.
    fn look(&mut self, cx: &mut Cx) -> Result<()> {
        let Crowd { hub: Some(hub), talk, place, unmet, .. } = self else { return Ok(()) };
        let seen = hub.look(cx.now_ns, |socket| talk.welcome(socket))?;
        let refused = seen.sent_away + seen.gone.len() as u64;
        cx.refused(refused);
        for client in seen.gone {
            self.held = self.held.saturating_sub(T::held(&client));
            talk.leave(client, cx);
        }
        if let (Some(why), Place::Peer(target, again)) = (seen.unmet, &*place) {
            if !again {
                let advice = "start what listens there, or say reconnect = true";
                return Err(Error::failed(format!("cannot connect to {target}: {why} ({advice})")));
            }
            if !std::mem::replace(unmet, true) {
                say(&format!("cannot connect to {target}: {why}; it is tried again"));
            }
            hub.dialer().into_iter().for_each(Dialer::dial);
        }
        self.sent_away += refused;
        if self.sent_away > 0 && (self.told_ns == 0 || cx.now_ns > self.told_ns + TELL_NS) {
            say(&format!(
                "{} sent away: who may not come is, and who is too many for connections_max",
                counted(std::mem::take(&mut self.sent_away), "connection was", "connections were")
            ));
            self.told_ns = cx.now_ns;
        }
        Ok(())
    }

    fn serve(&mut self, at: usize, max: usize, batch: &mut Batch, cx: &mut Cx) {
        let Crowd { hub: Some(hub), talk, pace, place, held, unmet, .. } = self else { return };
        let Some(client) = hub.get(at) else { return };
        let (held_before, before) = (T::held(client), cx.done() - cx.rejected_total());
        let heard = talk.serve(client, pace, max, batch, cx);
        *held = (*held + T::held(client)).saturating_sub(held_before);
        // What was rejected gives nobody a right to stay.
        if cx.done() - cx.rejected_total() > before {
            hub.gave(at, cx.now_ns);
            if let Some(dialer) = hub.dialer() {
                dialer.met();
            }
            if let (true, Place::Peer(target, _)) = (std::mem::take(unmet), &*place) {
                say(&format!("{target} is connected"));
            }
        }
        match heard {
            Heard::More => hub.again(at),
            Heard::Nothing => {}
            Heard::Gone => self.let_go(at, cx),
        }
    }

    /// A client goes. Who was connected to is connected to again, or that was all.
    fn let_go(&mut self, at: usize, cx: &mut Cx) {
        let Crowd { hub: Some(hub), talk, place, held, ended, .. } = self else { return };
        let Some(client) = hub.take(at) else { return };
        *held = held.saturating_sub(T::held(&client));
        talk.leave(client, cx);
        if let Place::Peer(_, again) = place {
            *ended = !*again;
            hub.dialer().filter(|_| *again).into_iter().for_each(Dialer::dial);
        }
    }

    /// Lets go of those that hold the most, while all hold too much.
    fn bound(&mut self, cx: &mut Cx) {
        while self.held > self.talk.held_max() {
            let Some(hub) = &mut self.hub else { return };
            let Some((_, at)) = hub.all().map(|(at, client)| (T::held(client), at)).max() else { return };
            self.let_go(at, cx);
        }
    }
}

impl<T: Talk> Operator for Crowd<T> {
    fn process(&mut self, batch: &mut Batch, cx: &mut Cx) -> Result<Next> {
        batch.reset(&self.schema);
        if self.hub.is_none() {
            self.hub = Some(self.open()?);
        }
        self.look(cx)?;
        let allowed = self.pace.allowed(cx.now_ns, cx.records_max);
        self.talk.begin(cx);
        let before = cx.done();
        let turns = self.hub.as_ref().map_or(0, Hub::waiting);
        for _ in 0..turns {
            let left = allowed.saturating_sub((cx.done() - before) as usize);
            let Some(at) = self.hub.as_mut().filter(|_| left > 0).and_then(Hub::next) else { break };
            self.serve(at, left, batch, cx);
        }
        self.talk.end(batch);
        self.bound(cx);
        Ok(self.next(batch, cx))
    }

    /// Gives what was read and is held, a batch at a time, and lets go of everybody.
    fn finish(&mut self, batch: &mut Batch, cx: &mut Cx) -> Result<Next> {
        batch.reset(&self.schema);
        let Crowd { hub: Some(hub), talk, pace, .. } = self else { return Ok(Next::End) };
        talk.begin(cx);
        let before = cx.done();
        let mut left = cx.records_max;
        while left > 0 {
            let Some((at, client)) = hub.all().next() else { break };
            talk.close(client);
            if talk.serve(client, pace, left, batch, cx) != Heard::More
                && let Some(client) = hub.take(at)
            {
                talk.leave(client, cx);
            }
            left = cx.records_max.saturating_sub((cx.done() - before) as usize);
        }
        talk.end(batch);
        if left > 0 {
            self.hub = None;
            return Ok(Next::End);
        }
        Ok(Next::Again)
    }

    /// While a record is due, what makes a turn worth it.
    fn wait_on(&self) -> Option<BorrowedFd<'_>> {
        self.hub.as_ref().filter(|_| !self.paused).map(|hub| hub.as_fd())
    }

    fn advice(&self, reason: &str) -> Option<Advice> {
        self.talk.advice(reason)
    }
}
