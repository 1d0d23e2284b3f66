//! How a worker comes to its end: its state is saved, its operators finish, and everyone hears that nothing more comes.

use super::Worker;
use crate::clock::mono_ns;
use crate::error::Result;
use crate::operator::Ending;
use crate::stage::inlets::Inlets;

impl Worker<'_> {
    /// Saves their state, lets the operators finish, sends the last report, and judges what was rejected in all.
    pub(super) fn finish(&mut self) -> Result<()> {
        let aside = self.desk.set_aside();
        let saved = self.snapshots.last(self.held, &mut self.steps, self.desk.account(), self.ledger);
        self.desk.put_back(aside);
        self.desk.set_ending(match self.was_stopped() {
            false => Ending::Drained,
            // What a snapshot does not have can't wait in it.
            true if saved && self.stage.upkeep.keeps_open => Ending::Kept,
            true => Ending::Stopped,
        });
        self.finish_steps()?;
        self.batch.clear();
        self.emit(true)?;
        self.keep_report();
        if !self.snapshots.replace() && self.desk.cx().ending() == Ending::Kept {
            self.snapshots.forget_last(self.desk.account_mut());
            self.publish_and_send()?;
        }
        let verdict = self.judge.all(self.desk.account());
        verdict.map_or(Ok(()), |verdict| Err(self.rejects_too_many(&verdict)))
    }

    /// Whether a source before it was stopped before its end, or it was itself.
    fn was_stopped(&self) -> bool {
        self.stopped || self.inlets.as_ref().is_some_and(Inlets::stopped)
    }

    pub(super) fn finish_steps(&mut self) -> Result<()> {
        self.desk.cx().inlet = 0;
        loop {
            self.wait_for_room()?;
            self.desk.cx().now_ns = mono_ns();
            match self.steps.finish(&mut self.batch, &mut self.desk) {
                Ok(true) => self.emit(false).map(|_| ())?,
                Ok(false) => return Ok(()),
                Err(failed) => return Err(self.fail(failed)),
            }
        }
    }

    /// Says End until everyone has heard it.
    pub(super) fn say_end(&mut self) -> Result<()> {
        self.duty.tell_all();
        let mut now = mono_ns();
        let stopped = self.was_stopped();
        loop {
            self.serve(now)?;
            if self.outlets.end(stopped, now)? {
                break;
            }
            self.duty.stop_asked()?;
            now = self.duty.nap(now, 1_000_000)?;
        }
        self.duty.tell_all();
        Ok(())
    }
}
