//! One link in memory: a sender, a receiver, what lies between them, and what can happen to each.
//!
//! The network is libzmq's: frames of one connection keep their order; a reset loses some of what was on the way,
//! and what had arrived before it may be read after what the next connection brings. It is worse than libzmq in
//! that a reset may also bring frames twice. A crash takes a process's memory; its ledger stays.

use super::dice::Dice;
use super::parts::{Broken, Fate, Frame, Receiver, Sender};
use super::tally::Tally;
use sluicebox::operator::Amount;
use sluicebox::wire::header::Kind;
use sluicebox::wire::link::{BEAT_NS, OnFull, Terms, Verdict};
use std::collections::{BTreeMap, VecDeque};

pub struct World {
    pub broken: Broken,
    pub dice: Dice,
    pub terms: Terms,
    pub target: usize,
    pub now: u64,
    pub sender: Sender,
    pub receiver: Receiver,
    /// The last one is open; of the others only what had arrived is left.
    pub connections: Vec<VecDeque<Frame>>,
    pub fates: Vec<Fate>,
    /// Which record each sequence number stood for when it was sent.
    pub names: BTreeMap<u64, usize>,
    pub last_of_life: BTreeMap<u32, usize>,
    pub ends: u32,
    /// The first frame that spoke of what was not public. What comes of that shall be told too.
    pub early: Option<String>,
    pub tally: Tally,
}

impl World {
    pub fn new(seed: u64, broken: Broken) -> World {
        let mut dice = Dice(seed);
        let credit = Amount { records: 1 + dice.below(8) as u64, bytes: 1 + dice.below(80) as u64 };
        let on_full = [OnFull::Block, OnFull::Block, OnFull::DropNewest, OnFull::DropOldest][dice.below(4)];
        let max_age_ns = dice.one_in(4).then(|| BEAT_NS / 8 * (1 + dice.below(20) as u64));
        let target = dice.below(100);
        World {
            broken,
            dice,
            terms: Terms { credit, on_full, max_age_ns },
            target,
            now: 10 * BEAT_NS,
            sender: Sender::new(broken, Terms { credit, on_full, max_age_ns }),
            receiver: Receiver::default(),
            connections: vec![VecDeque::new()],
            fates: Vec::new(),
            names: BTreeMap::new(),
            last_of_life: BTreeMap::new(),
            ends: 0,
            early: None,
            tally: Tally::default(),
        }
    }

    /// Random steps and faults, then quiet ones until all is at rest.
    pub fn run(mut self) -> Result<Tally, String> {
        let lived = self.live();
        match self.early {
            None => lived.and_then(|()| self.at_rest()),
            Some(early) => Err(lived.map_or_else(|breach| format!("{breach}; {early}"), |()| early.clone())),
        }
    }

    fn live(&mut self) -> Result<(), String> {
        let faults = self.dice.below(400);
        for _ in 0..faults {
            self.now += BEAT_NS / 16;
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
                return Ok(());
            }
            self.send()?;
            self.receive()?;
            self.work();
            self.tick()?;
        }
        let sent = self.sender.link.account();
        Err(format!("blocked for ever: sent {sent:?}, heard {:?}", self.receiver.received))
    }

    pub fn put(&mut self, frame: Frame) {
        self.connections.last_mut().expect("one is open").push_back(frame);
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
