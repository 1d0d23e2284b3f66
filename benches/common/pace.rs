//! The clock of an open loop: record n is due at `start + n / rate`, whether those before it were on time or not.
//!
//! It waits as a source of ours does: in ppoll, with the kernel told to wake it without slack.

use nix::poll::ppoll;
use nix::sys::time::TimeSpec;
use sluicebox::clock::mono_ns;
use sluicebox::error::{Error, Result};
use std::time::Duration;

/// Calls `send` for each of `count` records when it is due, with that time; an infinite rate is as fast as can be.
/// How many were sent by the end of their time.
pub fn paced(rate: f64, count: u64, mut send: impl FnMut(u64) -> Result<()>) -> Result<u64> {
    nix::sys::prctl::set_timerslack(1).map_err(|e| Error::failed(format!("cannot sleep precisely: {e}")))?;
    let start = mono_ns() + 1_000_000;
    let due = |n: u64| start + (n as f64 / rate * 1e9) as u64;
    let end = due(count);
    let mut in_time = 0;
    for n in 0..count {
        let at = due(n);
        while let Some(ns) = at.checked_sub(mono_ns()).filter(|ns| *ns > 0) {
            sleep(ns)?;
        }
        send(at)?;
        in_time += u64::from(mono_ns() <= end);
    }
    Ok(in_time)
}

pub fn sleep(ns: u64) -> Result<()> {
    match ppoll(&mut [], Some(TimeSpec::from_duration(Duration::from_nanos(ns))), None) {
        Ok(_) | Err(nix::errno::Errno::EINTR) => Ok(()),
        Err(e) => Err(Error::failed(format!("cannot wait: {e}"))),
    }
}
