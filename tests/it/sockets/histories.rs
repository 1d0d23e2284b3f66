//! The laws of a link over real sockets: random histories of sending, taking and crashing, on every pair of engines.

use super::{Ground, PAIRS, Sender, WATCHDOG};
use crate::link_laws::Dice;
use sluicebox::clock::mono_ns;
use sluicebox::wire::endpoint::{Engine, Inbox};
use sluicebox::wire::header::{Header, Kind};
use sluicebox::wire::link::{Received, Verdict};
use std::time::Instant;

/// Histories of each pair.
const SEEDS: u64 = 60;
const RECORDS: u64 = 300;

/// One sender and one receiver, and what their ledgers would keep over a crash.
struct History<'a> {
    ground: &'a Ground,
    dice: Dice,
    sender: Option<Sender>,
    inbox: Option<Inbox>,
    epoch: u32,
    /// Planned and public, but not sent: a crash forgets it.
    waiting: Option<Header>,
    offered: u64,
    received: Received,
    /// How often each record was taken, and in which life it was sent.
    taken: Vec<u32>,
    last: (u32, u64),
    crashes: (u32, u32),
}

impl History<'_> {
    fn header(&self, kind: Kind, seq: u64, count: u32) -> Header {
        let bytes = seq + u64::from(count);
        Header { count, body_len: count, seq, bytes, ..Header::new(kind, 1, self.epoch) }
    }

    fn offer(&mut self, header: &Header) -> bool {
        let body = vec![0xab; header.count as usize];
        let sender = self.sender.get_or_insert_with(|| self.ground.connect());
        sender.outbox.offer(&header.write(), &body, mono_ns()).unwrap()
    }

    fn send(&mut self) {
        if self.waiting.is_none() && self.offered < RECORDS {
            // Now and then a frame that no socket takes at once.
            let most = if self.dice.one_in(20) { 9000 } else { 10 };
            let count = 1 + self.dice.below(most) as u32;
            self.waiting = Some(self.header(Kind::Data, self.offered, count));
            self.offered += u64::from(count);
            self.taken.resize(self.offered as usize, 0);
        }
        if let Some(header) = self.waiting
            && self.offer(&header)
        {
            self.waiting = None;
        }
    }

    fn say(&mut self, kind: Kind) {
        let seq = self.waiting.map_or(self.offered, |header| header.seq);
        let header = self.header(kind, seq, 0);
        self.offer(&header);
    }

    fn receive(&mut self) {
        let inbox = self.inbox.get_or_insert_with(|| self.ground.bind());
        let Some(frame) = inbox.take().unwrap() else {
            inbox.wait(None, [None; 2], 1_000_000).unwrap();
            return;
        };
        let (header, body) = Header::read(frame).expect("a frame is torn");
        assert!(body.iter().all(|byte| *byte == 0xab), "a frame is torn");
        let ended = self.received.ended;
        if self.received.judge(&header) == Verdict::Take {
            assert!(!ended, "records came behind the End");
            assert!(header.epoch != self.last.0 || header.seq >= self.last.1, "out of order");
            self.last = (header.epoch, header.seq + u64::from(header.count));
            for record in header.seq..header.seq + u64::from(header.count) {
                self.taken[record as usize] += 1;
            }
        }
    }

    fn run(mut self) -> (u64, (u32, u32)) {
        for _ in 0..self.dice.below(400) {
            match self.dice.below(60) {
                0 => {
                    (self.sender, self.waiting) = (None, None);
                    self.epoch += 1;
                    self.crashes.0 += 1;
                    self.say(Kind::Beat);
                }
                1 => {
                    self.inbox = None;
                    self.crashes.1 += 1;
                }
                2..5 => self.say(Kind::Beat),
                5..30 => self.send(),
                _ => self.receive(),
            }
        }
        let start = Instant::now();
        while !self.received.ended {
            self.send();
            if self.waiting.is_none() && self.offered >= RECORDS {
                self.say(Kind::End);
            }
            self.receive();
            assert!(start.elapsed() < WATCHDOG, "it never ends");
        }
        assert!(self.taken.iter().all(|times| *times <= 1), "a record was taken twice");
        let taken = self.taken.iter().filter(|times| **times == 1).count() as u64;
        assert_eq!(self.received.records, taken, "the account speaks of other records");
        (self.offered - taken, self.crashes)
    }
}

/// Over any history of crashes at either end no record SHALL be taken twice, none out of order in one life of its
/// sender, no frame torn, and the End SHALL be heard; without a crash nothing SHALL be lost.
#[test]
fn the_laws_hold_over_real_sockets() {
    for pair in PAIRS {
        let (mut lost_in_all, mut calm) = (0, 0);
        for seed in 0..SEEDS {
            let ground = Ground::new(pair);
            let history = History {
                ground: &ground,
                dice: Dice(seed),
                sender: None,
                inbox: None,
                epoch: 1,
                waiting: None,
                offered: 0,
                received: Received::default(),
                taken: Vec::new(),
                last: (0, 0),
                crashes: (0, 0),
            };
            let (lost, crashes) = history.run();
            if crashes == (0, 0) {
                assert_eq!(lost, 0, "{pair:?}, seed {seed}: lost without a crash");
                calm += 1;
            }
            lost_in_all += lost;
        }
        assert!(calm > 2, "{pair:?}: some histories have no crash");
        assert!(lost_in_all > 0 || pair.0 == Engine::Direct, "{pair:?}: the crashes bite");
    }
}
