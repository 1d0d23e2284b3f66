//! How long records wait, are worked on and live: noted at every worker, told in its ledger.

use crate::latency::{Encoder, Timings};
use crate::wire::header::Header;
use crate::wire::ledger::Ledger;

/// A worker that has nothing to do tells its timings this often.
const TELL_NS: u64 = 1_000_000_000;
/// One that never has nothing to do tells them at the latest then.
const TELL_LATEST_NS: u64 = 2 * TELL_NS;

/// One worker's timings, with those of the processes that were this worker before.
pub(super) struct Stopwatch<'a> {
    ledger: &'a Ledger,
    timings: Timings,
    encoder: Encoder,
    bytes: Vec<u8>,
    told_ns: u64,
    /// How many times were told then, and before that.
    told: [u64; 2],
}

impl<'a> Stopwatch<'a> {
    pub fn new(ledger: &'a Ledger, now: u64) -> Stopwatch<'a> {
        let timings = Timings::clone(&ledger.timings().0);
        Stopwatch {
            ledger,
            told: [timings.len(), 0],
            timings,
            encoder: Encoder::default(),
            bytes: Vec::new(),
            told_ns: now,
        }
    }

    /// A frame of records was taken.
    pub fn taken(&mut self, now: u64, frame: &Header) {
        self.timings.link.record_n(now.saturating_sub(frame.sent_ns), u64::from(frame.count));
    }

    /// `records` that were taken at one time are done with at another.
    pub fn served(&mut self, taken_ns: u64, now: u64, records: u64) {
        self.timings.service.record_n(now.saturating_sub(taken_ns), records);
    }

    /// A batch was sent on: all count as old as the oldest.
    pub fn sent(&mut self, now: u64, born_ns: &[u64]) {
        if let Some(oldest) = born_ns.iter().min() {
            self.timings.age.record_n(now.saturating_sub(*oldest), born_ns.len() as u64);
        }
    }

    /// A batch was handed over to its store: each record has its own age.
    pub fn stored(&mut self, now: u64, born_ns: &[u64]) {
        born_ns.iter().for_each(|born| self.timings.age.record(now.saturating_sub(*born)));
    }

    /// Tells the timings when it is time; sooner, where nothing waits for that (`idle`).
    pub fn tell_in_time(&mut self, now: u64, idle: bool) {
        if now.saturating_sub(self.told_ns) >= if idle { TELL_NS } else { TELL_LATEST_NS } {
            self.tell(now);
        }
    }

    /// Makes the timings public. When there is no room for three digits they are told in two.
    pub fn tell(&mut self, now: u64) {
        self.told_ns = now;
        let times = self.timings.len();
        if self.told == [times, times] {
            // Both the whole and an interval without a record are told already.
            return;
        }
        self.told = [times, self.told[0]];
        self.timings.write(&mut self.encoder, &mut self.bytes);
        if !self.ledger.set_timings(&self.bytes) {
            self.timings.coarse().write(&mut self.encoder, &mut self.bytes);
            self.ledger.set_timings(&self.bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::ledger::Shape;

    fn ledger(folder: &tempfile::TempDir) -> Ledger {
        let path = folder.path().join("0.0.ledger");
        if !path.exists() {
            Ledger::create(&path, Shape { inlets: 1, outlets: 0 }).unwrap();
        }
        Ledger::claim(&path).unwrap()
    }

    /// Ages told in all, and of the last interval.
    fn told(ledger: &Ledger) -> (u64, u64) {
        let (total, recent) = ledger.timings();
        (total.age.len(), recent.age.len())
    }

    #[test]
    fn timings_are_told_each_second_when_idle_and_each_two_when_not() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = ledger(&folder);
        let mut watch = Stopwatch::new(&ledger, 500);
        watch.stored(1000, &[1, 2, 3]);
        let mut at = |ns, idle| {
            watch.tell_in_time(500 + ns, idle);
            watch.stored(1000, &[1]);
            told(&ledger).0
        };
        assert_eq!([at(TELL_NS - 1, true), at(2 * TELL_NS - 1, false)], [0, 0], "too early");
        assert_eq!([at(2 * TELL_NS, false), at(3 * TELL_NS - 1, true)], [5, 5]);
        assert_eq!([at(3 * TELL_NS, true), at(5 * TELL_NS - 1, false)], [7, 7]);
    }

    #[test]
    fn an_interval_holds_what_came_since_the_last_telling() {
        let folder = tempfile::tempdir().unwrap();
        let first = ledger(&folder);
        let mut watch = Stopwatch::new(&first, 0);
        watch.stored(1000, &[1, 2, 3]);
        watch.tell(1);
        assert_eq!(told(&first), (3, 3));
        watch.stored(1000, &[4]);
        watch.tell(2);
        assert_eq!(told(&first), (4, 1));
        watch.tell(3);
        assert_eq!(told(&first), (4, 0), "a quiet interval is told");
        watch.tell(4);
        assert_eq!(told(&first), (4, 0));
        drop(watch);
        drop(first);
        let second = ledger(&folder);
        let mut watch = Stopwatch::new(&second, 0);
        watch.stored(1000, &[5, 6]);
        watch.tell(5);
        assert_eq!(told(&second), (6, 2), "the next process goes on");
    }

    #[test]
    fn a_batch_that_is_sent_is_as_old_as_its_oldest_record() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = ledger(&folder);
        let mut watch = Stopwatch::new(&ledger, 0);
        watch.sent(1000, &[900, 600, 990]);
        watch.sent(1000, &[]);
        watch.sent(1000, &[2000]);
        watch.stored(1000, &[900, 600]);
        let ages: Vec<_> = watch.timings.age.recorded().collect();
        assert_eq!(ages, [(1, 1), (100, 1), (400, 4)], "a birth that lies ahead is no age");
    }

    #[test]
    fn what_has_no_room_in_three_digits_is_told_in_two() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = ledger(&folder);
        let mut watch = Stopwatch::new(&ledger, 0);
        let mut ns = 1.0f64;
        while ns < 3.6e12 {
            watch.served(0, ns as u64, 1_000_000_000);
            watch.timings.link.record_n(ns as u64, 1_000_000_000);
            ns *= 1.0002;
        }
        watch.tell(1);
        let (total, _) = ledger.timings();
        assert_eq!((total.len(), total.service.len()), (watch.timings.len(), watch.timings.service.len()));
        let (fine, coarse) = (watch.timings.service.recorded().count(), total.service.recorded().count());
        assert!(coarse < fine / 4, "{coarse} of {fine}");
    }
}
