//! What a worker does while no records come: it waits, calls who wanted to be called, and says that it is still there.

use super::Worker;
use crate::error::Result;
use crate::stage::duty::is_readable;
use crate::topology::plan::Every;
use crate::wire::link::BEAT_NS;

impl Worker<'_> {
    /// The step that is to be called though nothing has come: its time has, or what it waits for outside is there.
    pub(super) fn due(&self, now: u64) -> Option<usize> {
        let outside = || self.steps.waits_on().find(|(_, fd)| is_readable(*fd));
        self.steps.due(now).or_else(|| outside().map(|(step, _)| step))
    }

    /// Waits for records, for what an operator asked, for a report to be due, or for the next beat.
    pub(super) fn idle(&mut self, now: u64) -> Result<()> {
        // A report that is overdue because a sink holds records waits a little, not in a busy loop.
        let report = match self.stage.upkeep.every {
            Some(Every::Time(_)) => self.report_due.max(now + 1_000_000),
            _ => u64::MAX,
        };
        let more = self.keep_snapshot(now);
        let ns = if more { 0 } else { self.steps.due_ns().min(report).min(now + BEAT_NS) - now };
        let ns = ns.min(self.outlets.look_again_ns());
        let waiter = &mut self.waiter;
        let now = {
            let mut outside = self.steps.waits_on().map(|(_, fd)| fd);
            match &mut self.inlets {
                Some(inlets) => {
                    // Where records come in over links only the sink waits for another thing.
                    let outside = outside.next();
                    self.duty.idle(now, |bell| inlets.wait(bell, outside, ns, waiter, self.ledger))?
                }
                None => self.duty.nap_until(now, ns, waiter, outside)?,
            }
        };
        self.woke_ns = Some(now);
        self.serve(now)?;
        if report <= now {
            // By way of the operators: a sink says again whether it holds records.
            self.steps.reset(&mut self.batch, 0);
            let cx = self.desk.cx();
            (cx.inlet, cx.now_ns) = (0, now);
            self.work(0)?;
            self.woke_ns = None;
        }
        self.beat(now)
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
