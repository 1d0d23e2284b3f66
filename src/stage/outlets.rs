//! The outgoing end: what a batch becomes on each link, offered to all without waiting for any.
//!
//! `plan` cuts a port's batch into frames and lets each link's sender give them their numbers, so that the account can
//! be published before the first of them is sent; `send` then hands them over and waits for the links that block and
//! are full only. Graphs that part and meet again can't deadlock that way.

use super::bodies::Bodies;
use super::duty::LOOK_AGAIN_NS;
use super::outlet::Outlet;
use super::route::{ByKey, least_loaded};
use crate::clock::mono_ns;
use crate::data::Batch;
use crate::error::Result;
use crate::operator::{Account, Amount, PortId};
use crate::run::dir::RunDir;
use crate::run::wiring::{Consumer, Link, Part};
use crate::topology::plan::{Limits, Plan};
use crate::wire::endpoint::{Context, Outbox};
use crate::wire::header::{Header, Kind};
use crate::wire::link::{LinkSender, Terms};
use nix::poll::PollFd;
use std::ops::Range;

/// All outgoing links of a worker.
pub(super) struct Outlets {
    consumers: Vec<Reader>,
    links: Vec<Outlet>,
    bodies: Bodies,
    /// Rows of a batch that are not too old.
    young: Batch,
    rows: Vec<u32>,
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
    /// It has no use for older records.
    max_age_ns: Option<u64>,
}

impl Outlets {
    /// Connects a worker to all who read from it, and goes on from its account.
    pub(super) fn open(
        plan: &Plan,
        dir: &RunDir,
        part: &Part,
        epoch: u32,
        account: &Account,
        cx: &Context,
    ) -> Result<Outlets> {
        let me = part.id;
        let stage = &plan.stages[me.stage];
        let open = |link: &Link| -> Result<Outlet> {
            let to = &plan.stages[link.to.stage];
            let head = Header { schema: link.schema, ..Header::new(Kind::Data, link.number, epoch) };
            let (offered, shed) = (account.offered[link.outgoing], account.shed[link.outgoing]);
            let address = dir.address(link.to, plan.together(me, link.to))?;
            Ok(Outlet {
                link: *link,
                socket: Outbox::connect(cx, stage.placement.engine, &address)?,
                receiver: dir.peer(link.to)?,
                sender: LinkSender::new(head, terms(&to.limits), offered, shed),
            })
        };
        let reader = |of: Consumer| {
            let schema = &stage.ports[of.port.index()].schema;
            let to = &plan.stages[of.stage];
            let by = ByKey::new(&to.inlets[of.inlet].by, schema, of.outlets.len());
            let parts = by.iter().flat_map(|_| of.outlets.iter().map(|_| Batch::new(schema))).collect();
            Reader { of, by, parts, last: 0, max_age_ns: terms(&to.limits).max_age_ns }
        };
        let consumers: Vec<Reader> = part.consumers.iter().cloned().map(reader).collect();
        let aged = consumers.iter().any(|reader| reader.max_age_ns.is_some());
        Ok(Outlets {
            consumers,
            links: part.outgoing.iter().map(open).collect::<Result<_>>()?,
            bodies: Bodies::new(&stage.limits.batch, aged),
            young: Batch::default(),
            rows: Vec::new(),
            idle: false,
        })
    }

    /// Raises what was offered of a port to `due` records for each consumer, on its first link.
    pub(super) fn settle(&mut self, port: PortId, due: u64) {
        for reader in self.consumers.iter().filter(|reader| reader.of.port == port) {
            let outlets = &reader.of.outlets;
            let sum: u64 = outlets.iter().map(|at| self.links[*at].sender.account().0.records).sum();
            self.links[outlets[0]].sender.offer_lost(due.saturating_sub(sum));
        }
    }

    /// Writes into an account what it is to say of the links; `published` when it was made public.
    pub(super) fn write(&self, account: &mut Account) {
        let sums = account.offered.iter_mut().zip(&mut account.shed);
        for ((offered, shed), link) in sums.zip(&self.links) {
            (*offered, *shed) = link.sender.account();
        }
    }

    /// The account that `write` completed is public: what it speaks of may be sent.
    pub(super) fn published(&mut self) {
        self.links.iter_mut().for_each(|link| link.sender.published());
    }

    /// Whether the links have news for the account.
    pub(super) fn are_unpublished(&self) -> bool {
        self.links.iter().any(|link| link.sender.is_unpublished())
    }

    /// Whether anybody reads a port.
    pub(super) fn has(&self, port: PortId) -> bool {
        self.consumers.iter().any(|reader| reader.of.port == port)
    }

    /// Cuts a batch of a port into frames for all who read it, and offers them.
    pub(super) fn plan(&mut self, port: PortId, batch: &Batch) {
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
                self.part(at, batch);
                continue;
            }
            let outlet = self.choose(at);
            if let Some(since) = self.since(at, batch) {
                self.offer_young(outlet, batch, since);
                continue;
            }
            // One encoding serves all who get the batch as it is.
            let bodies = whole.get_or_insert_with(|| self.bodies.encode(batch)).clone();
            self.offer(outlet, bodies);
        }
        self.bodies.dealt_out();
    }

    /// Parts the rows by key.
    fn part(&mut self, at: usize, batch: &Batch) {
        let reader = &mut self.consumers[at];
        let by = reader.by.as_mut().expect("the caller saw it");
        by.part(batch, &mut reader.parts);
        for worker in 0..self.consumers[at].parts.len() {
            let part = std::mem::take(&mut self.consumers[at].parts[worker]);
            let outlet = self.consumers[at].of.outlets[worker];
            match self.since(at, &part) {
                _ if part.is_empty() => {}
                Some(since) => self.offer_young(outlet, &part, since),
                None => {
                    let bodies = self.bodies.encode(&part);
                    self.offer(outlet, bodies);
                }
            }
            self.consumers[at].parts[worker] = part;
        }
    }

    /// When records must be born for a consumer, if some of a batch were born before.
    fn since(&self, at: usize, batch: &Batch) -> Option<u64> {
        let since = mono_ns().saturating_sub(self.consumers[at].max_age_ns?);
        batch.born_ns.iter().any(|born| *born < since).then_some(since)
    }

    /// The outlet to the worker with the least before it: what is on the way to it and what it has not done.
    fn choose(&mut self, at: usize) -> usize {
        let Outlets { consumers, links, .. } = self;
        let reader = &mut consumers[at];
        if let outlets @ [_, _, ..] = &reader.of.outlets[..] {
            reader.last = least_loaded(outlets, reader.last, |outlet| links[*outlet].load());
        }
        reader.of.outlets[reader.last]
    }

    /// Offers what was born in time; the rest is shed.
    fn offer_young(&mut self, outlet: usize, batch: &Batch, since: u64) {
        self.rows.clear();
        self.rows.extend((0..batch.len() as u32).filter(|row| batch.born_ns[*row as usize] >= since));
        self.links[outlet].sender.offer_too_old((batch.len() - self.rows.len()) as u64);
        if self.rows.is_empty() {
            return;
        }
        self.young.reset_like(batch);
        self.young.gather(batch, &self.rows);
        let bodies = self.bodies.encode(&self.young);
        self.offer(outlet, bodies);
    }

    /// Offers the frames of one batch on one link.
    fn offer(&mut self, outlet: usize, bodies: Range<usize>) {
        let outlet = &mut self.links[outlet];
        if outlet.sender.sheds() {
            outlet.hear();
        }
        for body in bodies.clone() {
            outlet.sender.offer(self.bodies.share(body), body + 1 == bodies.end);
            while let Some(body) = outlet.sender.shed_full() {
                self.bodies.release(body);
            }
        }
    }

    /// Says how far event time has come on each link, behind what is planned next: `watermark` knows it by port.
    pub(super) fn advance(&mut self, watermark: impl Fn(PortId) -> i64) {
        for outlet in &mut self.links {
            outlet.sender.advance(watermark(outlet.link.port));
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

    /// Whether something waits to be sent.
    pub(super) fn have_waiting(&self) -> bool {
        self.links.iter().any(Outlet::has_waiting)
    }

    /// For how long a wait may leave them alone.
    pub(super) fn look_again_ns(&self) -> u64 {
        if self.have_waiting() { LOOK_AGAIN_NS } else { u64::MAX }
    }

    /// Hands over what was offered; `wait` is called while a link that blocks has no room, and says when to leave it
    /// (by an error). Answers when the last frame was sent: what the send itself takes is its link's, not this stage's.
    pub(super) fn send(
        &mut self,
        mut wait: impl FnMut(u64, &mut dyn Iterator<Item = PollFd<'_>>) -> Result<u64>,
    ) -> Result<u64> {
        let mut now = mono_ns();
        while !self.serve(now)? {
            now = wait(now, &mut self.waits_for())?;
            self.beat(now)?;
        }
        Ok(now)
    }

    /// Hands over what waits and has room; true when no call need wait for the rest.
    pub(super) fn serve(&mut self, now: u64) -> Result<bool> {
        let mut done = true;
        for link in &mut self.links {
            done &= link.serve(&mut self.bodies, now)? || link.sender.sheds();
        }
        Ok(done)
    }

    /// What the frames that found no room wait for, besides time.
    fn waits_for(&self) -> impl Iterator<Item = PollFd<'_>> {
        let links = self.links.iter().filter(|link| link.has_waiting());
        links.filter_map(|link| link.socket.waits_for()).map(|(fd, of)| PollFd::new(fd, of))
    }

    /// Says on each link that has been silent what comes next.
    pub(super) fn beat(&mut self, now: u64) -> Result<()> {
        self.links.iter_mut().try_for_each(|link| link.tell(None, self.idle, now))
    }

    /// Says on each link that all has been sent, and whether a source was only stopped; true once every receiver has
    /// heard it.
    pub(super) fn end(&mut self, stopped: bool, now: u64) -> Result<bool> {
        let flags = if stopped { Header::STOPPED } else { 0 };
        self.links.iter_mut().try_for_each(|link| link.tell(Some(flags), self.idle, now))?;
        Ok(self.links.iter().all(Outlet::heard_end))
    }
}

/// What a stage asks of who sends to it.
fn terms(limits: &Limits) -> Terms {
    let credit = Amount { records: limits.credit.records, bytes: limits.credit.bytes.0 };
    Terms { credit, on_full: limits.on_full, max_age_ns: limits.max_age.map(|age| age.ns) }
}
