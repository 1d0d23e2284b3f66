//! `stop`: drain a running topology, wait for its end, and end as it did.

use crate::args::Stop;
use crate::terminal::width_of_stdout;
use crate::{print, table, target, tell};
use sluicebox::error::{Error, Exit, Result, reason};
use sluicebox::run::books::{Books, Worker};
use sluicebox::run::dir::RunDir;
use sluicebox::run::end;
use sluicebox::run::runs::{self, Run};
use sluicebox::run::summary::Summary;
use sluicebox::topology::plan::Plan;
use sluicebox::wire::ledger::State;
use std::time::{Duration, Instant};

/// What a launcher needs besides draining: to reap, to close the books.
const MARGIN: Duration = Duration::from_secs(5);
const LOOK: Duration = Duration::from_millis(10);

pub fn stop(args: &Stop) -> Result<()> {
    let Some(target) = target::named_or_alone(args.target.as_deref())? else { return Err(which()?) };
    let dir = target::dir(&target)?;
    // Who runs can be stopped whatever became of the plan, which is told then.
    let plan = target::plan(&target, &dir);
    if plan.is_err() && (dir.plan().is_ok() || !dir.is_held()) {
        return plan.map(drop);
    }
    let name = dir.path().file_name().unwrap_or_default().to_string_lossy();
    let led = dir.is_locked();
    if !dir.is_held() {
        target::books(&plan?, &dir)?;
        return Err(Error::failed(format!("topology \"{name}\" is not running")));
    }
    ask(&name, &dir)?;
    let limit = plan.as_ref().map_or(MARGIN, |plan| plan.drain_timeout.duration()) + MARGIN;
    let start = Instant::now();
    while dir.is_held() {
        if start.elapsed() > limit {
            return Err(Error::failed(format!(
                "topology \"{name}\" has not ended {} s after it was asked to: `sluicebox status {name}` shows what it \
                does",
                limit.as_secs()
            )));
        }
        std::thread::sleep(LOOK);
    }
    let untold = |e: Error| {
        Error::failed(format!("topology \"{name}\" has ended, and it can't be told how: {}", e.sentence))
    };
    let plan = plan.map_err(untold)?;
    let books = target::books(&plan, &dir)?;
    print(&table::ending(&plan, &books, &Summary::of(&plan, &books, &target::end(&dir, &books))))?;
    match end::told(&dir) {
        Some(end) => end,
        None if led => Err(Error::failed(format!("the launcher of topology \"{name}\" was killed"))),
        None => end_of_books(&plan, &books),
    }
}

/// Shows what runs here, for who has not said what is to stop.
fn which() -> Result<Error> {
    let running: Vec<Run> = runs::all()?.into_iter().filter(|run| run.running).collect();
    if running.is_empty() {
        return Ok(Error::failed("no topology runs here now (`sluicebox status` lists those that have)"));
    }
    print(&table::runs(&running, width_of_stdout()))?;
    Ok(Error::usage("several topologies run here: say which is to stop, as in `sluicebox stop NAME`"))
}

/// How a run ended that nobody led, by what its stages say: as it would have ended with a launcher.
fn end_of_books(plan: &Plan, books: &Books) -> Result<()> {
    if let Some(sentence) = books.workers.iter().find_map(Worker::failed_with) {
        return Err(Error::failed(sentence));
    }
    // One that nobody has started has nothing to drain.
    let left = |worker: &&Worker| worker.epoch > 0 && worker.state != State::Finished;
    let left: Vec<String> =
        books.workers.iter().filter(left).map(|worker| plan.worker_name(worker.id)).collect();
    if left.is_empty() {
        return Ok(());
    }
    let lost = books.totals(plan).lost;
    let what = if lost > 0 { format!("{lost} records are lost") } else { "nothing was lost".to_string() };
    let who = left.join(", ");
    Err(Error::new(Exit::Stopped, format!("stage {who} ended before everything was drained: {what}")))
}

/// Asks the launcher to stop, or where there is none the workers that were started by hand.
///
/// Only a process that holds the lock of the run or of a worker gets a signal: numbers in files may be anybody's.
fn ask(name: &str, dir: &RunDir) -> Result<()> {
    let held = if dir.is_locked() {
        let leader = dir.leader();
        if let (Some(said), Some(leader)) = (dir.launcher(), &leader)
            && said != leader.pid()
        {
            let pid = leader.pid();
            tell(&format!(
                "the run directory says that process {said} leads topology \"{name}\", but {pid} holds its lock: \
                {pid} is asked to stop"
            ));
        }
        vec![("its launcher".to_string(), leader)]
    } else {
        dir.workers().into_iter().map(|(who, process)| (format!("stage \"{who}\""), process)).collect()
    };
    let cannot = |whom: &str, why: &str| {
        Err(Error::failed(format!("cannot ask {whom} of topology \"{name}\" to stop: {why}")))
    };
    let (mut asked, mut hidden) = (Vec::new(), Vec::new());
    for (who, process) in held {
        match process {
            // A process may have several workers, and a second signal would let it leave at once.
            Some(process) if asked.contains(&process.pid()) => {}
            Some(process) => {
                asked.push(process.pid());
                if let Err(e) = process.ask_to_stop() {
                    return cannot(&who, &reason(&e));
                }
            }
            None => hidden.push(who),
        }
    }
    // One that is not found may have ended meanwhile.
    if hidden.is_empty() || !dir.is_held() {
        return Ok(());
    }
    cannot(
        &hidden.join(", "),
        "none of the processes that can be seen from here holds its lock (is it in another container, or another \
        user's? stop it there)",
    )
}
