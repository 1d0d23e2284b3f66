//! What a step does again and again: each so many records, or each so long by the clock.

use super::Next;
use crate::units::{Span, Stretch};

/// How often, and when next.
#[derive(Clone, Debug)]
pub(crate) struct Every {
    stretch: Option<Stretch>,
    due_ns: Option<u64>,
}

impl Every {
    /// Never, with `None`.
    pub(crate) fn new(stretch: Option<Stretch>) -> Every {
        Every { stretch, due_ns: None }
    }

    /// After how many records, if that is what it goes by.
    #[inline]
    pub(crate) fn records(&self) -> Option<u64> {
        match self.stretch {
            Some(Stretch::Records(n)) => Some(n),
            _ => None,
        }
    }

    /// Whether what comes of it depends on the clock.
    pub(crate) fn goes_by_clock(&self) -> bool {
        matches!(self.stretch, Some(Stretch::Time(_)))
    }

    /// Whether it is time by the clock; the next time is so long from now then.
    pub(crate) fn is_due(&mut self, now_ns: u64) -> bool {
        let Some(Stretch::Time(Span { ns })) = self.stretch else { return false };
        let due = self.due_ns.unwrap_or(now_ns.saturating_add(ns));
        let is_due = now_ns >= due;
        self.due_ns = Some(if is_due { now_ns.saturating_add(ns) } else { due });
        is_due
    }

    /// What a step waits for because of it.
    pub(crate) fn next(&self) -> Next {
        self.due_ns.map_or(Next::Wait, Next::At)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_due_so_long_after_it_was_due_last() {
        let mut every = Every::new(Some(Stretch::Time(Span { ns: 10 })));
        assert_eq!([100, 109, 110, 115, 121].map(|now| every.is_due(now)), [false, false, true, false, true]);
        assert_eq!((every.next(), every.records()), (Next::At(131), None));
        let mut every = Every::new(Some(Stretch::Records(3)));
        assert_eq!((every.is_due(u64::MAX), every.next(), every.records()), (false, Next::Wait, Some(3)));
    }
}
