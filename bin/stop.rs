//! `stop`: drain a running topology, wait for its end, and end as it did.

use crate::args::Stop;
use crate::{print, table, target};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use sluicebox::error::{Error, Result};
use sluicebox::run::dir::RunDir;
use sluicebox::run::end;
use sluicebox::run::summary::Summary;
use sluicebox::topology::plan::Plan;
use std::time::{Duration, Instant};

/// What a launcher needs besides draining: to reap, to close the books.
const MARGIN: Duration = Duration::from_secs(5);
const LOOK: Duration = Duration::from_millis(10);

pub fn stop(args: &Stop) -> Result<()> {
    let target = target::named(args.target.as_deref())?;
    let dir = target::dir(&target)?;
    let plan = target::plan(&target, &dir)?;
    let (led, pids) = (dir.is_locked(), pids(&plan, &dir)?);
    if pids.is_empty() {
        return Err(Error::failed(format!("topology \"{}\" is not running", plan.name)));
    }
    for pid in &pids {
        // One that has just ended needs no signal.
        let _ = kill(Pid::from_raw(*pid as i32), Signal::SIGTERM);
    }
    let limit = plan.drain_timeout.duration() + MARGIN;
    let start = Instant::now();
    while !self::pids(&plan, &dir)?.is_empty() {
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

/// The launcher, or where there is none the workers that were started by hand.
fn pids(plan: &Plan, dir: &RunDir) -> Result<Vec<u32>> {
    if dir.is_locked() {
        return Ok(dir.launcher().into_iter().collect());
    }
    let books = target::books(plan, dir)?;
    Ok(books.workers.iter().filter(|worker| worker.alive).map(|worker| worker.pid).collect())
}
