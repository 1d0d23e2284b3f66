//! One run from its first process to its account.

use super::lead::{Begin, Lead, Look, Stop};
use super::machine;
use super::processes::Processes;
use crate::error::{Error, Exit, Result};
use crate::runtime::books::Books;
use crate::runtime::dir::RunDir;
use crate::runtime::summary::Summary;
use crate::stop;
use crate::topology::plan::Plan;
use crate::units::Span;
use actix::prelude::*;
use std::path::PathBuf;
use std::rc::Rc;
use std::time::Duration;

/// How often the ledgers are looked at.
const LOOK: Duration = Duration::from_millis(500);

/// What happens in a run, for who shows it.
pub enum Event<'a> {
    /// A stage wrote a line to its standard error.
    Said { stage: &'a str, line: &'a str },
    /// A process crashed and will be started again.
    Restart { who: &'a str, how: &'a str, after: Duration },
    /// One more stage failed; the first failure is the run's own, and its error tells it.
    Failed { sentence: &'a str },
    /// Something that was asked for can't be had; the run goes on without it.
    Note { sentence: &'a str },
    /// Sources stop and the rest is drained, or all leave at once.
    Stopping { why: &'a str, at_once: bool },
    /// How things stand.
    Books { plan: &'a Plan, books: &'a Rc<Books> },
}

/// How a run ended.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    asked: bool,
    left: bool,
    /// Nobody read standard output any more.
    closed: bool,
    failure: Option<Error>,
}

impl Outcome {
    /// The first failure is the cause of others, so it stays; gives any other back.
    pub(super) fn fail(&mut self, error: Error) -> Option<Error> {
        match self.failure {
            Some(_) => Some(error),
            None => {
                self.failure = Some(error);
                None
            }
        }
    }

    pub(super) fn closed(&mut self) {
        self.closed = true;
    }

    pub(super) fn stopped(&mut self) {
        self.asked = true;
    }

    pub(super) fn left(&mut self) {
        self.left = true;
    }

    /// `drained`, `stopped` or `failed`.
    pub fn word(&self) -> &'static str {
        match self {
            Outcome { failure: Some(_), .. } => "failed",
            Outcome { left: true, .. } | Outcome { closed: true, .. } => "stopped",
            _ => "drained",
        }
    }

    /// The error that the run ends with, if it does.
    pub fn error(&self) -> Option<Error> {
        if self.failure.is_some() {
            return self.failure.clone();
        }
        let why = if self.asked { "stopped" } else { "a stage left" };
        self.left.then(|| {
            Error::new(
                Exit::Stopped,
                format!("{why} before everything was drained; the rest is counted as lost"),
            )
        })
    }
}

/// What a run needs besides its plan.
pub struct Launch {
    /// The program that has the `stage` command.
    pub program: PathBuf,
    /// Stop after this time.
    pub run_for: Option<Span>,
    pub tell: Box<dyn FnMut(Event<'_>)>,
}

/// Freezes the plan, runs all stages until they have ended, and closes the books. Call it on the main thread.
///
/// # Errors
/// When the run could not begin: another one runs, or the run directory can't be used. How the run itself
/// ended is the outcome.
pub fn run(plan: Plan, dir: &RunDir, mut launch: Launch) -> Result<(Outcome, Books, Summary)> {
    dir.make(&plan)?;
    let Some(lock) = dir.lock()? else {
        let name = &plan.name;
        return Err(Error::usage(format!(
            "topology \"{name}\" is running already{}: see `sluicebox status {name}`, end it with `sluicebox stop \
            {name}`",
            dir.plan().map_or(String::new(), |there| format!(", from {}", there.file.display()))
        )));
    };
    freeze(&plan, dir)?;
    dir.put("pid", std::process::id().to_string().as_bytes())?;
    let _awake = awake(&plan, &mut launch);
    let outcome = lead(plan.clone(), dir.clone(), launch)?;
    let books = Books::read(&plan, dir)?;
    let summary = Summary::of(&plan, &books, outcome.word());
    dir.put("account.json", &serde_json::to_vec(&summary).expect("a summary is plain data"))?;
    drop(lock);
    Ok((outcome, books, summary))
}

/// Keeps idle processors from deep sleep for as long as it is held, where the plan asks for it.
fn awake(plan: &Plan, launch: &mut Launch) -> Option<std::fs::File> {
    if !plan.shallow {
        return None;
    }
    machine::keep_shallow().map_err(|sentence| (launch.tell)(Event::Note { sentence: &sentence })).ok()
}

/// Freezes the plan, unless stages of this topology run that were started by hand.
fn freeze(plan: &Plan, dir: &RunDir) -> Result<()> {
    let _lock = dir.lock_to_freeze()?;
    if let Ok(there) = dir.plan()
        && let Some((stage, _)) = there.workers().find(|at| dir.is_claimed(*at))
    {
        let (name, stage) = (&plan.name, &there.stages[stage].name);
        return Err(Error::usage(format!(
            "topology \"{name}\" is running already: stage \"{stage}\" was started by hand, end it with `sluicebox \
            stop {name}`"
        )));
    }
    dir.freeze(plan)
}

fn lead(plan: Plan, dir: RunDir, launch: Launch) -> Result<Outcome> {
    let system = System::new();
    let Launch { program, run_for, tell } = launch;
    let (sender, receiver) = std::sync::mpsc::channel();
    let lead = system.block_on(async move {
        let lead = Lead {
            processes: Processes::of(&plan, &dir),
            plan,
            dir,
            program,
            tell,
            outcome: Outcome::default(),
            ended: sender,
            run_for,
            children: Vec::new(),
            running: 0,
            last_lines: Default::default(),
            held: Default::default(),
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
        ctx.run_interval(LOOK, |stats, _| stats.lead.do_send(Look));
    }
}
