//! Looks at a running topology from outside: how far each worker is, and what its process has used.

use super::proc;
use crate::clock::mono_ns;
use crate::error::Result;
use crate::run::books::Books;
use crate::run::dir::RunDir;
use crate::run::reader::Reader;
use crate::topology::plan::Plan;
use crate::wire::ledger::{Ledger, State};
use std::collections::BTreeMap;

/// The ledgers of a run, kept open: a look reads a few words of each.
pub(super) struct Probe {
    reader: Reader,
    launcher: u32,
}

/// What was seen at one moment.
#[derive(Clone, Debug)]
pub(super) struct Sample {
    pub at_ns: u64,
    /// In the order of `Plan::workers`.
    pub workers: Vec<Seen>,
    /// Nanoseconds of CPU so far, by process.
    pub cpu: BTreeMap<u32, u64>,
    /// The most memory that each process has had, all together, the launcher included.
    pub memory_bytes: u64,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Seen {
    pub pid: u32,
    pub state: State,
    /// Records handled.
    pub done: u64,
}

impl Probe {
    /// Opens the ledgers of a run whose plan is there.
    pub(super) fn new(plan: &Plan, dir: &RunDir, launcher: u32) -> Result<Probe> {
        Ok(Probe { reader: Reader::open(plan, dir)?, launcher })
    }

    /// Whether every worker has come up, or is through already.
    pub(super) fn all_ready(&self) -> bool {
        self.reader.ledgers().all(|ledger| ledger.state() >= State::Ready)
    }

    /// Whether a worker has handled a record.
    pub(super) fn has_begun(&self, worker: usize) -> bool {
        self.reader.ledgers().nth(worker).is_some_and(|ledger| ledger.done() > 0)
    }

    /// Whether a worker has crashed and was started again.
    pub(super) fn has_crashed(&self) -> bool {
        self.reader.ledgers().any(|ledger| ledger.epoch() > 1)
    }

    /// The books as they stand.
    pub(super) fn books(&self) -> Books {
        self.reader.read()
    }

    pub(super) fn sample(&self) -> Sample {
        let seen = |ledger: &Ledger| Seen { pid: ledger.pid(), state: ledger.state(), done: ledger.done() };
        let at_ns = mono_ns();
        let workers: Vec<Seen> = self.reader.ledgers().map(seen).collect();
        let pids = workers.iter().map(|worker| worker.pid);
        let cpu: BTreeMap<u32, u64> = pids.filter_map(|pid| Some((pid, proc::cpu_ns(pid)?))).collect();
        let peak = |pid: &u32| proc::peak_bytes(*pid);
        let memory_bytes = cpu.keys().filter_map(peak).sum::<u64>() + peak(&self.launcher).unwrap_or(0);
        Sample { at_ns, workers, cpu, memory_bytes }
    }
}
