//! How long things take: histograms of nanoseconds, kept in HdrHistogram's form.

mod timings;

pub use timings::{Timings, Told};

use hdrhistogram::Histogram;
use hdrhistogram::serialization::{Deserializer, Serializer, V2Serializer};
use std::borrow::Cow;
use std::sync::LazyLock;

/// The longest time told apart, one hour; what is longer counts as one hour.
const NS_MAX: u64 = 3_600_000_000_000;
/// Significant digits of a time: a slot is at most a thousandth wide.
const DIGITS: u8 = 3;
/// Digits of a histogram that is told where there is no room for all.
const DIGITS_FEW: u8 = 2;
/// Bytes of the head of HdrHistogram's V2 encoding. Four of them are the length of what follows.
const HEAD: usize = 40;
const HEAD_LEN: std::ops::Range<usize> = 4..8;
/// The heads that ours have, but for the length.
static HEADS: LazyLock<[Vec<u8>; 2]> = LazyLock::new(|| {
    [DIGITS, DIGITS_FEW].map(|digits| {
        let mut head = Vec::new();
        Encoder::default().write(&Latency::of_digits(digits), &mut head);
        head.truncate(HEAD);
        head[HEAD_LEN].fill(0);
        head
    })
});

/// Whether so many records can tell the time within which a share (0 to 1) of them came: ten of them at least must
/// lie beyond it. No percentile is told that this rule refuses.
pub(crate) fn supports(records: u64, share: f64) -> bool {
    // A little less than ten, because 1 - 0.9 is a little less than a tenth.
    records as f64 * (1.0 - share) >= 10.0 - 1e-6
}

/// A histogram of times in nanoseconds, with three significant digits.
#[derive(Clone, Debug)]
pub struct Latency {
    histogram: Histogram<u64>,
}

/// A line of a distribution, as HdrHistogram's percentile files list them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Step {
    /// The longest time of the records so far.
    pub ns: u64,
    /// Their share of all records, 0 to 1.
    pub share: f64,
    /// How many they are.
    pub records: u64,
}

impl Default for Latency {
    fn default() -> Latency {
        Latency::of_digits(DIGITS)
    }
}

impl Latency {
    fn of_digits(digits: u8) -> Latency {
        Latency { histogram: Histogram::new_with_bounds(1, NS_MAX, digits).expect("the bounds are in order") }
    }

    #[inline]
    pub fn record(&mut self, ns: u64) {
        self.record_n(ns, 1);
    }

    /// The same time for `n` records.
    #[inline]
    pub fn record_n(&mut self, ns: u64, n: u64) {
        if n > 0 {
            self.histogram.saturating_record_n(ns.clamp(1, NS_MAX), n);
        }
    }

    /// A time for each record. Neighbours that are the same in all digits, which old records of one batch mostly are,
    /// cost little more than one of them.
    pub(crate) fn record_all(&mut self, times: impl Iterator<Item = u64>) {
        let (mut same, mut n) = (1..=1, 0);
        for ns in times.map(|ns| ns.clamp(1, NS_MAX)) {
            if !same.contains(&ns) {
                self.record_n(*same.start(), n);
                same = self.histogram.lowest_equivalent(ns)..=self.histogram.highest_equivalent(ns);
                n = 0;
            }
            n += 1;
        }
        self.record_n(*same.start(), n);
    }

    pub fn len(&self) -> u64 {
        self.histogram.len()
    }

    pub fn is_empty(&self) -> bool {
        self.histogram.is_empty()
    }

    /// The time within which a share (0 to 1) of the records came; `None` when they are too few to tell (`supports`).
    pub fn percentile_ns(&self, share: f64) -> Option<u64> {
        supports(self.len(), share).then(|| self.histogram.value_at_quantile(share))
    }

    pub fn max_ns(&self) -> Option<u64> {
        (!self.is_empty()).then(|| self.histogram.max())
    }

    pub(crate) fn mean_ns(&self) -> Option<f64> {
        (!self.is_empty()).then(|| self.histogram.mean())
    }

    /// Standard deviation.
    pub(crate) fn stdev_ns(&self) -> Option<f64> {
        (!self.is_empty()).then(|| self.histogram.stdev())
    }

    pub fn add(&mut self, other: &Latency) {
        self.histogram.add(&other.histogram).expect("all have the same bounds");
    }

    /// Takes out what was there at an earlier moment, record for record. What `earlier` has and this has not is
    /// passed over.
    pub fn subtract(&mut self, earlier: &Latency) {
        *self = self.without(earlier);
    }

    /// What is left when `earlier` is taken out.
    fn without(&self, earlier: &Latency) -> Latency {
        let digits = self.histogram.sigfig().min(earlier.histogram.sigfig());
        let (this, earlier) = (self.with_digits(digits), earlier.with_digits(digits));
        let mut rest = Latency::of_digits(digits);
        for (ns, records) in this.recorded() {
            rest.record_n(ns, records.saturating_sub(earlier.histogram.count_at(ns)));
        }
        rest
    }

    /// The times that occurred, from the shortest on (each stands for those that are the same in all digits), and how
    /// many records took so long.
    pub(crate) fn recorded(&self) -> impl Iterator<Item = (u64, u64)> {
        self.histogram.iter_recorded().map(|at| (at.value_iterated_to(), at.count_at_value()))
    }

    /// The distribution in steps, `ticks` of them for each halving of what is left to the whole.
    pub fn steps(&self, ticks: u32) -> impl Iterator<Item = Step> {
        let mut records = 0;
        self.histogram.iter_quantiles(ticks).map(move |at| {
            records += at.count_since_last_iteration();
            Step { ns: at.value_iterated_to(), share: at.quantile_iterated_to(), records }
        })
    }

    /// How HdrHistogram divides the times: so many buckets, each twice as wide as the one before, and the parts of
    /// each.
    pub(crate) fn buckets(&self) -> (u64, u64) {
        let parts = 2 * 10u64.pow(u32::from(self.histogram.sigfig()));
        (u64::from(self.histogram.buckets()), parts.next_power_of_two())
    }

    fn with_digits(&self, digits: u8) -> Cow<'_, Latency> {
        if self.histogram.sigfig() == digits {
            return Cow::Borrowed(self);
        }
        let mut other = Latency::of_digits(digits);
        other.add(self);
        Cow::Owned(other)
    }

    /// Reads what an `Encoder` wrote; `None` for anything else.
    fn read(mut bytes: &[u8]) -> Option<Latency> {
        let (head, rest) = bytes.split_first_chunk::<HEAD>()?;
        let mut head = *head;
        let len = (rest.len() as u32).to_be_bytes();
        // The head says how much memory is to be taken, so it must be one of ours.
        if head[HEAD_LEN] != len {
            return None;
        }
        head[HEAD_LEN].fill(0);
        if !HEADS.iter().any(|known| *known == head) {
            return None;
        }
        let histogram = Deserializer::new().deserialize::<u64, _>(&mut bytes).ok()?;
        Some(Latency { histogram })
    }
}

/// Writes histograms in HdrHistogram's V2 encoding; it keeps its memory for the next one.
#[derive(Default)]
pub struct Encoder {
    serializer: V2Serializer,
}

impl Encoder {
    fn write(&mut self, latency: &Latency, out: &mut Vec<u8>) {
        self.serializer.serialize(&latency.histogram, out).expect("a Vec takes all that is written to it");
    }
}

#[cfg(test)]
mod tests;
