//! The counters of one worker, in a mapped file that outlives `kill -9` .
//!
//! One process writes (it holds a lock on the file), anyone reads. Groups of numbers that must be seen
//! together are kept twice behind a generation word: the writer fills the copy that is not shown and then
//! shows it by one store. So neither a reader nor a crash finds a group half told. The file is allocated in
//! full when it is made, so that a full /dev/shm is an error message then and not a SIGBUS later.

mod account;
mod failure;
mod kept;
mod layout;
mod map;
mod seal;
mod shape;

pub use shape::Shape;

use crate::error::{Error, Result, scarce};
use crate::latency::Told;
use crate::operator::{Account, Amount};
use crate::wire::claim;
use crate::wire::link::Received;
use layout::{Layout, word};
use map::Map;
use std::fs::{File, OpenOptions};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

/// How far a worker has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// No process has taken the ledger yet.
    New = 0,
    /// A process opens its world and its sockets.
    Starting = 1,
    Ready = 2,
    /// All is done; nothing comes from it any more, and nothing goes to it.
    Finished = 3,
    /// It will not be started again. Who waits for it need not.
    GivenUp = 4,
}

impl State {
    pub fn name(self) -> &'static str {
        ["new", "starting", "running", "finished", "failed"][self as usize]
    }
}

/// Where a worker's time went, in nanoseconds since its first start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Times {
    pub busy: u64,
    /// Waiting for room downstream.
    pub blocked: u64,
    /// Waiting for records, or for the next one to be due.
    pub idle: u64,
}

/// What a worker may be doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    Busy = 0,
    Blocked = 1,
    Idle = 2,
}

impl Phase {
    const ALL: [Phase; 3] = [Phase::Busy, Phase::Blocked, Phase::Idle];
}

impl Times {
    pub fn add(&mut self, phase: Phase, ns: u64) {
        match phase {
            Phase::Busy => self.busy = self.busy.saturating_add(ns),
            Phase::Blocked => self.blocked = self.blocked.saturating_add(ns),
            Phase::Idle => self.idle = self.idle.saturating_add(ns),
        }
    }
}

/// A worker's ledger: mapped, and if it was claimed, ours to write.
pub struct Ledger {
    map: Map,
    layout: Layout,
    /// Holds the lock of the one who writes; `None` for a reader.
    _claim: Option<File>,
}

impl Ledger {
    /// Makes an empty ledger file of the right size, which says whose it is. It must not exist.
    pub fn create(path: &Path, shape: Shape, whose: u64) -> Result<()> {
        let layout = Layout::of(shape);
        let file = OpenOptions::new().read(true).write(true).create_new(true).open(path);
        let file = file.map_err(|e| cannot("make", path, &scarce(&e)))?;
        nix::fcntl::posix_fallocate(&file, 0, 8 * layout.words as i64)
            .map_err(|e| cannot("make room for", path, &scarce(&e.into())))?;
        let ledger = Ledger { map: Map::of(&file, path)?, layout, _claim: None };
        for (at, value) in layout.head(whose) {
            ledger.words()[at].store(value, Ordering::Relaxed);
        }
        Ok(())
    }

    /// Opens a ledger to read.
    pub fn open(path: &Path) -> Result<Ledger> {
        let file = OpenOptions::new().read(true).write(true).open(path);
        Ledger::of_file(&file.map_err(|e| cannot("open", path, &scarce(&e)))?, path)
    }

    /// Opens a ledger to write: this process is its worker now. Counters go on, the epoch grows by one, and what a
    /// predecessor said of its end is forgotten, unless nobody waits for another one.
    pub fn claim(path: &Path) -> Result<Ledger> {
        let file = OpenOptions::new().read(true).write(true).open(path);
        let file = file.map_err(|e| cannot("open", path, &scarce(&e)))?;
        if !claim::take(&file) {
            return Err(cannot("take", path, "another process is this worker already"));
        }
        let mut ledger = Ledger::of_file(&file, path)?;
        if ledger.is_broken() {
            return Err(cannot("take", path, CHANGED));
        }
        ledger.unseal();
        ledger._claim = Some(file);
        if ledger.state() != State::GivenUp {
            ledger.clear_failure();
        }
        ledger.add(word::EPOCH, 1);
        ledger.set(word::PID, u64::from(std::process::id()));
        Ok(ledger)
    }

    fn of_file(file: &File, path: &Path) -> Result<Ledger> {
        let map = Map::of(file, path)?;
        let layout = Layout::read(map.words()).filter(|layout| 8 * layout.words == map.bytes());
        let layout = layout.ok_or_else(|| cannot("read", path, "it is no ledger of this version"))?;
        Ok(Ledger { map, layout, _claim: None })
    }

    /// Whether it is that of a worker with such links, ports and steps, and of nobody else.
    pub fn is_of(&self, shape: Shape, whose: u64) -> bool {
        self.layout.shape == shape && self.get(word::WHOSE) == whose
    }

    fn words(&self) -> &[AtomicU64] {
        self.map.words()
    }

    fn get(&self, at: usize) -> u64 {
        self.words()[at].load(Ordering::Acquire)
    }

    fn set(&self, at: usize, value: u64) {
        self.words()[at].store(value, Ordering::Release);
    }

    fn add(&self, at: usize, value: u64) {
        self.set(at, self.get(at) + value);
    }

    pub fn pid(&self) -> u32 {
        self.get(word::PID) as u32
    }

    /// How many processes have been this worker, this one included.
    pub fn epoch(&self) -> u32 {
        self.get(word::EPOCH) as u32
    }

    pub fn state(&self) -> State {
        let states = [State::New, State::Starting, State::Ready, State::Finished, State::GivenUp];
        states[self.get(word::STATE).min(4) as usize]
    }

    pub fn set_state(&self, state: State) {
        self.unseal();
        self.set(word::STATE, state as u64);
    }

    /// Records that a crash took while they were inside the worker.
    pub fn lost_inside(&self) -> u64 {
        self.get(word::LOST_INSIDE)
    }

    pub fn set_lost_inside(&self, records: u64) {
        self.set(word::LOST_INSIDE, records);
    }

    /// Frames that could not be read, or were not for this worker.
    pub fn refused(&self) -> u64 {
        self.get(word::REFUSED)
    }

    pub fn add_refused(&self) {
        self.add(word::REFUSED, 1);
    }

    /// Where the time went up to `now_ns`; of a worker that is gone up to its last word (`None`).
    pub fn times(&self, now_ns: Option<u64>) -> Times {
        let mut times = Times {
            busy: self.get(word::BUSY),
            blocked: self.get(word::BLOCKED),
            idle: self.get(word::IDLE),
        };
        let doing = self.get(word::NOW);
        if let Some(now_ns) = now_ns.filter(|_| doing != 0) {
            times.add(Phase::ALL[(doing & 3) as usize % 3], now_ns.saturating_sub(doing >> 2));
        }
        times
    }

    /// Tells the times up to `since_ns`, and what the worker does from then on.
    pub fn set_times(&self, times: Times, now: Phase, since_ns: u64) {
        self.set(word::BUSY, times.busy);
        self.set(word::BLOCKED, times.blocked);
        self.set(word::IDLE, times.idle);
        self.set(word::NOW, since_ns << 2 | now as u64);
    }

    /// The account as it was last published.
    pub fn account(&self) -> Account {
        self.layout.account(self.words())
    }

    /// `Account::done` alone, for who only wants to know how busy a worker is.
    pub fn done(&self) -> u64 {
        self.layout.done(self.words())
    }

    /// What was offered to one outgoing link, as it was last published.
    pub fn offered(&self, outlet: usize) -> Amount {
        self.layout.offered(self.words(), outlet)
    }

    /// Makes an account public, all of it by one store.
    pub fn publish(&self, account: &Account) {
        self.layout.publish(self.words(), account);
    }

    /// What has come over one incoming link (numbered within the worker).
    pub fn received(&self, inlet: usize) -> Received {
        self.layout.received(self.words(), inlet)
    }

    pub fn set_received(&self, inlet: usize, received: &Received) {
        self.layout.set_received(self.words(), inlet, received);
    }

    /// Lets a run go on: the worker has come to no end, and no sender of it has.
    pub(crate) fn forget_ends(&self) {
        self.set_state(State::New);
        self.clear_failure();
        for inlet in 0..self.layout.shape.inlets {
            let received = Received { ended: false, stopped: false, idle: false, ..self.received(inlet) };
            self.set_received(inlet, &received);
        }
    }

    /// Records taken over all links.
    pub fn received_total(&self) -> u64 {
        (0..self.layout.shape.inlets).map(|inlet| self.received(inlet).records).sum()
    }

    /// How long things took at this worker: since its first start, and in the last interval, which is what was told
    /// last without what was told before it.
    pub fn timings(&self) -> (Told, Told) {
        let [total, before] = self.layout.timings(self.words());
        (Told::of(total.clone(), Vec::new()), Told::of(total, before))
    }

    /// Tells how long things took since the first start, in the bytes of `Timings::write`; false when there is no room
    /// for so many.
    pub fn set_timings(&self, bytes: &[u8]) -> bool {
        let fits = bytes.len() <= layout::TIMINGS_MAX;
        if fits {
            self.layout.set_timings(self.words(), bytes);
        }
        fits
    }
}

/// The worker lets go of it, and nobody else changes it.
impl Drop for Ledger {
    fn drop(&mut self) {
        if self._claim.is_some() {
            self.seal();
        }
    }
}

/// Why a ledger whose seal is broken is not used.
pub(crate) const CHANGED: &str = "it was changed since its worker came to rest";

fn cannot(what: &str, path: &Path, why: &str) -> Error {
    Error::failed(format!("cannot {what} the ledger {}: {why}", path.display()))
}
