//! The way out of a call that failed: what became of its records before it did is told, and nothing else.

use super::Worker;
use crate::error::{Error, Result};
use crate::operator::Ending;
use crate::stage::steps::Failed;
use crate::wire::ledger::State;

impl Worker<'_> {
    /// Settles a call that a step has failed in; what is given back is why it failed.
    ///
    /// An error is the end of a call, not of its records:
    /// - What a *source* has read before it failed goes its way.
    /// - The batch of a *step* that failed is half changed, so it is not sent. Of its records only those are done that
    ///   something was said of; the others are lost inside. What has left by other ports goes out.
    /// - A *sink* has stored what it has told of, and nothing else; another program has stored what it has answered.
    pub(super) fn fail(&mut self, Failed { step, error }: Failed) -> Error {
        let sink = self.stage.sink && step + 1 == self.stage.steps.len();
        // Of two errors the first is the cause.
        let _ = match step {
            _ if sink => self.tell_what_was_answered(step),
            0 if self.stage.is_source() => self.send_what_was_read(),
            _ => self.tell_what_was_said(),
        };
        error
    }

    /// The other steps get what the source has left in the batch.
    fn send_what_was_read(&mut self) -> Result<()> {
        let mut step = 1;
        self.steps.time_of_source(&mut self.batch, &mut self.desk);
        loop {
            if let Err(failed) = self.steps.process(step, &mut self.batch, &mut self.desk) {
                return Err(self.fail(failed));
            }
            self.emit(false)?;
            let Some(again) = self.steps.again().filter(|step| *step > 0) else { break };
            step = again;
            self.steps.reset_at(step, &mut self.batch);
        }
        if self.stage.sink {
            self.desk.set_ending(Ending::Stopped);
            self.steps.finish_sink_only();
            self.finish_steps()?;
        }
        Ok(())
    }

    /// Makes the account of a sink public that works with something outside: it has no store that could know better.
    fn tell_what_was_answered(&mut self, step: usize) -> Result<()> {
        if self.held || self.ledger.state() < State::Ready || !self.desk.works_outside(step) {
            return Ok(());
        }
        self.plan_sides();
        self.publish_and_send()?;
        self.show_sides();
        Ok(())
    }

    /// Makes the account public as far as it speaks of single records.
    fn tell_what_was_said(&mut self) -> Result<()> {
        if self.held || self.ledger.state() < State::Ready {
            // What the sink holds is not public, nor is anything that came after it; and before a sink has opened its
            // store nobody knows whether that knows more.
            return Ok(());
        }
        let before = self.ledger.account();
        // What something outside had is not to come back.
        self.desk.forget_under_way();
        let account = self.desk.account_mut();
        let said = account.left() - before.left();
        let came = account.done - before.done;
        account.done = before.done + said.min(came);
        // Of rows that the stage made itself only those count that something was said of too.
        account.made = before.made + said.saturating_sub(came);
        if self.stage.is_source() {
            // Nobody else knows that they were read.
            account.lost += came.saturating_sub(said);
        }
        // Windows that closed in the call have not gone out: who goes on from a snapshot has them still. What a source
        // has read it does not read again.
        account.put_back_positions(usize::from(self.stage.is_source()), &before);
        self.plan_sides();
        self.publish_and_send()?;
        self.show_sides();
        Ok(())
    }
}
