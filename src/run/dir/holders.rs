//! Which processes hold a run: its launcher, and its workers.

use super::{FREEZE, LOCK, PID, RunDir, ledger_name};
use crate::error::Result;
use crate::topology::plan::WorkerId;
use crate::wire::claim::{self, Holder};
use crate::wire::ledger::Ledger;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
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
    /// when that takes long. Gives the name of one that is still there: it was started by hand, or can't end.
    ///
    /// Call it with the lock of the launcher, or where nobody has that: then nobody leads the run any more.
    pub fn outlast(&self, tell: &mut dyn FnMut(&str)) -> Option<String> {
        let (start, mut told) = (Instant::now(), false);
        while let Some((who, _)) = self.claimed().into_iter().next() {
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
