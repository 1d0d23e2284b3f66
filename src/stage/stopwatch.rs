//! How long records wait, are worked on and live: noted at every worker, told in its ledger.

use crate::latency::{Encoder, Timings};
use crate::wire::ledger::Ledger;

/// A worker that has nothing to do tells its timings this often.
const TELL_NS: u64 = 1_000_000_000;
/// One that never has nothing to do tells them at the latest then.
const TELL_LATEST_NS: u64 = 2 * TELL_NS;

/// One worker's timings, with those of the processes that were this worker before.
pub(super) struct Stopwatch<'a> {
    ledger: &'a Ledger,
    pub timings: Timings,
    encoder: Encoder,
    bytes: Vec<u8>,
    told_ns: u64,
    /// How many times were told then, and before that.
    told: [u64; 2],
}

impl<'a> Stopwatch<'a> {
    pub(super) fn new(ledger: &'a Ledger, now: u64) -> Stopwatch<'a> {
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

    /// Tells the timings when it is time; sooner, where nothing waits for that (`idle`). True when it was time.
    pub(super) fn tell_in_time(&mut self, now: u64, idle: bool) -> bool {
        let due = now.saturating_sub(self.told_ns) >= if idle { TELL_NS } else { TELL_LATEST_NS };
        if due {
            self.tell(now);
        }
        due
    }

    /// Makes the timings public. When there is no room for three digits they are told in two.
    pub(super) fn tell(&mut self, now: u64) {
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
            Ledger::create(&path, Shape { inlets: 1, outlets: 0, ports: 2, steps: 1 }, 0).unwrap();
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
        let mut stopwatch = Stopwatch::new(&ledger, 500);
        stopwatch.timings.stored(&[1, 2, 3], 1000);
        let mut at = |ns, idle| {
            stopwatch.tell_in_time(500 + ns, idle);
            stopwatch.timings.stored(&[1], 1000);
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
        let mut stopwatch = Stopwatch::new(&first, 0);
        stopwatch.timings.stored(&[1, 2, 3], 1000);
        stopwatch.tell(1);
        assert_eq!(told(&first), (3, 3));
        stopwatch.timings.stored(&[4], 1000);
        stopwatch.tell(2);
        assert_eq!(told(&first), (4, 1));
        stopwatch.tell(3);
        assert_eq!(told(&first), (4, 0), "a quiet interval is told");
        stopwatch.tell(4);
        assert_eq!(told(&first), (4, 0));
        drop(stopwatch);
        drop(first);
        let second = ledger(&folder);
        let mut stopwatch = Stopwatch::new(&second, 0);
        stopwatch.timings.stored(&[5, 6], 1000);
        stopwatch.tell(5);
        assert_eq!(told(&second), (6, 2), "the next process goes on");
    }

    #[test]
    fn what_has_no_room_in_three_digits_is_told_in_two() {
        let folder = tempfile::tempdir().unwrap();
        let ledger = ledger(&folder);
        let mut stopwatch = Stopwatch::new(&ledger, 0);
        let mut ns = 1.0f64;
        while ns < 3.6e12 {
            stopwatch.timings.taken(0, ns as u64, 1_000_000_000);
            stopwatch.timings.served(0, ns as u64, 1_000_000_000);
            ns *= 1.0002;
        }
        stopwatch.tell(1);
        let (total, _) = ledger.timings();
        assert_eq!(
            (total.len(), total.service.len()),
            (stopwatch.timings.len(), stopwatch.timings.service.len())
        );
        let (fine, coarse) = (stopwatch.timings.service.recorded().count(), total.service.recorded().count());
        assert!(coarse < fine / 4, "{coarse} of {fine}");
    }
}
