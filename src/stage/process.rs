//! One process of a topology: a worker, or several that are threads of it.
//!
//! Threads of one process meet in memory (`inproc://`), share nothing else, and end one by one as processes do. A
//! panic in one ends them all: they are started again together.

use super::run::{run_part, tell_failure};
use super::tap::{Bell, Tap, tap};
use super::watch::Watch;
use crate::error::{Error, Exit, Result, scarce};
use crate::registry::ROOMS;
use crate::run::dir::RunDir;
use crate::run::wiring::{Part, Wiring};
use crate::surroundings::{need_files, need_threads};
use crate::topology::plan::{Plan, WorkerId};
use crate::wire::endpoint::{Context, Engine};
use crate::wire::ledger::State;
use nix::sched::{CpuSet, sched_setaffinity};
use nix::unistd::Pid;
use std::sync::Arc;
use std::sync::mpsc::channel;

/// What a process opens besides its links, at a time. Where none is left for one who watches, that one waits.
const FILES: usize = 20;
/// So many threads libzmq has.
const LIBZMQ: usize = 2;
/// The one that serves who watches.
const WATCH: usize = 1;

/// Runs the process that a worker belongs to, to its end.
///
/// # Errors
/// As a worker's loop, by name; of several that fail the first that says why.
pub fn run(plan: &Plan, dir: &RunDir, me: WorkerId) -> Result<()> {
    let context = Context::default();
    let wiring = Wiring::of(plan);
    let workers = plan.processes().into_iter().find(|process| process.contains(&me)).unwrap_or_default();
    room_for(plan, &wiring, &workers).map_err(|e| e.by(format!("stage \"{}\"", plan.worker_name(me))))?;
    for at in &workers {
        check_neighbours(plan, dir, &wiring, wiring.part(*at))?;
    }
    let named = |e: Error| e.by(format!("stage \"{}\"", plan.worker_name(me)));
    let bell =
        Bell::new().map_err(|e| named(Error::failed(format!("cannot wait: {}", scarce(&e.into())))))?;
    let bell = Arc::new(bell);
    let (taps, tapped): (Vec<Tap>, Vec<_>) = workers.iter().map(|_| tap(&bell)).unzip();
    let tapped = workers.iter().copied().zip(tapped).collect();
    let watch = Watch::bind(plan, dir, tapped, bell.clone()).map_err(named)?;
    let ends = std::thread::scope(|scope| -> Result<Vec<Result<()>>> {
        let thread = std::thread::Builder::new().name("watch".to_string());
        let cannot = |e| named(Error::failed(format!("cannot start a thread: {}", scarce(&e))));
        thread.spawn_scoped(scope, || watch.run()).map_err(cannot)?;
        let ends = run_all(plan, dir, &wiring, &context, workers.iter().copied().zip(taps).collect());
        bell.end();
        ends
    })?;
    let errors = || ends.iter().filter_map(|end| end.as_ref().err());
    let why = [Exit::Failed, Exit::Usage, Exit::Stopped].iter();
    let first = why.filter_map(|exit| errors().find(|e| e.exit == *exit)).chain(errors()).next().cloned();
    first.map_or(Ok(()), Err)
}

/// Runs the workers of a process, each as a thread where there are several, to the end of all.
fn run_all(
    plan: &Plan,
    dir: &RunDir,
    wiring: &Wiring,
    context: &Context,
    workers: Vec<(WorkerId, Tap)>,
) -> Result<Vec<Result<()>>> {
    let alone = workers.len() == 1;
    std::thread::scope(|scope| {
        let mut started = Vec::new();
        for (at, tap) in workers {
            if alone {
                return Ok(vec![worker(plan, dir, wiring.part(at), context, tap, false)]);
            }
            let (go, wait) = channel::<()>();
            let name = plan.worker_name(at);
            let thread = std::thread::Builder::new().name(name.clone());
            let part = wiring.part(at);
            let thread = thread.spawn_scoped(scope, move || match wait.recv() {
                Ok(()) => worker(plan, dir, part, context, tap, true),
                Err(_) => Ok(()),
            });
            let cannot =
                |e| Error::failed(format!("stage \"{name}\": cannot start a thread: {}", scarce(&e)));
            // None runs before all can.
            started.push((go, thread.map_err(cannot)?));
        }
        started.iter().for_each(|(go, _)| go.send(()).expect("it waits for that"));
        Ok(started.into_iter().map(|(_, thread)| thread.join().expect("a panic ends the process")).collect())
    })
}

/// Whether limits leave room for what the process will open and start.
fn room_for(plan: &Plan, wiring: &Wiring, workers: &[WorkerId]) -> Result<()> {
    let links = |at: &WorkerId| wiring.part(*at).incoming.len() + wiring.part(*at).outgoing.len();
    need_files(FILES + workers.iter().map(links).sum::<usize>())?;
    let by_libzmq = |at: &WorkerId| plan.stages[at.stage].placement.engine == Engine::Libzmq;
    // Without its threads libzmq would end the process.
    let libzmq = if workers.len() > 1 || workers.iter().any(by_libzmq) { workers.len() + LIBZMQ } else { 0 };
    need_threads(WATCH + libzmq)
}

/// Sees that the ledgers of a worker and of those at the other ends of its links are what the plan says.
fn check_neighbours(plan: &Plan, dir: &RunDir, wiring: &Wiring, part: &Part) -> Result<()> {
    let ends = part.incoming.iter().map(|link| link.from).chain(part.outgoing.iter().map(|link| link.to));
    let named = |e: Error| e.by(format!("stage \"{}\"", plan.worker_name(part.id)));
    ends.chain([part.id]).try_for_each(|at| dir.ledger_of(plan, wiring.part(at)).map(|_| ())).map_err(named)
}

/// A worker to its end. When a thread among others fails its ledger says so: the launcher stops the run, and the others
/// drain.
fn worker(plan: &Plan, dir: &RunDir, part: &Part, context: &Context, tap: Tap, among: bool) -> Result<()> {
    let named = |e: Error| e.by(format!("stage \"{}\"", plan.worker_name(part.id)));
    let ledger = dir.claim(part.id).map_err(named)?;
    let settled = settle(plan, part.id).map_err(|e| tell_failure(plan, part.id, &ledger, e));
    let done = settled.and_then(|()| run_part(&ROOMS, plan, dir, part, &ledger, context, tap));
    if among && done.as_ref().is_err_and(|e| e.exit == Exit::Failed) {
        ledger.set_state(State::GivenUp);
    }
    done
}

/// Puts the thread where it is to run, and lets it sleep no longer than it asks to.
fn settle(plan: &Plan, at: WorkerId) -> Result<()> {
    nix::sys::prctl::set_timerslack(1)
        .map_err(|e| Error::failed(format!("cannot ask for precise sleep: {}", e.desc().to_lowercase())))?;
    let cpus = &plan.stages[at.stage].placement.cpus;
    if cpus.is_empty() {
        return Ok(());
    }
    let place = || {
        let mut set = CpuSet::new();
        cpus.iter().try_for_each(|cpu| set.set(*cpu))?;
        sched_setaffinity(Pid::from_raw(0), &set)
    };
    place().map_err(|e| {
        let why = e.desc().to_lowercase();
        Error::failed(format!("cannot run on processors {cpus:?}: {why} (choose others with \"cpus\")"))
    })
}
