//! The loop of a stage process: one function, one thread.
//!
//! Take what is there, run the operators, make the account public, send; when nothing is there, wait. Batches
//! grow with load and are one record long without it, so there is no timer and no added latency.

mod report;
mod start;

use super::duty::Duty;
use super::inlets::Inlets;
use super::outlets::{BEAT_NS, Outlets};
use super::steps::Steps;
use super::waiter::Waiter;
use crate::clock::mono_ns;
use crate::data::Batch;
use crate::error::{Exit, Result};
use crate::operator::{Cx, Next, Reads};
use crate::run::dir::RunDir;
use crate::topology::plan::{Every, Plan, Stage, Stream, WorkerId};
use crate::wire::codec;
use crate::wire::endpoint::Context;
use crate::wire::header::Header;
use crate::wire::ledger::{Ledger, State};

/// Runs one worker of a stage to its end.
///
/// # Errors
/// When an operator or the world fails; with `Exit::Stopped` when it was asked to leave before all was drained,
/// with `Exit::Closed` when nobody reads its standard output any more. The ledger then says how far it came.
pub fn run(plan: &Plan, dir: &RunDir, me: WorkerId, context: &Context) -> Result<()> {
    let ledger = dir.claim(me)?;
    if ledger.state() == State::Finished {
        return Ok(());
    }
    let done = work(plan, dir, me, &ledger, context);
    if done.as_ref().is_err_and(|e| e.exit == Exit::Closed) {
        // It has no use for more records, so nobody need wait for it.
        ledger.set_state(State::GivenUp);
    }
    done
}

fn work(plan: &Plan, dir: &RunDir, me: WorkerId, ledger: &Ledger, context: &Context) -> Result<()> {
    ledger.set_state(State::Starting);
    let mut worker = Worker::open(plan, dir, me, ledger, context)?;
    worker.start()?;
    if worker.stage.is_source() {
        worker.wait_for_downstream(plan, dir, me.stage)?;
    }
    let done = worker.run();
    if done.is_ok() {
        ledger.set_state(State::Finished);
    } else if done.as_ref().is_err_and(|e| e.exit == Exit::Failed) {
        // What was sent before it failed is still to arrive.
        worker.say_end()?;
    }
    done
}

struct Worker<'a> {
    stage: &'a Stage,
    ledger: &'a Ledger,
    steps: Steps,
    cx: Cx,
    inlets: Option<Inlets>,
    outlets: Outlets,
    batch: Batch,
    report: Batch,
    /// What the operators want next.
    next: Next,
    /// When, or at which count of records, the next report is due.
    report_due: u64,
    message_max: usize,
    waiter: Waiter,
    /// When the last wait was over, if nothing was done since.
    woke_ns: Option<u64>,
    duty: Duty<'a>,
}

impl<'a> Worker<'a> {
    fn open(
        plan: &'a Plan,
        dir: &RunDir,
        me: WorkerId,
        ledger: &'a Ledger,
        context: &Context,
    ) -> Result<Self> {
        let stage = &plan.stages[me.stage];
        let outlets = Outlets::open(plan, dir, me, ledger.epoch(), context)?;
        let inlets = match stage.is_source() {
            true => None,
            false => Some(Inlets::open(plan, dir, me, ledger, context)?),
        };
        let mut cx = Cx::new(&plan.run, &stage.name, ledger.account(), outlets.has(Stream::Rejected));
        cx.be_worker(me.worker, plan.worker_number(me));
        cx.records_max = stage.batch.records_max;
        cx.reject_bytes_max = (plan.max_message.0 as usize / 4).min(64 * 1024);
        cx.drain = plan.drain_timeout;
        let report = stage.report.as_ref().map(|(_, schema)| Batch::new(schema)).unwrap_or_default();
        Ok(Worker {
            stage,
            ledger,
            steps: Steps::make(stage)?,
            cx,
            inlets,
            outlets,
            batch: Batch::default(),
            report,
            next: Next::Wait,
            report_due: 0,
            message_max: plan.max_message.0 as usize,
            waiter: Waiter::of(plan, me.stage),
            woke_ns: None,
            duty: Duty::new(ledger, plan.drain_timeout),
        })
    }

    /// The loop, to its end.
    fn run(&mut self) -> Result<()> {
        while self.turn()? {}
        self.finish()?;
        self.say_end()
    }

    /// One round of the loop; false when nothing will come any more.
    fn turn(&mut self) -> Result<bool> {
        let stopping = self.duty.stop_asked()?;
        let now = self.woke_ns.take().unwrap_or_else(mono_ns);
        self.cx.now_ns = now;
        let taken = match &mut self.inlets {
            Some(inlets) => {
                self.batch.clear();
                let Worker { batch, steps, ledger, cx, duty, .. } = self;
                let reset = |batch: &mut Batch, inlet| steps.reset(batch, inlet);
                let took = |frame: &Header| duty.timings().taken(frame.sent_ns, now, frame.count.into());
                let inlet = inlets.take(batch, cx.records_max, ledger, reset, took)?;
                cx.inlet = inlet.unwrap_or(0);
                inlet.is_some()
            }
            None if stopping || self.next == Next::End => return Ok(false),
            None => false,
        };
        if !taken {
            let due = match self.next {
                Next::Again => now,
                Next::At(at) => at,
                Next::Wait | Next::End => u64::MAX,
            };
            if due > now {
                if self.inlets.as_ref().is_some_and(Inlets::all_ended) {
                    return Ok(false);
                }
                self.idle(now, due)?;
                return Ok(true);
            }
            self.steps.reset(&mut self.batch, 0);
            self.cx.inlet = 0;
        }
        let before = self.cx.done();
        self.cx.account_mut().done += self.batch.len() as u64;
        let done_ns = self.work()?;
        self.duty.timings().served(now, done_ns, self.cx.done() - before);
        self.duty.tell_in_time(done_ns);
        Ok(true)
    }

    /// Waits for records, for what an operator asked, for a report to be due, or for the next beat.
    fn idle(&mut self, now: u64, due: u64) -> Result<()> {
        // A report that is overdue because a sink holds records waits a little, not in a busy loop.
        let report = match self.stage.every {
            Some(Every::Time(_)) => self.report_due.max(now + 1_000_000),
            _ => u64::MAX,
        };
        let ns = due.min(report).min(now + BEAT_NS) - now;
        let waiter = &mut self.waiter;
        let now = match &mut self.inlets {
            Some(inlets) => self.duty.idle(now, |bell| inlets.wait(bell, ns, waiter, self.ledger))?,
            None => self.duty.nap_until(now, ns, waiter)?,
        };
        self.woke_ns = Some(now);
        if report <= now {
            // By way of the operators: a sink says again whether it holds records.
            self.steps.reset(&mut self.batch, 0);
            (self.cx.inlet, self.cx.now_ns) = (0, now);
            self.work()?;
            self.woke_ns = None;
        }
        self.outlets.beat(now, &self.cx.account_mut().offered)
    }

    /// Runs the operators on the batch and sends what is left of it. Answers when that was done.
    fn work(&mut self) -> Result<u64> {
        self.next = self.steps.process(&mut self.batch, &mut self.cx)?;
        let due = match self.stage.every {
            Some(Every::Records(_)) => self.cx.account_mut().done >= self.report_due,
            Some(Every::Time(_)) => self.cx.now_ns >= self.report_due,
            None => false,
        };
        self.emit(due)
    }

    /// Makes the account public, and then sends what it speaks of. A sink that holds records back holds both.
    /// Answers when the records were sent, or handed over to the store.
    fn emit(&mut self, report: bool) -> Result<u64> {
        let mut now = self.cx.now_ns;
        if self.stage.sink {
            now = mono_ns();
            self.duty.timings().stored(&self.batch.born_ns, now);
        } else {
            self.reject_too_large();
        }
        if self.cx.was_held() {
            return Ok(now);
        }
        if report && self.ledger.state() >= State::Ready {
            self.make_report()?;
        }
        let Worker { cx, outlets, batch, report, ledger, duty, stage, .. } = self;
        let mut rejects = cx.rejects().map(std::mem::take);
        let offered = &mut cx.account_mut().offered;
        if !stage.sink {
            outlets.plan(Stream::Main, batch, offered);
        }
        if let Some(rejects) = &rejects {
            outlets.plan(Stream::Rejected, rejects, offered);
        }
        outlets.plan(Stream::Report, report, offered);
        report.clear();
        cx.records_max = outlets.fit();
        cx.account_mut().serial += 1;
        ledger.publish(cx.account_mut());
        if let (Some(kept), Some(sent)) = (cx.rejects(), &mut rejects) {
            sent.clear();
            std::mem::swap(kept, sent);
        }
        if !stage.sink || outlets.has_frames() {
            now = outlets.send(&cx.account_mut().offered, |now, room| duty.blocked(now, room))?;
        }
        if !stage.sink {
            duty.timings().sent(&batch.born_ns, now);
        }
        Ok(now)
    }

    /// A record that no frame may carry is refused here, by name, and not at the receiver as a broken frame.
    fn reject_too_large(&mut self) {
        if codec::batch_bytes(&self.batch) <= self.message_max {
            return;
        }
        let fits = |row| codec::row_bytes(&self.batch, row) <= self.message_max;
        let keep: Vec<bool> = (0..self.batch.len()).map(fits).collect();
        let last = self.stage.steps.len() - 1;
        self.cx.enter(last, &Reads::of(&self.stage.steps[last].operator, &self.stage.output));
        for row in (0..keep.len()).filter(|row| !keep[*row]) {
            self.cx.reject(&self.batch, row, "too_large");
        }
        self.batch.retain(&keep);
    }

    /// Lets the operators finish, and sends the last report.
    fn finish(&mut self) -> Result<()> {
        self.cx.now_ns = mono_ns();
        self.cx.inlet = 0;
        while self.steps.finish(&mut self.batch, &mut self.cx)? {
            self.emit(false)?;
        }
        self.batch.clear();
        self.emit(true).map(|_| ())
    }

    /// Says End until everyone has heard it.
    fn say_end(&mut self) -> Result<()> {
        self.duty.tell_all();
        self.outlets.hurry();
        let mut now = mono_ns();
        while !self.outlets.end(now, &self.cx.account_mut().offered)? {
            self.duty.stop_asked()?;
            now = self.duty.nap(now, 1_000_000)?;
        }
        self.duty.tell_all();
        Ok(())
    }
}
