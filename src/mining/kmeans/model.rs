//! What k-means has learned of one stream: its centres, and the first records until they are reseeded.

use super::centres::Centres;
use super::lloyd;
use super::rule::{COPIES, Half, Rule};
use super::sample::Sample;
use super::scale::Scale;
use crate::data::{Column, Value};
use crate::numeric::SplitMix64;
use serde::{Deserialize, Serialize};

/// Each so many records it is looked for a centre that is dead.
const LOOK_EACH: u64 = 256;
/// Weights grow while older ones stay: when a new one is so great, all are made less. It is small, so that what is
/// multiplied by a weight stays a number.
const GAIN_MAX: f64 = 1e5;

/// What it has learned, all of it.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Model {
    /// In the scale of the features.
    centres: Centres,
    /// The first records, in their own units, until the centres have been reseeded from them.
    copies: Vec<f64>,
    reseeded: bool,
    /// Records learned.
    n: u64,
    /// What a record of now weighs.
    gain: f64,
    /// The time of that weight.
    now: i64,
    scale: Scale,
    sample: Sample,
}

impl Model {
    pub(super) fn new(k: usize, dims: usize) -> Model {
        Model {
            centres: Centres::new(k, dims),
            copies: Vec::new(),
            reseeded: false,
            n: 0,
            gain: 1.0,
            now: i64::MIN,
            scale: Scale::new(dims),
            sample: Sample::default(),
        }
    }

    /// Whether a state that was read is one of `k` centres in `dims` dimensions.
    pub(super) fn fits(&self, k: usize, dims: usize, rule: &Rule) -> bool {
        let copies = self.copies.len();
        self.centres.fits(k, dims)
            && copies.is_multiple_of(dims)
            && copies < COPIES * dims
            && self.scale.fits(dims)
            && self.sample.fits(dims, rule.sample)
            && self.gain.is_finite()
    }

    /// Answers with the cluster and the squared distance, then learns; `time` is that of the record, where it counts.
    #[inline]
    pub(super) fn learn(&mut self, point: &[f64], time: Option<i64>, rule: &mut Rule) -> (usize, f64) {
        self.n += 1;
        if rule.scaled && self.scale.learn(point) {
            self.renew_scale();
        }
        let weight = self.weight(time, rule);
        let mut scaled = std::mem::take(&mut rule.scratch);
        let seen = if rule.scaled { self.scale.bring(point, &mut scaled) } else { point };
        let answer = match self.centres.nearest(seen) {
            Some((cluster, squared)) if squared == 0.0 || self.centres.is_full() => {
                self.centres.learn(cluster, seen, squared, weight);
                (cluster, squared)
            }
            _ => (self.centres.add(seen, weight), 0.0),
        };
        rule.scratch = scaled;
        if rule.sample > 0 {
            self.sample.learn(point, weight, rule.sample, rule.seed);
        }
        if !self.reseeded {
            self.copies.extend_from_slice(point);
            if self.copies.len() == COPIES * point.len() {
                self.reseed(point.len(), rule);
            }
        } else if rule.dead > 0.0 && self.n.is_multiple_of(LOOK_EACH) {
            self.revive(rule);
        }
        answer
    }

    /// What a record weighs: twice as much as one half a life before it.
    #[inline]
    fn weight(&mut self, time: Option<i64>, rule: &Rule) -> f64 {
        match rule.half_life {
            Half::Never => return 1.0,
            Half::Records(growth) => self.gain *= growth,
            Half::Time(life) => {
                let time = time.unwrap_or(self.now);
                if self.now == i64::MIN {
                    self.now = time;
                }
                let lives = (time as f64 - self.now as f64) / life;
                if lives <= 0.0 {
                    // A late record weighs as if it had come in time.
                    return self.gain * lives.exp2();
                }
                if lives.exp2() > GAIN_MAX {
                    self.fade(0.5f64.powf(lives));
                } else {
                    self.gain *= lives.exp2();
                }
                self.now = time;
            }
        }
        if self.gain > GAIN_MAX {
            self.fade(1.0 / self.gain);
            self.gain = 1.0;
        }
        self.gain
    }

    #[cold]
    fn fade(&mut self, times: f64) {
        self.centres.fade(times);
        self.sample.fade(times);
    }

    #[cold]
    fn renew_scale(&mut self) {
        let times = self.scale.renew();
        self.centres.rescale(&times);
    }

    #[cold]
    fn reseed(&mut self, dims: usize, rule: &Rule) {
        let mut copies = std::mem::take(&mut self.copies);
        self.reseeded = true;
        if rule.scaled {
            self.renew_scale();
            let mut scaled = Vec::new();
            for point in copies.chunks_exact_mut(dims) {
                self.scale.bring(point, &mut scaled);
                point.copy_from_slice(&scaled);
            }
        }
        if !self.centres.is_full() {
            // There are fewer distinct records than centres, and each is a centre: nothing is better.
            return;
        }
        if let Some(mut found) = lloyd::centres(&copies, dims, self.centres.len(), rule.seed) {
            found.number_like(&self.centres);
            // The copies weigh together what they have weighed.
            let weight: f64 = (0..found.len()).map(|centre| self.centres.weight(centre)).sum();
            found.fade(weight / COPIES as f64);
            self.centres = found;
        }
    }

    #[cold]
    fn revive(&mut self, rule: &Rule) {
        let Some((dead, wide)) = self.centres.dead(rule.dead) else { return };
        let mut random = SplitMix64::at(rule.seed, self.n);
        self.centres.split(dead, wide, || if random.below(2) == 0 { 1.0 } else { -1.0 });
    }

    /// Adds a row for each centre: its number, its records, how far they are, where it is, and then what it weighs now,
    /// how often it was put anew, and how well its records lie. `first` is called for each.
    pub(super) fn report(&self, columns: &mut [Column], rule: &Rule, mut first: impl FnMut()) {
        let silhouettes = self.sample.silhouettes(&self.centres, rule.scaled.then_some(&self.scale));
        for (centre, silhouette) in silhouettes.into_iter().enumerate() {
            first();
            let head = [
                Value::I64(centre as i64),
                Value::I64(self.centres.count(centre) as i64),
                Value::F64(self.centres.ssq(centre) / self.gain),
            ];
            let tail = [
                Value::F64(self.centres.weight(centre) / self.gain),
                Value::I64(i64::from(self.centres.revived(centre))),
                silhouette.map_or(Value::Null, Value::F64),
            ];
            let dims = columns.len() - head.len() - tail.len();
            let own = |dim: usize| self.scale.own(dim, self.centres.coordinate(centre, dim));
            let place = (0..dims).map(|dim| Value::F64(own(dim)));
            let row = head.into_iter().chain(place).chain(tail);
            columns.iter_mut().zip(row).for_each(|(column, x)| column.push(x));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn great_values_that_fade_leave_centres_and_their_sums_numbers() {
        for great in [1e120, 1e150] {
            let half_life = Half::Records(0.1f64.exp2());
            let mut rule =
                Rule { seed: 1, half_life, dead: 1e-4, scaled: false, sample: 50, scratch: Vec::new() };
            let (mut model, mut random) = (Model::new(4, 2), SplitMix64::new(5));
            for n in 0..20_000u32 {
                // The heaps lie elsewhere each 2,000 records, so that centres die.
                let middle = [0.7, -0.7, 0.1, -0.1][(n / 2000 % 2 * 2 + n % 2) as usize];
                let point = [(); 2].map(|()| great * (middle + 0.1 * random.unit()));
                let (_, squared) = model.learn(&point, None, &mut rule);
                assert!(squared.is_finite(), "record {n} of {great}");
            }
            let centres = &model.centres;
            for centre in 0..4 {
                assert!(centres.ssq(centre) < f64::MAX, "{great}: {}", centres.ssq(centre));
                assert!((0..2).all(|dim| centres.coordinate(centre, dim).abs() <= 2.0 * great), "{great}");
            }
            assert!((0..4).any(|centre| centres.revived(centre) > 0), "none of {great} has died");
        }
    }
}
