//! How much memory the processes below this one hold at most, looked at while something runs.

use super::usage::below;
use std::collections::HashMap;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

/// Often enough for processes that live for some tenths of a second.
const LOOK: Duration = Duration::from_millis(10);

/// Runs something, and answers with the sum of what each process held at most, in bytes: resident, what it shares with
/// others included.
pub fn peak<T>(run: impl FnOnce() -> T) -> (T, u64) {
    let (ended, has_ended) = channel::<()>();
    let looking = std::thread::spawn(move || {
        let mut peaks = HashMap::new();
        while has_ended.recv_timeout(LOOK) == Err(RecvTimeoutError::Timeout) {
            for pid in below("self") {
                // The last look counts: before it runs its own program, a process is a copy of another.
                if let Some(bytes) = held_at_most(&pid) {
                    peaks.insert(pid, bytes);
                }
            }
        }
        peaks.into_values().sum()
    });
    let done = run();
    drop(ended);
    (done, looking.join().expect("looking at files does not panic"))
}

fn held_at_most(pid: &str) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kib << 10)
}
