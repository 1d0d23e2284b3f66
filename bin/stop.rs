//! `stop`: drain a running topology, wait for its end, and end as it did.

use crate::args::Stop;
use crate::{print, table, target, tell};
use sluicebox::error::{Error, Result, reason};
use sluicebox::run::dir::RunDir;
use sluicebox::run::end;
use sluicebox::run::summary::Summary;
use sluicebox::topology::plan::Plan;
use sluicebox::wire::claim::Holder;
use std::time::{Duration, Instant};

/// What a launcher needs besides draining: to reap, to close the books.
const MARGIN: Duration = Duration::from_secs(5);
const LOOK: Duration = Duration::from_millis(10);

pub fn stop(args: &Stop) -> Result<()> {
    let target = target::named(args.target.as_deref())?;
    let dir = target::dir(&target)?;
    let plan = target::plan(&target, &dir)?;
    let led = dir.is_locked();
    if !runs(&plan, &dir)? {
        return Err(Error::failed(format!("topology \"{}\" is not running", plan.name)));
    }
    ask(&plan, &dir)?;
    let limit = plan.drain_timeout.duration() + MARGIN;
    let start = Instant::now();
    while runs(&plan, &dir)? {
        if start.elapsed() > limit {
            return Err(Error::failed(format!(
                "topology \"{}\" has not ended {} s after it was asked to: `sluicebox status {0}` shows what it does",
                plan.name,
                limit.as_secs()
            )));
        }
        std::thread::sleep(LOOK);
    }
    let books = target::books(&plan, &dir)?;
    print(&table::ending(&plan, &books, &Summary::of(&plan, &books, &target::end(&dir, &books))))?;
    match end::told(&dir) {
        Some(end) => end,
        None if led => Err(Error::failed(format!("the launcher of topology \"{}\" was killed", plan.name))),
        None => Ok(()),
    }
}

/// Whether there is a launcher, or a worker that was started by hand.
fn runs(plan: &Plan, dir: &RunDir) -> Result<bool> {
    Ok(dir.is_locked() || !target::books(plan, dir)?.at_rest())
}

/// Asks the launcher to stop, or where there is none the workers that were started by hand.
///
/// Only a process that holds the lock of the run or of a worker gets a signal: numbers in files may be anybody's.
fn ask(plan: &Plan, dir: &RunDir) -> Result<()> {
    let mut asked = Vec::new();
    let mut hidden = Vec::new();
    if dir.is_locked() {
        match dir.leader() {
            Some(leader) => {
                if let Some(said) = dir.launcher().filter(|said| *said != leader.pid()) {
                    let pid = leader.pid();
                    tell(&format!(
                        "the run directory says that process {said} leads topology \"{}\", but {pid} holds its lock: \
                        {pid} is asked to stop",
                        plan.name
                    ));
                }
                asked.push(leader);
            }
            None if dir.is_locked() => hidden.push("its launcher".to_string()),
            None => {}
        }
    } else {
        for worker in target::books(plan, dir)?.workers.iter().filter(|worker| worker.alive) {
            match dir.process_of(worker.id, worker.pid) {
                // Of one process with several workers; a second signal would let it leave at once.
                Some(process) if asked.iter().any(|other: &Holder| other.pid() == process.pid()) => {}
                Some(process) => asked.push(process),
                None if dir.is_claimed(worker.id) => {
                    hidden.push(format!("stage \"{}\"", plan.worker_name(worker.id)))
                }
                None => {}
            }
        }
    }
    for process in asked {
        process
            .ask_to_stop()
            .map_err(|e| cannot(plan, &format!("process {}", process.pid()), &reason(&e)))?;
    }
    match hidden.as_slice() {
        [] => Ok(()),
        who => Err(cannot(
            plan,
            &who.join(", "),
            "none of the processes that can be seen from here holds its lock (is it in another container, or \
             another user's? stop it there)",
        )),
    }
}

fn cannot(plan: &Plan, whom: &str, why: &str) -> Error {
    Error::failed(format!("cannot ask {whom} of topology \"{}\" to stop: {why}", plan.name))
}
