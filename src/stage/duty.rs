//! The worker's duty: where its time goes, whether it was asked to stop, how long records take.

use super::stopwatch::Stopwatch;
use super::waiter::Waiter;
use crate::clock::mono_ns;
use crate::error::{Error, Exit, Result};
use crate::latency::Timings;
use crate::stop;
use crate::units::Span;
use crate::wire::ledger::{Ledger, Phase, Times};
use nix::poll::{PollFd, PollFlags, ppoll};
use nix::sys::time::TimeSpec;
use std::os::fd::BorrowedFd;
use std::time::Duration;

/// Who has frames for a link that takes no more looks again this often: PUSH has no way back.
pub(super) const LOOK_AGAIN_NS: u64 = 1_000_000;
/// So many descriptors are waited for at once.
const WATCHED_MAX: usize = 8;

pub(super) struct Duty<'a> {
    ledger: &'a Ledger,
    /// With what the processes before this one had spent.
    times: Times,
    phase: Phase,
    since_ns: u64,
    drain: Span,
    stopwatch: Stopwatch<'a>,
}

impl<'a> Duty<'a> {
    pub(super) fn new(ledger: &'a Ledger, drain: Span) -> Duty<'a> {
        let now = mono_ns();
        Duty {
            ledger,
            times: ledger.times(None),
            phase: Phase::Busy,
            since_ns: now,
            drain,
            stopwatch: Stopwatch::new(ledger, now),
        }
    }

    /// Whether the process was asked to stop.
    ///
    /// # Errors
    /// When it was asked twice, or has drained for as long as it may.
    pub(super) fn stop_asked(&self) -> Result<bool> {
        if stop::must_leave(self.drain.ns) {
            return Err(left());
        }
        Ok(stop::asked() > 0)
    }

    /// The bell, while it has not rung: a rung one would make every wait end at once.
    fn bell(&self) -> Option<BorrowedFd<'static>> {
        if stop::asked() == 0 { stop::bell() } else { None }
    }

    /// Waits by `wait`, which gets the bell; the time from `now` on counts as idle. Answers when it was over.
    pub(super) fn idle(
        &mut self,
        now: u64,
        wait: impl FnOnce(Option<BorrowedFd<'static>>) -> Result<()>,
    ) -> Result<u64> {
        self.during(Phase::Idle, now, wait)
    }

    /// Waits for a time or a signal; it counts as idle. Answers when it was over.
    pub(super) fn nap(&mut self, now: u64, ns: u64) -> Result<u64> {
        self.idle(now, |bell| sleep(bell, &mut std::iter::empty(), ns).map(|_| ()))
    }

    /// Waits for a time, to the end of it as precisely as `waiter` says, or until one of `outside` is readable. Answers
    /// when it was over, and whether one is.
    pub(super) fn nap_until<'f>(
        &mut self,
        now: u64,
        ns: u64,
        waiter: &mut Waiter,
        outside: impl Iterator<Item = BorrowedFd<'f>> + Clone,
    ) -> Result<(u64, bool)> {
        let mut readable = false;
        let now = self.idle(now, |bell| {
            if outside.clone().next().is_some() {
                readable = waiter.try_for(ns, || Ok(outside.clone().any(is_readable)))?;
                if !readable {
                    let mut fds = outside.map(|fd| PollFd::new(fd, PollFlags::POLLIN));
                    readable = sleep(bell, &mut fds, (now + ns).saturating_sub(mono_ns()))?;
                }
                return Ok(());
            }
            let slept = waiter.sleeps(ns);
            if slept > 0 {
                sleep(bell, &mut std::iter::empty(), slept)?;
            }
            waiter.pass(now + ns);
            Ok(())
        })?;
        Ok((now, readable))
    }

    /// Waits for a time, or until one of `outside` is readable, while others work on what this one has given them: it
    /// counts as busy. Answers when it was over.
    pub(super) fn wait_outside<'f>(
        &mut self,
        now: u64,
        ns: u64,
        outside: impl Iterator<Item = BorrowedFd<'f>>,
    ) -> Result<u64> {
        let mut fds = outside.map(|fd| PollFd::new(fd, PollFlags::POLLIN));
        self.during(Phase::Busy, now, |bell| sleep(bell, &mut fds, ns).map(|_| ()))
    }

    /// Waits a little for room downstream, or for any of `room`; it counts as blocked. Answers when it was over.
    ///
    /// # Errors
    /// As `stop_asked`.
    pub(super) fn blocked<'f>(
        &mut self,
        now: u64,
        room: &mut dyn Iterator<Item = PollFd<'f>>,
    ) -> Result<u64> {
        self.stop_asked()?;
        self.during(Phase::Blocked, now, |bell| sleep(bell, room, LOOK_AGAIN_NS).map(|_| ()))
    }

    /// What is to be told of how long records take.
    pub(super) fn timings(&mut self) -> &mut Timings {
        &mut self.stopwatch.timings
    }

    /// Makes all public if that is overdue; waiting does so sooner.
    pub(super) fn tell_in_time(&mut self, now: u64) {
        if self.stopwatch.tell_in_time(now, false) {
            self.enter(self.phase, now);
        }
    }

    /// Makes all public that is told now and then.
    pub(super) fn tell_all(&mut self) {
        let now = mono_ns();
        self.enter(self.phase, now);
        self.stopwatch.tell(now);
    }

    fn during(
        &mut self,
        phase: Phase,
        now: u64,
        wait: impl FnOnce(Option<BorrowedFd<'static>>) -> Result<()>,
    ) -> Result<u64> {
        self.stopwatch.tell_in_time(now, true);
        self.enter(phase, now);
        let waited = wait(self.bell());
        let now = mono_ns();
        self.enter(Phase::Busy, now);
        waited.map(|()| now)
    }

    /// Ends what the worker did up to now, and says publicly what it does next.
    fn enter(&mut self, phase: Phase, now: u64) {
        self.times.add(self.phase, now.saturating_sub(self.since_ns));
        (self.phase, self.since_ns) = (phase, now);
        self.ledger.set_times(self.times, phase, now);
    }
}

/// Whether there is something to read. What can't be asked is read from: that tells what is wrong with it.
pub(super) fn is_readable(fd: BorrowedFd<'_>) -> bool {
    let mut fds = [PollFd::new(fd, PollFlags::POLLIN)];
    !matches!(ppoll(&mut fds, Some(TimeSpec::from_duration(Duration::ZERO)), None), Ok(0))
}

/// Sleeps until the time is up, the bell rings, any of `others` is ready, or a signal comes. Whether one of them is.
fn sleep<'a>(
    bell: Option<BorrowedFd<'a>>,
    others: &mut dyn Iterator<Item = PollFd<'a>>,
    ns: u64,
) -> Result<bool> {
    let timeout = Some(TimeSpec::from_duration(Duration::from_nanos(ns)));
    let own = usize::from(bell.is_some());
    let mut all = bell.map(|bell| PollFd::new(bell, PollFlags::POLLIN)).into_iter().chain(others);
    let waited = match all.next() {
        None => ppoll(&mut [], timeout, None).map(|_| false),
        Some(first) => {
            // More than fit in here are looked at when the time is up.
            let mut watched: [PollFd<'a>; WATCHED_MAX] = std::array::from_fn(|_| first.clone());
            let mut used = 1;
            for (slot, next) in watched[1..].iter_mut().zip(all) {
                *slot = next;
                used += 1;
            }
            let waited = ppoll(&mut watched[..used], timeout, None);
            waited.map(|_| watched[own..used].iter().any(|fd| fd.any() == Some(true)))
        }
    };
    match waited {
        Ok(ready) => Ok(ready),
        Err(nix::errno::Errno::EINTR) => Ok(false),
        Err(e) => Err(Error::failed(format!("cannot wait: {}", e.desc()))),
    }
}

/// The error of a worker that leaves before all is drained.
fn left() -> Error {
    Error::new(Exit::Stopped, "stopped before everything was drained; the rest is counted as lost")
}
