//! The sending process of a link: the product's own `LinkSender`, a ledger, and a socket that may be full.

use super::parts::{Broken, Fate, Frame};
use super::world::World;
use sluicebox::operator::{Amount, Shed};
use sluicebox::wire::header::{Header, Kind};
use sluicebox::wire::link::{BEAT_NS, Load, Received, Step};

impl World {
    /// As `Outlets::plan`, `Ledger::publish` and `Outlets::send`, one frame at a time.
    pub fn send(&mut self) -> Result<(), String> {
        let full = !self.sender.link.sheds() && self.sender.link.has_waiting();
        if !full && self.fates.len() < self.target {
            self.plan();
        }
        if self.receiver.finished {
            while let Some(body) = self.sender.link.give_up() {
                self.sender.bodies.remove(&body).expect("it waits");
            }
        }
        if self.sender.link.wants_word() {
            self.hear();
        }
        match self.sender.link.next(self.now) {
            None => self.check_waits()?,
            Some(Step::Shed(body)) => self.shed(body),
            // The socket has no room.
            Some(Step::Write(..)) if self.dice.one_in(8) => {}
            Some(Step::Write(head, body)) => self.write(head, body)?,
        }
        // The broken product makes public what went out some steps ago.
        let late = self.sender.unpublished && (self.sender.link.has_waiting() || !self.dice.one_in(4));
        if !late && (self.sender.link.is_unpublished() || self.sender.unpublished) {
            self.publish();
        }
        Ok(())
    }

    fn write(&mut self, head: Header, body: usize) -> Result<(), String> {
        assert_eq!(self.sender.link.handed_over(self.now), Some(body), "it is what was to be written");
        let amount = self.sender.bodies.remove(&body).expect("a body is named once");
        self.sender.handed.push_back((head.seq + amount.records, amount));
        let frame = Frame { head, first: body, damaged: self.dice.one_in(50) };
        self.check_public(&head);
        self.check_names(&frame)?;
        self.put(frame);
        self.check_credit()
    }

    /// The receiver's ledger is read.
    fn hear(&mut self) {
        let mut received = self.receiver.received;
        if self.broken == Broken::ShedEatsCredit {
            let (_, shed) = self.sender.link.account();
            received = Received { next: received.next.saturating_sub(shed.total()), ..received };
        }
        self.sender.link.heard(&received);
    }

    /// Cuts what there is into frames and makes it public.
    fn plan(&mut self) {
        if self.sender.link.sheds() {
            self.hear();
        }
        let frames = 1 + self.dice.below(3);
        for frame in 1..=frames {
            let (first, count) = (self.fates.len(), 1 + self.dice.below(10));
            self.fates.resize(first + count, Fate::default());
            if self.terms.max_age_ns.is_some() && self.dice.one_in(8) {
                self.sender.link.offer_too_old(count as u64);
                self.sender.shed.extend(first..first + count);
                continue;
            }
            let len = (count * (1 + self.dice.below(12))) as u32;
            let load = Load { body: first, count: count as u32, len, flags: 0, youngest_ns: self.now };
            self.sender.link.offer(load, frame == frames);
            let amount = Amount { records: count as u64, bytes: len.into() };
            self.sender.bodies.insert(first, amount);
            while let Some(body) = self.sender.link.shed_full() {
                self.shed(body);
            }
        }
        match self.broken {
            Broken::PublishLate => {
                self.sender.link.published();
                self.sender.unpublished = true;
            }
            _ => self.publish(),
        }
    }

    fn shed(&mut self, body: usize) {
        let amount = self.sender.bodies.remove(&body).expect("a body is named once");
        let records = body..body + amount.records as usize;
        self.sender.shed.extend(records);
        if self.broken == Broken::ShedIsSent {
            let head = Header {
                seq: self.receiver.received.next,
                count: amount.records as u32,
                ..Header::new(Kind::Data, 0, self.sender.epoch)
            };
            self.put(Frame { head, first: body, damaged: false });
        }
    }

    fn publish(&mut self) {
        let (offered, shed) = self.sender.link.account();
        let news = (offered.records - self.sender.public.0.records) as usize;
        let known = self.fates.len() - news;
        self.fates[known..].iter_mut().for_each(|fate| fate.offered = true);
        self.sender.shed.drain(..).for_each(|record| self.fates[record].shed = true);
        let shed = if self.broken == Broken::ShedUncounted { Shed::default() } else { shed };
        self.sender.public = (offered, shed);
        self.sender.link.published();
        self.sender.unpublished = false;
    }

    /// A tenth of a second: an idle link speaks, as `Outlets::beat` and `Outlets::end`.
    pub fn tick(&mut self) -> Result<(), String> {
        self.now += BEAT_NS;
        let sender = &self.sender;
        let through = self.fates.len() >= self.target && !sender.unpublished;
        if sender.finished || self.receiver.finished || self.receiver.received.ended {
            self.sender.finished |= through && !sender.link.has_waiting() && !sender.link.is_unpublished();
            return Ok(());
        }
        let Some(head) = self.sender.link.tell(through.then_some(0), false, self.now) else { return Ok(()) };
        let silent = match head.kind {
            Kind::End => self.broken == Broken::EndOnce && self.sender.said_end,
            _ => self.broken == Broken::NoBeat,
        };
        if !silent {
            self.sender.said_end |= head.kind == Kind::End;
            self.check_public(&head);
            self.put(Frame { head, first: 0, damaged: false });
        }
        if head.kind == Kind::End && !self.sender.bodies.is_empty() {
            return Err("an End overtakes what waits".into());
        }
        Ok(())
    }
}
