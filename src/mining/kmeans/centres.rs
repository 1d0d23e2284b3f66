//! The centres of clusters: which is nearest, and how a record moves it.

use serde::{Deserialize, Serialize};

/// Up to `k` centres in `dims` dimensions, with how many records each stands for and the sum of their squared
/// distances from it.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Centres {
    k: usize,
    dims: usize,
    used: usize,
    /// Blocks of `LANES` centres, side by side within each dimension, so that the processor takes the distances
    /// to several at once. Where no centre is, it is infinitely far away.
    at: Vec<f64>,
    counts: Vec<u64>,
    ssq: Vec<f64>,
}

const LANES: usize = 4;

impl Centres {
    pub(super) fn new(k: usize, dims: usize) -> Centres {
        Centres {
            k,
            dims,
            used: 0,
            at: vec![f64::INFINITY; k.next_multiple_of(LANES) * dims],
            counts: vec![0; k],
            ssq: vec![0.0; k],
        }
    }

    /// How many centres there are.
    pub(super) fn len(&self) -> usize {
        self.used
    }

    pub(super) fn is_full(&self) -> bool {
        self.used == self.k
    }

    /// Whether a state that was read is one of `k` centres in `dims` dimensions.
    pub(super) fn fits(&self, k: usize, dims: usize) -> bool {
        [self.k, self.dims, self.counts.len(), self.ssq.len()] == [k, dims, k, k]
            && self.used <= k
            && self.at.len() == k.next_multiple_of(LANES) * dims
    }

    pub(super) fn count(&self, centre: usize) -> u64 {
        self.counts[centre]
    }

    /// Sum of squared distances of a centre's records from it.
    pub(super) fn ssq(&self, centre: usize) -> f64 {
        self.ssq[centre]
    }

    pub(super) fn set_ssq(&mut self, centre: usize, ssq: f64) {
        self.ssq[centre] = ssq;
    }

    pub(super) fn ssq_total(&self) -> f64 {
        self.ssq[..self.used].iter().sum()
    }

    pub(super) fn coordinate(&self, centre: usize, dim: usize) -> f64 {
        self.at[self.slot(centre, dim)]
    }

    fn slot(&self, centre: usize, dim: usize) -> usize {
        (centre / LANES * self.dims + dim) * LANES + centre % LANES
    }

    /// The nearest centre and its squared distance; the first of equally near ones. `None` without centres.
    #[inline]
    pub(super) fn nearest(&self, point: &[f64]) -> Option<(usize, f64)> {
        let (mut nearest, mut least) = (0, f64::INFINITY);
        for (block, centres) in self.at.chunks_exact(LANES * self.dims).enumerate() {
            let mut sums = [0.0; LANES];
            for (x, coordinates) in point.iter().zip(centres.as_chunks::<LANES>().0) {
                for (sum, c) in sums.iter_mut().zip(coordinates) {
                    *sum += (x - c) * (x - c);
                }
            }
            for (lane, sum) in sums.into_iter().enumerate() {
                if sum < least {
                    (nearest, least) = (block * LANES + lane, sum);
                }
            }
        }
        (self.used > 0).then_some((nearest, least))
    }

    /// Makes a centre of a point, and returns its number.
    pub(super) fn add(&mut self, point: &[f64]) -> usize {
        assert!(!self.is_full(), "there is room for k centres");
        self.used += 1;
        self.place(self.used - 1, point, 1, 0.0);
        self.used - 1
    }

    /// Says where a centre is, for how many records it stands, and how far they are.
    pub(super) fn place(&mut self, centre: usize, point: &[f64], count: u64, ssq: f64) {
        for (dim, x) in point.iter().enumerate() {
            let slot = self.slot(centre, dim);
            self.at[slot] = *x;
        }
        (self.counts[centre], self.ssq[centre]) = (count, ssq);
    }

    /// Moves a centre by 1/n towards a point at that squared distance: it stays the mean of its records, and
    /// `ssq` the sum of their squared distances from it.
    #[inline]
    pub(super) fn learn(&mut self, centre: usize, point: &[f64], squared: f64) {
        self.counts[centre] += 1;
        let share = 1.0 / self.counts[centre] as f64;
        let first = self.slot(centre, 0);
        for (x, coordinate) in point.iter().zip(self.at[first..].iter_mut().step_by(LANES)) {
            *coordinate += (x - *coordinate) * share;
        }
        self.ssq[centre] += squared * (1.0 - share);
    }

    /// Gives each centre the number of the one in `old` that it is nearest to; of all pairs the closest first.
    pub(super) fn number_like(&mut self, old: &Centres) {
        let dims = self.dims;
        let mut pairs = Vec::with_capacity(self.used * old.used);
        let mut point = vec![0.0; dims];
        for centre in 0..self.used {
            (0..dims).for_each(|dim| point[dim] = self.coordinate(centre, dim));
            for number in 0..old.used {
                let squared = |dim: usize| (point[dim] - old.coordinate(number, dim)).powi(2);
                pairs.push(((0..dims).map(squared).sum::<f64>(), number, centre));
            }
        }
        pairs.sort_by(|a, b| a.0.total_cmp(&b.0).then((a.1, a.2).cmp(&(b.1, b.2))));
        let mut number_of = vec![None; self.used];
        let mut taken = vec![false; self.k];
        for (_, number, centre) in pairs {
            if number_of[centre].is_none() && !taken[number] {
                (number_of[centre], taken[number]) = (Some(number), true);
            }
        }
        let before = self.clone();
        for (centre, number) in number_of.into_iter().enumerate() {
            let number = number.expect("there are as many old centres as new ones");
            (0..dims).for_each(|dim| point[dim] = before.coordinate(centre, dim));
            self.place(number, &point, before.counts[centre], before.ssq[centre]);
        }
    }
}
