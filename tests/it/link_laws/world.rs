//! One link in memory: a sender, a receiver, what lies between them, and what can happen to each.
//!
//! The network is libzmq's: frames of one connection keep their order; a reset loses some of what was on the way,
//! and what had arrived before it may be read after what the next connection brings. It is worse than libzmq in
//! that a reset may also bring frames twice. A crash takes a process's memory; its ledger stays.

use super::dice::Dice;
use super::tally::Tally;
use sluicebox::operator::Amount;
use sluicebox::wire::header::{Header, Kind};
use sluicebox::wire::link::{Received, Verdict};
use std::collections::{BTreeMap, VecDeque};

/// What can be wrong with a product, to see that the laws notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Broken {
    Nothing,
    /// Silent links never say what comes next.
    NoBeat,
    /// The account is made public after sending.
    PublishLate,
    /// A gap does not move what the receiver waits for.
    GapStays,
    /// A frame counts as received before its body was looked at.
    CountsDamaged,
    /// The receiver takes whatever comes.
    TakesAll,
    /// The sender sends whatever it has.
    NoWindow,
    /// The End is said once.
    EndOnce,
    /// A restarted receiver does not know that the End was heard.
    EndForgotten,
}

/// A frame on its way: its head, and the names of its records, which no header carries.
#[derive(Clone)]
pub struct Frame {
    pub head: Header,
    pub first: usize,
    pub damaged: bool,
}

/// The sender: what its ledger keeps, and below what a crash takes.
#[derive(Default)]
pub struct Sender {
    pub epoch: u32,
    /// Records and bytes, as published.
    pub published: (u64, u64),
    pub finished: bool,
    pub offered: (u64, u64),
    /// Planned, and not taken by the socket yet.
    pub waiting: VecDeque<Frame>,
    pub said_end: bool,
    pub unpublished: bool,
}

/// The receiver: what its ledger keeps, and below what a crash takes.
#[derive(Default)]
pub struct Receiver {
    pub received: Received,
    pub done: u64,
    pub lost_inside: u64,
    pub finished: bool,
    pub inside: u64,
}

/// What became of one record.
#[derive(Clone, Copy, Default)]
pub struct Fate {
    pub offered: bool,
    pub taken: bool,
}

pub struct World {
    pub broken: Broken,
    pub dice: Dice,
    pub credit: Amount,
    pub target: usize,
    pub sender: Sender,
    pub receiver: Receiver,
    /// The last one is open; of the others only what had arrived is left.
    pub connections: Vec<VecDeque<Frame>>,
    pub fates: Vec<Fate>,
    /// Which record each sequence number stood for when it was sent.
    pub names: BTreeMap<u64, usize>,
    pub last_of_life: BTreeMap<u32, usize>,
    pub ends: u32,
    pub tally: Tally,
}

impl World {
    pub fn new(seed: u64, broken: Broken) -> World {
        let mut dice = Dice(seed);
        let credit = Amount { records: 1 + dice.below(8) as u64, bytes: 1 + dice.below(80) as u64 };
        let target = dice.below(60);
        World {
            broken,
            dice,
            credit,
            target,
            sender: Sender { epoch: 1, ..Sender::default() },
            receiver: Receiver::default(),
            connections: vec![VecDeque::new()],
            fates: Vec::new(),
            names: BTreeMap::new(),
            last_of_life: BTreeMap::new(),
            ends: 0,
            tally: Tally::default(),
        }
    }

    /// Random steps and faults, then quiet ones until all is at rest.
    pub fn run(mut self) -> Result<Tally, String> {
        let faults = self.dice.below(400);
        for _ in 0..faults {
            match self.dice.below(40) {
                0 => self.crash_sender(),
                1 => self.crash_receiver(),
                2 => self.reset(),
                3..5 => self.tick()?,
                5..19 => self.send()?,
                19..32 => self.receive()?,
                _ => self.work(),
            }
        }
        for _ in 0..2000 {
            if self.sender.finished && self.receiver.finished {
                return self.at_rest();
            }
            self.send()?;
            self.receive()?;
            self.work();
            self.tick()?;
        }
        Err(format!("blocked for ever: sent {:?}, heard {:?}", self.sender.offered, self.receiver.received))
    }

    /// As `Outlets::plan`, `Ledger::publish` and `Outlets::send`, one frame at a time.
    fn send(&mut self) -> Result<(), String> {
        if self.sender.waiting.is_empty() && self.fates.len() < self.target {
            self.plan();
        }
        let Some(frame) = self.sender.waiting.front() else { return Ok(()) };
        let records = (frame.head.seq, u64::from(frame.head.count));
        let known = self.receiver.received;
        let free = self.receiver.finished
            || self.broken == Broken::NoWindow
            || known.admits(records, frame.head.bytes, self.credit);
        if free {
            let frame = self.sender.waiting.pop_front().expect("it was looked at");
            if !self.receiver.finished {
                self.check_names(&frame)?;
                self.put(frame);
                self.check_credit()?;
            }
        }
        // The broken product makes public what went out some steps ago.
        if self.sender.waiting.is_empty() && (!self.sender.unpublished || self.dice.one_in(4)) {
            self.publish();
        }
        Ok(())
    }

    /// Cuts what there is into frames and makes it public.
    fn plan(&mut self) {
        for _ in 0..1 + self.dice.below(3) {
            let (first, count) = (self.fates.len(), 1 + self.dice.below(10));
            let body_len = count * (1 + self.dice.below(12));
            self.fates.resize(first + count, Fate::default());
            let (seq, bytes) = self.sender.offered;
            self.sender.offered = (seq + count as u64, bytes + body_len as u64);
            let mut head = self.head(Kind::Data, seq, self.sender.offered.1);
            (head.count, head.body_len) = (count as u32, body_len as u32);
            let damaged = self.dice.one_in(50);
            self.sender.waiting.push_back(Frame { head, first, damaged });
        }
        match self.broken {
            Broken::PublishLate => self.sender.unpublished = true,
            _ => self.publish(),
        }
    }

    fn publish(&mut self) {
        let news = (self.sender.offered.0 - self.sender.published.0) as usize;
        let known = self.fates.len() - news;
        self.fates[known..].iter_mut().for_each(|fate| fate.offered = true);
        self.sender.published = self.sender.offered;
        self.sender.unpublished = false;
    }

    /// A tenth of a second: an idle link speaks, as `Outlets::tell`.
    fn tick(&mut self) -> Result<(), String> {
        let sender = &self.sender;
        let through = sender.waiting.is_empty() && self.fates.len() >= self.target && !sender.unpublished;
        if sender.finished || self.receiver.finished || self.receiver.received.ended {
            self.sender.finished |= through;
            return Ok(());
        }
        let kind = if through { Kind::End } else { Kind::Beat };
        let before = |frame: &Frame| (frame.head.seq, frame.head.bytes - u64::from(frame.head.body_len));
        let (seq, bytes) = sender.waiting.front().map_or(sender.offered, before);
        let silent = match kind {
            Kind::End => self.broken == Broken::EndOnce && sender.said_end,
            _ => self.broken == Broken::NoBeat,
        };
        if !silent {
            let head = self.head(kind, seq, bytes);
            self.put(Frame { head, first: 0, damaged: false });
            self.sender.said_end |= kind == Kind::End;
        }
        Ok(())
    }

    pub fn put(&mut self, frame: Frame) {
        self.connections.last_mut().expect("one is open").push_back(frame);
    }

    pub fn head(&self, kind: Kind, seq: u64, bytes: u64) -> Header {
        let epoch = self.sender.epoch;
        Header {
            kind,
            flags: 0,
            link: 0,
            count: 0,
            body_len: 0,
            epoch,
            session: 0,
            seq,
            schema: 0,
            sent_ns: 0,
            watermark: 0,
            bytes,
        }
    }

    /// As `Inlets::take`: the next frame of any connection.
    fn receive(&mut self) -> Result<(), String> {
        let ready: Vec<usize> =
            (0..self.connections.len()).filter(|at| !self.connections[*at].is_empty()).collect();
        if ready.is_empty() || self.receiver.finished {
            return Ok(());
        }
        let at = ready[self.dice.below(ready.len())];
        let frame = self.connections[at].pop_front().expect("it is ready");
        let head = frame.head;
        let mut received = self.receiver.received;
        let before = received;
        let mut verdict = received.judge(&head);
        if self.broken == Broken::TakesAll && verdict == Verdict::Pass && head.kind == Kind::Data {
            received.records += u64::from(head.count);
            verdict = Verdict::Take;
        }
        if self.broken == Broken::GapStays {
            received.next = received.next.min(before.next + u64::from(head.count));
        }
        if verdict == Verdict::Take {
            if frame.damaged {
                self.tally.refused += 1;
                if self.broken == Broken::CountsDamaged {
                    self.receiver.received = received;
                }
                return Ok(());
            }
            self.take(&frame)?;
        }
        self.tally.late += u64::from(verdict == Verdict::Take && head.epoch < before.epoch);
        if before.ended && !received.ended {
            return Err("an End was taken back".into());
        }
        self.ends += u32::from(received.ended && !before.ended);
        self.receiver.received = received;
        Ok(())
    }

    fn take(&mut self, frame: &Frame) -> Result<(), String> {
        for record in frame.first..frame.first + frame.head.count as usize {
            if std::mem::replace(&mut self.fates[record].taken, true) {
                return Err(format!("record {record} was received twice"));
            }
            let last = self.last_of_life.entry(frame.head.epoch).or_default();
            if record < *last {
                return Err(format!("record {record} came after {last} of the same life"));
            }
            *last = record;
        }
        self.receiver.inside += u64::from(frame.head.count);
        Ok(())
    }

    /// The receiver handles what it has, and ends when nothing can come.
    fn work(&mut self) {
        self.receiver.done += std::mem::take(&mut self.receiver.inside);
        let nothing = self.connections.iter().all(VecDeque::is_empty);
        self.receiver.finished |= nothing && self.receiver.received.ended;
    }
}
