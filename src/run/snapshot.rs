//! The snapshot of a worker: one file in the run directory with the state of its steps, as of one moment.
//!
//! A magic word, then pieces, each with a version, its length and a checksum (`data::state`): first whose state it is
//! and its books at that moment, then the steps' pieces in the order in which they were written, last a sum over all
//! of them. It is written into a draft and takes the place of the one before by a rename, so a crash leaves the one
//! or the other.

#[cfg(test)]
mod tests;

use super::dir::RunDir;
use crate::data::state::{Bytes, Loader, Saver};
use crate::error::{Error, Result, reason};
use crate::operator::Account;
use crate::topology::plan::{Plan, WorkerId};
use crate::wire::link::Received;
use serde::{Deserialize, Serialize};
use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::PathBuf;
use xxhash_rust::xxh3::xxh3_64_with_seed;

const MAGIC: &[u8] = b"sluicesn";
const VERSION: u16 = 3;
/// So much memory is given back at once.
const GIVEN_BACK: u64 = 1 << 20;
/// In the place of a step's number: the end.
const END: u16 = u16::MAX;

/// Whose state it is, and the books at the moment it is of: the account was public, and nothing was held.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Head {
    run: String,
    stage: String,
    worker: u16,
    /// Of operators, parameters, schemas and how many workers share the keys.
    steps: u64,
    pub(crate) account: Account,
    /// What had come over each incoming link.
    pub(crate) received: Vec<Received>,
}

impl Head {
    pub(crate) fn of(plan: &Plan, me: WorkerId, account: Account, received: Vec<Received>) -> Head {
        let stage = &plan.stages[me.stage];
        let steps = serde_json::to_vec(&(&stage.steps, stage.workers)).expect("a plan is plain data");
        Head {
            run: plan.run.clone(),
            stage: stage.name.clone(),
            worker: me.worker,
            steps: xxh3_64_with_seed(&steps, 0),
            account,
            received,
        }
    }
}

/// A snapshot that is being written.
pub(crate) struct Draft {
    file: File,
    path: PathBuf,
    draft: PathBuf,
    /// A piece, as it goes into the file.
    bytes: Vec<u8>,
    sum: u64,
}

impl Draft {
    /// Begins one.
    ///
    /// # Errors
    /// When the run directory takes no more.
    pub(crate) fn begin(dir: &RunDir, me: WorkerId, head: &Head) -> Result<Draft> {
        let path = dir.snapshot_path(me);
        let draft = path.with_extension("draft");
        let file = File::create(&draft).map_err(|e| cannot("make", &draft, &e))?;
        let mut draft = Draft { file, path, draft, bytes: MAGIC.to_vec(), sum: 0 };
        Saver::new(&mut draft.bytes).put(VERSION, head)?;
        draft.write()?;
        Ok(draft)
    }

    /// Adds what a step has saved.
    ///
    /// # Errors
    /// As `begin`.
    pub(crate) fn add(&mut self, step: usize, state: &[u8]) -> Result<()> {
        self.put(step as u16, state)
    }

    /// Ends it; it is not in its place yet.
    ///
    /// # Errors
    /// As `begin`.
    pub(crate) fn end(&mut self) -> Result<()> {
        let sum = self.sum;
        self.put(END, &sum.to_le_bytes())
    }

    /// Puts it in the place of the one before, which comes back to be given up.
    ///
    /// # Errors
    /// As `begin`.
    pub(crate) fn replace(self) -> Result<Option<Replaced>> {
        let before = File::options().write(true).open(&self.path).ok();
        fs::rename(&self.draft, &self.path).map_err(|e| cannot("rename", &self.draft, &e))?;
        Ok(before.map(|file| Replaced { bytes: file.metadata().map_or(0, |of| of.len()), file }))
    }

    fn put(&mut self, step: u16, state: &[u8]) -> Result<()> {
        Saver::new(&mut self.bytes).put(VERSION, &(step, Bytes(state)))?;
        self.write()
    }

    fn write(&mut self) -> Result<()> {
        self.sum = xxh3_64_with_seed(&self.bytes, self.sum);
        let written = self.file.write_all(&self.bytes);
        self.bytes.clear();
        written.map_err(|e| cannot("write", &self.draft, &e))
    }
}

/// One that was not put in its place is of no use to anybody.
impl Drop for Draft {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.draft);
    }
}

/// The file that a snapshot has taken the place of: all its memory given back at once would take milliseconds.
pub(crate) struct Replaced {
    file: File,
    bytes: u64,
}

impl Replaced {
    /// Gives some of its memory back; `None` when there is no more.
    pub(crate) fn give_back(mut self) -> Option<Replaced> {
        self.bytes = self.bytes.checked_sub(GIVEN_BACK).filter(|rest| *rest > 0)?;
        self.file.set_len(self.bytes).ok().map(|()| self)
    }
}

/// A snapshot as it was read.
pub(crate) struct Snapshot {
    pub(crate) head: Head,
    /// By step, what it has saved.
    pub(crate) states: Vec<Vec<u8>>,
}

impl Snapshot {
    /// The snapshot of a worker of this plan, whole and its own; `None` when there is none.
    ///
    /// # Errors
    /// One sentence, when it is damaged, or of another version, run, worker or other steps.
    pub(crate) fn read(plan: &Plan, dir: &RunDir, me: WorkerId) -> Result<Option<Snapshot>> {
        let path = dir.snapshot_path(me);
        let bytes = match fs::read(&path) {
            Err(e) if e.kind() == ErrorKind::NotFound => return Ok(None),
            read => read.map_err(|e| dir.named(cannot("read", &path, &e)))?,
        };
        let read = parse(&bytes, plan.stages[me.stage].steps.len()).and_then(|snapshot| {
            let mine = Head::of(plan, me, Account::default(), Vec::new());
            let of = |head: &Head| (head.run.clone(), head.stage.clone(), head.worker);
            if of(&snapshot.head) != of(&mine) {
                return Err(Error::failed("it is of another run or worker"));
            }
            if snapshot.head.steps != mine.steps {
                return Err(Error::failed(
                    "it is of other steps, parameters or columns than the topology has now",
                ));
            }
            Ok(snapshot)
        });
        read.map(Some).map_err(|e| dir.named(e.by(format!("the snapshot {} can't be used", path.display()))))
    }
}

/// Sees that every snapshot that workers of a plan have left can be read.
///
/// # Errors
/// One sentence, of the first that can't.
pub fn check(plan: &Plan, dir: &RunDir) -> Result<()> {
    let keep = |at: &WorkerId| plan.stages[at.stage].stateful;
    plan.workers().filter(keep).try_for_each(|at| Snapshot::read(plan, dir, at).map(drop))
}

fn parse(bytes: &[u8], steps: usize) -> Result<Snapshot> {
    let rest = bytes.strip_prefix(MAGIC).ok_or_else(|| Error::failed("it is no snapshot"))?;
    let mut from = Loader::new(rest);
    let head: Head = from.get(VERSION)?;
    let mut states = vec![Vec::new(); steps];
    let (mut sum, mut at) = (0, 0);
    loop {
        let to = bytes.len() - from.left();
        sum = xxh3_64_with_seed(&bytes[at..to], sum);
        at = to;
        let (step, state): (u16, Vec<u8>) = from.get(VERSION)?;
        if step == END {
            from.end()?;
            let whole = state == sum.to_le_bytes();
            return if whole {
                Ok(Snapshot { head, states })
            } else {
                Err(Error::failed("its pieces are not its own"))
            };
        }
        states.get_mut(usize::from(step)).ok_or_else(|| Error::failed("it has more steps"))?.extend(state);
    }
}

fn cannot(what: &str, path: &std::path::Path, e: &std::io::Error) -> Error {
    Error::failed(format!("cannot {what} {}: {}", path.display(), reason(e)))
}
