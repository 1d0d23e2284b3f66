//! Whether a process that ended is started again: a pure function of how it ended and what went before.

use crate::error::Exit;
use crate::surroundings::memory_max;
use nix::sys::signal::Signal;
use std::collections::VecDeque;
use std::fmt;
use std::time::Duration;

/// More crashes than this within `WITHIN_NS`, and the stage has failed.
const CRASHES_MAX: usize = 5;
const WITHIN_NS: u64 = 60_000_000_000;
const FIRST: Duration = Duration::from_millis(100);
const LONGEST: Duration = Duration::from_secs(5);

/// How a stage process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    Code(i32),
    Signal(i32),
}

impl Ending {
    /// What the process meant by it; `None`: it was not asked.
    pub(crate) fn exit(self) -> Option<Exit> {
        match self {
            Ending::Code(code) => Exit::of_code(code),
            Ending::Signal(_) => None,
        }
    }
}

impl Ending {
    /// Which limit may be why, as a clause in brackets; empty where none is known.
    pub(crate) fn limit(self) -> String {
        let Ending::Signal(signal) = self else { return String::new() };
        match (Signal::try_from(signal), memory_max()) {
            (Ok(Signal::SIGXCPU), _) => " (its limit of processor time is used up: `ulimit -t`)".to_string(),
            (Ok(Signal::SIGABRT), Some(bytes)) => {
                format!(" (it may have no more than {} MiB of memory: `ulimit -v`)", bytes >> 20)
            }
            _ => String::new(),
        }
    }
}

impl fmt::Display for Ending {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Ending::Code(code) => write!(f, "ended with code {code}"),
            Ending::Signal(signal) => write!(f, "was ended by signal {signal}"),
        }
    }
}

/// What follows from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It has done all it had to.
    Done,
    /// It left before it was done, as it was told to; the rest is counted.
    Left,
    /// It crashed: start it again after this time.
    Restart(Duration),
    /// It crashed too often, or is not to be started again.
    GiveUp,
    /// It said itself that it can't go on; another try would say the same.
    Failed,
}

/// The crashes of one worker.
#[derive(Clone, Debug, Default)]
pub struct History {
    crashes: VecDeque<u64>,
}

impl History {
    /// Judges an ending at `now_ns`. `jitter` (0 to 1) spreads restarts that fall together.
    pub fn judge(&mut self, ending: Ending, may_restart: bool, now_ns: u64, jitter: f64) -> Verdict {
        match ending.exit() {
            Some(Exit::Closed) => return Verdict::Done,
            Some(Exit::Stopped) => return Verdict::Left,
            Some(Exit::Failed | Exit::Usage) => return Verdict::Failed,
            Some(Exit::GaveUp | Exit::Unbalanced | Exit::Bug) | None => {}
        }
        self.crashes.push_back(now_ns);
        while self.crashes.front().is_some_and(|at| now_ns - at > WITHIN_NS) {
            self.crashes.pop_front();
        }
        if !may_restart || self.crashes.len() > CRASHES_MAX {
            return Verdict::GiveUp;
        }
        let doubled = FIRST * (1 << (self.crashes.len() - 1));
        Verdict::Restart(doubled.min(LONGEST).mul_f64(1.0 + 0.2 * jitter))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: u64 = 1_000_000_000;

    #[test]
    fn back_off_doubles_and_the_sixth_crash_in_a_minute_is_the_last() {
        let mut history = History::default();
        let waits: Vec<Verdict> =
            (0..6).map(|i| history.judge(Ending::Signal(9), true, i * SECOND, 0.0)).collect();
        let ms = |ms| Verdict::Restart(Duration::from_millis(ms));
        assert_eq!(waits, [ms(100), ms(200), ms(400), ms(800), ms(1600), Verdict::GiveUp]);
    }

    #[test]
    fn a_crash_every_twenty_seconds_never_fails_a_stage() {
        let mut history = History::default();
        for i in 0..1000 {
            let verdict = history.judge(Ending::Code(70), true, i * 20 * SECOND, 1.0);
            assert!(
                matches!(verdict, Verdict::Restart(wait) if wait <= Duration::from_secs(6)),
                "{i}: {verdict:?}"
            );
        }
    }

    #[test]
    fn a_stage_that_says_why_is_not_started_again() {
        let mut history = History::default();
        assert_eq!(history.judge(Ending::Code(0), true, 0, 0.0), Verdict::Done);
        assert_eq!(history.judge(Ending::Code(1), true, 0, 0.0), Verdict::Failed);
        assert_eq!(history.judge(Ending::Code(2), true, 0, 0.0), Verdict::Failed);
        assert_eq!(history.judge(Ending::Code(3), true, 0, 0.0), Verdict::Left);
        assert_eq!(history.judge(Ending::Signal(11), false, 0, 0.0), Verdict::GiveUp);
    }
}
