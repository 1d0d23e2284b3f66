//! Some records of a stream, each as likely as it weighs, and how well they lie in their clusters.
//!
//! Chao 1982, A general purpose unequal probability sampling plan, Biometrika 69:653; Rousseeuw 1987, Silhouettes: a
//! graphical aid to the interpretation and validation of cluster analysis, Journal of Computational and Applied
//! Mathematics 20:53.

use super::centres::Centres;
use super::scale::Scale;
use crate::numeric::SplitMix64;
use serde::{Deserialize, Serialize};

/// So many records are kept where nobody says another number, and they may be at most.
pub(super) const KEPT: usize = 300;
pub(super) const KEPT_MAX: usize = 10_000;

#[derive(Clone, Default, Serialize, Deserialize)]
pub(super) struct Sample {
    /// In their own units, one behind the other.
    points: Vec<f64>,
    /// Records that came, and their weight.
    n: u64,
    weight: f64,
}

impl Sample {
    pub(super) fn fits(&self, dims: usize, most: usize) -> bool {
        self.points.len().is_multiple_of(dims) && self.points.len() <= dims * most
    }

    /// Takes a record in, by chance in the place of another.
    #[inline]
    pub(super) fn learn(&mut self, point: &[f64], weight: f64, most: usize, seed: u64) {
        self.n += 1;
        self.weight += weight;
        if self.points.len() < most * point.len() {
            return self.points.extend_from_slice(point);
        }
        let mut random = SplitMix64::at(!seed, self.n);
        if random.unit() * self.weight < most as f64 * weight {
            let place = random.below(most as u64) as usize * point.len();
            self.points[place..place + point.len()].copy_from_slice(point);
        }
    }

    pub(super) fn fade(&mut self, times: f64) {
        self.weight *= times;
    }

    /// Of each centre the mean silhouette of the records in the sample that belong to it; `None` where there is none,
    /// or no other cluster.
    pub(super) fn silhouettes(&self, centres: &Centres, scale: Option<&Scale>) -> Vec<Option<f64>> {
        let k = centres.len();
        let dims = centres.dims();
        let mut points = self.points.clone();
        if let Some(scale) = scale {
            let mut scaled = Vec::new();
            for point in points.chunks_exact_mut(dims) {
                scale.bring(point, &mut scaled);
                point.copy_from_slice(&scaled);
            }
        }
        let of: Vec<usize> =
            points.chunks_exact(dims).filter_map(|point| centres.nearest(point)).map(|(at, _)| at).collect();
        let mut sizes = vec![0usize; k];
        of.iter().for_each(|at| sizes[*at] += 1);
        let mut sums = vec![(0.0, 0usize); k];
        if sizes.iter().filter(|size| **size > 0).count() < 2 {
            return vec![None; k];
        }
        let mut distances = vec![0.0; k];
        for (point, own) in points.chunks_exact(dims).zip(&of) {
            distances.fill(0.0);
            for (other, at) in points.chunks_exact(dims).zip(&of) {
                let squared: f64 = point.iter().zip(other).map(|(a, b)| (a - b) * (a - b)).sum();
                distances[*at] += squared.sqrt();
            }
            sums[*own].0 += silhouette(*own, &distances, &sizes);
            sums[*own].1 += 1;
        }
        sums.into_iter().map(|(sum, n)| (n > 0).then(|| sum / n as f64)).collect()
    }
}

/// How much nearer a record lies to its own cluster than to the next one, from -1 to 1; 0 where it is alone.
fn silhouette(own: usize, distances: &[f64], sizes: &[usize]) -> f64 {
    if sizes[own] < 2 {
        return 0.0;
    }
    let within = distances[own] / (sizes[own] - 1) as f64;
    let others = distances.iter().zip(sizes).enumerate().filter(|(at, (_, size))| *at != own && **size > 0);
    let next = others.map(|(_, (sum, size))| sum / *size as f64).fold(f64::INFINITY, f64::min);
    let greater = within.max(next);
    if greater > 0.0 { (next - within) / greater } else { 0.0 }
}
