//! What a worker does while no records come: it waits, calls who wanted to be called, and says that it is still there.

use super::Worker;
use crate::clock::mono_ns;
use crate::error::{Error, Result};
use crate::stage::duty::is_readable;
use crate::topology::plan::Every;
use crate::wire::link::BEAT_NS;
use nix::sys::epoll::{Epoll, EpollCreateFlags, EpollEvent, EpollFlags};
use std::os::fd::{AsFd, BorrowedFd};

impl Worker<'_> {
    /// The step that is to be called though nothing has come: its time has, or what it waits for outside is there.
    /// Those before one that is full are not.
    pub(super) fn due(&mut self, now: u64) -> Option<usize> {
        let full = self.steps.full();
        let first = full.unwrap_or(0);
        let seen = self.seen.take().filter(|seen| *seen >= first);
        let due = self.steps.due(first, now);
        let waits = || self.steps.waits_on().filter(|(step, _)| *step >= first);
        // Where a source waits for one thing, the wait that comes next tells whether it is there.
        let told = due.is_none() && self.inlets.is_none() && full.is_none() && waits().nth(1).is_none();
        if seen.is_some() || told {
            return seen;
        }
        // One that always wants to be called must not keep those before it from what has come.
        let before = |step: usize| due.is_none_or(|due| step < due);
        let mut outside = waits().filter(|(step, _)| before(*step));
        outside.find(|(_, fd)| is_readable(*fd)).map(|(step, _)| step).or(due)
    }

    /// Waits for records, for what an operator asked, for a report to be due, or for the next beat.
    pub(super) fn idle(&mut self, now: u64) -> Result<()> {
        // A report that is overdue because a sink holds records waits a little, not in a busy loop.
        let report = match self.stage.upkeep.every {
            Some(Every::Time(_)) => self.reports.due.max(now + 1_000_000),
            _ => u64::MAX,
        };
        let more = self.keep_snapshot(now);
        let until = self.steps.due_ns().min(report).min(now + BEAT_NS);
        let ns = if more { 0 } else { until.saturating_sub(now) };
        let ns = ns.min(self.outlets.look_again_ns());
        let waiter = &mut self.waiter;
        let now = {
            let first = self.steps.full().unwrap_or(0);
            let outside = self.steps.waits_on().filter(|(step, _)| *step >= first).map(|(_, fd)| fd);
            match &mut self.inlets {
                _ if self.steps.full().is_some() => self.duty.wait_outside(now, ns, outside)?,
                Some(inlets) => {
                    let mut few = outside.clone();
                    let (one, more) = (few.next(), few.next().is_some());
                    let all = if more { Some(gathered(outside)?) } else { None };
                    let outside = all.as_ref().map(|all| all.0.as_fd()).or(one);
                    self.duty.idle(now, |bell| inlets.wait(bell, outside, ns, waiter, self.ledger))?
                }
                None => {
                    let (now, readable) = self.duty.nap_until(now, ns, waiter, outside)?;
                    let mut all = self.steps.waits_on().map(|(step, _)| step);
                    let (one, more) = (all.next(), all.next().is_some());
                    self.seen = one.filter(|_| readable && !more);
                    now
                }
            }
        };
        self.woke_ns = Some(now);
        self.serve(now)?;
        if report <= now {
            // By way of the operators: a sink says again whether it holds records. One that is full gets no more.
            let first = self.steps.full().unwrap_or(0);
            self.steps.reset_at(first, &mut self.batch);
            let cx = self.desk.cx();
            (cx.inlet, cx.now_ns) = (0, now);
            self.work(first)?;
            self.woke_ns = None;
        }
        self.beat(now)
    }

    /// Finishing goes on when a step that is full has room again, or wants to be called.
    pub(super) fn wait_for_room(&mut self) -> Result<()> {
        let now = mono_ns();
        let (Some(full), false) = (self.steps.full_behind(), self.due(now).is_some()) else { return Ok(()) };
        self.duty.stop_asked()?;
        let ns = self.steps.due_ns().min(now + BEAT_NS).saturating_sub(now);
        let outside = self.steps.waits_on().filter(|(step, _)| *step >= full).map(|(_, fd)| fd);
        let now = self.duty.wait_outside(now, ns.min(self.outlets.look_again_ns()), outside)?;
        self.serve(now)?;
        self.beat(now)
    }

    /// Writes a piece of a snapshot, or begins one if it is time. Whether there is more to write.
    pub(super) fn keep_snapshot(&mut self, now: u64) -> bool {
        let Worker { snapshots, steps, desk, ledger, inlets, held, .. } = self;
        // Who has more of what it got is in the middle of something; a source has always more.
        let amid = steps.again().is_some_and(|step| step > 0 || inlets.is_some());
        let aside = desk.set_aside();
        let more = snapshots.go_on(now, !*held && !amid, steps, desk.account(), ledger);
        desk.put_back(aside);
        more
    }

    /// Says on links that have been silent what comes next, and how far time has come.
    pub(super) fn beat(&mut self, now: u64) -> Result<()> {
        if self.steps.timed() {
            let idle = self.is_idle(now);
            self.outlets.set_idle(idle);
        }
        self.outlets.beat(now)
    }

    /// Whether nothing is to be expected of this worker for now: a source has read nothing for as long as it says, any
    /// other hears it on all its links; and no step has anything to come.
    fn is_idle(&mut self, now: u64) -> bool {
        let quiet = match &self.inlets {
            Some(inlets) => inlets.all_idle(),
            None => {
                let read = self.desk.account().done;
                if self.read_last.1 != read {
                    self.read_last = (now, read);
                }
                self.steps.idle_after_ns().is_some_and(|ns| now.saturating_sub(self.read_last.0) >= ns)
            }
        };
        quiet && self.steps.hold_nothing()
    }
}

/// Several descriptors as one, which is readable when any of them is.
fn gathered<'f>(all: impl Iterator<Item = BorrowedFd<'f>>) -> Result<Epoll> {
    let cannot = |e: nix::errno::Errno| Error::failed(format!("cannot wait: {}", e.desc()));
    let one = Epoll::new(EpollCreateFlags::EPOLL_CLOEXEC).map_err(cannot)?;
    for fd in all {
        one.add(fd, EpollEvent::new(EpollFlags::EPOLLIN, 0)).map_err(cannot)?;
    }
    Ok(one)
}
