//! What each step of a row wants next: who is called when nothing has come, and who is to get nothing more.

use super::{Made, Steps};
use crate::operator::Next;
use std::os::fd::BorrowedFd;

impl Steps {
    /// What a step wanted when it was called last.
    pub fn wish(&self, step: usize) -> Next {
        self.steps[step].wish
    }

    /// The step that has more of what it got and goes on before any other: the last of those.
    pub fn again(&self) -> Option<usize> {
        self.steps.iter().rposition(|made| made.wish == Next::Again)
    }

    /// The first step from `first` on that wanted to be called at a time which has come.
    pub fn due(&self, first: usize, now: u64) -> Option<usize> {
        let due = |made: &Made| matches!(made.wish, Next::At(at) | Next::Full(at) if at <= now);
        self.steps.iter().skip(first).position(due).map(|at| first + at)
    }

    /// When the next step wants to be called, of those that may be: none before a full one. `u64::MAX`: none does.
    pub fn due_ns(&self) -> u64 {
        let at = |made: &Made| match made.wish {
            Next::At(at) | Next::Full(at) => at,
            _ => u64::MAX,
        };
        self.steps.iter().skip(self.full().unwrap_or(0)).map(at).min().unwrap_or(u64::MAX)
    }

    /// The last step that is to get nothing more for now: none before it is called, and no frame is taken.
    pub fn full(&self) -> Option<usize> {
        self.steps.iter().rposition(|made| matches!(made.wish, Next::Full(_)))
    }

    /// The step that finishing waits for: a full one behind the step that is to say more.
    pub(crate) fn full_behind(&self) -> Option<usize> {
        self.full().filter(|full| *full > self.finishing && self.again().is_none_or(|again| again < *full))
    }

    /// The steps that wait for a descriptor outside, and the descriptors.
    pub(crate) fn waits_on(&self) -> impl Iterator<Item = (usize, BorrowedFd<'_>)> + Clone {
        self.steps.iter().enumerate().filter_map(|(at, made)| Some((at, made.operator.wait_on()?)))
    }
}
