//! A worker's account and side streams, in the hands of who runs its operators. An operator sees of it what `Cx` shows.

use super::cx::SideBatch;
use super::event_time::{Ending, Holds};
use super::{Account, Aside, Cx, PortId, Reads};
use crate::data::Batch;
use crate::units::Share;
use std::sync::Arc;

/// The `Cx` of a worker, and what of it is not for operators.
pub struct Desk {
    cx: Cx,
}

/// The account, and what waits to be sent by each port beside the main one.
pub struct Parts<'a> {
    pub account: &'a mut Account,
    pub sides: &'a mut [SideBatch],
}

impl Desk {
    /// Begins where `cx` stands: a new one goes on from its account.
    pub fn new(cx: Cx) -> Desk {
        Desk { cx }
    }

    /// What the operator gets that works now.
    pub fn cx(&mut self) -> &mut Cx {
        &mut self.cx
    }

    /// Says that rows which leave by these ports are read by somebody: they are kept until they are sent.
    pub fn keep(&mut self, ports: impl IntoIterator<Item = (PortId, Batch)>) {
        for (port, batch) in ports {
            self.cx.sides[port.index()] = Some(batch);
        }
    }

    /// Says which ports belong to each step, in the order of its plan.
    pub fn set_ports(&mut self, by_step: Vec<Vec<PortId>>) {
        self.cx.ports = by_step;
    }

    /// Says which of the stage's workers this is, and its number in the run.
    pub(crate) fn be_worker(&mut self, worker: u16, workers: u16, number: u16) {
        (self.cx.worker, self.cx.workers, self.cx.number) = (worker, workers, number);
    }

    /// Says which step works next, and what it reads.
    pub fn enter(&mut self, step: usize, reads: &Arc<Reads>) {
        self.cx.step = step;
        if !Arc::ptr_eq(&self.cx.reads, reads) {
            self.cx.reads = reads.clone();
        }
    }

    /// Whether a step has held records since this was asked last.
    pub fn was_held(&mut self) -> bool {
        std::mem::take(&mut self.cx.held)
    }

    /// A sink got `n` more records of an inlet. How many it has now that are not stored, where it says that bit by bit.
    pub(crate) fn give(&mut self, inlet: usize, n: u64) -> Option<u64> {
        self.cx.stored_of(inlet).given += n;
        let held = || self.cx.stored.iter().map(|stored| stored.given.saturating_sub(stored.said)).sum();
        self.cx.bit_by_bit.then(held)
    }

    /// Takes out of the account what something outside has.
    #[inline]
    pub(crate) fn set_aside(&mut self) -> Aside {
        match self.cx.under_way.iter().sum() {
            0 => Aside::default(),
            n => self.cx.account.set_aside(n),
        }
    }

    #[inline]
    pub(crate) fn put_back(&mut self, aside: Aside) {
        if aside != Aside::default() {
            self.cx.account.put_back(aside);
        }
    }

    /// Whether a step says which of its records something outside has.
    pub(crate) fn works_outside(&self, step: usize) -> bool {
        self.cx.under_way.len() > step
    }

    /// A step has failed: what something outside had for it does not come back.
    pub(crate) fn forget_under_way(&mut self) {
        self.cx.under_way.fill(0);
        self.cx.lost = 0;
    }

    /// Takes what steps have said is lost out of the account for ever. How many records of those that came over links,
    /// for which the account has no place: it is seen from what was received.
    #[inline]
    pub(crate) fn take_lost(&mut self, source: bool) -> u64 {
        match std::mem::take(&mut self.cx.lost) {
            0 => 0,
            n => self.lose(n, source),
        }
    }

    #[cold]
    fn lose(&mut self, n: u64, source: bool) -> u64 {
        let held = self.cx.account.held;
        let Aside { came, .. } = self.cx.account.set_aside(n);
        self.cx.account.held = held;
        self.cx.account.lost += if source { came } else { 0 };
        if source { 0 } else { came }
    }

    /// Says how far event time has come for the step that works next, and forgets what the one before held back.
    pub fn set_watermark(&mut self, watermark: i64) {
        (self.cx.watermark, self.cx.holds) = (watermark, Holds::default());
    }

    /// Says whether all that comes to the stage ends by itself.
    pub fn set_ends(&mut self, ends: bool) {
        self.cx.ends = ends;
    }

    /// Says how many of its records the worker may reject.
    pub fn set_max_rejects(&mut self, max: Share) {
        self.cx.max_rejects = max;
    }

    /// Says why steps are to finish.
    pub fn set_ending(&mut self, ending: Ending) {
        self.cx.ending = ending;
    }

    /// What the step that has just worked holds back.
    pub fn holds(&self) -> Holds {
        self.cx.holds
    }

    /// Of which of a source's partitions the rows are that it leaves.
    pub(crate) fn partition(&self) -> Option<usize> {
        self.cx.partition
    }

    pub fn account(&self) -> &Account {
        &self.cx.account
    }

    pub fn account_mut(&mut self) -> &mut Account {
        &mut self.cx.account
    }

    pub fn parts(&mut self) -> Parts<'_> {
        Parts { account: &mut self.cx.account, sides: &mut self.cx.sides }
    }
}
