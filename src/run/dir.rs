//! The run directory: where the processes of a run find each other, and where others find the run.
//!
//! It lies in memory (`$XDG_RUNTIME_DIR/sluicebox/NAME`, else `/dev/shm/sluicebox-UID/NAME`), so that no disk
//! stalls the hot loop, and belongs to its user alone. It stays after the end until the next run.

mod ground;
mod holders;

use super::wiring::{Part, Wiring, whose};
use crate::error::{Error, Result, scarce};
use crate::params::{NAMED, is_name};
use crate::topology::freeze;
use crate::topology::plan::{Plan, WorkerId};
pub use crate::whose::RUN_DIR;
use crate::wire::endpoint::Address;
use crate::wire::ledger::Ledger;
use crate::wire::peer::Peer;
use crate::wire::socket::PATH_BYTES_MAX;
use nix::errno::Errno;
use nix::fcntl::{FcntlArg, FdFlag, fcntl};
use nix::unistd::geteuid;
use std::fs::{self, File};
use std::io::{self, Write};
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

/// The directory of one run.
#[derive(Clone, Debug)]
pub struct RunDir {
    /// What it is called.
    path: PathBuf,
    /// What it is reached by, from when it was found and seen to be ours.
    held: Arc<OnceLock<OwnedFd>>,
}

impl RunDir {
    /// Where the run of a topology lies, whether it exists or not.
    ///
    /// # Errors
    /// When no topology can be called so, or what lies there is not ours.
    pub fn of(name: &str) -> Result<RunDir> {
        if !is_name(name) {
            return Err(Error::usage(format!("{name:?} is no topology's name: that is {NAMED}")));
        }
        let dir = RunDir::at(base().join(name));
        dir.held()?;
        Ok(dir)
    }

    /// Names of topologies that have run, as far as they can be seen.
    ///
    /// # Errors
    /// When the directory in which they lie is not ours.
    pub fn names() -> Result<Vec<String>> {
        let base = ground::base(&base(), false)?;
        let entries = base.iter().flat_map(|base| fs::read_dir(ground::reach(base)));
        // A file beside them is no run.
        let others =
            entries.flatten().flatten().filter(|entry| !entry.file_type().is_ok_and(|of| of.is_file()));
        let names = others.filter_map(|entry| entry.file_name().into_string().ok());
        Ok(names.filter(|name| is_name(name)).collect())
    }

    pub fn at(path: impl Into<PathBuf>) -> RunDir {
        RunDir { path: path.into(), held: Arc::default() }
    }

    /// The directory that a launcher has lent.
    ///
    /// # Errors
    /// When it is not there or not ours.
    pub fn lent(at: &Path) -> Result<RunDir> {
        let (held, path) = ground::lent(at)?;
        Ok(RunDir { path, held: Arc::new(OnceLock::from(held)) })
    }

    /// Lends it to the processes that are started from now on: whatever takes its name, they find this one.
    pub(crate) fn lend(&self) -> PathBuf {
        let Some(held) = self.held.get() else { return self.path.clone() };
        // One that can't be had there is told by who looks for it.
        let _ = fcntl(held, FcntlArg::F_SETFD(FdFlag::empty()));
        ground::reach(held)
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    fn held(&self) -> Result<Option<&OwnedFd>> {
        if self.held.get().is_none()
            && let Some(found) = ground::open(&self.path, false)?
        {
            self.held.get_or_init(|| found);
        }
        Ok(self.held.get())
    }

    /// Where a file of the run is reached.
    pub(super) fn inside(&self, name: &str) -> io::Result<PathBuf> {
        let held = self.held().map_err(|e| io::Error::other(e.sentence))?;
        Ok(ground::reach(held.ok_or(Errno::ENOENT)?).join(name))
    }

    /// An error as a person reads it, who knows the directory by its name.
    pub(crate) fn named(&self, error: Error) -> Error {
        let Some(held) = self.held.get() else { return error };
        let reached = ground::reach(held).join("").display().to_string();
        let sentence = error.sentence.replace(&reached, &self.path.join("").display().to_string());
        Error { sentence, ..error }
    }

    pub(super) fn cannot(&self, what: &str, name: &str, e: &io::Error) -> Error {
        Error::failed(format!("cannot {what} {}: {}", self.path.join(name).display(), scarce(e)))
    }

    /// Makes the directory, or finds that it is ours; sockets of the plan's stages must fit into it.
    pub fn make(&self, plan: &Plan) -> Result<()> {
        let path = |at| self.path.join(watch_of(plan, at)).as_os_str().len();
        let longest = plan.workers().map(path).max().unwrap_or(0);
        if longest > PATH_BYTES_MAX {
            return Err(Error::usage(format!(
                "the run directory {} is too long: its sockets would have paths of {longest} bytes, and \
                {PATH_BYTES_MAX} \
                 are the most (set XDG_RUNTIME_DIR to a shorter path)",
                self.path.display()
            )));
        }
        self.create()
    }

    /// Makes the directory, or finds that it is ours.
    pub(crate) fn create(&self) -> Result<()> {
        if self.held.get().is_none()
            && let Some(made) = ground::open(&self.path, true)?
        {
            self.held.get_or_init(|| made);
        }
        Ok(())
    }

    /// Clears what an earlier run left, makes the ledgers, and puts the plan where every stage finds it; the
    /// plan comes last, so who sees it finds the rest.
    pub fn freeze(&self, plan: &Plan) -> Result<()> {
        let entries = self.inside("").and_then(fs::read_dir).map_err(|e| self.cannot("read", "", &e))?;
        for entry in
            entries.flatten().filter(|entry| ![LOCK, FREEZE].iter().any(|keep| entry.file_name() == *keep))
        {
            let name = entry.file_name();
            fs::remove_file(entry.path()).map_err(|e| self.cannot("remove", &name.to_string_lossy(), &e))?;
        }
        for part in Wiring::of(plan).parts() {
            let whose = whose(plan, part.id);
            self.in_ledger(part.id, |path| Ledger::create(path, part.shape(plan), whose))?;
        }
        self.put(PLAN, &freeze::to_bytes(plan)?)
    }

    /// The plan of the run that is here, or was.
    pub fn plan(&self) -> Result<Plan> {
        let bytes = self.inside(PLAN).and_then(fs::read).map_err(|e| self.cannot("read", PLAN, &e))?;
        freeze::from_bytes(&bytes).map_err(|e| e.by(self.path.join(PLAN).display()))
    }

    /// Writes a file of the run as a whole: who reads it finds the old one or the new one.
    pub fn put(&self, name: &str, bytes: &[u8]) -> Result<()> {
        let write = || {
            let (path, draft) = (self.inside(name)?, self.inside(&format!("{name}.{}", std::process::id()))?);
            let written = File::create(&draft).and_then(|mut file| file.write_all(bytes));
            written.and_then(|()| fs::rename(&draft, &path)).inspect_err(|_| {
                // Half of it is of no use; that it can't be removed is the smaller trouble.
                let _ = fs::remove_file(&draft);
            })
        };
        write().map_err(|e| self.cannot("write", name, &e))
    }

    /// Removes a file of the run, if it is there.
    pub(super) fn remove(&self, name: &str) {
        let _ = self.inside(name).and_then(fs::remove_file);
    }

    /// Reads a file of the run; `None` when it is not there.
    pub fn get(&self, name: &str) -> Option<Vec<u8>> {
        self.inside(name).and_then(fs::read).ok()
    }

    /// Where a worker takes frames from, for who comes from outside.
    pub fn socket_path(&self, worker: WorkerId) -> PathBuf {
        self.path.join(socket_of(worker))
    }

    /// Where the process of a worker can be watched, for who has found the directory.
    pub(crate) fn watch_path(&self, plan: &Plan, of: WorkerId) -> Result<PathBuf> {
        let name = watch_of(plan, of);
        self.inside(&name).map_err(|e| self.cannot("reach", &name, &e))
    }

    /// The endpoint that a SUB of libzmq connects to, to watch a worker.
    pub fn watch_endpoint(&self, plan: &Plan, of: WorkerId) -> String {
        format!("ipc://{}", self.path.join(watch_of(plan, of)).display())
    }

    /// The same for a sender; `inside`: it is a thread of the worker's own process.
    pub(crate) fn address(&self, of: WorkerId, inside: bool) -> Result<Address> {
        let name = socket_of(of);
        Ok(match inside {
            true => Address::Memory(name),
            false => Address::Unix(self.inside(&name).map_err(|e| self.cannot("reach", &name, &e))?),
        })
    }

    /// Where the state of a worker is kept.
    pub(crate) fn snapshot_path(&self, WorkerId { stage, worker }: WorkerId) -> PathBuf {
        self.reached(&format!("{stage}.{worker}.snapshot"))
    }

    /// What a worker said on its standard error.
    pub(crate) fn log_path(&self, WorkerId { stage, worker }: WorkerId) -> PathBuf {
        self.reached(&format!("{stage}.{worker}.log"))
    }

    /// The same as `inside`, for who has found the directory before; for others nothing lies there.
    fn reached(&self, name: &str) -> PathBuf {
        self.inside(name).unwrap_or_else(|_| self.path.join(name))
    }

    pub fn ledger(&self, worker: WorkerId) -> Result<Ledger> {
        self.in_ledger(worker, Ledger::open)
    }

    /// The ledger of a worker of this plan.
    ///
    /// # Errors
    /// Also when it is another's.
    pub(crate) fn ledger_of(&self, plan: &Plan, part: &Part) -> Result<Ledger> {
        let ledger = self.ledger(part.id)?;
        match ledger.is_of(part.shape(plan), whose(plan, part.id)) {
            true => Ok(ledger),
            false => {
                let path = self.path.join(ledger_name(part.id));
                let path = path.display();
                Err(Error::failed(format!("the ledger {path} is not that of a worker of the plan beside it")))
            }
        }
    }

    /// A worker as those at the other ends of its links know it.
    pub(crate) fn peer(&self, worker: WorkerId) -> Result<Peer> {
        self.ledger(worker).map(Peer::mapped)
    }

    pub fn claim(&self, worker: WorkerId) -> Result<Ledger> {
        self.in_ledger(worker, Ledger::claim)
    }

    /// Does something with the file of a worker's ledger.
    fn in_ledger<T>(&self, worker: WorkerId, what: impl FnOnce(&Path) -> Result<T>) -> Result<T> {
        let name = ledger_name(worker);
        let path = self.inside(&name).map_err(|e| self.cannot("open the ledger", &name, &e))?;
        what(&path).map_err(|e| self.named(e))
    }
}

/// The files of a run that are not a worker's.
const LOCK: &str = "lock";
const FREEZE: &str = "freeze";
const PID: &str = "pid";
const PLAN: &str = "plan.json";

fn base() -> PathBuf {
    match std::env::var_os("XDG_RUNTIME_DIR").filter(|dir| Path::new(dir).is_absolute()) {
        Some(dir) => Path::new(&dir).join("sluicebox"),
        None => PathBuf::from(format!("/dev/shm/sluicebox-{}", geteuid())),
    }
}

fn ledger_name(WorkerId { stage, worker }: WorkerId) -> String {
    format!("{stage}.{worker}.ledger")
}

fn socket_of(WorkerId { stage, worker }: WorkerId) -> String {
    format!("{stage}.{worker}")
}

/// A process is watched at one socket, which goes by its first worker.
fn watch_of(plan: &Plan, of: WorkerId) -> String {
    let first = plan.workers().find(|at| plan.together(*at, of));
    format!("{}.watch", socket_of(first.unwrap_or(of)))
}
