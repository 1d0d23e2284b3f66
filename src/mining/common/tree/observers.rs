//! What a leaf observes of the features, class by class, and naive Bayes on it.

use super::nominal::Nominal;
use crate::mining::common::Row;
use serde::{Deserialize, Serialize};

/// What is remembered of the features, class by class.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Observers {
    /// The weight of each class since the leaf began.
    pub(super) seen: Vec<f64>,
    /// Which numeric features are looked at, and for each class a block: means, sums of squares, least, greatest.
    pub(super) numeric: Vec<u32>,
    pub(super) gauss: Vec<f64>,
    pub(super) nominal: Vec<Nominal>,
    #[serde(skip)]
    bayes: Bayes,
}

/// What follows from the observers: kept until the class learns again, made anew after a load.
#[derive(Clone, Debug, Default)]
struct Bayes {
    /// For each class -1/(2 variance) of each feature; 0 where a variance is none.
    scales: Vec<f64>,
    /// For each class the logarithm of the densities' constant factors; NaN when it has learned since.
    constants: Vec<f64>,
}

/// How many numbers an observer keeps of a numeric feature and a class.
const OF_A_FEATURE: usize = 4;
const HALF_LN_TAU: f64 = 0.918_938_533_204_672_7;

/// The moments of one class: a slice for each kind of number.
pub(super) struct Block<'a> {
    pub(super) mean: &'a [f64],
    pub(super) squares: &'a [f64],
    pub(super) least: &'a [f64],
    pub(super) greatest: &'a [f64],
}

impl Observers {
    pub(super) fn new(numeric: Vec<u32>, nominal: impl Iterator<Item = u32>) -> Observers {
        let nominal = nominal.map(Nominal::new).collect();
        Observers { seen: Vec::new(), numeric, gauss: Vec::new(), nominal, bayes: Bayes::default() }
    }

    /// Whether what was read is whole, and of so many features.
    pub(super) fn is_sound(&self, numeric: usize, nominal: usize) -> bool {
        let classes = self.seen.len();
        let known = self.numeric.iter().all(|feature| (*feature as usize) < numeric);
        let sound = |of: &Nominal| (of.feature as usize) < nominal && of.is_sound(classes);
        known
            && self.gauss.len() == classes * self.numeric.len() * OF_A_FEATURE
            && self.nominal.iter().all(sound)
    }

    /// How many bytes it holds.
    pub(super) fn bytes(&self) -> usize {
        let (classes, dims) = (self.seen.len(), self.numeric.len());
        let numbers = self.gauss.len() + 2 * classes + classes * dims;
        numbers * 8 + dims * 4 + self.nominal.iter().map(Nominal::bytes).sum::<usize>()
    }

    /// How many bytes one of so many features is going to hold of so many classes, and of a value of each name.
    pub(super) fn needed((numeric, nominal): (usize, usize), classes: usize) -> usize {
        let numbers = classes * ((OF_A_FEATURE + 1) * numeric + 2);
        numbers * 8 + numeric * 4 + nominal * Nominal::needed(classes)
    }

    pub(super) fn block(&self, class: usize) -> Block<'_> {
        let dims = self.numeric.len();
        let (mean, rest) = self.gauss[class * dims * OF_A_FEATURE..][..dims * OF_A_FEATURE].split_at(dims);
        let (squares, rest) = rest.split_at(dims);
        let (least, greatest) = rest.split_at(dims);
        Block { mean, squares, least, greatest }
    }

    /// Makes room for classes up to this one.
    #[cold]
    fn grow(&mut self, classes: usize) {
        let dims = self.numeric.len();
        for _ in self.seen.len()..classes {
            self.gauss.extend(std::iter::repeat_n(0.0, 2 * dims));
            self.gauss.extend(std::iter::repeat_n(f64::INFINITY, dims));
            self.gauss.extend(std::iter::repeat_n(f64::NEG_INFINITY, dims));
        }
        self.seen.resize(classes, 0.0);
        self.nominal.iter_mut().for_each(|nominal| nominal.grow(classes));
    }

    /// Learns a record; true when it needed more memory for that.
    #[inline]
    pub(super) fn learn(&mut self, row: Row<'_>, class: usize, weight: f64) -> bool {
        let mut grew = class >= self.seen.len();
        if grew {
            self.grow(class + 1);
        }
        self.seen[class] += weight;
        let n = self.seen[class];
        let dims = self.numeric.len();
        let block = &mut self.gauss[class * dims * OF_A_FEATURE..][..dims * OF_A_FEATURE];
        let (mean, rest) = block.split_at_mut(dims);
        let (squares, rest) = rest.split_at_mut(dims);
        let (least, greatest) = rest.split_at_mut(dims);
        let share = weight / n;
        for (at, feature) in self.numeric.iter().enumerate() {
            let x = row.numeric[*feature as usize];
            let before = x - mean[at];
            mean[at] += share * before;
            squares[at] += weight * before * (x - mean[at]);
            least[at] = least[at].min(x);
            greatest[at] = greatest[at].max(x);
        }
        for nominal in &mut self.nominal {
            grew |= nominal.learn(row.nominal[nominal.feature as usize], class, weight);
        }
        if let Some(constant) = self.bayes.constants.get_mut(class) {
            *constant = f64::NAN;
        }
        grew
    }

    /// The scales and the constant factor of a class, from its moments.
    fn refresh(&mut self, class: usize) {
        let dims = self.numeric.len();
        let free = self.seen[class] - 1.0;
        let squares = &self.gauss[class * dims * OF_A_FEATURE..][dims..2 * dims];
        let scales = &mut self.bayes.scales[class * dims..][..dims];
        // One logarithm for all: that of the product, cut before it leaves the range of numbers.
        let (mut product, mut log, mut counted) = (1.0, 0.0, 0.0);
        for (scale, squares) in scales.iter_mut().zip(squares) {
            *scale = 0.0;
            if free > 0.0 && *squares > 0.0 {
                let variance = squares / free;
                if variance.is_normal() {
                    *scale = -0.5 / variance;
                    product *= variance;
                    counted += 1.0;
                    if !(1e-140..1e140).contains(&product) {
                        log += f64::ln(product);
                        product = 1.0;
                    }
                }
            }
        }
        log += f64::ln(product);
        self.bayes.constants[class] = -HALF_LN_TAU * counted - 0.5 * log;
    }

    /// Writes for each class the logarithm of its prior and its likelihood; of a class without weight -∞.
    #[inline]
    pub(super) fn log_likelihoods(&mut self, row: Row<'_>, counts: &[f64], total: f64, out: &mut [f64]) {
        let (classes, dims) = (self.seen.len(), self.numeric.len());
        if self.bayes.constants.len() != classes {
            self.bayes.constants.resize(classes, f64::NAN);
            self.bayes.scales.resize(classes * dims, 0.0);
        }
        for (class, out) in out.iter_mut().enumerate() {
            let count = counts.get(class).copied().unwrap_or(0.0);
            if count <= 0.0 {
                *out = f64::NEG_INFINITY;
                continue;
            }
            let (mut product, mut log) = (count / total, 0.0);
            if class < classes && self.seen[class] > 0.0 {
                if self.bayes.constants[class].is_nan() {
                    self.refresh(class);
                }
                log = self.bayes.constants[class];
                let means = &self.gauss[class * dims * OF_A_FEATURE..][..dims];
                let scales = &self.bayes.scales[class * dims..][..dims];
                for ((feature, mean), scale) in self.numeric.iter().zip(means).zip(scales) {
                    let off = row.numeric[*feature as usize] - mean;
                    log += off * off * scale;
                }
                for nominal in &self.nominal {
                    product *= nominal.share(row.nominal[nominal.feature as usize], class, self.seen[class]);
                    if product < 1e-200 {
                        log += product.ln();
                        product = 1.0;
                    }
                }
            }
            *out = log + product.ln();
        }
    }
}
