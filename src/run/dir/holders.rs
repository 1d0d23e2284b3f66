//! Which processes hold a run: its launcher, and its workers.

use super::{FREEZE, LOCK, PID, RunDir, ledger_name};
use crate::error::Result;
use crate::topology::plan::{Plan, WorkerId};
use crate::wire::claim::{self, Holder};
use std::fs::{self, File};
use std::io;
use std::time::{Duration, Instant};

/// How long what a killed launcher leaves may hold its lock.
const LOCKED: Duration = Duration::from_secs(2);
/// How long its workers may take to end, before that is told, and before nobody waits for them any more.
const TOLD: Duration = Duration::from_secs(2);
const GIVEN_UP: Duration = Duration::from_secs(30);
const LOOK: Duration = Duration::from_millis(5);

impl RunDir {
    /// Takes the lock of the launcher; `None` when another one runs.
    pub fn lock(&self) -> Result<Option<File>> {
        let file = self.open_lock(LOCK).map_err(|e| self.cannot("open", LOCK, &e))?;
        let start = Instant::now();
        while !claim::take(&file) {
            // Of a launcher that was killed while it started a process that has its lock until it finds it dead.
            let leader = self.leader().map(|leader| leader.pid());
            if leader.is_some() && leader == self.launcher() || start.elapsed() > LOCKED {
                return Ok(None);
            }
        }
        Ok(Some(file))
    }

    /// Takes the lock under which a plan is frozen, waiting for it.
    pub fn lock_to_freeze(&self) -> Result<File> {
        let file = self.open_lock(FREEZE).and_then(|file| file.lock().map(|()| file));
        file.map_err(|e| self.cannot("lock", FREEZE, &e))
    }

    fn open_lock(&self, name: &str) -> io::Result<File> {
        File::options().read(true).write(true).create(true).truncate(false).open(self.inside(name)?)
    }

    /// Says which process launches the run.
    pub(crate) fn be_launcher(&self) -> Result<()> {
        self.put(PID, std::process::id().to_string().as_bytes())
    }

    /// The process that launched the run, as it said itself: a number for people, by which no process may be chosen.
    pub fn launcher(&self) -> Option<u32> {
        self.get(PID).and_then(|text| String::from_utf8(text).ok()?.trim().parse().ok())
    }

    /// Whether a launcher runs here now.
    pub fn is_locked(&self) -> bool {
        self.inside(LOCK).is_ok_and(|path| claim::is_taken(&path))
    }

    /// The process that launched the run and still holds its lock, as far as it can be seen from here.
    pub fn leader(&self) -> Option<Holder> {
        self.inside(LOCK)
            .ok()
            .filter(|path| claim::is_taken(path))
            .and_then(|path| claim::holder(&path, self.launcher()))
    }

    /// Whether a process is that worker now.
    pub fn is_claimed(&self, worker: WorkerId) -> bool {
        self.inside(&ledger_name(worker)).is_ok_and(|path| claim::is_taken(&path))
    }

    /// The process that is a worker now, as far as it can be seen from here; `likely` as its ledger says.
    pub fn process_of(&self, worker: WorkerId, likely: u32) -> Option<Holder> {
        claim::holder(&self.inside(&ledger_name(worker)).ok()?, Some(likely))
    }

    /// A worker that some process is, by name; or by its numbers where the plan beside it can't be read.
    fn somebody(&self) -> Option<String> {
        let entries = self.inside("").and_then(fs::read_dir).ok()?;
        let held = entries.flatten().filter(|entry| claim::is_taken(&entry.path()));
        let mut names = held.filter_map(|entry| entry.file_name().into_string().ok());
        let ledger = names.find(|name| name.ends_with(".ledger"))?;
        let called = |plan: Plan| {
            let worker = plan.workers().find(|at| ledger_name(*at) == ledger)?;
            Some(plan.worker_name(worker))
        };
        self.plan().ok().and_then(called).or_else(|| Some(ledger.trim_end_matches(".ledger").to_string()))
    }

    /// Waits until the workers of a launcher that is gone have gone too, as they do by themselves, and `tell`s of it
    /// when that takes long. Gives the name of one that is still there: it was started by hand, or can't end.
    ///
    /// Call it with the lock of the launcher, or where nobody has that: then nobody leads the run any more.
    pub fn outlast(&self, tell: &mut dyn FnMut(&str)) -> Option<String> {
        let (start, mut told) = (Instant::now(), false);
        while let Some(who) = self.somebody() {
            if self.launcher().is_none() || start.elapsed() > GIVEN_UP {
                return Some(who);
            }
            if start.elapsed() > TOLD && !std::mem::replace(&mut told, true) {
                tell(&format!(
                    "waiting for stage \"{who}\" of the run before, whose launcher was killed, to end"
                ));
            }
            std::thread::sleep(LOOK);
        }
        self.remove(PID);
        None
    }
}
