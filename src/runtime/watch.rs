//! The worker's watch: where its time goes, whether it was asked to stop, how old records are.

use crate::clock::mono_ns;
use crate::error::{Error, Exit, Result};
use crate::latency::Latency;
use crate::stop;
use crate::units::Span;
use crate::wire::ledger::{Ledger, Phase, Times};
use nix::poll::{PollFd, PollFlags, ppoll};
use nix::sys::time::TimeSpec;
use std::os::fd::BorrowedFd;
use std::time::Duration;

/// A blocked sender looks again this often: PUSH has no way back.
const LOOK_AGAIN_NS: u64 = 1_000_000;
/// So many descriptors are waited for at once.
const WATCHED_MAX: usize = 8;
/// Ages are told this often.
const AGES_NS: u64 = 1_000_000_000;

pub struct Watch<'a> {
    ledger: &'a Ledger,
    /// With what the processes before this one had spent.
    times: Times,
    phase: Phase,
    since_ns: u64,
    drain: Span,
    latency: Latency,
    latency_bytes: Vec<u8>,
    told_ns: u64,
}

impl<'a> Watch<'a> {
    pub fn new(ledger: &'a Ledger, drain: Span) -> Watch<'a> {
        Watch {
            ledger,
            times: ledger.times(None),
            phase: Phase::Busy,
            since_ns: mono_ns(),
            drain,
            latency: ledger.ages().unwrap_or_default(),
            latency_bytes: Vec::new(),
            told_ns: mono_ns(),
        }
    }

    /// Whether the process was asked to stop.
    ///
    /// # Errors
    /// When it was asked twice, or has drained for as long as it may.
    pub fn stop_asked(&self) -> Result<bool> {
        if stop::must_leave(self.drain.ns) {
            return Err(left());
        }
        Ok(stop::asked() > 0)
    }

    /// The bell, while it has not rung: a rung one would make every wait end at once.
    fn bell(&self) -> Option<BorrowedFd<'static>> {
        if stop::asked() == 0 { stop::bell() } else { None }
    }

    /// Waits by `wait`, which gets the bell; the time counts as idle.
    pub fn idle(&mut self, wait: impl FnOnce(Option<BorrowedFd<'static>>) -> Result<()>) -> Result<()> {
        self.during(Phase::Idle, wait)
    }

    /// Waits for a time or a signal; it counts as idle.
    pub fn nap(&mut self, ns: u64) -> Result<()> {
        self.idle(|bell| sleep(bell, &mut std::iter::empty(), ns))
    }

    /// Waits a little for room downstream, or for any of `room`; it counts as blocked.
    ///
    /// # Errors
    /// As `stop_asked`.
    pub fn blocked<'f>(&mut self, room: &mut dyn Iterator<Item = PollFd<'f>>) -> Result<()> {
        self.stop_asked()?;
        self.during(Phase::Blocked, |bell| sleep(bell, room, LOOK_AGAIN_NS))
    }

    /// Notes how old records are that were born at these times.
    pub fn ages(&mut self, born_ns: &[u64]) {
        if born_ns.is_empty() {
            return;
        }
        let now = mono_ns();
        born_ns.iter().for_each(|born| self.latency.record(now.saturating_sub(*born)));
    }

    /// Once a second, makes the ages public.
    pub fn tell(&mut self) {
        if mono_ns() - self.told_ns > AGES_NS {
            self.tell_all();
        }
    }

    pub fn tell_all(&mut self) {
        self.enter(self.phase);
        self.told_ns = self.since_ns;
        if !self.latency.is_empty() {
            self.latency.write(&mut self.latency_bytes);
            self.ledger.set_ages(&self.latency_bytes);
        }
    }

    fn during(
        &mut self,
        phase: Phase,
        wait: impl FnOnce(Option<BorrowedFd<'static>>) -> Result<()>,
    ) -> Result<()> {
        self.enter(phase);
        let waited = wait(self.bell());
        self.enter(Phase::Busy);
        waited
    }

    /// Ends what the worker did up to now, and says publicly what it does next.
    fn enter(&mut self, phase: Phase) {
        let now = mono_ns();
        self.times.add(self.phase, now - self.since_ns);
        (self.phase, self.since_ns) = (phase, now);
        self.ledger.set_times(self.times, phase, now);
    }
}

/// Sleeps until the time is up, the bell rings, any of `others` is ready, or a signal comes.
fn sleep<'a>(
    bell: Option<BorrowedFd<'a>>,
    others: &mut dyn Iterator<Item = PollFd<'a>>,
    ns: u64,
) -> Result<()> {
    let timeout = Some(TimeSpec::from_duration(Duration::from_nanos(ns)));
    let mut all = bell.map(|bell| PollFd::new(bell, PollFlags::POLLIN)).into_iter().chain(others);
    let waited = match all.next() {
        None => ppoll(&mut [], timeout, None),
        Some(first) => {
            // More than fit in here are looked at when the time is up.
            let mut watched: [PollFd<'a>; WATCHED_MAX] = std::array::from_fn(|_| first.clone());
            let mut used = 1;
            for (slot, next) in watched[1..].iter_mut().zip(all) {
                *slot = next;
                used += 1;
            }
            ppoll(&mut watched[..used], timeout, None)
        }
    };
    match waited {
        Ok(_) | Err(nix::errno::Errno::EINTR) => Ok(()),
        Err(e) => Err(Error::failed(format!("cannot wait: {}", e.desc()))),
    }
}

/// The error of a worker that leaves before all is drained.
fn left() -> Error {
    Error::new(Exit::Stopped, "stopped before everything was drained; the rest is counted as lost")
}
