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
        let (timings, _) = ledger.timings();
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
        self.encoder.write(&self.timings, &mut self.bytes);
        if !self.ledger.set_timings(&self.bytes) {
            self.encoder.write(&self.timings.coarse(), &mut self.bytes);
            self.ledger.set_timings(&self.bytes);
        }
    }
}
