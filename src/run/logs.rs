//! What the processes of a run say on their standard error, kept in the run directory.
//!
//! A process has a file, and one before it: the full one takes the other's place. So its last words are kept, two to
//! four MiB of them, across all its restarts. A line begins with when it was heard, in UTC to the millisecond, and a
//! blank; so lines of several processes can be put in order again.

mod keep;
mod tail;

pub(crate) use keep::Keeper;
pub use tail::{Line, Tails};

use super::dir::RunDir;
use crate::data::time;
use crate::topology::plan::{Plan, WorkerId};
use std::path::{Path, PathBuf};

/// The most that a process keeps.
const BYTES_MAX: u64 = 4 * 1024 * 1024;

/// The log of one process.
#[derive(Clone, Debug)]
pub struct Log {
    /// How the process is called: as its worker, or by its own name where several are threads of it.
    pub name: String,
    pub workers: Vec<WorkerId>,
    path: PathBuf,
}

/// The log of each process of a run, whether it has said something or not.
pub fn logs(plan: &Plan, dir: &RunDir) -> Vec<Log> {
    let log = |workers: Vec<WorkerId>| {
        let first = workers[0];
        Log { name: plan.process_name(first), path: dir.log_path(first), workers }
    };
    plan.processes().into_iter().map(log).collect()
}

impl Line {
    /// When it was heard, in UTC to the millisecond.
    pub fn time(&self) -> String {
        let mut text = Vec::new();
        stamp(self.ns, &mut text);
        String::from_utf8_lossy(&text).into_owned()
    }
}

/// Appends a time that is as long as any other: `2013-01-01T05:00:00.250Z`.
fn stamp(ns: i64, out: &mut Vec<u8>) {
    const SECOND: i64 = 1_000_000_000;
    time::append_text(ns - ns.rem_euclid(SECOND), out);
    out.pop();
    out.extend_from_slice(format!(".{:03}Z", ns.rem_euclid(SECOND) / 1_000_000).as_bytes());
}

/// Where the older half of a log lies.
fn before(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".1");
    name.into()
}
