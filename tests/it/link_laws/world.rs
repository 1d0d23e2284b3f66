//! One link in memory: a sender, a receiver, what lies between them, and what can happen to each.
//!
//! The network is libzmq's: frames of one connection keep their order; a reset loses some of what was on the way,
//! and what had arrived before it may be read after what the next connection brings. It is worse than libzmq in
//! that a reset may also bring frames twice. A crash takes a process's memory; its ledger stays.

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
    /// The receiver takes whatever comes.
    TakesAll,
    /// The sender sends whatever it has.
    NoWindow,
    /// The End is said once.
    EndOnce,
    /// A restarted receiver does not know that the End was heard.
    EndForgotten,
}

/// SplitMix64 (Steele, Lea, Flood 2014).
pub struct Dice(pub u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ z >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ z >> 31
    }

    /// 0 to `n` - 1.
    pub fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }

    pub fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }
}

/// A frame on its way: its head, and the names of its records, which no header carries.
#[derive(Clone)]
struct Frame {
    head: Header,
    first: usize,
    damaged: bool,
}

/// How often what happened, to see that faults bite.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tally {
    pub lost: u64,
    pub late: u64,
    pub duplicates: u64,
    pub sender_crashes: u64,
    pub receiver_crashes: u64,
    pub refused: u64,
}

impl Tally {
    pub fn add(&mut self, other: &Tally) {
        self.lost += other.lost;
        self.late += other.late;
        self.duplicates += other.duplicates;
        self.sender_crashes += other.sender_crashes;
        self.receiver_crashes += other.receiver_crashes;
        self.refused += other.refused;
    }
}

/// The sender: what its ledger keeps, and below what a crash takes.
#[derive(Default)]
struct Sender {
    epoch: u32,
    /// Records and bytes, as published.
    published: (u64, u64),
    finished: bool,
    offered: (u64, u64),
    /// Planned, and not taken by the socket yet.
    waiting: VecDeque<Frame>,
    said_end: bool,
    unpublished: bool,
}

/// The receiver: what its ledger keeps, and below what a crash takes.
#[derive(Default)]
struct Receiver {
    received: Received,
    done: u64,
    lost_inside: u64,
    finished: bool,
    inside: u64,
}

/// What became of one record.
#[derive(Clone, Copy, Default)]
struct Fate {
    offered: bool,
    taken: bool,
}

pub struct World {
    broken: Broken,
    dice: Dice,
    window: (u64, u64),
    target: usize,
    sender: Sender,
    receiver: Receiver,
    /// The last one is open; of the others only what had arrived is left.
    connections: Vec<VecDeque<Frame>>,
    fates: Vec<Fate>,
    last_of_life: BTreeMap<u32, usize>,
    ends: u32,
    pub tally: Tally,
}

impl World {
    pub fn new(seed: u64, broken: Broken) -> World {
        let mut dice = Dice(seed);
        let window = (1 + dice.below(8) as u64, 1 + dice.below(80) as u64);
        let target = dice.below(60);
        World {
            broken,
            dice,
            window,
            target,
            sender: Sender { epoch: 1, ..Sender::default() },
            receiver: Receiver::default(),
            connections: vec![VecDeque::new()],
            fates: Vec::new(),
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
        Err(format!(
            "blocked for ever: sent {:?}, heard {:?}",
            self.sender.offered, self.receiver.received
        ))
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
            || known.admits(records, frame.head.bytes, self.window);
        if free {
            let frame = self.sender.waiting.pop_front().expect("it was looked at");
            if !self.receiver.finished {
                self.put(frame);
                self.check_window()?;
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

    /// What was sent in this life and is not past the receiver is no more than a window, or one frame.
    fn check_window(&self) -> Result<(), String> {
        let next = self.receiver.received.next;
        let heads = self.connections.iter().flatten().map(|frame| &frame.head);
        let ahead =
            heads.filter(|h| h.kind == Kind::Data && h.epoch == self.sender.epoch && h.seq >= next);
        // What the network doubled is counted once.
        let ahead: BTreeMap<u64, (u32, u32)> = ahead.map(|h| (h.seq, (h.count, h.body_len))).collect();
        let frames = ahead.len();
        let records: u64 = ahead.values().map(|(count, _)| u64::from(*count)).sum();
        let bytes: u64 = ahead.values().map(|(_, len)| u64::from(*len)).sum();
        if frames > 1 && (records > self.window.0 || bytes > self.window.1) {
            return Err(format!("in flight: {records} records, {bytes} bytes, window {:?}", self.window));
        }
        Ok(())
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

    fn put(&mut self, frame: Frame) {
        self.connections.last_mut().expect("one is open").push_back(frame);
    }

    fn head(&self, kind: Kind, seq: u64, bytes: u64) -> Header {
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

    /// What the socket had not sent is gone, what had arrived stays.
    fn crash_sender(&mut self) {
        if self.sender.finished {
            return;
        }
        self.tally.sender_crashes += 1;
        let open = self.connections.last_mut().expect("one is open");
        let arrived = self.dice.below(open.len() + 1);
        open.truncate(arrived);
        self.connections.push(VecDeque::new());
        let Sender { epoch, published, .. } = self.sender;
        self.sender = Sender { epoch: epoch + 1, published, offered: published, ..Sender::default() };
        // Its first word.
        if self.broken != Broken::NoBeat {
            let head = self.head(Kind::Beat, published.0, published.1);
            self.put(Frame { head, first: 0, damaged: false });
        }
    }

    /// All that had arrived is gone; what the sender's socket still has comes over a new connection.
    fn crash_receiver(&mut self) {
        if self.receiver.finished {
            return;
        }
        self.tally.receiver_crashes += 1;
        let mut open = self.connections.pop().expect("one is open");
        open.drain(..self.dice.below(open.len() + 1));
        self.connections = vec![open];
        self.receiver.inside = 0;
        self.receiver.lost_inside = self.receiver.received.records - self.receiver.done;
        if self.broken == Broken::EndForgotten {
            self.receiver.received.ended = false;
        }
    }

    /// The connection breaks and a new one follows: something in the middle is lost, or comes twice.
    fn reset(&mut self) {
        let mut open = self.connections.pop().expect("one is open");
        let (arrived, queued) = (self.dice.below(open.len() + 1), self.dice.below(open.len() + 1));
        let rest = open.iter().skip(queued).cloned().collect();
        open.truncate(arrived);
        self.connections.retain(|connection| !connection.is_empty());
        self.connections.extend([open, rest]);
    }

    fn at_rest(self) -> Result<Tally, String> {
        let Received { records, duplicates, .. } = self.receiver.received;
        let count = |of: fn(&Fate) -> bool| self.fates.iter().filter(|fate| of(fate)).count() as u64;
        let offered = self.sender.published.0;
        if offered != count(|fate| fate.offered) || records != count(|fate| fate.taken) {
            return Err("the account speaks of other records than there are".into());
        }
        if count(|fate| fate.taken && !fate.offered) > 0 {
            return Err("a record was received and never offered".into());
        }
        let lost = count(|fate| fate.offered && !fate.taken);
        if offered != records + lost {
            return Err(format!("{offered} offered, {records} received, {lost} lost"));
        }
        let Receiver { done, lost_inside, inside, .. } = self.receiver;
        if records != done + lost_inside || inside > 0 {
            return Err(format!("{records} received, {done} done, {lost_inside} lost inside"));
        }
        if self.ends != 1 {
            return Err(format!("it ended {} times", self.ends));
        }
        Ok(Tally { lost, duplicates, ..self.tally })
    }
}
