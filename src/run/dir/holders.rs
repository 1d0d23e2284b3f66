//! Which processes hold a run: its launcher, and its workers.

use super::{FREEZE, LOCK, PID, RunDir, ledger_name};
use crate::error::{Error, Result};
use crate::topology::plan::WorkerId;
use crate::wire::claim::{self, Holder};
use crate::wire::ledger::Ledger;
use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// How long what a killed launcher leaves may hold its lock.
const LOCKED: Duration = Duration::from_secs(2);
/// How long its workers may take to end, or another process to prepare the run, before that is told, and before nobody
/// waits for them any more.
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

    /// Takes the lock under which a plan is frozen, and `tell`s of it when that takes long.
    ///
    /// # Errors
    /// When it can't be taken, or another process keeps it.
    pub fn lock_to_freeze(&self, tell: &mut dyn FnMut(&str)) -> Result<File> {
        self.lock_within(TOLD, GIVEN_UP, tell)
    }

    fn lock_within(&self, told: Duration, given_up: Duration, tell: &mut dyn FnMut(&str)) -> Result<File> {
        let file = self.open_lock(FREEZE).map_err(|e| self.cannot("open", FREEZE, &e))?;
        let name = self.path().file_name().unwrap_or_default().display();
        let mut wait = Wait::new(told, given_up);
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(file),
                Err(TryLockError::Error(e)) => return Err(self.cannot("lock", FREEZE, &e)),
                Err(TryLockError::WouldBlock) => {}
            }
            let waits = || format!("waiting for another process, which prepares topology \"{name}\"");
            if !wait.on(tell, waits) {
                return Err(Error::failed(format!(
                    "topology \"{name}\" can't begin: another process has prepared it for {} s now, and holds {} (end \
                    that process)",
                    given_up.as_secs(),
                    self.path().join(FREEZE).display()
                )));
            }
        }
    }

    fn open_lock(&self, name: &str) -> io::Result<File> {
        File::options().read(true).write(true).create(true).truncate(false).open(self.inside(name)?)
    }

    /// Says which process launches the run.
    pub(crate) fn be_launcher(&self) -> Result<()> {
        self.put(PID, std::process::id().to_string().as_bytes())
    }

    /// Nobody launches the run any more. Call it with the lock under which a plan is frozen.
    pub fn forget_launcher(&self) {
        self.remove(PID);
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
    pub(crate) fn is_claimed(&self, worker: WorkerId) -> bool {
        self.inside(&ledger_name(worker)).is_ok_and(|path| claim::is_taken(&path))
    }

    /// Whether a launcher runs here, or a worker that was started by hand.
    pub fn is_held(&self) -> bool {
        self.is_locked() || !self.claimed().is_empty()
    }

    /// The processes that are workers now, as far as they can be seen from here, each with what its worker is called.
    /// No more is asked of plan and ledgers than names.
    pub fn workers(&self) -> Vec<(String, Option<Holder>)> {
        let likely = |path: &Path| Ledger::open(path).ok().map(|ledger| ledger.pid());
        self.claimed().into_iter().map(|(who, path)| (who, claim::holder(&path, likely(&path)))).collect()
    }

    /// The ledgers that processes hold now, and whose they are: by name, or by numbers where the plan can't be read.
    fn claimed(&self) -> Vec<(String, PathBuf)> {
        let entries = self.inside("").and_then(fs::read_dir).into_iter().flatten().flatten();
        let ledgers =
            entries.map(|entry| entry.path()).filter(|path| path.extension() == Some("ledger".as_ref()));
        let mut held: Vec<PathBuf> = ledgers.filter(|path| claim::is_taken(path)).collect();
        held.sort_unstable();
        let plan = if held.is_empty() { None } else { self.plan().ok() };
        let called = |path: &Path| {
            let plan = plan.as_ref()?;
            let worker = plan.workers().find(|at| path.ends_with(ledger_name(*at)))?;
            Some(plan.worker_name(worker))
        };
        let number = |path: &Path| path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        held.into_iter().map(|path| (called(&path).unwrap_or_else(|| number(&path)), path)).collect()
    }

    /// Waits until the workers of a launcher that is gone have gone too, as they do by themselves, and `tell`s of it
    /// when that takes long. Gives the name of one that is still there: it was started by hand, or can't end, or
    /// another launcher leads it now.
    pub fn outlast(&self, tell: &mut dyn FnMut(&str)) -> Option<String> {
        self.outlast_while(|| !self.is_locked(), tell)
    }

    /// The same for who has the lock of the launcher.
    pub(crate) fn outlast_as_launcher(&self, tell: &mut dyn FnMut(&str)) -> Option<String> {
        self.outlast_while(|| true, tell)
    }

    fn outlast_while(&self, unled: impl Fn() -> bool, tell: &mut dyn FnMut(&str)) -> Option<String> {
        let mut wait = Wait::new(TOLD, GIVEN_UP);
        while let Some((who, _)) = self.claimed().into_iter().next() {
            let waits = || {
                format!("waiting for stage \"{who}\" of the run before, whose launcher was killed, to end")
            };
            if self.launcher().is_none() || !unled() || !wait.on(tell, waits) {
                return Some(who);
            }
        }
        None
    }
}

/// Looks again and again for what is waited for: says so once, and gives up at last.
struct Wait {
    start: Instant,
    told: Option<Duration>,
    given_up: Duration,
}

impl Wait {
    fn new(told: Duration, given_up: Duration) -> Wait {
        Wait { start: Instant::now(), told: Some(told), given_up }
    }

    /// Waits a little; false when it was long enough.
    fn on(&mut self, tell: &mut dyn FnMut(&str), what: impl FnOnce() -> String) -> bool {
        let waited = self.start.elapsed();
        if self.told.take_if(|told| waited > *told).is_some() {
            tell(&what());
        }
        std::thread::sleep(LOOK);
        waited <= self.given_up
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_prepares_a_run_for_ever_is_told_of_once_and_not_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let dir = RunDir::at(folder.path().join("runs/t"));
        dir.create().unwrap();
        let mut said = Vec::new();
        let mut lock = |given_up: u64| {
            dir.lock_within(Duration::ZERO, Duration::from_millis(given_up), &mut |line| {
                said.push(line.to_string())
            })
        };
        let held = lock(0).unwrap();
        let error = lock(20).unwrap_err();
        assert!(error.sentence.contains("topology \"t\" can't begin: another process"), "{}", error.sentence);
        drop(held);
        lock(0).unwrap();
        assert_eq!(said, ["waiting for another process, which prepares topology \"t\""]);
    }
}
