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
    /// What its records weigh: as many as there are, or less where what is long ago counts less.
    weights: Vec<f64>,
    ssq: Vec<f64>,
    /// How often it was put anew.
    revived: Vec<u32>,
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
            weights: vec![0.0; k],
            ssq: vec![0.0; k],
            revived: vec![0; k],
        }
    }

    /// How many centres there are.
    pub(super) fn len(&self) -> usize {
        self.used
    }

    pub(super) fn dims(&self) -> usize {
        self.dims
    }

    pub(super) fn is_full(&self) -> bool {
        self.used == self.k
    }

    /// Whether a state that was read is one of `k` centres in `dims` dimensions.
    pub(super) fn fits(&self, k: usize, dims: usize) -> bool {
        let lens = [self.counts.len(), self.weights.len(), self.ssq.len(), self.revived.len()];
        [self.k, self.dims, self.used.max(k)] == [k, dims, k]
            && lens == [k; 4]
            && self.at.len() == k.next_multiple_of(LANES) * dims
    }

    pub(super) fn count(&self, centre: usize) -> u64 {
        self.counts[centre]
    }

    pub(super) fn weight(&self, centre: usize) -> f64 {
        self.weights[centre]
    }

    pub(super) fn revived(&self, centre: usize) -> u32 {
        self.revived[centre]
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
    pub(super) fn add(&mut self, point: &[f64], weight: f64) -> usize {
        assert!(!self.is_full(), "there is room for k centres");
        self.used += 1;
        self.place(self.used - 1, point, 1, 0.0);
        self.weights[self.used - 1] = weight;
        self.used - 1
    }

    /// Says where a centre is, for how many records it stands, and how far they are.
    pub(super) fn place(&mut self, centre: usize, point: &[f64], count: u64, ssq: f64) {
        for (dim, x) in point.iter().enumerate() {
            let slot = self.slot(centre, dim);
            self.at[slot] = *x;
        }
        (self.counts[centre], self.ssq[centre]) = (count, ssq);
        self.weights[centre] = count as f64;
    }

    /// Moves a centre towards a point at that squared distance, by the point's share of all its weight: it stays the
    /// mean of its records, and `ssq` the sum of their squared distances from it.
    #[inline]
    pub(super) fn learn(&mut self, centre: usize, point: &[f64], squared: f64, weight: f64) {
        self.counts[centre] += 1;
        self.weights[centre] += weight;
        // Weights that have faded to nothing on both sides move nothing.
        let share = if weight > 0.0 { weight / self.weights[centre] } else { 0.0 };
        let first = self.slot(centre, 0);
        for (x, coordinate) in point.iter().zip(self.at[first..].iter_mut().step_by(LANES)) {
            *coordinate += (x - *coordinate) * share;
        }
        // Beyond all numbers it would stay there for ever; the greatest one fades.
        self.ssq[centre] = (self.ssq[centre] + weight * squared * (1.0 - share)).min(f64::MAX);
    }

    /// Lets all weights count so many times as much.
    pub(super) fn fade(&mut self, times: f64) {
        self.weights.iter_mut().chain(&mut self.ssq).for_each(|x| *x *= times);
    }

    /// Brings coordinates to another scale, by dimension.
    pub(super) fn rescale(&mut self, times: &[f64]) {
        for centre in 0..self.used {
            for (dim, times) in times.iter().enumerate() {
                let slot = self.slot(centre, dim);
                self.at[slot] *= times;
            }
        }
    }

    /// The lightest centre, if it has less than `share` of the weight of the heaviest, and the one whose records lie
    /// widest apart.
    pub(super) fn dead(&self, share: f64) -> Option<(usize, usize)> {
        let weights = &self.weights[..self.used];
        let lightest = (0..self.used).min_by(|a, b| weights[*a].total_cmp(&weights[*b]))?;
        let heaviest = weights.iter().copied().fold(0.0, f64::max);
        let widest = (0..self.used).max_by(|a, b| self.ssq[*a].total_cmp(&self.ssq[*b]))?;
        // What has faded to nothing can't be parted, nor what lies beyond all numbers apart.
        let parts = 0.0 < self.ssq[widest] && self.ssq[widest] < f64::MAX;
        let splits = lightest != widest && parts && weights[widest] > f64::MIN_POSITIVE;
        (splits && weights[lightest] < share * heaviest).then_some((lightest, widest))
    }

    /// Puts a dead centre beside another: both go apart by a deviation of its records, `sides` saying which way in each
    /// dimension, and each takes half of the weight.
    pub(super) fn split(&mut self, dead: usize, wide: usize, mut sides: impl FnMut() -> f64) {
        let (weight, ssq) = (self.weights[wide] / 2.0, self.ssq[wide] / 2.0);
        let apart = (ssq / (weight * self.dims as f64)).sqrt();
        for dim in 0..self.dims {
            let (from, to) = (self.slot(wide, dim), self.slot(dead, dim));
            let (middle, side) = (self.at[from], apart * sides());
            (self.at[from], self.at[to]) = (middle + side, middle - side);
        }
        let left = self.counts[wide] / 2;
        for (centre, count) in [(dead, left), (wide, self.counts[wide] - left)] {
            (self.weights[centre], self.ssq[centre], self.counts[centre]) = (weight, ssq, count);
        }
        self.revived[dead] += 1;
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
