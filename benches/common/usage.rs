//! What the processes below this one take: CPU time, of those that live and of those that have ended.

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;
use sluicebox::error::{Error, Result};
use std::fs;

/// Nanoseconds of CPU time that all processes below this one have had so far.
pub fn cpu_ns() -> Result<u64> {
    let ended = getrusage(UsageWho::RUSAGE_CHILDREN)
        .map_err(|e| Error::failed(format!("cannot ask for the CPU time of processes: {e}")))?;
    let ended = (ended.user_time() + ended.system_time()).num_nanoseconds() as u64;
    Ok(ended + below("self").iter().map(|pid| on_cpu_ns(pid)).sum::<u64>())
}

/// The processes below one, by their numbers.
pub fn below(pid: &str) -> Vec<String> {
    let mut all = Vec::new();
    for thread in threads(pid) {
        let children = fs::read_to_string(format!("{thread}/children")).unwrap_or_default();
        for child in children.split_whitespace() {
            all.push(child.to_string());
            all.extend(below(child));
        }
    }
    all
}

/// What all threads of a process had: the first number of `schedstat`.
fn on_cpu_ns(pid: &str) -> u64 {
    let of = |thread: String| {
        let told = fs::read_to_string(format!("{thread}/schedstat")).ok()?;
        told.split_whitespace().next()?.parse::<u64>().ok()
    };
    threads(pid).into_iter().filter_map(of).sum()
}

/// Folders of a process's threads; none when it has just ended.
fn threads(pid: &str) -> Vec<String> {
    let entries = fs::read_dir(format!("/proc/{pid}/task"));
    let path = |entry: fs::DirEntry| entry.path().display().to_string();
    entries.into_iter().flatten().flatten().map(path).collect()
}
