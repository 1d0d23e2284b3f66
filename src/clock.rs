//! The host's monotonic clock: one time for every process on it, in nanoseconds since boot; and what a calendar says.

use nix::time::{ClockId, clock_gettime};
use std::time::{SystemTime, UNIX_EPOCH};

/// Now, in nanoseconds of CLOCK_MONOTONIC. Wall-clock jumps don't move it.
pub fn mono_ns() -> u64 {
    ns(ClockId::CLOCK_MONOTONIC)
}

/// Nanoseconds of a processor that this thread has used.
pub(crate) fn thread_ns() -> u64 {
    ns(ClockId::CLOCK_THREAD_CPUTIME_ID)
}

fn ns(clock: ClockId) -> u64 {
    let now = clock_gettime(clock).expect("Linux has this clock");
    now.tv_sec() as u64 * 1_000_000_000 + now.tv_nsec() as u64
}

/// Now, in nanoseconds since 1970 in UTC, for people: it may be set back.
pub fn wall_ns() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos() as i64)
}
