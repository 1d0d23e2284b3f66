//! What is timed at every worker: the way to it, the work, and the whole life of a record.

use super::{DIGITS_FEW, Encoder, Latency};
use std::cell::OnceCell;
use std::ops::Deref;

/// Where the time of a worker's records goes, in nanoseconds.
#[derive(Clone, Debug, Default)]
pub struct Timings {
    /// From when a record was sent to this worker until it was taken; sources have none.
    pub link: Latency,
    /// From when a record was taken until what became of it was sent, or handed over to the store; waiting for room
    /// downstream included.
    pub service: Latency,
    /// From a record's birth until it was sent on, or handed over to the store. Where it is sent on, all records of a
    /// batch count as old as the oldest of them: exact while batches are one record long, else the worst case.
    pub age: Latency,
}

impl Timings {
    /// A frame of records was taken.
    pub fn taken(&mut self, sent_ns: u64, now: u64, records: u64) {
        self.link.record_n(now.saturating_sub(sent_ns), records);
    }

    /// What became of records that were taken together was sent, or handed over.
    pub fn served(&mut self, taken_ns: u64, now: u64, records: u64) {
        self.service.record_n(now.saturating_sub(taken_ns), records);
    }

    /// A batch was sent on: all of it counts as old as the oldest.
    pub fn sent(&mut self, born_ns: &[u64], now: u64) {
        if let Some(oldest) = born_ns.iter().min() {
            self.age.record_n(now.saturating_sub(*oldest), born_ns.len() as u64);
        }
    }

    /// A batch was handed over to its store: each record has its own age.
    pub fn stored(&mut self, born_ns: &[u64], now: u64) {
        self.age.record_all(born_ns.iter().map(|born| now.saturating_sub(*born)));
    }

    /// Records whose time was taken, of all three kinds together.
    pub fn len(&self) -> u64 {
        self.link.len() + self.service.len() + self.age.len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub fn add(&mut self, other: &Timings) {
        self.link.add(&other.link);
        self.service.add(&other.service);
        self.age.add(&other.age);
    }

    /// Takes out what was there at an earlier moment, record for record.
    pub fn subtract(&mut self, earlier: &Timings) {
        *self = self.without(earlier);
    }

    /// What is left when `earlier` is taken out.
    pub fn without(&self, earlier: &Timings) -> Timings {
        Timings {
            link: self.link.without(&earlier.link),
            service: self.service.without(&earlier.service),
            age: self.age.without(&earlier.age),
        }
    }

    /// The same in two significant digits, which take an eighth of the bytes.
    pub(crate) fn coarse(&self) -> Timings {
        let coarse = |latency: &Latency| latency.with_digits(DIGITS_FEW).into_owned();
        Timings { link: coarse(&self.link), service: coarse(&self.service), age: coarse(&self.age) }
    }

    /// Each histogram's length in four bytes, and the histogram.
    pub fn write(&self, encoder: &mut Encoder, out: &mut Vec<u8>) {
        out.clear();
        for latency in [&self.link, &self.service, &self.age] {
            let at = out.len();
            out.extend_from_slice(&[0; 4]);
            encoder.write(latency, out);
            let len = (out.len() - at - 4) as u32;
            out[at..at + 4].copy_from_slice(&len.to_le_bytes());
        }
    }

    /// Reads what `write` wrote; `None` for anything else.
    pub fn read(bytes: &[u8]) -> Option<Timings> {
        let mut rest = bytes;
        let mut next = || {
            let (len, after) = rest.split_first_chunk()?;
            let (one, after) = after.split_at_checked(u32::from_le_bytes(*len) as usize)?;
            rest = after;
            Latency::read(one)
        };
        let timings = Timings { link: next()?, service: next()?, age: next()? };
        rest.is_empty().then_some(timings)
    }
}

/// Timings as they were told, in bytes that are only read when they are asked for: that costs a millisecond, which
/// nobody should pay for numbers that nobody looks at.
#[derive(Clone, Debug, Default)]
pub struct Told {
    bytes: Vec<u8>,
    before: Vec<u8>,
    read: OnceCell<Timings>,
}

impl Told {
    /// What `Timings::write` wrote; `before` is taken out. Bytes of anything else are timings without a record.
    pub fn of(bytes: Vec<u8>, before: Vec<u8>) -> Told {
        Told { bytes, before, read: OnceCell::new() }
    }
}

impl Deref for Told {
    type Target = Timings;

    fn deref(&self) -> &Timings {
        self.read.get_or_init(|| {
            let timings = Timings::read(&self.bytes).unwrap_or_default();
            match Timings::read(&self.before) {
                Some(before) => timings.without(&before),
                None => timings,
            }
        })
    }
}
