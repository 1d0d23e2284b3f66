//! One run from its first process to its account.

use super::event::Event;
use super::lead::Lead;
use super::machine;
use super::messages::{Begin, Stop, Tick};
use super::outcome::Outcome;
use super::processes::Processes;
use crate::error::{Error, Exit, Result};
use crate::run::books::Books;
use crate::run::dir::RunDir;
use crate::run::reader::Reader;
use crate::run::summary::Summary;
use crate::stop;
use crate::topology::plan::{Plan, origin};
use crate::units::Span;
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
            dir.plan().map_or(String::new(), |there| format!(", from {}", origin(&there.file)))
        )));
    };
    freeze(&plan, dir)?;
    dir.put("pid", std::process::id().to_string().as_bytes())?;
    let _awake = awake(&plan, &mut launch);
    let reader = Rc::new(Reader::open(&plan, dir)?);
    let outcome = lead(plan.clone(), dir.clone(), reader.clone(), launch)?;
    let books = reader.read();
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
        && let Some(worker) = there.workers().find(|at| dir.is_claimed(*at))
    {
        let (name, stage) = (&plan.name, &there.stages[worker.stage].name);
        return Err(Error::usage(format!(
            "topology \"{name}\" is running already: stage \"{stage}\" was started by hand, end it with `sluicebox \
            stop {name}`"
        )));
    }
    dir.freeze(plan)
}

fn lead(plan: Plan, dir: RunDir, reader: Rc<Reader>, launch: Launch) -> Result<Outcome> {
    let system = System::new();
    let Launch { program, run_for, tell } = launch;
    let (sender, receiver) = std::sync::mpsc::channel();
    let lead = system.block_on(async move {
        let lead = Lead {
            processes: Processes::of(&plan, &dir),
            reader,
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
        ctx.run_interval(TICK, |stats, _| stats.lead.do_send(Tick));
    }
}
