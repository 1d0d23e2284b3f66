//! What logistic regression has learned: a weight a class for each number and each nominal value, and the scaler.

use crate::mining::common::{BEYOND, Classifier, Row};
use serde::{Deserialize, Serialize};

/// How it learns.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Rules {
    pub(super) rate: f64,
    pub(super) l2: f64,
    /// How many deviations from the mean a number may lie; what lies further counts as this.
    pub(super) clip: f64,
    pub(super) scale: bool,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Softmax {
    rules: Rules,
    nominals: usize,
    scaler: Scaler,
    /// Two at least: before a second class is seen it is learned against one that is still to come.
    classes: Vec<Weights>,
    /// How many classes were learned.
    known: usize,
    /// The record's numbers, scaled.
    #[serde(skip)]
    scaled: Vec<f64>,
    #[serde(skip)]
    shares: Vec<f64>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Weights {
    bias: f64,
    numbers: Vec<f64>,
    /// Of each nominal column, by code; the first is that of all beyond the bound.
    values: Vec<Vec<f64>>,
}

/// The mean and the variance of each number so far.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Scaler {
    n: f64,
    means: Vec<f64>,
    variances: Vec<f64>,
}

impl Scaler {
    fn learn(&mut self, numbers: &[f64]) {
        self.n += 1.0;
        for ((mean, variance), x) in self.means.iter_mut().zip(&mut self.variances).zip(numbers) {
            let before = *mean;
            *mean += (x - before) / self.n;
            *variance += ((x - before) * (x - *mean) - *variance) / self.n;
        }
    }

    fn scale(&self, numbers: &[f64], Rules { clip, scale, .. }: Rules, scaled: &mut Vec<f64>) {
        scaled.clear();
        if !scale {
            return scaled.extend(numbers.iter().map(|x| x.clamp(-clip, clip)));
        }
        scaled.extend(numbers.iter().zip(&self.means).zip(&self.variances).map(|((x, mean), variance)| {
            let deviation = variance.sqrt();
            // A constant says nothing; nor does what only rounding tells from one.
            if deviation > 0.0 { ((x - mean) / deviation).clamp(-clip, clip) } else { 0.0 }
        }));
    }
}

impl Weights {
    fn logit(&self, scaled: &[f64], nominal: &[u32]) -> f64 {
        let numbers: f64 = self.numbers.iter().zip(scaled).map(|(w, x)| w * x).sum();
        let value = |(values, code): (&Vec<f64>, &u32)| values.get(place(*code)).copied().unwrap_or(0.0);
        let values: f64 = self.values.iter().zip(nominal).map(value).sum();
        numbers + values + self.bias
    }

    /// One step down the gradient, which is `slope` times the record.
    fn step(&mut self, slope: f64, scaled: &[f64], nominal: &[u32], rate: f64, l2: f64) {
        for (w, x) in self.numbers.iter_mut().zip(scaled) {
            *w -= rate * (slope * x + l2 * *w);
        }
        for (values, code) in self.values.iter_mut().zip(nominal) {
            let at = place(*code);
            if values.len() <= at {
                values.resize(at + 1, 0.0);
            }
            values[at] -= rate * (slope + l2 * values[at]);
        }
        self.bias -= rate * slope;
    }
}

/// Where a code's weight lies.
fn place(code: u32) -> usize {
    if code == BEYOND { 0 } else { code as usize + 1 }
}

impl Softmax {
    pub(super) fn new(rules: Rules, numbers: usize, nominals: usize) -> Softmax {
        let weights = Weights { bias: 0.0, numbers: vec![0.0; numbers], values: vec![Vec::new(); nominals] };
        Softmax {
            rules,
            nominals,
            scaler: Scaler { n: 0.0, means: vec![0.0; numbers], variances: vec![0.0; numbers] },
            classes: vec![weights; 2],
            known: 0,
            scaled: Vec::new(),
            shares: Vec::new(),
        }
    }

    /// The probability of each class that has weights.
    fn share(&mut self, row: Row<'_>) {
        let Softmax { rules, scaler, classes, scaled, shares, .. } = self;
        scaler.scale(row.numeric, *rules, scaled);
        shares.clear();
        shares.extend(classes.iter().map(|class| class.logit(scaled, row.nominal)));
        let most = shares.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        shares.iter_mut().for_each(|share| *share = (*share - most).exp());
        let sum: f64 = shares.iter().sum();
        shares.iter_mut().for_each(|share| *share /= sum);
    }
}

impl Classifier for Softmax {
    fn predict(&mut self, row: Row<'_>, votes: &mut [f64]) {
        votes.fill(0.0);
        if self.known == 0 {
            return;
        }
        self.share(row);
        votes.iter_mut().zip(&self.shares).take(self.known).for_each(|(vote, share)| *vote = *share);
    }

    fn learn(&mut self, row: Row<'_>, class: usize, weight: f64) {
        let numbers = row.numeric.len();
        while self.classes.len() <= class {
            let values = vec![Vec::new(); self.nominals];
            self.classes.push(Weights { bias: 0.0, numbers: vec![0.0; numbers], values });
        }
        self.known = self.known.max(class + 1);
        self.scaler.learn(row.numeric);
        self.share(row);
        let Softmax { rules: Rules { rate, l2, .. }, classes, scaled, shares, .. } = self;
        // Of two classes the weights of one are those of the other with another sign, and it is their difference that
        // counts: half a step each is the step of logistic regression with one row of weights.
        let (rate, l2) = if classes.len() == 2 { (*rate / 2.0, *l2 * 2.0) } else { (*rate, *l2) };
        for (at, (weights, share)) in classes.iter_mut().zip(shares).enumerate() {
            let slope = (*share - f64::from(u8::from(at == class))) * weight;
            weights.step(slope, scaled, row.nominal, rate, l2);
        }
    }

    fn fits(&self, planned: &Softmax) -> bool {
        let numbers = planned.scaler.means.len();
        let alike = |class: &Weights| class.numbers.len() == numbers && class.values.len() == self.nominals;
        (self.rules, self.nominals) == (planned.rules, planned.nominals)
            && [self.scaler.means.len(), self.scaler.variances.len()] == [numbers; 2]
            && self.classes.len() >= self.known.max(2)
            && self.classes.iter().all(alike)
    }
}
