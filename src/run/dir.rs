//! The run directory: where the processes of a run find each other, and where others find the run.
//!
//! It lies in memory (`$XDG_RUNTIME_DIR/sluicebox/NAME`, else `/dev/shm/sluicebox-UID/NAME`), so that no disk
//! stalls the hot loop, and belongs to its user alone. It stays after the end until the next run.

use super::wiring::Wiring;
use crate::error::{Error, Result, reason};
use crate::topology::freeze;
use crate::topology::plan::{Plan, WorkerId};
pub use crate::whose::RUN_DIR;
use crate::wire::claim;
use crate::wire::endpoint::Address;
use crate::wire::ledger::Ledger;
use crate::wire::peer::Peer;
use crate::wire::socket::PATH_BYTES_MAX;
use nix::unistd::{Uid, geteuid};
use std::fs::{self, File};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

/// The directory of one run.
#[derive(Clone, Debug)]
pub struct RunDir {
    path: PathBuf,
}

impl RunDir {
    /// Where the run of a topology lies, whether it exists or not.
    pub fn of(name: &str) -> RunDir {
        let base = match std::env::var_os("XDG_RUNTIME_DIR").filter(|dir| Path::new(dir).is_absolute()) {
            Some(dir) => Path::new(&dir).join("sluicebox"),
            None => PathBuf::from(format!("/dev/shm/sluicebox-{}", geteuid())),
        };
        RunDir { path: base.join(name) }
    }

    /// Names of topologies that have run, as far as they can be seen.
    pub fn names() -> Vec<String> {
        let entries = RunDir::of("x").path.parent().and_then(|base| fs::read_dir(base).ok());
        entries
            .into_iter()
            .flatten()
            .flatten()
            .filter_map(|entry| entry.file_name().into_string().ok())
            .collect()
    }

    pub fn at(path: impl Into<PathBuf>) -> RunDir {
        RunDir { path: path.into() }
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Makes the directory, or finds that it is ours; sockets of the plan's stages must fit into it.
    pub fn make(&self, plan: &Plan) -> Result<()> {
        let longest = plan.workers().map(|at| self.socket_path(at).as_os_str().len()).max().unwrap_or(0);
        if longest > PATH_BYTES_MAX {
            return Err(Error::usage(format!(
                "the run directory {} is too long: its sockets would have paths of {longest} bytes, and \
                {PATH_BYTES_MAX} \
                 are the most (set XDG_RUNTIME_DIR to a shorter path)",
                self.path.display()
            )));
        }
        let base = self.path.parent().unwrap_or(Path::new("/"));
        for dir in [base, &self.path] {
            let made = fs::DirBuilder::new().mode(0o700).recursive(false).create(dir);
            match made {
                Err(e) if e.kind() != std::io::ErrorKind::AlreadyExists => {
                    return Err(Error::usage(format!(
                        "cannot make the run directory {}: {} (set XDG_RUNTIME_DIR to a folder of yours)",
                        dir.display(),
                        reason(&e)
                    )));
                }
                _ => check_ours(dir)?,
            }
        }
        Ok(())
    }

    /// Takes the lock of the launcher; `None` when another one runs.
    pub fn lock(&self) -> Result<Option<File>> {
        let path = self.path.join("lock");
        let file = open_lock(&path).map_err(|e| cannot("open", &path, &e))?;
        Ok(claim::take(&file).then_some(file))
    }

    /// Takes the lock under which a plan is frozen, waiting for it.
    pub fn lock_to_freeze(&self) -> Result<File> {
        let path = self.path.join("freeze");
        let file = open_lock(&path).and_then(|file| file.lock().map(|()| file));
        file.map_err(|e| cannot("lock", &path, &e))
    }

    /// The process that launched the run, as it said itself.
    pub fn launcher(&self) -> Option<u32> {
        self.get("pid").and_then(|text| String::from_utf8(text).ok()?.trim().parse().ok())
    }

    /// Whether a launcher runs here now.
    pub fn is_locked(&self) -> bool {
        claim::is_taken(&self.path.join("lock"))
    }

    /// Clears what an earlier run left, makes the ledgers, and puts the plan where every stage finds it; the
    /// plan comes last, so who sees it finds the rest.
    pub fn freeze(&self, plan: &Plan) -> Result<()> {
        let entries = fs::read_dir(&self.path).map_err(|e| cannot("read", &self.path, &e))?;
        for entry in entries.flatten() {
            if !["lock", "freeze"].iter().any(|keep| entry.file_name() == *keep) {
                fs::remove_file(entry.path()).map_err(|e| cannot("remove", &entry.path(), &e))?;
            }
        }
        for part in Wiring::of(plan).parts() {
            Ledger::create(&self.ledger_path(part.id), part.shape(plan))?;
        }
        self.put("plan.json", &freeze::to_bytes(plan)?)
    }

    /// The plan of the run that is here, or was.
    pub fn plan(&self) -> Result<Plan> {
        let path = self.path.join("plan.json");
        let bytes = fs::read(&path).map_err(|e| cannot("read", &path, &e))?;
        freeze::from_bytes(&bytes).map_err(|e| e.by(path.display()))
    }

    /// Writes a file of the run as a whole: who reads it finds the old one or the new one.
    pub fn put(&self, name: &str, bytes: &[u8]) -> Result<()> {
        let (path, draft) = (self.path.join(name), self.path.join(format!("{name}.{}", std::process::id())));
        let written = File::create(&draft).and_then(|mut file| file.write_all(bytes));
        written.and_then(|()| fs::rename(&draft, &path)).map_err(|e| {
            // Half of it is of no use; that it can't be removed is the smaller trouble.
            let _ = fs::remove_file(&draft);
            cannot("write", &path, &e)
        })
    }

    /// Removes a file of the run, if it is there.
    pub(super) fn remove(&self, name: &str) {
        let _ = fs::remove_file(self.path.join(name));
    }

    /// Reads a file of the run; `None` when it is not there.
    pub fn get(&self, name: &str) -> Option<Vec<u8>> {
        fs::read(self.path.join(name)).ok()
    }

    fn ledger_path(&self, WorkerId { stage, worker }: WorkerId) -> PathBuf {
        self.path.join(format!("{stage}.{worker}.ledger"))
    }

    /// Where a worker takes frames from.
    pub fn socket_path(&self, WorkerId { stage, worker }: WorkerId) -> PathBuf {
        self.path.join(format!("{stage}.{worker}"))
    }

    /// The same for a sender; `inside`: it is a thread of the worker's own process.
    pub fn address(&self, of: WorkerId, inside: bool) -> Address {
        match inside {
            true => Address::Memory(format!("{}.{}", of.stage, of.worker)),
            false => Address::Unix(self.socket_path(of)),
        }
    }

    /// Where the state of a worker is kept.
    pub(crate) fn snapshot_path(&self, WorkerId { stage, worker }: WorkerId) -> PathBuf {
        self.path.join(format!("{stage}.{worker}.snapshot"))
    }

    /// What a worker said on its standard error.
    pub(crate) fn log_path(&self, WorkerId { stage, worker }: WorkerId) -> PathBuf {
        self.path.join(format!("{stage}.{worker}.log"))
    }

    pub fn ledger(&self, worker: WorkerId) -> Result<Ledger> {
        Ledger::open(&self.ledger_path(worker))
    }

    /// A worker as those at the other ends of its links know it.
    pub(crate) fn peer(&self, worker: WorkerId) -> Result<Peer> {
        self.ledger(worker).map(Peer::mapped)
    }

    /// Whether a process is that worker now.
    pub(crate) fn is_claimed(&self, worker: WorkerId) -> bool {
        claim::is_taken(&self.ledger_path(worker))
    }

    pub fn claim(&self, worker: WorkerId) -> Result<Ledger> {
        Ledger::claim(&self.ledger_path(worker))
    }
}

fn open_lock(path: &Path) -> std::io::Result<File> {
    File::options().read(true).write(true).create(true).truncate(false).open(path)
}

fn check_ours(dir: &Path) -> Result<()> {
    let meta = fs::symlink_metadata(dir).map_err(|e| cannot("look at", dir, &e))?;
    let refuse = |why: &str| {
        Err(Error::usage(format!(
            "the run directory {} {why}: remove it or set XDG_RUNTIME_DIR",
            dir.display()
        )))
    };
    if !meta.is_dir() {
        return refuse("is no directory");
    }
    if Uid::from_raw(meta.uid()) != geteuid() {
        return refuse("belongs to another user");
    }
    if meta.mode() & 0o077 != 0 {
        return refuse("can be entered by others");
    }
    Ok(())
}

fn cannot(what: &str, path: &Path, e: &std::io::Error) -> Error {
    Error::failed(format!("cannot {what} {}: {}", path.display(), reason(e)))
}
