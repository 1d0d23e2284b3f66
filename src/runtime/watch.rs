//! The worker's watch: where its time goes, whether it was asked to stop, how old records are.

use super::stage::left;
use crate::clock::mono_ns;
use crate::error::{Error, Result};
use crate::latency::Latency;
use crate::stop;
use crate::units::Span;
use crate::wire::ledger::{Ledger, Times};
use nix::poll::{PollFd, PollFlags, ppoll};
use nix::sys::time::TimeSpec;
use std::os::fd::BorrowedFd;
use std::time::Duration;

/// A blocked sender looks again this often: PUSH has no way back.
const LOOK_AGAIN_NS: u64 = 1_000_000;
/// Ages are told this often.
const AGES_NS: u64 = 1_000_000_000;

pub struct Watch<'a> {
    ledger: &'a Ledger,
    /// What the workers before this one had spent.
    before: Times,
    started_ns: u64,
    times: Times,
    drain: Span,
    /// When draining must have come to its end; set when a stop is first seen.
    deadline_ns: Option<u64>,
    latency: Latency,
    latency_bytes: Vec<u8>,
    told_ns: u64,
}

impl<'a> Watch<'a> {
    pub fn new(ledger: &'a Ledger, drain: Span) -> Watch<'a> {
        Watch {
            ledger,
            before: ledger.times(),
            started_ns: mono_ns(),
            times: Times::default(),
            drain,
            deadline_ns: None,
            latency: ledger.ages().unwrap_or_default(),
            latency_bytes: Vec::new(),
            told_ns: mono_ns(),
        }
    }

    /// Whether the process was asked to stop.
    ///
    /// # Errors
    /// When it was asked twice, or has drained for as long as it may.
    pub fn stop_asked(&mut self) -> Result<bool> {
        match stop::asked() {
            0 => Ok(false),
            1 => {
                let deadline = *self.deadline_ns.get_or_insert_with(|| mono_ns() + self.drain.ns);
                if mono_ns() > deadline { Err(left()) } else { Ok(true) }
            }
            _ => Err(left()),
        }
    }

    /// The bell, while it has not rung: a rung one would make every wait end at once.
    fn bell(&self) -> Option<BorrowedFd<'static>> {
        if stop::asked() == 0 { stop::bell() } else { None }
    }

    /// Waits by `wait`, which gets the bell; the time counts as idle.
    pub fn idle(&mut self, wait: impl FnOnce(Option<BorrowedFd<'_>>) -> Result<()>) -> Result<()> {
        self.tell_times();
        let start = mono_ns();
        wait(self.bell())?;
        self.times.idle += mono_ns() - start;
        Ok(())
    }

    /// Waits for a time or a signal; it counts as idle.
    pub fn nap(&mut self, ns: u64) -> Result<()> {
        self.idle(|bell| sleep(bell, ns))
    }

    /// Waits a little for room downstream; it counts as blocked.
    ///
    /// # Errors
    /// As `stop_asked`.
    pub fn blocked(&mut self) -> Result<()> {
        self.stop_asked()?;
        self.tell_times();
        let start = mono_ns();
        sleep(self.bell(), LOOK_AGAIN_NS)?;
        self.times.blocked += mono_ns() - start;
        Ok(())
    }

    /// Notes how old records are that were born at these times.
    pub fn ages(&mut self, born_ns: &[u64]) {
        if born_ns.is_empty() {
            return;
        }
        let now = mono_ns();
        born_ns.iter().for_each(|born| self.latency.record(now.saturating_sub(*born)));
    }

    /// Brings the public times up to date, and once a second the ages.
    pub fn tell(&mut self) {
        self.tell_times();
        if mono_ns() - self.told_ns > AGES_NS {
            self.tell_all();
        }
    }

    pub fn tell_all(&mut self) {
        self.tell_times();
        self.told_ns = mono_ns();
        if !self.latency.is_empty() {
            self.latency.write(&mut self.latency_bytes);
            self.ledger.set_ages(&self.latency_bytes);
        }
    }

    fn tell_times(&self) {
        let Times { blocked, idle, .. } = self.times;
        let busy = (mono_ns() - self.started_ns).saturating_sub(blocked + idle);
        self.ledger.set_times(Times {
            busy: self.before.busy + busy,
            blocked: self.before.blocked + blocked,
            idle: self.before.idle + idle,
        });
    }
}

/// Sleeps until the time is up, the bell rings, or a signal comes.
fn sleep(bell: Option<BorrowedFd<'_>>, ns: u64) -> Result<()> {
    let timeout = TimeSpec::from_duration(Duration::from_nanos(ns));
    let waited = match bell {
        Some(bell) => ppoll(&mut [PollFd::new(bell, PollFlags::POLLIN)], Some(timeout), None),
        None => ppoll(&mut [], Some(timeout), None),
    };
    match waited {
        Ok(_) | Err(nix::errno::Errno::EINTR) => Ok(()),
        Err(e) => Err(Error::failed(format!("cannot wait: {}", e.desc()))),
    }
}
