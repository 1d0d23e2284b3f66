//! When a source's records are due: evenly at a rate, or as fast as they can be read.
//!
//! A paced source is an open loop: record n is due at `start + n / rate`, whether those before it were on time
//! or not, so a stall delays records but never the schedule.

use crate::operator::Next;
use crate::units::{Pacing, Rate};

/// The rate is kept as a whole number of records in 10⁶ seconds, so that whole-number arithmetic does the
/// rest: the schedule does not drift, however long it runs.
const SCALE: f64 = 1e6;
const NS: u128 = 1_000_000_000_000_000;
/// So that no product below leaves 128 bits.
const RATE_MAX: u128 = 1 << 60;

/// The schedule of one source in one process.
pub(crate) struct Pace {
    /// Records in 10⁶ s; `None`: flat out.
    rate: Option<u128>,
    /// When record 0 was due.
    start_ns: Option<u64>,
    /// How many records were taken.
    taken: u64,
}

impl Pace {
    /// A schedule that begins when it is first asked.
    pub(crate) fn new(pacing: Option<Pacing>) -> Pace {
        let rate = match pacing {
            Some(Pacing::Even(Rate(rate))) => Some(((rate * SCALE).round() as u128).clamp(1, RATE_MAX)),
            // By their times: who reads them knows.
            Some(Pacing::Recorded(_)) | None => None,
        };
        Pace { rate, start_ns: None, taken: 0 }
    }

    /// When record `n` is due; now, when it goes flat out.
    pub(crate) fn due(&self, n: u64, now_ns: u64) -> u64 {
        let (Some(rate), Some(start)) = (self.rate, self.start_ns) else { return now_ns };
        let after = u128::from(n) * NS / rate;
        start.saturating_add(u64::try_from(after).unwrap_or(u64::MAX))
    }

    /// How many records may be taken now, `max` at most.
    pub(crate) fn allowed(&mut self, now_ns: u64, max: usize) -> usize {
        let start = *self.start_ns.get_or_insert(now_ns);
        let Some(rate) = self.rate else { return max };
        let Some(passed) = now_ns.checked_sub(start) else { return 0 };
        // Record n is due when n · NS / rate, rounded down, has passed: that is when n < (passed + 1) · rate / NS.
        let due = ((u128::from(passed) + 1) * rate).div_ceil(NS);
        due.saturating_sub(u128::from(self.taken)).min(max as u128) as usize
    }

    /// Takes the next record and says when it should have entered.
    pub(crate) fn take(&mut self, now_ns: u64) -> u64 {
        let due = self.due(self.taken, now_ns);
        self.taken += 1;
        due
    }

    /// What a source that has more wants next.
    pub(crate) fn next(&self, now_ns: u64) -> Next {
        let due = self.due(self.taken, now_ns);
        if due <= now_ns { Next::Again } else { Next::At(due) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn flat_out_all_is_due_now() {
        let mut pace = Pace::new(None);
        assert_eq!(pace.allowed(5, 1000), 1000);
        assert_eq!((pace.take(7), pace.next(8)), (7, Next::Again));
    }

    #[test]
    fn a_stall_delays_records_but_not_the_schedule() {
        let mut pace = Pace::new(Pacing::parse("1k/s"));
        assert_eq!(pace.allowed(1_000, 10), 1, "the first is due at once");
        assert_eq!((pace.take(1_000), pace.next(1_000)), (1_000, Next::At(1_001_000)));
        assert_eq!(pace.allowed(1_000_999, 10), 0);
        assert_eq!(pace.allowed(5_001_000, 3), 3, "what was missed is due at once");
        assert_eq!((pace.take(5_001_000), pace.take(5_001_000)), (1_001_000, 2_001_000));
        assert_eq!(pace.next(5_001_000), Next::Again);
        assert_eq!(pace.allowed(999, 10), 0, "a clock before the start is harmless");
    }

    #[test]
    fn days_at_an_odd_rate_do_not_drift() {
        let mut pace = Pace::new(Some(Pacing::Even(Rate(30_000.7))));
        pace.allowed(0, 1);
        let ten_days = 864_000_u64;
        let n = 30_000_700_000 * ten_days / 1_000_000;
        assert_eq!(pace.due(n, 0), ten_days * 1_000_000_000);
        assert_eq!(pace.due(u64::MAX, 0), u64::MAX, "a time beyond the clock is its end");
    }

    proptest! {
        #[test]
        fn what_is_allowed_is_what_is_due(rate in 1e-6..1e13f64, start in 0..1u64 << 62, passed in 0..1u64 << 50) {
            let mut pace = Pace::new(Some(Pacing::Even(Rate(rate))));
            pace.allowed(start, 1);
            let now = start + passed;
            let allowed = pace.allowed(now, usize::MAX) as u64;
            prop_assert!(allowed >= 1 && pace.due(allowed - 1, now) <= now);
            prop_assert!(pace.due(allowed, now) > now);
        }
    }
}
