//! What the workers of a run do: where their time goes, how fast they are, and who holds the others up.

use super::books::{Books, Worker};
use crate::latency::Timings;
use crate::wire::ledger::{State, Times};

/// A blocked worker below this share of its time is not worth a word.
const BLOCKED_TOLD: f64 = 0.01;
/// While nobody is busier than this and nobody is blocked as much as `BLOCKED_HURTS`, nobody holds anyone up.
const BUSY_HURTS: f64 = 0.5;
const BLOCKED_HURTS: f64 = 0.05;

/// Two readings of the same books. Without an earlier one all is told since the start.
#[derive(Clone, Copy)]
pub struct Activity<'a> {
    pub books: &'a Books,
    /// The earlier reading, and how many seconds lie between the two.
    earlier: Option<(&'a Books, f64)>,
}

/// A worker's time in three shares of the whole.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Shares {
    pub busy: f64,
    /// Waiting for room downstream.
    pub blocked: f64,
    pub idle: f64,
}

/// Who holds the others up.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bottleneck {
    /// The busiest worker, by its place in `Books::workers`, and the share of its time.
    pub busy: (usize, f64),
    /// The most blocked one, if any is.
    pub blocked: Option<(usize, f64)>,
}

impl<'a> Activity<'a> {
    pub fn new(books: &'a Books, earlier: Option<(&'a Books, f64)>) -> Activity<'a> {
        Activity { books, earlier }
    }

    /// Where the time of worker `i` went since the earlier reading.
    pub fn shares(&self, i: usize) -> Shares {
        let now = self.books.workers[i].times;
        let then = self.earlier.map(|(books, _)| books.workers[i].times).unwrap_or_default();
        Shares::of(Times {
            busy: now.busy.saturating_sub(then.busy),
            blocked: now.blocked.saturating_sub(then.blocked),
            idle: now.idle.saturating_sub(then.idle),
        })
    }

    /// Records a second of worker `i`; `None` without an earlier reading.
    pub fn rate(&self, i: usize) -> Option<f64> {
        let (earlier, seconds) = self.earlier?;
        let done = |books: &Books| books.workers[i].account.done;
        Some((done(self.books) - done(earlier)) as f64 / seconds)
    }

    /// How long things took at worker `i`: lately, or of a run that has ended (there is no earlier reading) in all.
    pub fn timings(&self, i: usize) -> &'a Timings {
        let worker = &self.books.workers[i];
        if self.earlier.is_some() { &worker.recent } else { &worker.timings }
    }

    /// Who holds the others up; `None` when nobody does.
    pub fn bottleneck(&self) -> Option<Bottleneck> {
        let shares: Vec<Shares> = (0..self.books.workers.len()).map(|i| self.shares(i)).collect();
        let most = |share: fn(&Shares) -> f64| {
            let all = shares.iter().map(share).enumerate();
            all.max_by(|(_, a), (_, b)| a.total_cmp(b))
        };
        let (busy, blocked) = (most(|s| s.busy)?, most(|s| s.blocked)?);
        if blocked.1 < BLOCKED_HURTS && busy.1 < BUSY_HURTS {
            return None;
        }
        Some(Bottleneck { busy, blocked: Some(blocked).filter(|(_, share)| *share >= BLOCKED_TOLD) })
    }
}

impl Shares {
    pub fn of(times: Times) -> Shares {
        let all = (times.busy + times.blocked + times.idle).max(1) as f64;
        let share = |part: u64| part as f64 / all;
        Shares { busy: share(times.busy), blocked: share(times.blocked), idle: share(times.idle) }
    }
}

impl Worker {
    /// A word for how the worker is.
    pub fn state_name(&self) -> &'static str {
        match self.state {
            State::Starting | State::Ready if !self.alive => "dead",
            state => state.name(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_parts_of_the_whole_and_nothing_is_nothing() {
        assert_eq!(Shares::of(Times::default()), Shares::default());
        let shares = Shares::of(Times { busy: 1, blocked: 2, idle: 1 });
        assert_eq!(shares, Shares { busy: 0.25, blocked: 0.5, idle: 0.25 });
    }
}
