//! How long a piece of work takes: done again and again for some time, and the median of that.

use super::median::median;
use sluicebox::error::Result;
use std::time::{Duration, Instant};

/// Calls `work` until the time is up, three times at least, and `between` before each call, which is not timed. `work`
/// answers how much it did: the answer is in nanoseconds for one of that. The first call is not counted: it warms up.
pub fn median_ns<W>(
    time: Duration,
    world: &mut W,
    mut between: impl FnMut(&mut W),
    mut work: impl FnMut(&mut W) -> Result<u64>,
) -> Result<f64> {
    let mut calls = Vec::new();
    let begin = Instant::now();
    while calls.len() < 4 || begin.elapsed() < time {
        between(world);
        let start = Instant::now();
        let done = work(world)?;
        calls.push(start.elapsed().as_nanos() as f64 / done.max(1) as f64);
    }
    Ok(median(calls.split_off(1)))
}
