//! The snapshot of a worker: one file in the run directory with the state of its steps, as of one moment.
//!
//! A magic word, then pieces, each with a version, its length and a checksum (`data::state`): first whose state it is
//! and its books at that moment, then the steps' pieces in the order in which they were written, last a sum over all
//! of them. It is written into a draft and takes the place of the one before by a rename, so a crash leaves the one
//! or the other.

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
const VERSION: u16 = 1;
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

    /// Puts it in the place of the one before.
    ///
    /// # Errors
    /// As `begin`.
    pub(crate) fn replace(self) -> Result<()> {
        fs::rename(&self.draft, &self.path).map_err(|e| cannot("rename", &self.draft, &e))
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
            read => read.map_err(|e| cannot("read", &path, &e))?,
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
        read.map(Some).map_err(|e| e.by(format!("the snapshot {} can't be used", path.display())))
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::topology;

    const TOPOLOGY: &str = r#"
name = "t"
[[stage]]
name = "orders"
operator = "shop"
rows = 5
[[stage]]
name = "learn"
from = "orders"
operator = "standardize"
fields = ["quantity"]
[[stage]]
name = "out"
from = "learn"
operator = "null"
"#;

    const ME: WorkerId = WorkerId { stage: 1, worker: 0 };

    fn plan(text: &str) -> Plan {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("t.toml");
        fs::write(&file, text).unwrap();
        Plan { run: "first".to_string(), ..topology::load(&file, &[]).unwrap().plan }
    }

    /// A folder with a snapshot of three pieces.
    fn written(plan: &Plan) -> (tempfile::TempDir, RunDir) {
        let folder = tempfile::tempdir().unwrap();
        let dir = RunDir::at(folder.path());
        let head = Head::of(plan, ME, Account { done: 7, ..Account::default() }, vec![Received::default()]);
        let mut draft = Draft::begin(&dir, ME, &head).unwrap();
        [b"ab", b"ab", b"cd"].iter().for_each(|state| draft.add(0, &state[..]).unwrap());
        draft.end().unwrap();
        draft.replace().unwrap();
        (folder, dir)
    }

    #[test]
    fn a_snapshot_comes_back_and_whatever_is_wrong_with_it_is_refused() {
        let plan = plan(TOPOLOGY);
        let (_folder, dir) = written(&plan);
        let path = dir.snapshot_path(ME);
        assert!(!path.with_extension("draft").exists());
        let snapshot = Snapshot::read(&plan, &dir, ME).unwrap().unwrap();
        assert_eq!((snapshot.head.account.done, snapshot.states), (7, vec![b"ababcd".to_vec()]));
        let whole = fs::read(&path).unwrap();
        let refused = |bytes: &[u8]| {
            fs::write(&path, bytes).unwrap();
            Snapshot::read(&plan, &dir, ME).err().map(|e| e.sentence)
        };
        for at in 0..whole.len() {
            let mut damaged = whole.clone();
            damaged[at] ^= 0x10;
            assert!(refused(&damaged).is_some(), "byte {at} was changed");
            assert!(refused(&whole[..at]).is_some(), "cut at {at}");
        }
        assert!(refused(&[&whole[..], b"x"].concat()).is_some(), "bytes behind the end");
        // Each piece is sound, but one is missing: of the three the first two are alike, so it is known by the sum
        // alone.
        let piece = whole.windows(2).position(|bytes| bytes == b"ab").unwrap();
        let next = piece + 2 + whole[piece + 2..].windows(2).position(|bytes| bytes == b"ab").unwrap();
        let missing = [&whole[..piece + 2], &whole[next + 2..]].concat();
        assert!(refused(&missing).unwrap().contains("its pieces are not its own"));
        assert_eq!(refused(&whole), None);
    }

    #[test]
    fn the_snapshot_of_another_is_refused_by_what_it_is_of() {
        let mine = plan(TOPOLOGY);
        let (_folder, dir) = written(&mine);
        for (other, why) in [
            (Plan { run: "second".to_string(), ..mine.clone() }, "of another run"),
            (
                plan(&TOPOLOGY.replace("\"quantity\"", "\"unit_price\"")),
                "of other steps, parameters or columns",
            ),
            (
                plan(&TOPOLOGY.replace("[\"quantity\"]", "[\"quantity\"]\nworkers = 2\nby = \"quantity\"")),
                "of other steps",
            ),
        ] {
            let told = Snapshot::read(&other, &dir, ME).err().unwrap().sentence;
            assert!(told.contains(why) && told.contains("1.0.snapshot can't be used: "), "{told}");
        }
        fs::rename(dir.snapshot_path(ME), dir.snapshot_path(WorkerId { stage: 2, worker: 0 })).unwrap();
        let other = Snapshot::read(&mine, &dir, WorkerId { stage: 2, worker: 0 });
        assert!(other.err().unwrap().sentence.contains("of another run or worker"));
        assert!(Snapshot::read(&mine, &dir, ME).unwrap().is_none(), "there is none");
    }

    #[test]
    fn a_directory_that_takes_nothing_is_told() {
        let plan = plan(TOPOLOGY);
        let head = Head::of(&plan, ME, Account::default(), Vec::new());
        let told = Draft::begin(&RunDir::at("/nowhere/at/all"), ME, &head).err().unwrap().sentence;
        assert_eq!(told, "cannot make /nowhere/at/all/1.0.draft: no such file or directory");
    }
}
