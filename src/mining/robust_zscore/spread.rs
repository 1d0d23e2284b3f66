//! Where the values of a stream lie, and how far they spread: median and median distance of each feature.

use crate::numeric::{Quantiles, Weighed, median, median_distance};
use serde::{Deserialize, Serialize};

/// A normal deviation for each median distance: 1 / Φ⁻¹(3/4).
const DEVIATION: f64 = 1.482_602_218_505_602;
/// The same for each mean distance: √(π/2).
const DEVIATION_OF_MEAN: f64 = 1.253_314_137_315_500_3;
/// No score is greater: where all values so far were one, any other has it.
pub(super) const SCORE_MAX: f64 = 1e6;
/// A smaller part of the median is rounding.
const NOISE: f64 = 16.0 * f64::EPSILON;
/// Medians are taken anew when there are so much more values: one in 128.
const STALE_SHIFT: u32 = 7;

/// What is the same for all streams.
#[derive(Clone, Debug)]
pub(super) struct Rule {
    pub names: Vec<String>,
    pub seed: u64,
    /// So many of the newest records count; of all of them, if 0.
    pub window: u64,
    /// Memory.
    pub values: Weighed,
}

/// The values of one stream.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Spread {
    /// Records learned.
    pub n: u64,
    /// After so many records medians are taken anew.
    next: u64,
    pub features: Vec<Feature>,
}

/// The values of a feature: the window before this one, and this one.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(super) struct Feature {
    before: Quantiles,
    now: Quantiles,
    pub median: f64,
    /// The median distance from the median.
    pub mad: f64,
    /// What counts as one deviation.
    deviation: f64,
}

impl Spread {
    pub(super) fn new(dims: usize) -> Spread {
        Spread { n: 0, next: 0, features: vec![Feature::default(); dims] }
    }

    pub(super) fn is_of(&self, dims: usize) -> bool {
        self.features.len() == dims
            && self.features.iter().all(|feature| feature.before.is_sound() && feature.now.is_sound())
    }

    /// How many deviations the feature that lies farthest off lies off; then the point is learned.
    #[inline]
    pub(super) fn score(&mut self, point: &[f64], rule: &mut Rule) -> f64 {
        let off = self.features.iter().zip(point).map(|(feature, x)| feature.off(*x));
        let score = if self.n == 0 { 0.0 } else { off.fold(0.0, f64::max) };
        let half = rule.window.div_ceil(2);
        for (feature, x) in self.features.iter_mut().zip(point) {
            feature.now.add(*x, rule.seed);
            if half > 0 && feature.now.len() == half {
                feature.before = std::mem::take(&mut feature.now);
            }
        }
        self.n += 1;
        if self.n >= self.next {
            self.look(rule);
        }
        score
    }

    /// Takes medians anew.
    #[cold]
    fn look(&mut self, rule: &mut Rule) {
        let counted = if rule.window == 0 { self.n } else { self.n.min(rule.window) };
        self.next = self.n + (counted >> STALE_SHIFT).max(1);
        self.features.iter_mut().for_each(|feature| feature.look(&mut rule.values));
    }
}

impl Feature {
    #[inline]
    fn off(&self, x: f64) -> f64 {
        let distance = (x - self.median).abs();
        if self.deviation > 0.0 {
            return (distance / self.deviation).min(SCORE_MAX);
        }
        if distance > NOISE * self.median.abs() { SCORE_MAX } else { 0.0 }
    }

    fn look(&mut self, values: &mut Weighed) {
        values.clear();
        self.before.give(values);
        self.now.give(values);
        values.sort_by(|a, b| a.0.total_cmp(&b.0));
        let Some(middle) = median(values) else { return };
        let mad = median_distance(values, middle).unwrap_or(0.0);
        let small = NOISE * middle.abs();
        let deviation = match mad {
            mad if mad > small => DEVIATION * mad,
            // More than half of them are one value.
            _ => DEVIATION_OF_MEAN * mean_distance(values, middle),
        };
        (self.median, self.mad) = (middle, mad);
        self.deviation = if deviation > small { deviation } else { 0.0 };
    }
}

fn mean_distance(values: &[(f64, u64)], from: f64) -> f64 {
    let n: u64 = values.iter().map(|(_, weight)| weight).sum();
    values.iter().map(|(x, weight)| (x - from).abs() * (*weight as f64 / n as f64)).sum()
}
