//! How old records are: histograms of nanoseconds, kept in HdrHistogram's form.

use hdrhistogram::Histogram;
use hdrhistogram::serialization::{Deserializer, Serializer, V2Serializer};

/// The longest time told apart, one hour; what is longer counts as one hour.
const NS_MAX: u64 = 3_600_000_000_000;

/// A histogram of times in nanoseconds, with three significant digits.
#[derive(Clone, Debug)]
pub struct Latency {
    histogram: Histogram<u64>,
}

impl Default for Latency {
    fn default() -> Latency {
        Latency { histogram: Histogram::new_with_bounds(1, NS_MAX, 3).expect("the bounds are in order") }
    }
}

impl Latency {
    #[inline]
    pub fn record(&mut self, ns: u64) {
        self.histogram.saturating_record(ns.max(1));
    }

    pub fn len(&self) -> u64 {
        self.histogram.len()
    }

    pub fn is_empty(&self) -> bool {
        self.histogram.is_empty()
    }

    /// The time within which a share (0 to 1) of the records came; `None` when there are none.
    pub fn percentile_ns(&self, share: f64) -> Option<u64> {
        (!self.is_empty()).then(|| self.histogram.value_at_quantile(share))
    }

    pub fn max_ns(&self) -> Option<u64> {
        (!self.is_empty()).then(|| self.histogram.max())
    }

    pub fn add(&mut self, other: &Latency) {
        self.histogram.add(&other.histogram).expect("all have the same bounds");
    }

    /// HdrHistogram's V2 encoding.
    pub fn write(&self, out: &mut Vec<u8>) {
        out.clear();
        V2Serializer::new().serialize(&self.histogram, out).expect("a Vec takes all that is written to it");
    }

    /// Reads what `write` wrote; `None` for anything else.
    pub fn read(mut bytes: &[u8]) -> Option<Latency> {
        let mut latency = Latency::default();
        latency.histogram.add(Deserializer::new().deserialize::<u64, _>(&mut bytes).ok()?).ok()?;
        Some(latency)
    }
}
