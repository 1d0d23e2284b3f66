//! What a worker gets of streams that it watches: copies, of which it knows what it has missed.

use crate::clock::mono_ns;
use crate::data::Batch;
use crate::error::{Error, Result};
use crate::run::dir::RunDir;
use crate::run::wiring::{Part, Watched};
use crate::stop;
use crate::topology::plan::Plan;
use crate::wire::codec;
use crate::wire::ledger::{Ledger, State};
use crate::wire::link::Received;
use crate::wire::peer::Peer;
use crate::wire::tap::{BEAT_NS, Form, Head, Subscriber};
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags};
use std::os::fd::{AsFd, BorrowedFd};

/// Who has ended, is still connected to, and has not told of all that there was, is waited for no longer.
const LAST_WORDS_NS: u64 = 50 * BEAT_NS;
/// So long it waits, before it is ready, to be heard by those it watches.
const ATTACH_NS: u64 = 2_000_000_000;

/// All that a worker watches.
pub(super) struct Watching {
    streams: Vec<Stream>,
    /// Whose turn it is.
    turn: usize,
    epoll: Epoll,
    /// The rows of a message of which some were seen before.
    keep: Vec<bool>,
}

/// A stream of one worker.
struct Stream {
    of: Watched,
    subscriber: Subscriber,
    /// The connection that the epoll set knows.
    known: u64,
    peer: Peer,
    received: Received,
    heard_ns: u64,
    /// Something has come of it in this life.
    heard: bool,
}

impl Watching {
    pub(super) fn open(
        plan: &Plan,
        dir: &RunDir,
        part: &Part,
        mine: &Ledger,
        message_max: u64,
    ) -> Result<Watching> {
        let epoll = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC)
            .map_err(|e| Error::failed(format!("cannot wait: {}", e.desc().to_lowercase())))?;
        let stream = |of: &Watched| {
            let stage = &plan.stages[of.from.stage];
            let topic = format!("{}{}/{}", stage.name, stage.port_suffix(of.port), Form::Bincode.name());
            Ok(Stream {
                of: *of,
                subscriber: Subscriber::new(&dir.watch_path(plan, of.from)?, vec![topic], message_max),
                known: 0,
                peer: dir.peer(of.from)?,
                received: mine.received(of.incoming),
                heard_ns: mono_ns(),
                heard: false,
            })
        };
        let streams = part.watches.iter().map(stream).collect::<Result<Vec<Stream>>>()?;
        Ok(Watching { streams, turn: 0, epoll, keep: Vec::new() })
    }

    pub(super) fn is_empty(&self) -> bool {
        self.streams.is_empty()
    }

    /// Whether all that it watches has ended.
    pub(super) fn all_ended(&self) -> bool {
        self.streams.iter().all(|stream| stream.received.ended)
    }

    /// Whether what it watches may have ended before its time: nobody tells who watches why a stream ends.
    pub(super) fn stopped(&self) -> bool {
        let given_up = |stream: &Stream| stream.peer.state() == State::GivenUp;
        stop::asked() > 0 || self.streams.iter().any(given_up)
    }

    /// Readable when something has come.
    pub(super) fn waits_for(&self) -> Option<BorrowedFd<'_>> {
        (!self.is_empty()).then(|| self.epoll.0.as_fd())
    }

    /// Waits a moment for those it watches to hear that it does, so that it misses nothing of a run that begins. One
    /// that is not there, or ends, is not waited for.
    pub(super) fn attach(&mut self, mine: &Ledger) {
        let end = mono_ns() + ATTACH_NS;
        while mono_ns() < end && self.streams.iter().any(|stream| !stream.heard && !stream.peer.is_gone()) {
            for stream in &mut self.streams {
                stream.listen(mine);
            }
            std::thread::park_timeout(std::time::Duration::from_millis(1));
        }
    }

    /// Takes what has come of one stream into a batch that `reset` gives the columns of its inlet; which inlet it is.
    /// Never waits.
    pub(super) fn take(
        &mut self,
        batch: &mut Batch,
        mine: &Ledger,
        reset: impl Fn(&mut Batch, usize),
    ) -> Result<Option<usize>> {
        let Watching { streams, turn, epoll, keep } = self;
        let all = streams.len();
        for _ in 0..all {
            let stream = &mut streams[*turn];
            // One that never ends must not keep the others out.
            *turn = (*turn + 1) % all;
            let took = stream.take(batch, keep, mine, &reset);
            stream.watch(epoll)?;
            if took {
                return Ok(Some(stream.of.inlet));
            }
        }
        Ok(None)
    }
}

impl Stream {
    /// Has its connection waited for.
    fn watch(&mut self, epoll: &Epoll) -> Result<()> {
        let connection = self.subscriber.connections();
        let Some(fd) = self.subscriber.waits_for().filter(|_| connection != self.known) else {
            return Ok(());
        };
        self.known = connection;
        let event = EpollEvent::new(EpollFlags::EPOLLIN, 0);
        epoll.add(fd, event).map_err(|e| Error::failed(format!("cannot wait: {}", e.desc().to_lowercase())))
    }

    /// Takes the next records; whether there are any.
    fn take(
        &mut self,
        batch: &mut Batch,
        keep: &mut Vec<bool>,
        mine: &Ledger,
        reset: impl Fn(&mut Batch, usize),
    ) -> bool {
        let now = mono_ns();
        while let Some(parts) = self.subscriber.take(now) {
            (self.heard_ns, self.heard) = (now, true);
            let Some(head) = parts.get(1).and_then(|head| Head::read(head)) else { continue };
            // Workers of one process are watched at one socket.
            if head.worker != u32::from(self.of.from.worker) {
                continue;
            }
            reset(batch, self.of.inlet);
            let body = parts.get(2).and_then(|body| body.get(4..)).and_then(<[u8]>::split_first);
            let decoded = body.is_some_and(|(late, body)| {
                let count = usize::try_from(head.count).unwrap_or(usize::MAX);
                codec::decode(body, count, *late == 1, batch).is_some()
            });
            if head.count > 0 && !decoded {
                mine.add_refused();
                continue;
            }
            batch.late_ns = Default::default();
            let seen = self.received.see(&head);
            keep.clear();
            keep.extend((0..batch.len() as u64).map(|row| row >= seen));
            batch.retain(keep);
            mine.set_received(self.of.incoming, &self.received);
            if !batch.is_empty() {
                return true;
            }
        }
        self.end(now, mine);
        false
    }

    /// Hears that it is heard, and how far the stream is.
    fn listen(&mut self, mine: &Ledger) {
        // What comes with records is theirs to miss: nobody is ready for them yet.
        if let Some(parts) = self.subscriber.take(mono_ns())
            && let Some(head) = parts.get(1).and_then(|head| Head::read(head))
        {
            self.heard = true;
            if head.worker == u32::from(self.of.from.worker) {
                self.received.see(&Head { count: 0, ..head });
                mine.set_received(self.of.incoming, &self.received);
            }
        }
    }

    /// It has ended when its worker has, and nothing more of it comes: how many records there were its ledger tells.
    fn end(&mut self, now: u64, mine: &Ledger) {
        if self.received.ended || !self.peer.is_gone() {
            return;
        }
        let all = self.peer.let_out(self.of.port);
        let silent = now.saturating_sub(self.heard_ns) > LAST_WORDS_NS;
        if self.received.next >= all || silent || !self.subscriber.is_connected() {
            self.received.see(&Head { worker: 0, epoch: self.received.epoch, seq: all, count: 0 });
            self.received.ended = true;
            mine.set_received(self.of.incoming, &self.received);
        }
    }
}

impl Received {
    /// Takes a message of copies into account; how many of its records were seen before.
    fn see(&mut self, head: &Head) -> u64 {
        let end = head.end().unwrap_or(head.seq);
        let seen = self.next.saturating_sub(head.seq).min(head.count);
        self.missed += head.seq.saturating_sub(self.next);
        self.records += head.count - seen;
        (self.next, self.epoch) = (self.next.max(end), head.epoch);
        seen
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_record_is_seen_once_or_missed() {
        let mut received = Received::default();
        let head = |seq, count| Head { worker: 0, epoch: 1, seq, count };
        for (message, seen) in
            [(head(2, 3), 0), (head(2, 3), 3), (head(4, 4), 1), (head(9, 0), 0), (head(9, 1), 0)]
        {
            assert_eq!(received.see(&message), seen, "{message:?}");
        }
        assert_eq!((received.records, received.missed, received.next), (7, 3, 10));
        assert_eq!(received.records + received.missed, received.next);
    }
}
