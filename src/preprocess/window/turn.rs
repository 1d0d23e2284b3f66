//! When something is to be done though no record says so: early rows, and the ends of windows of the clock.

use crate::operator::Next;
use crate::units::{Span, Stretch};

#[derive(Clone)]
pub(super) struct Turn {
    /// The column of the event time; `None` where windows need none.
    pub time: Option<usize>,
    by_arrival: bool,
    every: Option<Stretch>,
    /// Records since early rows went out last.
    pub since: u64,
    /// When they go out next, by the monotonic clock.
    due_ns: Option<u64>,
    /// By so much the calendar's time is ahead of the monotonic clock; found out once, so that no window goes back.
    ahead: Option<i64>,
}

impl Turn {
    pub(super) fn new(time: Option<usize>, by_arrival: bool, every: Option<Stretch>) -> Turn {
        Turn { time, by_arrival, every, since: 0, due_ns: None, ahead: None }
    }

    /// The calendar's time, where windows are of the clock.
    pub(super) fn clock(&mut self, now_ns: u64, mono: fn() -> u64, wall: fn() -> i64) -> Option<i64> {
        if !self.by_arrival {
            return None;
        }
        let ahead = *self.ahead.get_or_insert_with(|| wall().saturating_sub_unsigned(mono()));
        Some(ahead.saturating_add_unsigned(now_ns))
    }

    /// Counts a record; true: it is the one after which early rows go out.
    #[inline]
    pub(super) fn counts(&mut self) -> bool {
        let Some(Stretch::Records(n)) = self.every else { return false };
        self.since += 1;
        let is_due = self.since >= n;
        if is_due {
            self.since = 0;
        }
        is_due
    }

    /// Whether early rows go out now; the next ones do so long after.
    pub(super) fn is_due(&mut self, now_ns: u64) -> bool {
        let Some(Stretch::Time(Span { ns })) = self.every else { return false };
        let due = self.due_ns.unwrap_or(now_ns.saturating_add(ns));
        let is_due = now_ns >= due;
        self.due_ns = Some(if is_due { now_ns.saturating_add(ns) } else { due });
        is_due
    }

    /// What it waits for; `end` is when a window of the clock ends.
    pub(super) fn next(&self, end: Option<i64>) -> Next {
        let end =
            end.zip(self.ahead).map(|(end, ahead)| u64::try_from(end.saturating_sub(ahead)).unwrap_or(0));
        match (end, self.due_ns) {
            (Some(a), Some(b)) => Next::At(a.min(b)),
            (Some(at), None) | (None, Some(at)) => Next::At(at),
            (None, None) => Next::Wait,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn early_rows_go_out_after_so_many_records_or_so_long() {
        let mut turn = Turn::new(None, false, Some(Stretch::Records(3)));
        assert_eq!([0; 7].map(|_| turn.counts()), [false, false, true, false, false, true, false]);
        assert_eq!((turn.is_due(9), turn.next(None)), (false, Next::Wait));
        let mut turn = Turn::new(None, false, Some(Stretch::Time(Span { ns: 10 })));
        assert_eq!([100, 109, 110, 115, 121].map(|now| turn.is_due(now)), [false, false, true, false, true]);
        assert_eq!(turn.next(None), Next::At(131));
    }

    #[test]
    fn the_clock_is_read_once() {
        let mut turn = Turn::new(None, true, None);
        assert_eq!(turn.clock(7, || 5, || 1_000), Some(1_002));
        assert_eq!(turn.clock(8, || 50, || 2_000), Some(1_003));
        assert_eq!(turn.next(Some(1_010)), Next::At(15));
    }
}
