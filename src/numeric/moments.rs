//! Mean and deviation of a stream of numbers, in one pass.
//!
//! Welford 1962, Note on a method for calculating corrected sums of squares and products, Technometrics 4:419.

use serde::{Deserialize, Serialize};

/// A smaller part of the mean is rounding: 2⁻⁴⁸, sixteen units in the last place of an f64.
const NOISE: f64 = 16.0 * f64::EPSILON;

/// Of the values so far: how many, their mean, and the sum of their squared distances from it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Moments {
    n: u64,
    mean: f64,
    squares: f64,
}

impl Moments {
    /// Learns one value.
    #[inline]
    pub fn learn(&mut self, x: f64) {
        self.n += 1;
        let share = self.share();
        let before = x - self.mean;
        self.mean += before * share;
        self.squares += before * (x - self.mean);
    }

    /// How many standard deviations a value lies from the mean; 0 while all values are one, but for what rounding makes
    /// of them. The deviation is the population's: the sum of squares is divided by n, not n - 1.
    #[inline]
    pub fn score(&self, x: f64) -> f64 {
        self.deviation().map_or(0.0, |deviation| (x - self.mean) / deviation)
    }

    /// The deviation itself; `None` while all values are one.
    #[inline]
    pub(crate) fn deviation(&self) -> Option<f64> {
        let deviation = (self.squares * self.share()).sqrt();
        (deviation > NOISE * self.mean.abs()).then_some(deviation)
    }

    /// Learns what another has learned. Chan, Golub & LeVeque 1979, Updating formulae and a pairwise algorithm for
    /// computing sample variances.
    pub(crate) fn merge(&mut self, other: &Moments) {
        if self.n == 0 || other.n == 0 {
            *self = if self.n == 0 { *other } else { *self };
            return;
        }
        let n = (self.n + other.n) as f64;
        let apart = other.mean - self.mean;
        self.squares += other.squares + apart * apart * (self.n as f64 / n) * other.n as f64;
        self.mean += apart * (other.n as f64 / n);
        self.n += other.n;
    }

    /// The sum of squares divided by n less `freedom`: 1 for a sample of a population, 0 for all of it. `None` where
    /// that is no number.
    pub(crate) fn variance(&self, freedom: u64) -> Option<f64> {
        let by = self.n.checked_sub(freedom).filter(|n| *n > 0)?;
        Some(self.squares / by as f64)
    }

    /// What one value counts.
    #[inline]
    fn share(&self) -> f64 {
        1.0 / self.n as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn scores_are_those_of_a_hand() {
        let mut moments = Moments::default();
        let scores = [2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0].map(|x| {
            moments.learn(x);
            moments.score(x)
        });
        assert_eq!((scores[0], scores[1]), (0.0, 1.0));
        // Their mean is 5, their deviation 2.
        assert_eq!([3.0, 5.0, 9.0].map(|x| moments.score(x)), [-1.0, 0.0, 2.0]);
        assert_eq!(Moments::default().score(3.0), 0.0, "without values there is no deviation");
    }

    #[test]
    fn what_only_rounding_tells_apart_is_one_value() {
        for values in [
            [0.3, 0.1 + 0.2, 0.3, 0.1 + 0.2],
            [1e16, 1e16 + 2.0, 1e16, 1e16 + 4.0],
            [-0.7, -0.7, -0.1 * 7.0, -0.7],
        ] {
            assert!(values.iter().any(|x| *x != values[0]), "they do differ: {values:?}");
            let mut moments = Moments::default();
            for x in values {
                moments.learn(x);
                assert_eq!(moments.score(x), 0.0, "{values:?}");
            }
        }
        let mut moments = Moments::default();
        [1e6, 1e6 + 1e-6, 1e6, 1e6 + 1e-6].into_iter().for_each(|x| moments.learn(x));
        assert!(moments.score(1e6).abs() > 0.5, "a part in 10^12 is no noise");
    }

    proptest! {
        #[test]
        fn a_score_is_that_of_two_passes(values in prop::collection::vec(-1e6..1e6f64, 2..60)) {
            let mut moments = Moments::default();
            values.iter().for_each(|x| moments.learn(*x));
            let n = values.len() as f64;
            let mean = values.iter().sum::<f64>() / n;
            let deviation = (values.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n).sqrt();
            for x in values {
                let score = (x - mean) / deviation;
                prop_assert!((moments.score(x) - score).abs() < 1e-6 * score.abs().max(1.0));
            }
        }
    }
}
