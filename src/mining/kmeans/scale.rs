//! The scale of features: each is divided by its deviation, so that distances mix like with like.
//!
//! The deviation is taken anew when there are twice as many records: distances don't change with each of them. Centres
//! are brought along, so they stay where they are in the features' own units.

use crate::numeric::Moments;
use serde::{Deserialize, Serialize};

#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Scale {
    moments: Vec<Moments>,
    /// By feature: what it is multiplied by.
    times: Vec<f64>,
    n: u64,
}

impl Scale {
    pub(super) fn new(dims: usize) -> Scale {
        Scale { moments: vec![Moments::default(); dims], times: vec![1.0; dims], n: 0 }
    }

    pub(super) fn fits(&self, dims: usize) -> bool {
        [self.moments.len(), self.times.len()] == [dims; 2] && self.times.iter().all(|times| *times > 0.0)
    }

    /// Learns a point; whether it is time to take the deviations anew.
    #[inline]
    pub(super) fn learn(&mut self, point: &[f64]) -> bool {
        self.moments.iter_mut().zip(point).for_each(|(moments, x)| moments.learn(*x));
        self.n += 1;
        self.n.is_power_of_two()
    }

    /// Takes deviations anew; what scaled points of before are to be multiplied by.
    pub(super) fn renew(&mut self) -> Vec<f64> {
        let renew = |(times, moments): (&mut f64, &Moments)| {
            let before = *times;
            // A feature that has been one value keeps the scale that it has.
            *times = moments.deviation().map_or(before, |deviation| 1.0 / deviation);
            *times / before
        };
        self.times.iter_mut().zip(&self.moments).map(renew).collect()
    }

    /// A point in this scale.
    #[inline]
    pub(super) fn bring<'a>(&self, point: &[f64], to: &'a mut Vec<f64>) -> &'a [f64] {
        to.clear();
        to.extend(point.iter().zip(&self.times).map(|(x, times)| x * times));
        to
    }

    /// A coordinate in the feature's own units.
    pub(super) fn own(&self, dim: usize, x: f64) -> f64 {
        x / self.times[dim]
    }
}
