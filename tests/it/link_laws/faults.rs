//! What can happen to a link, and what must hold when all is over.

use super::tally::Tally;
use super::world::{Broken, Fate, Frame, Receiver, Sender, World};
use sluicebox::wire::header::Kind;
use sluicebox::wire::link::Received;
use std::collections::{BTreeMap, VecDeque};

impl World {
    /// What the socket had not sent is gone, what had arrived stays.
    pub fn crash_sender(&mut self) {
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
    pub fn crash_receiver(&mut self) {
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
    pub fn reset(&mut self) {
        let mut open = self.connections.pop().expect("one is open");
        let (arrived, queued) = (self.dice.below(open.len() + 1), self.dice.below(open.len() + 1));
        let rest = open.iter().skip(queued).cloned().collect();
        open.truncate(arrived);
        self.connections.retain(|connection| !connection.is_empty());
        self.connections.extend([open, rest]);
    }

    /// What was sent in this life and is not past the receiver is no more than the credit, or one frame.
    pub fn check_credit(&self) -> Result<(), String> {
        let next = self.receiver.received.next;
        let heads = self.connections.iter().flatten().map(|frame| &frame.head);
        let ahead = heads.filter(|h| h.kind == Kind::Data && h.epoch == self.sender.epoch && h.seq >= next);
        // What the network doubled is counted once.
        let ahead: BTreeMap<u64, (u32, u32)> = ahead.map(|h| (h.seq, (h.count, h.body_len))).collect();
        let frames = ahead.len();
        let records: u64 = ahead.values().map(|(count, _)| u64::from(*count)).sum();
        let bytes: u64 = ahead.values().map(|(_, len)| u64::from(*len)).sum();
        if frames > 1 && (records > self.credit.records || bytes > self.credit.bytes) {
            return Err(format!("in flight: {records} records, {bytes} bytes, credit {:?}", self.credit));
        }
        Ok(())
    }

    /// A sequence number stands for one record.
    pub fn check_names(&mut self, frame: &Frame) -> Result<(), String> {
        for n in 0..frame.head.count as usize {
            let (seq, record) = (frame.head.seq + n as u64, frame.first + n);
            if let Some(other) = self.names.insert(seq, record).filter(|other| *other != record) {
                return Err(format!("number {seq} stands for two records, {other} and {record}"));
            }
        }
        Ok(())
    }

    pub fn at_rest(self) -> Result<Tally, String> {
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
