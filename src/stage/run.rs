//! The loop of a stage process: one function, one thread.
//!
//! Take what is there, run the operators, make the account public, send; when nothing is there, wait. Batches
//! grow with load and are one record long without it, so there is no timer and no added latency.

mod emit;
mod report;
mod start;

use super::duty::Duty;
use super::inlets::Inlets;
use super::outlets::Outlets;
use super::steps::Steps;
use super::waiter::Waiter;
use crate::clock::mono_ns;
use crate::data::Batch;
use crate::error::{Exit, Result};
use crate::operator::{Cx, Desk, Next, PortId};
use crate::run::dir::RunDir;
use crate::topology::Rooms;
use crate::topology::plan::{Every, Plan, Stage, WorkerId};
use crate::wire::endpoint::Context;
use crate::wire::header::Header;
use crate::wire::ledger::{Ledger, State};
use crate::wire::link::BEAT_NS;

/// Runs one worker of a stage, whose operators are of these rooms, to its end.
///
/// # Errors
/// When an operator or the world fails; with `Exit::Stopped` when it was asked to leave before all was drained,
/// with `Exit::Closed` when nobody reads its standard output any more. The ledger then says how far it came.
pub fn run(rooms: &Rooms, plan: &Plan, dir: &RunDir, me: WorkerId, context: &Context) -> Result<()> {
    let ledger = dir.claim(me)?;
    if ledger.state() == State::Finished {
        return Ok(());
    }
    let done = work(rooms, plan, dir, me, &ledger, context);
    if done.as_ref().is_err_and(|e| e.exit == Exit::Closed) {
        // It has no use for more records, so nobody need wait for it.
        ledger.set_state(State::GivenUp);
    }
    done
}

fn work(
    rooms: &Rooms,
    plan: &Plan,
    dir: &RunDir,
    me: WorkerId,
    ledger: &Ledger,
    context: &Context,
) -> Result<()> {
    ledger.set_state(State::Starting);
    let mut worker = Worker::open(rooms, plan, dir, me, ledger, context)?;
    worker.start()?;
    if worker.stage.is_source() {
        worker.wait_for_downstream(plan, dir, me.stage)?;
    }
    let done = worker.run();
    if done.is_ok() {
        ledger.set_state(State::Finished);
    } else if done.as_ref().is_err_and(|e| e.exit == Exit::Failed) {
        // What was sent before it failed is still to arrive.
        worker.stopped = true;
        worker.say_end()?;
    }
    done
}

struct Worker<'a> {
    stage: &'a Stage,
    ledger: &'a Ledger,
    steps: Steps,
    desk: Desk,
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
    /// A source was stopped before its end.
    stopped: bool,
    /// When a source last read something, and how much it had read then.
    read_last: (u64, u64),
}

impl<'a> Worker<'a> {
    fn open(
        rooms: &Rooms,
        plan: &'a Plan,
        dir: &RunDir,
        me: WorkerId,
        ledger: &'a Ledger,
        context: &Context,
    ) -> Result<Self> {
        let stage = &plan.stages[me.stage];
        let account = ledger.account();
        let outlets = Outlets::open(plan, dir, me, ledger.epoch(), &account, context)?;
        let inlets = match stage.is_source() {
            true => None,
            false => Some(Inlets::open(plan, dir, me, ledger, context)?),
        };
        let mut cx = Cx::new(&plan.run, &stage.name, account);
        cx.records_max = stage.limits.batch.records_max;
        cx.reject_bytes_max = (plan.max_message.0 as usize / 4).min(64 * 1024);
        cx.drain = plan.drain_timeout;
        let mut desk = Desk::new(cx);
        desk.be_worker(me.worker, stage.workers, plan.worker_number(me));
        desk.set_ports(stage.sides_by_step());
        let read = stage.all_ports().filter(|(id, _)| *id != PortId::MAIN && outlets.has(*id));
        desk.keep(read.map(|(id, port)| (id, Batch::new(&port.schema))));
        Ok(Worker {
            stage,
            ledger,
            steps: Steps::make(rooms, stage)?,
            desk,
            inlets,
            outlets,
            batch: Batch::default(),
            report: Batch::default(),
            next: Next::Wait,
            report_due: 0,
            message_max: plan.max_message.0 as usize,
            waiter: Waiter::of(plan, me.stage),
            woke_ns: None,
            duty: Duty::new(ledger, plan.drain_timeout),
            stopped: false,
            read_last: (mono_ns(), 0),
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
        self.desk.cx().now_ns = now;
        let mut moved = false;
        let taken = match &mut self.inlets {
            Some(inlets) => {
                self.batch.clear();
                let Worker { batch, steps, ledger, desk, duty, .. } = self;
                let cx = desk.cx();
                let reset = |batch: &mut Batch, inlet| steps.reset(batch, inlet);
                let took = |frame: &Header| duty.timings().taken(frame.sent_ns, now, frame.count.into());
                let inlet = inlets.take(batch, cx.records_max, ledger, reset, took)?;
                cx.inlet = inlet.unwrap_or(0);
                moved = self.steps.hear(inlets.watermark());
                inlet.is_some()
            }
            None if stopping || self.next == Next::End => {
                self.stopped = self.next != Next::End;
                return Ok(false);
            }
            None => false,
        };
        if !taken {
            let due = match self.next {
                _ if moved => now,
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
            self.desk.cx().inlet = 0;
        }
        let before = self.desk.account().done;
        self.desk.account_mut().done += self.batch.len() as u64;
        let done_ns = self.work()?;
        self.duty.timings().served(now, done_ns, self.desk.account().done - before);
        self.duty.tell_in_time(done_ns);
        if self.steps.timed() {
            // Links that got nothing of a busy worker wait for its time all the same.
            self.beat(done_ns)?;
        }
        Ok(true)
    }

    /// Waits for records, for what an operator asked, for a report to be due, or for the next beat.
    fn idle(&mut self, now: u64, due: u64) -> Result<()> {
        // A report that is overdue because a sink holds records waits a little, not in a busy loop.
        let report = match self.stage.upkeep.every {
            Some(Every::Time(_)) => self.report_due.max(now + 1_000_000),
            _ => u64::MAX,
        };
        let ns = (due.min(report).min(now + BEAT_NS) - now).min(self.outlets.look_again_ns());
        let waiter = &mut self.waiter;
        let now = match &mut self.inlets {
            Some(inlets) => self.duty.idle(now, |bell| inlets.wait(bell, ns, waiter, self.ledger))?,
            None => self.duty.nap_until(now, ns, waiter)?,
        };
        self.woke_ns = Some(now);
        self.serve(now)?;
        if report <= now {
            // By way of the operators: a sink says again whether it holds records.
            self.steps.reset(&mut self.batch, 0);
            let cx = self.desk.cx();
            (cx.inlet, cx.now_ns) = (0, now);
            self.work()?;
            self.woke_ns = None;
        }
        self.beat(now)
    }

    /// Says on links that have been silent what comes next, and how far time has come.
    fn beat(&mut self, now: u64) -> Result<()> {
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

    /// Runs the operators on the batch and sends what is left of it. Answers when that was done.
    fn work(&mut self) -> Result<u64> {
        self.next = self.steps.process(&mut self.batch, &mut self.desk)?;
        let due = match self.stage.upkeep.every {
            Some(Every::Records(_)) => self.desk.account().done >= self.report_due,
            Some(Every::Time(_)) => self.desk.cx().now_ns >= self.report_due,
            None => false,
        };
        self.emit(due)
    }

    /// Lets the operators finish, and sends the last report.
    fn finish(&mut self) -> Result<()> {
        let cx = self.desk.cx();
        (cx.inlet, cx.now_ns) = (0, mono_ns());
        while self.steps.finish(&mut self.batch, &mut self.desk)? {
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
        let stopped = self.stopped || self.inlets.as_ref().is_some_and(Inlets::stopped);
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
