//! The loop of a stage process: one function, one thread.
//!
//! Take what is there, run the operators, make the account public, send; when nothing is there, wait. Batches
//! grow with load and are one record long without it, so there is no timer and no added latency.

mod emit;
mod end;
mod fail;
mod idle;
mod report;
mod start;
mod tapped;

use super::duty::Duty;
use super::inlets::Inlets;
use super::judge::Judge;
use super::outlets::Outlets;
use super::snapshots::Snapshots;
use super::steps::Steps;
use super::tap::{Bell, Tap, tap};
use super::waiter::Waiter;
use crate::clock::mono_ns;
use crate::data::Batch;
use crate::error::{Error, Exit, Result, scarce};
use crate::operator::{Cx, Desk, Next, PortId, SOURCE_POSITION_BYTES_MAX};
use crate::run::dir::RunDir;
use crate::run::wiring::{Part, Wiring};
use crate::topology::Rooms;
use crate::topology::plan::{Every, Plan, Stage, WorkerId};
use crate::wire::endpoint::Context;
use crate::wire::header::Header;
use crate::wire::ledger::{Ledger, State};
use report::Reports;
use std::sync::Arc;

/// Runs one worker of a stage, whose operators are of these rooms, to its end.
///
/// # Errors
/// When an operator or the world fails; with `Exit::Stopped` when it was asked to leave before all was drained,
/// with `Exit::Closed` when nobody reads its standard output any more. The ledger then says how far it came.
pub fn run(rooms: &Rooms, plan: &Plan, dir: &RunDir, me: WorkerId, context: &Context) -> Result<()> {
    let bell = Bell::new().map_err(|e| Error::failed(format!("cannot wait: {}", scarce(&e.into()))))?;
    let (nobody_watches, _) = tap(&Arc::new(bell));
    run_part(rooms, plan, dir, Wiring::of(plan).part(me), &dir.claim(me)?, context, nobody_watches)
}

/// The same for who knows the worker's part, and holds its ledger.
pub(super) fn run_part(
    rooms: &Rooms,
    plan: &Plan,
    dir: &RunDir,
    part: &Part,
    ledger: &Ledger,
    context: &Context,
    tap: Tap,
) -> Result<()> {
    match ledger.state() {
        State::Finished => return Ok(()),
        // Its links have ended, so nobody would hear another try: it ends as it did.
        State::GivenUp => return ledger.failure().map_or_else(|| Err(given_up(plan, part.id)), Err),
        State::New | State::Starting | State::Ready => {}
    }
    let done = work(rooms, plan, dir, part, ledger, context, tap);
    if done.as_ref().is_err_and(|e| e.exit == Exit::Closed) {
        // It has no use for more records, so nobody need wait for it.
        ledger.set_state(State::GivenUp);
    }
    done
}

fn given_up(plan: &Plan, of: WorkerId) -> Error {
    let name = plan.worker_name(of);
    Error::failed(format!(
        "stage \"{name}\" was given up, and nobody waits for it any more: start the topology anew, or go on with its \
         last run (`sluicebox run FILE --resume`)"
    ))
}

/// The error of a worker under its name. It stands in its ledger too, for who looks at the run.
pub(super) fn tell_failure(plan: &Plan, of: WorkerId, ledger: &Ledger, error: Error) -> Error {
    let error = error.by(format!("stage \"{}\"", plan.worker_name(of)));
    ledger.set_failure(&error);
    error
}

fn work(
    rooms: &Rooms,
    plan: &Plan,
    dir: &RunDir,
    part: &Part,
    ledger: &Ledger,
    context: &Context,
    tap: Tap,
) -> Result<()> {
    ledger.set_state(State::Starting);
    let told = |error| tell_failure(plan, part.id, ledger, dir.named(error));
    let mut worker = Worker::open(rooms, plan, dir, part, ledger, context, tap).map_err(told)?;
    worker.come_up(plan, dir, part.id.stage).map_err(told)?;
    let done = worker.run().map_err(told);
    if done.is_ok() {
        ledger.set_state(State::Finished);
    } else if done.as_ref().is_err_and(|e| e.exit == Exit::Failed) {
        // What was sent before it failed is still to arrive. It is told already why: who reads may be slow to hear
        // the end, and whoever asks this worker to leave meanwhile is no cause of it.
        worker.stopped = true;
        let _ = worker.say_end();
    }
    done
}

/// What has come into the batch.
enum Came {
    Records,
    /// Only event time has moved.
    Time,
    Nothing,
}

struct Worker<'a> {
    stage: &'a Stage,
    ledger: &'a Ledger,
    steps: Steps,
    desk: Desk,
    inlets: Option<Inlets>,
    outlets: Outlets,
    batch: Batch,
    reports: Reports,
    message_max: usize,
    waiter: Waiter,
    /// When the last wait was over, if nothing was done since.
    woke_ns: Option<u64>,
    /// The step of a source's stage whose thing outside that wait has found there.
    seen: Option<usize>,
    duty: Duty<'a>,
    /// A sink holds records, and so the account stays as it was.
    held: bool,
    /// A source was stopped before its end.
    stopped: bool,
    snapshots: Snapshots<'a>,
    /// When a source last read something, and how much it had read then.
    read_last: (u64, u64),
    judge: Judge,
    tap: Tap,
    /// A sink's records as its tap counts them.
    shown: u64,
}

impl<'a> Worker<'a> {
    fn open(
        rooms: &Rooms,
        plan: &'a Plan,
        dir: &RunDir,
        part: &Part,
        ledger: &'a Ledger,
        context: &Context,
        mut tap: Tap,
    ) -> Result<Self> {
        tap.begin(ledger.epoch());
        let me = part.id;
        let stage = &plan.stages[me.stage];
        let account = ledger.account();
        let outlets = Outlets::open(plan, dir, part, ledger.epoch(), &account, context)?;
        let inlets = match stage.is_source() {
            true => None,
            false => Some(Inlets::open(plan, dir, part, ledger, context)?),
        };
        let judge = Judge::new(stage.limits.max_rejects, &account);
        let shown = account.out();
        let mut cx = Cx::new(&plan.run, &stage.name, account);
        cx.records_max = stage.limits.batch.records_max;
        if stage.is_source() {
            cx.position_bytes_max = SOURCE_POSITION_BYTES_MAX;
        }
        cx.reject_bytes_max = (plan.max_message.0 as usize / 4).min(64 * 1024);
        cx.drain = plan.drain_timeout;
        let mut desk = Desk::new(cx);
        desk.be_worker(me.worker, stage.workers, plan.worker_number(me));
        desk.set_ends(plan.ends(me.stage));
        desk.set_max_rejects(stage.limits.max_rejects);
        desk.set_ports(stage.sides_by_step());
        let read = stage.all_ports().filter(|(id, _)| *id != PortId::MAIN && outlets.has(*id));
        desk.keep(read.map(|(id, port)| (id, Batch::new(&port.schema))));
        let mut snapshots = Snapshots::new(plan, dir, part);
        Ok(Worker {
            stage,
            ledger,
            steps: snapshots.restore(|| Steps::make(rooms, stage), ledger)?,
            desk,
            inlets,
            outlets,
            batch: Batch::default(),
            reports: Reports::of(dir, me),
            message_max: plan.max_message.0 as usize,
            waiter: Waiter::of(plan, me.stage),
            woke_ns: None,
            seen: None,
            duty: Duty::new(ledger, plan.drain_timeout),
            held: false,
            stopped: false,
            snapshots,
            read_last: (mono_ns(), 0),
            judge,
            tap,
            shown,
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
        if self.tap.has_changed() {
            self.change_tap();
        }
        let stopping = self.duty.stop_asked()?;
        let now = self.woke_ns.take().unwrap_or_else(mono_ns);
        self.desk.cx().now_ns = now;
        let full = self.steps.full();
        let step = match self.steps.again().filter(|again| full.is_none_or(|full| *again > full)) {
            // What a step has more of what it got goes before all that is new.
            Some(step) if step > 0 || self.inlets.is_some() => Some(step),
            again if self.inlets.is_none() => {
                let ended = self.steps.wish(0) == Next::End;
                if stopping || ended {
                    self.stopped = !ended;
                    return Ok(false);
                }
                again.or_else(|| self.due(now))
            }
            _ if full.is_some() => self.due(now),
            _ => match self.take(now)? {
                Came::Records => return self.call(0, now).map(|()| true),
                Came::Time => Some(0),
                // A step that always wants to be called keeps no stage from its end.
                Came::Nothing if self.inlets.as_ref().is_some_and(Inlets::all_ended) => return Ok(false),
                Came::Nothing => self.due(now),
            },
        };
        let Some(step) = step else { return self.idle(now).map(|()| true) };
        self.steps.reset_at(step, &mut self.batch);
        self.desk.cx().inlet = 0;
        self.call(step, now).map(|()| true)
    }

    /// Takes what has come into the batch.
    fn take(&mut self, now: u64) -> Result<Came> {
        let Worker { batch, steps, ledger, desk, duty, inlets: Some(inlets), .. } = self else {
            return Ok(Came::Nothing);
        };
        batch.clear();
        let cx = desk.cx();
        let reset = |batch: &mut Batch, inlet| steps.reset(batch, inlet);
        let took = |frame: &Header| duty.timings().taken(frame.sent_ns, now, frame.count.into());
        let inlet = inlets.take(batch, cx.records_max, ledger, reset, took)?;
        cx.inlet = inlet.unwrap_or(0);
        let moved = steps.hear(inlets.watermark());
        Ok(match inlet {
            Some(_) => Came::Records,
            None if moved => Came::Time,
            None => Came::Nothing,
        })
    }

    /// Calls the operators from a step on, at a time.
    fn call(&mut self, step: usize, now: u64) -> Result<()> {
        let before = self.desk.account().done;
        let done_ns = self.work(step)?;
        // What something outside had may have been lost meanwhile.
        let done = self.desk.account().done.saturating_sub(before);
        self.duty.timings().served(now, done_ns, done);
        self.duty.tell_in_time(done_ns);
        if self.steps.timed() {
            // Links that got nothing of a busy worker wait for its time all the same.
            self.beat(done_ns)?;
        }
        self.keep_snapshot(done_ns);
        Ok(())
    }

    /// Runs the operators on the batch, from a step on, and sends what is left of it. Answers when that was done.
    fn work(&mut self, step: usize) -> Result<u64> {
        self.desk.account_mut().done += self.batch.len() as u64;
        if let Err(failed) = self.steps.process(step, &mut self.batch, &mut self.desk) {
            return Err(self.fail(failed));
        }
        let due = match self.stage.upkeep.every {
            Some(Every::Records(_)) => self.desk.account().done >= self.reports.due,
            Some(Every::Time(_)) => self.desk.cx().now_ns >= self.reports.due,
            None => false,
        };
        self.emit(due)
    }
}
