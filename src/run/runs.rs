//! All runs of this user on this machine, those that go on now and those that have ended, each in short.

use super::dir::RunDir;
use super::end;
use super::reader::Reader;
use crate::error::Result;
use crate::topology::plan::origin;
use crate::wire::ledger::State;
use serde_json::{Value, json};

/// One run.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    pub name: String,
    /// Somebody leads it, or a worker of it is there.
    pub running: bool,
    /// `running`, or how it ended in a word.
    pub state: String,
    /// Who launched it, while that can be seen.
    pub pid: Option<u32>,
    /// The file that it was made from; empty where that can't be read any more.
    pub file: String,
    /// Workers there are, and how many of them live.
    pub workers: usize,
    pub alive: usize,
    /// Records that its sources have read, that its sinks have stored, and that were lost.
    pub read: u64,
    pub stored: u64,
    pub lost: u64,
}

/// Those that go on first, each part by name.
///
/// # Errors
/// When the folder in which they lie is not ours.
pub fn all() -> Result<Vec<Run>> {
    let mut all = Vec::new();
    for name in RunDir::names()? {
        let dir = RunDir::of(&name)?;
        if dir.get("plan.json").is_some() {
            all.push(of(name, &dir));
        }
    }
    all.sort_by(|a, b| (!a.running, &a.name).cmp(&(!b.running, &b.name)));
    Ok(all)
}

/// One that can't be read is told as such: it hides none of the others.
fn of(name: String, dir: &RunDir) -> Run {
    let running = dir.is_held();
    let pid = dir.leader().map(|leader| leader.pid());
    let read = || -> Result<_> {
        let plan = dir.plan()?;
        let books = Reader::open(&plan, dir)?.read();
        Ok((plan, books))
    };
    let Ok((plan, books)) = read() else {
        let state = if running { "running, unreadable" } else { "unreadable" };
        let (file, state) = (String::new(), state.to_string());
        return Run { name, running, state, pid, file, workers: 0, alive: 0, read: 0, stored: 0, lost: 0 };
    };
    let finished = || books.workers.iter().all(|worker| worker.state == State::Finished);
    let state = match (running, end::word(dir)) {
        (true, _) => "running".to_string(),
        (false, Some(word)) => word,
        (false, None) => if finished() { "drained" } else { "killed" }.to_string(),
    };
    let totals = books.totals(&plan);
    Run {
        name,
        running,
        state,
        pid,
        file: origin(&plan.file),
        workers: books.workers.len(),
        alive: books.workers.iter().filter(|worker| worker.alive).count(),
        read: totals.read,
        stored: totals.stored,
        // What is on its way is not lost.
        lost: if running { 0 } else { totals.lost },
    }
}

/// `{"topologies":[{"name","state","pid","file","workers","alive","in","stored","lost"}]}`.
pub fn json(runs: &[Run]) -> Value {
    let one = |run: &Run| {
        json!({
            "name": run.name,
            "state": run.state,
            "pid": run.pid,
            "file": run.file,
            "workers": run.workers,
            "alive": run.alive,
            "in": run.read,
            "stored": run.stored,
            "lost": run.lost,
        })
    };
    json!({ "topologies": runs.iter().map(one).collect::<Value>() })
}
