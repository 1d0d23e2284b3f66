//! The incoming end: frames are taken, judged by the laws of the link, and decoded into a batch.

use super::waiter::Waiter;
use super::watching::Watching;
use crate::clock::mono_ns;
use crate::data::Batch;
use crate::error::{Result, say};
use crate::operator::Amount;
use crate::run::dir::RunDir;
use crate::run::wiring::{Link, Part};
use crate::topology::plan::Plan;
use crate::wire::codec;
use crate::wire::endpoint::{Address, Context, Inbox};
use crate::wire::header::{Header, LEN};
use crate::wire::ledger::{Ledger, State};
use crate::wire::link::{Received, Verdict};
use crate::wire::peer::Peer;
use crate::wire::watermark::{all_idle, least};
use std::os::fd::BorrowedFd;
use std::sync::Arc;

/// What a sender had sent before it was given up is read within this time.
const LAST_FRAMES_NS: u64 = 300_000_000;
/// After so many frames in a row without a record the worker looks after other things: a flood of rubbish must
/// not keep it from them.
const EMPTY_MAX: usize = 1000;

/// While records come over links, what is watched is looked at once in so many calls.
const WATCH_EACH: u32 = 64;

/// All incoming links of a worker, over one socket, and what it watches.
pub(super) struct Inlets {
    inbox: Inbox,
    links: Vec<Inlet>,
    watching: Watching,
    /// Calls since what is watched was looked at.
    calls: u32,
    said_refused: bool,
    /// Event time comes over some of them.
    timed: bool,
    /// How far it has come over all of those.
    watermark: i64,
}

struct Inlet {
    link: u32,
    /// Which entry of `from`.
    inlet: usize,
    /// Event time comes over it.
    timed: bool,
    schema: u64,
    received: Received,
    sender: Arc<Peer>,
    /// When it was first seen that the sender will not come back.
    given_up_ns: Option<u64>,
    /// Its place among the sender's outgoing links.
    outlet: usize,
    /// The sender's epoch, and the records and bytes it has offered, when last looked at.
    known: (u32, Amount),
}

impl Inlets {
    /// Binds the worker's socket and goes on from what its ledger says was received.
    pub(super) fn open(
        plan: &Plan,
        dir: &RunDir,
        part: &Part,
        mine: &Ledger,
        cx: &Context,
    ) -> Result<Inlets> {
        let me = part.id;
        let mut at: Vec<Address> = Vec::new();
        for link in &part.incoming {
            let address = dir.address(me, plan.together(link.from, me))?;
            if !at.contains(&address) {
                at.push(address);
            }
        }
        let open = |link: &Link| -> Result<Inlet> {
            Ok(Inlet {
                link: link.number,
                inlet: link.inlet,
                timed: plan.stages[me.stage].inlets[link.inlet].schema.time().is_some(),
                schema: link.schema,
                received: mine.received(link.incoming),
                sender: Arc::new(dir.peer(link.from)?),
                given_up_ns: None,
                outlet: link.outgoing,
                known: (0, Amount::default()),
            })
        };
        let links = part.incoming.iter().map(open).collect::<Result<Vec<_>>>()?;
        let timed = links.iter().any(|link| link.timed);
        let engine = plan.stages[me.stage].placement.engine;
        let expects = Peer::expects(links.iter().map(|link| link.sender.clone()).collect());
        let inbox = Inbox::bind(cx, engine, &at, frame_max(plan, me.stage), expects)?;
        let watching = Watching::open(plan, dir, part, mine, frame_max(plan, me.stage))?;
        Ok(Inlets { inbox, links, watching, calls: 0, said_refused: false, timed, watermark: i64::MIN })
    }

    /// Whether every sender has sent all it ever will. What is watched holds nobody open, unless there is nothing else.
    pub(super) fn all_ended(&self) -> bool {
        let links = !self.inbox.holds_one() && self.links.iter().all(|link| link.received.ended);
        links && (!self.links.is_empty() || self.watching.all_ended())
    }

    /// Has those it watches hear that it does.
    pub(super) fn attach(&mut self, mine: &Ledger) {
        self.watching.attach(mine);
    }

    /// How far event time has come, behind all that `take` has given.
    pub(super) fn watermark(&mut self) -> i64 {
        if self.timed
            && let Some(least) = least(self.timed_links())
        {
            self.watermark = self.watermark.max(least);
        }
        self.watermark
    }

    /// Whether nothing is to be expected for now of any link that brings event time.
    pub(super) fn all_idle(&self) -> bool {
        self.timed && all_idle(self.timed_links())
    }

    fn timed_links(&self) -> impl Iterator<Item = &Received> + Clone {
        self.links.iter().filter(|link| link.timed).map(|link| &link.received)
    }

    /// Whether some sender has ended only because it was stopped, or was given up.
    pub(super) fn stopped(&self) -> bool {
        let links = self.links.iter().any(|link| link.received.stopped);
        links || (self.links.is_empty() && self.watching.stopped())
    }

    /// Takes the frames of one link that are there, up to `records_max` records, into a batch that `reset` gives
    /// the columns of that link's inlet. `took` hears of each such frame. Never waits. Answers which inlet it was;
    /// `None` when nothing came.
    pub(super) fn take(
        &mut self,
        batch: &mut Batch,
        records_max: usize,
        mine: &Ledger,
        reset: impl Fn(&mut Batch, usize),
        took: impl FnMut(&Header),
    ) -> Result<Option<usize>> {
        if self.watching.is_empty() {
            return self.take_frames(batch, records_max, mine, reset, took);
        }
        self.calls += 1;
        if self.calls < WATCH_EACH
            && let Some(inlet) = self.take_frames(batch, records_max, mine, &reset, took)?
        {
            return Ok(Some(inlet));
        }
        self.calls = 0;
        self.watching.take(batch, mine, reset)
    }

    fn take_frames(
        &mut self,
        batch: &mut Batch,
        records_max: usize,
        mine: &Ledger,
        reset: impl Fn(&mut Batch, usize),
        mut took: impl FnMut(&Header),
    ) -> Result<Option<usize>> {
        let mut from: Option<usize> = None;
        let mut empty = 0;
        while empty < EMPTY_MAX {
            let Some(frame) = self.inbox.take()? else { break };
            empty += 1;
            let Some((at, header)) = find(&mut self.links, frame) else {
                mine.add_refused();
                self.said_refused = say_refused(self.said_refused, frame);
                continue;
            };
            let full = batch.len() + header.count as usize > records_max.max(header.count as usize);
            if header.count > 0 && from.is_some_and(|taking| taking != at || full) {
                self.inbox.put_back();
                break;
            }
            let link = &mut self.links[at];
            let mut received = link.received;
            if received.judge(&header) == Verdict::Take {
                if from.is_none() {
                    reset(batch, link.inlet);
                }
                let late = header.has(Header::LATE);
                if codec::decode(&frame[LEN..], header.count as usize, late, batch).is_none() {
                    mine.add_refused();
                    self.said_refused = say_refused(self.said_refused, frame);
                    continue;
                }
                (from, empty) = (Some(at), 0);
                took(&header);
            }
            link.received = received;
            mine.set_received(at, &received);
            self.inbox.vouch();
        }
        Ok(from.map(|at| self.links[at].inlet))
    }

    /// Waits until a frame may be there, the bell rings, `outside` is readable, or the time is up. Call it when `take`
    /// found nothing.
    ///
    /// A sender that will never come back sends no End: its links end when nothing of it has come for a while.
    pub(super) fn wait(
        &mut self,
        bell: Option<BorrowedFd<'_>>,
        outside: Option<BorrowedFd<'_>>,
        ns: u64,
        waiter: &mut Waiter,
        mine: &Ledger,
    ) -> Result<()> {
        let outside = [outside, self.watching.waits_for()];
        if !waiter.try_for(ns, || self.inbox.wait(bell, outside, 0))? {
            self.inbox.wait(bell, outside, ns)?;
        }
        for (at, link) in self.links.iter_mut().enumerate() {
            if link.received.ended || link.sender.state() != State::GivenUp {
                continue;
            }
            let now = mono_ns();
            if now - *link.given_up_ns.get_or_insert(now) > LAST_FRAMES_NS {
                // It had more, so time stays where it was, as at a stop.
                (link.received.ended, link.received.stopped) = (true, true);
                mine.set_received(at, &link.received);
            }
        }
        Ok(())
    }
}

/// The link that a frame came over and its header; `None` when the frame can't be meant for this worker.
fn find(links: &mut [Inlet], frame: &[u8]) -> Option<(usize, Header)> {
    let (header, _) = Header::read(frame).ok()?;
    let at = links.iter().position(|link| link.link == header.link)?;
    let ours = header.schema == links[at].schema && header.session == 0;
    (ours && links[at].was_offered(&header)).then_some((at, header))
}

impl Inlet {
    /// Whether the sender may have sent such a frame.
    fn was_offered(&mut self, header: &Header) -> bool {
        let end = header.seq + u64::from(header.count);
        let within = |(epoch, offered): (u32, Amount)| {
            (1..=epoch).contains(&header.epoch) && end <= offered.records && header.bytes <= offered.bytes
        };
        if !within(self.known) {
            self.known = (self.sender.epoch(), self.sender.offered(self.outlet));
        }
        within(self.known)
    }
}

/// The first refused frame is told, the others are counted.
fn say_refused(said: bool, frame: &[u8]) -> bool {
    if !said {
        let why = Header::read(frame).err().unwrap_or("not of this run, or damaged");
        say(&format!("a frame was refused: {why}; further ones are counted only"));
    }
    true
}

/// The largest frame that is taken: MAXMSGSIZE.
fn frame_max(plan: &Plan, stage: usize) -> u64 {
    let bytes_max =
        plan.stages[stage].inlets.iter().map(|inlet| plan.stages[inlet.stage].limits.batch.bytes_max.0).max();
    plan.max_message.0 + bytes_max.unwrap_or(0) + 64 * 1024
}
