//! What can happen to a link, and what must hold when all is over.

use super::parts::{Broken, Fate, Frame, Receiver, Sender};
use super::tally::Tally;
use super::world::World;
use sluicebox::operator::Amount;
use sluicebox::wire::header::{Header, Kind};
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
        self.sender = Sender::begin(self.sender.epoch + 1, self.sender.public, self.broken, self.terms);
        // Its first word.
        let head = self.sender.link.tell(None, false, self.now).expect("it has said nothing yet");
        if self.broken != Broken::NoBeat {
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
        let credit = self.terms.credit;
        if frames > 1 && !(Amount { records, bytes }).is_within(credit) {
            return Err(format!("in flight: {records} records, {bytes} bytes, credit {credit:?}"));
        }
        Ok(())
    }

    /// What waits has no credit: what was handed over in this life, and is not past the receiver, takes it all.
    pub fn check_waits(&mut self) -> Result<(), String> {
        let Some(first) = self.sender.bodies.values().next() else { return Ok(()) };
        let next = self.receiver.received.next;
        self.sender.handed.retain(|(end, _)| *end > next);
        let flying = self.sender.handed.iter().fold(Amount::default(), |sum, (_, amount)| sum.plus(*amount));
        let free = self.sender.handed.is_empty() || flying.plus(*first).is_within(self.terms.credit);
        match free {
            true => Err(format!("{first:?} waits with {flying:?} in flight, credit {:?}", self.terms.credit)),
            false => Ok(()),
        }
    }

    /// Nothing is written that speaks of what is not public.
    pub fn check_public(&mut self, head: &Header) {
        let end = head.seq + u64::from(head.count);
        let public = self.sender.public.0;
        if end > public.records || head.bytes > public.bytes {
            self.early.get_or_insert_with(|| format!("{end} records are spoken of, {public:?} is public"));
        }
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
        let (offered, shed) = (self.sender.public.0.records, self.sender.public.1.total());
        let same = [
            (offered, count(|fate| fate.offered)),
            (shed, count(|fate| fate.shed)),
            (records, count(|fate| fate.taken)),
        ];
        if let Some((said, is)) = same.iter().find(|(said, is)| said != is) {
            return Err(format!("the account speaks of other records than there are: {said} for {is}"));
        }
        if count(|fate| (fate.taken || fate.shed) && !fate.offered) > 0 {
            return Err("a record was received or shed and never offered".into());
        }
        if count(|fate| fate.taken && fate.shed) > 0 {
            return Err("a record was shed and received".into());
        }
        let lost = count(|fate| fate.offered && !fate.taken && !fate.shed);
        if offered != records + shed + lost {
            return Err(format!("{offered} offered, {records} received, {shed} shed, {lost} lost"));
        }
        let Receiver { done, lost_inside, inside, .. } = self.receiver;
        if records != done + lost_inside || inside > 0 {
            return Err(format!("{records} received, {done} done, {lost_inside} lost inside"));
        }
        if self.ends != 1 {
            return Err(format!("it ended {} times", self.ends));
        }
        let [(_, full), (_, too_old)] = self.sender.public.1.by_reason();
        Ok(Tally { lost, full, too_old, duplicates, ..self.tally })
    }
}
