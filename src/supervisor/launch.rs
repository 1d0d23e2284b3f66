//! One run from its first process to its account.

use super::event::{Event, Observer, Running};
use super::lead::Lead;
use super::machine;
use super::messages::{Begin, Stop, Tick};
use super::outcome::Outcome;
use super::processes::Processes;
use crate::error::{Error, Exit, Result};
use crate::registry::ROOMS;
use crate::run::books::Books;
use crate::run::dir::RunDir;
use crate::run::end::{self, End};
use crate::run::reader::Reader;
use crate::run::resume::{forget_ends, last_plan};
use crate::run::summary::Summary;
use crate::stage::check_snapshots;
use crate::stop;
use crate::surroundings::need_files;
use crate::topology::plan::{Plan, origin};
use crate::units::{Span, group};
use actix::prelude::*;
use std::path::PathBuf;
use std::rc::Rc;
use std::time::Duration;

/// How often the ledgers are looked at.
const TICK: Duration = Duration::from_millis(500);

/// What a run needs besides its plan.
pub struct Launch {
    /// The program that has the `stage` command.
    pub program: PathBuf,
    /// Go on with the last run instead of beginning one.
    pub resume: bool,
    /// Stop after this time.
    pub run_for: Option<Span>,
    /// A run that lost, shed or forgot records has failed, and one that a limit of ours kept records from.
    pub fail_on_loss: bool,
    /// Who is told what happens.
    pub observers: Vec<Box<dyn Observer>>,
}

/// How a run ended.
pub struct Ended {
    pub books: Books,
    pub summary: Summary,
    /// With which error, if it did.
    pub error: Option<Error>,
    /// Why the run directory does not keep all of this, which is no failure of the run.
    pub unkept: Option<Error>,
}

/// Freezes the plan, runs all stages until they have ended, and closes the books. Call it on the main thread.
///
/// # Errors
/// When the run could not begin: another one runs, the run directory can't be used, or there is nothing to resume. How
/// the run itself ended is what comes back.
pub fn run(plan: Plan, dir: &RunDir, mut launch: Launch) -> Result<Ended> {
    if launch.resume {
        last_plan(&plan, dir)?;
    }
    dir.make(&plan)?;
    let Some(lock) = dir.lock()? else {
        let name = &plan.name;
        return Err(Error::usage(format!(
            "topology \"{name}\" is running already{}: see `sluicebox status {name}`, end it with `sluicebox stop \
            {name}`",
            dir.plan().map_or(String::new(), |there| format!(", from {}", origin(&there.file)))
        )));
    };
    // What can be known to fail does so while the run before is still told of.
    need_files(FILES + FILES_EACH * plan.processes().len())?;
    let (plan, room) = freeze(plan, dir, &mut launch)?;
    let _awake = awake(&plan, &mut launch);
    let reader = Rc::new(Reader::open(&plan, dir)?);
    let running = Running { plan: Rc::new(plan), dir: dir.clone(), reader };
    launch.observers.iter_mut().for_each(|observer| observer.started(&running));
    let fail_on_loss = launch.fail_on_loss;
    let outcome = lead(running.clone(), launch)?;
    let Running { plan, reader, .. } = running;
    let books = reader.read_at_the_end();
    let summary = Summary::of(&plan, &books, outcome.word());
    let error = outcome.error(&plan, &summary).or_else(|| unbalanced(&plan, &books));
    let error = error.or_else(|| lossy(&summary).filter(|_| fail_on_loss));
    reader.seal();
    let unkept = keep(dir, room, &summary, error.as_ref()).map_err(|e| unkept(dir, &e)).err();
    drop(lock);
    Ok(Ended { books, summary, error, unkept })
}

/// Leaves in the run directory how the run ended.
fn keep(dir: &RunDir, room: End, summary: &Summary, error: Option<&Error>) -> Result<()> {
    let told = room.tell(&summary.end, error);
    let kept = end::keep_account(dir, summary);
    told.and(kept)
}

fn unkept(dir: &RunDir, why: &Error) -> Error {
    let but = match dir.path().is_dir() {
        true => "`sluicebox status` tells it from the ledgers, and `run --resume` needs only them",
        false => "the run directory is gone, so this run can't be looked at or resumed any more",
    };
    Error::failed(format!("the account is told here and not kept: {why} ({but})"))
}

fn unbalanced(plan: &Plan, books: &Books) -> Option<Error> {
    let wrong = books.wrong(plan);
    let sentence = || format!("the account does not balance: {}", wrong.join("; "));
    (!wrong.is_empty()).then(|| Error::new(Exit::Unbalanced, sentence()))
}

/// The error of a run that was to lose nothing; `None` where nothing was lost.
fn lossy(summary: &Summary) -> Option<Error> {
    let gone = summary.records.lost + summary.records.shed;
    let what = match (gone, summary.beyond_limits(), summary.forgotten()) {
        (0, 0, 0) => return None,
        (0, 0, n) => format!("{} records are not in the state of a stage that was started again", group(n)),
        (0, n, _) => format!("{} records were rejected because a limit is too small for them", group(n)),
        (n, ..) => format!("{n} records were lost or shed"),
    };
    Some(Error::failed(format!("{what}, and --fail-on-loss was said")))
}

/// Keeps idle processors from deep sleep for as long as it is held, where the plan asks for it.
fn awake(plan: &Plan, launch: &mut Launch) -> Option<std::fs::File> {
    if !plan.shallow {
        return None;
    }
    machine::keep_shallow().map_err(|sentence| note(launch, &sentence)).ok()
}

fn note(launch: &mut Launch, sentence: &str) {
    let event = Event::Note { sentence };
    launch.observers.iter_mut().for_each(|observer| observer.event(&event));
}

/// Freezes the plan, or goes on with the one that is frozen, unless stages of this topology run that were started by
/// hand; and makes room for its end.
fn freeze(plan: Plan, dir: &RunDir, launch: &mut Launch) -> Result<(Plan, End)> {
    let _lock = dir.lock_to_freeze(&mut |sentence| note(launch, sentence))?;
    if let Some(stage) = dir.outlast_as_launcher(&mut |sentence| note(launch, sentence)) {
        let name = &plan.name;
        return Err(Error::usage(match dir.launcher() {
            None => format!(
                "topology \"{name}\" is running already: stage \"{stage}\" was started by hand, end it with \
                `sluicebox stop {name}`"
            ),
            Some(_) => format!(
                "topology \"{name}\" can't begin: stage \"{stage}\" of the run before, whose launcher was killed, does \
                not end (it may wait for a disk that does not answer)"
            ),
        }));
    }
    let lead = || dir.be_launcher().and_then(|()| end::reserve(dir));
    if !launch.resume {
        dir.freeze(&plan)?;
        return lead().map(|room| (plan, room));
    }
    // Nothing is touched before it is certain that all can go on.
    let plan = last_plan(&plan, dir)?;
    check_snapshots(&ROOMS, &plan, dir).map_err(|e| Error::usage(e.sentence))?;
    let room = lead()?;
    forget_ends(&plan, dir)?;
    Ok((plan, room))
}

/// What a launcher opens at a time: its own, and for each process its words, its log and itself.
const FILES: usize = 24;
const FILES_EACH: usize = 3;

fn lead(running: Running, launch: Launch) -> Result<Outcome> {
    let system = System::new();
    let Launch { program, run_for, observers, resume: _, fail_on_loss: _ } = launch;
    let (sender, receiver) = std::sync::mpsc::channel();
    let lead = system.block_on(async move {
        let lead = Lead {
            processes: Processes::of(&running),
            running,
            program,
            observers,
            outcome: Outcome::default(),
            ended: sender,
            run_for,
            children: Vec::new(),
            there: Default::default(),
            last_lines: Default::default(),
            stops: 0,
        };
        lead.start()
    });
    let signals = system.block_on({
        let lead = lead.clone();
        async move { Signals { lead }.start() }
    });
    stop::listen(move |times| signals.do_send(Stop { times }))?;
    // From here on a signal finds someone who hears it, so nothing can be left running.
    system.block_on(async move {
        lead.do_send(Begin);
        Stats { lead }.start();
    });
    system.run().map_err(|e| Error::failed(format!("the launcher's loop failed: {e}")))?;
    receiver.try_recv().map_err(|_| Error::new(Exit::Bug, "the launcher ended without an outcome"))
}

/// Hears signals and passes them to the lead.
struct Signals {
    lead: Addr<Lead>,
}

impl Actor for Signals {
    type Context = Context<Self>;
}

impl Handler<Stop> for Signals {
    type Result = ();

    fn handle(&mut self, stop: Stop, _: &mut Self::Context) {
        self.lead.do_send(stop);
    }
}

/// Has the ledgers looked at, now and then.
struct Stats {
    lead: Addr<Lead>,
}

impl Actor for Stats {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        ctx.run_interval(TICK, |stats, _| stats.lead.do_send(Tick));
    }
}
