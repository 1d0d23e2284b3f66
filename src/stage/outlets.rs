//! The outgoing end: what a batch becomes on each link, offered to all without waiting for any.
//!
//! `plan` cuts a port's batch into frames and gives each its sequence numbers, so that the account can be
//! published before the first of them is sent; `send` then offers them all, remembers who took what, and waits
//! for the full ones only. Graphs that part and meet again can't deadlock that way.

use super::bodies::Bodies;
use super::outlet::{Frame, Outlet};
use super::route::{ByKey, least_loaded};
use crate::clock::mono_ns;
use crate::data::Batch;
use crate::error::Result;
use crate::operator::{Amount, PortId};
use crate::run::dir::RunDir;
use crate::run::wiring::{Consumer, Link, Part};
use crate::topology::plan::Plan;
use crate::wire::endpoint::{Context, Outbox};
use crate::wire::header::{Header, Kind};
use crate::wire::ledger::State;
use crate::wire::watermark::Telling;
use nix::poll::PollFd;
use std::ops::Range;

/// An idle link says its next sequence number, and an unheard End is repeated, this often.
pub(super) const BEAT_NS: u64 = 100_000_000;

/// All outgoing links of a worker.
pub(super) struct Outlets {
    consumers: Vec<Reader>,
    links: Vec<Outlet>,
    frames: Vec<Frame>,
    bodies: Bodies,
    /// Nothing is to be expected of the worker for now.
    idle: bool,
}

/// A consumer, and what is needed to choose among its workers.
struct Reader {
    of: Consumer,
    by: Option<ByKey>,
    /// Rows by worker, when they are parted by key.
    parts: Vec<Batch>,
    last: usize,
}

impl Outlets {
    /// Connects a worker to all who read from it.
    pub(super) fn open(plan: &Plan, dir: &RunDir, part: &Part, epoch: u32, cx: &Context) -> Result<Outlets> {
        let me = part.id;
        let stage = &plan.stages[me.stage];
        let open = |link: &Link| -> Result<Outlet> {
            let to = &plan.stages[link.to.stage];
            Ok(Outlet {
                link: *link,
                socket: Outbox::connect(
                    cx,
                    stage.placement.engine,
                    &dir.address(link.to),
                    plan.together(me, link.to),
                )?,
                receiver: dir.ledger(link.to)?,
                epoch,
                credit: Amount { records: to.limits.credit.records, bytes: to.limits.credit.bytes.0 },
                sent_last_ns: 0,
                time: Telling::default(),
            })
        };
        let reader = |of: Consumer| {
            let schema = &stage.ports[of.port.index()].schema;
            let by = ByKey::new(&plan.stages[of.stage].inlets[of.inlet].by, schema, of.outlets.len());
            let parts = by.iter().flat_map(|_| of.outlets.iter().map(|_| Batch::new(schema))).collect();
            Reader { of, by, parts, last: 0 }
        };
        Ok(Outlets {
            consumers: part.consumers.iter().cloned().map(reader).collect(),
            links: part.outgoing.iter().map(open).collect::<Result<_>>()?,
            frames: Vec::new(),
            bodies: Bodies::new(&stage.limits.batch),
            idle: false,
        })
    }

    /// Raises what was offered of a port to `due` records for each consumer, on its first link.
    pub(super) fn settle(&self, port: PortId, due: u64, offered: &mut [Amount]) {
        for reader in self.consumers.iter().filter(|reader| reader.of.port == port) {
            let sum: u64 = reader.of.outlets.iter().map(|outlet| offered[*outlet].records).sum();
            offered[reader.of.outlets[0]].records += due.saturating_sub(sum);
        }
    }

    /// Whether anybody reads a port.
    pub(super) fn has(&self, port: PortId) -> bool {
        self.consumers.iter().any(|reader| reader.of.port == port)
    }

    /// Cuts a batch of a port into frames for all who read it, and adds them to `offered`.
    pub(super) fn plan(&mut self, port: PortId, batch: &Batch, offered: &mut [Amount]) {
        if batch.is_empty() {
            return;
        }
        if port == PortId::MAIN {
            self.bodies.learn(batch);
        }
        let mut whole = None;
        for at in 0..self.consumers.len() {
            if self.consumers[at].of.port != port {
                continue;
            }
            if self.consumers[at].by.is_some() {
                self.part(at, batch, offered);
                continue;
            }
            // One encoding serves all who get the batch as it is.
            let bodies = whole.get_or_insert_with(|| self.bodies.encode(batch)).clone();
            let outlet = self.choose(at, offered);
            self.add_all(outlet, bodies, offered);
        }
    }

    /// Parts the rows by key.
    fn part(&mut self, at: usize, batch: &Batch, offered: &mut [Amount]) {
        let reader = &mut self.consumers[at];
        let by = reader.by.as_mut().expect("the caller saw it");
        by.part(batch, &mut reader.parts);
        for worker in 0..self.consumers[at].parts.len() {
            let part = std::mem::take(&mut self.consumers[at].parts[worker]);
            if !part.is_empty() {
                let outlet = self.consumers[at].of.outlets[worker];
                let bodies = self.bodies.encode(&part);
                self.add_all(outlet, bodies, offered);
            }
            self.consumers[at].parts[worker] = part;
        }
    }

    /// The outlet to the worker with the least before it: what is on the way to it and what it has not done.
    fn choose(&mut self, at: usize, offered: &[Amount]) -> usize {
        let reader = &mut self.consumers[at];
        if reader.of.outlets.len() > 1 {
            let load = |outlet: &usize| {
                let Outlet { link, receiver, .. } = &self.links[*outlet];
                if receiver.state() == State::GivenUp {
                    return u64::MAX;
                }
                let on_the_way =
                    offered[*outlet].records.saturating_sub(receiver.received(link.incoming).next);
                on_the_way + receiver.received_total().saturating_sub(receiver.done())
            };
            reader.last = least_loaded(reader.of.outlets.iter().map(load), reader.last);
        }
        reader.of.outlets[reader.last]
    }

    /// Adds the frames of one batch on one link.
    fn add_all(&mut self, outlet: usize, bodies: Range<usize>, offered: &mut [Amount]) {
        let offered = &mut offered[outlet];
        for body in bodies.clone() {
            let (count, len) = (self.bodies.get(body).count, self.bodies.get(body).bytes.len());
            let seq = offered.records;
            offered.records += u64::from(count);
            offered.bytes += len as u64;
            let watermark = self.links[outlet].time.of_frame(body + 1 == bodies.end);
            let offered_bytes = offered.bytes;
            self.frames.push(Frame { outlet, body, seq, count, offered_bytes, watermark, taken: false });
        }
    }

    /// Says how far event time has come on each link, behind what is planned next: `watermark` knows it by port.
    pub(super) fn advance(&mut self, watermark: impl Fn(PortId) -> i64) {
        for outlet in &mut self.links {
            outlet.time.advance(watermark(outlet.link.port));
        }
    }

    /// Says whether anything is to be expected of the worker for now.
    pub(super) fn set_idle(&mut self, idle: bool) {
        self.idle = idle;
    }

    /// As `Bodies::fit`.
    pub(super) fn fit(&self) -> usize {
        self.bodies.fit()
    }

    /// Whether something is planned to be sent.
    pub(super) fn has_frames(&self) -> bool {
        !self.frames.is_empty()
    }

    /// Offers all planned frames; `wait` is called while some find no room, and says when to leave it (by an
    /// error). A receiver that was given up takes nothing: what is for it stays offered, and so counts as lost.
    /// Answers when the last of them was sent: what the send itself takes is its link's, not this stage's.
    pub(super) fn send(
        &mut self,
        offered: &[Amount],
        mut wait: impl FnMut(u64, &mut dyn Iterator<Item = PollFd<'_>>) -> Result<u64>,
    ) -> Result<u64> {
        let mut now = mono_ns();
        while self.offer_all(now)? > 0 {
            now = wait(now, &mut self.waits_for())?;
            self.beat(now, offered)?;
        }
        self.frames.clear();
        self.bodies.clear();
        Ok(now)
    }

    /// What the frames that found no room wait for, besides time.
    fn waits_for(&self) -> impl Iterator<Item = PollFd<'_>> {
        let waiting = |at: usize| self.frames.iter().any(|frame| !frame.taken && frame.outlet == at);
        let links = self.links.iter().enumerate();
        let links = links.filter(move |(at, link)| link.socket.holds_one() || waiting(*at));
        links.filter_map(|(_, link)| link.socket.waits_for()).map(|(fd, of)| PollFd::new(fd, of))
    }

    /// Offers each frame that was not taken yet; on one link in order.
    fn offer_all(&mut self, now: u64) -> Result<usize> {
        let mut left = 0;
        for at in 0..self.frames.len() {
            let (before, rest) = self.frames.split_at_mut(at);
            let frame = &mut rest[0];
            if frame.taken
                || (left > 0 && before.iter().any(|other| !other.taken && other.outlet == frame.outlet))
            {
                left += usize::from(!frame.taken);
                continue;
            }
            let body = self.bodies.get(frame.body);
            frame.taken = self.links[frame.outlet].offer(frame, body, now)?;
            left += usize::from(!frame.taken);
        }
        for link in &mut self.links {
            left += usize::from(!link.flush(now)?);
        }
        Ok(left)
    }

    /// Says on each link that has been silent what comes next.
    pub(super) fn beat(&mut self, now: u64, offered: &[Amount]) -> Result<()> {
        self.tell(Kind::Beat, 0, now, offered)
    }

    /// Says on each link that all has been sent, and whether a source was only stopped; true once every receiver has
    /// heard it.
    pub(super) fn end(&mut self, stopped: bool, now: u64, offered: &[Amount]) -> Result<bool> {
        self.tell(Kind::End, if stopped { Header::STOPPED } else { 0 }, now, offered)?;
        Ok(self.links.iter().all(Outlet::heard_end))
    }

    fn tell(&mut self, kind: Kind, flags: u8, now: u64, offered: &[Amount]) -> Result<()> {
        for (at, link) in self.links.iter_mut().enumerate() {
            if now.saturating_sub(link.sent_last_ns) < BEAT_NS || (kind == Kind::End && link.heard_end()) {
                continue;
            }
            // What is planned and not sent yet is not to be skipped.
            let waiting = self.frames.iter().find(|frame| frame.outlet == at && !frame.taken);
            let before = |frame: &Frame| Amount {
                records: frame.seq,
                bytes: frame.offered_bytes - self.bodies.get(frame.body).bytes.len() as u64,
            };
            let told = waiting.map_or(offered[at], before);
            let idle = if self.idle && waiting.is_none() { Header::IDLE } else { 0 };
            let sent = Header {
                flags: flags | idle,
                watermark: link.time.of_beat(waiting.is_some()),
                ..link.header(kind, told.records, told.bytes, now)
            };
            link.socket.offer(&sent.write(), &[], now)?;
            link.sent_last_ns = now;
        }
        Ok(())
    }

    /// Forgets when links were last used, so that the next `end` speaks at once.
    pub(super) fn hurry(&mut self) {
        self.links.iter_mut().for_each(|link| link.sent_last_ns = 0);
    }
}
