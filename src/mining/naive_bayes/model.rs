//! What naive Bayes has learned: of each class how often it came, a Gaussian a number, counts a nominal value.

use crate::mining::common::{BEYOND, Classifier, Row};
use serde::{Deserialize, Serialize};

/// What is added to a density: a value that a class has never been near to counts so, and no class is out of the
/// question because of one value. As River has it, for numbers that spread by 1 or less; in larger units it is less by
/// as much.
const DENSITY_LEAST: f64 = 1e-9;
/// What is so far below the other of two terms, as a logarithm, changes their sum by a millionth.
const APART: f64 = 14.0;

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Bayes {
    numbers: usize,
    nominals: usize,
    classes: Vec<Class>,
    /// Of each number over all classes: in which units it comes.
    all: Vec<Spread>,
    weight: f64,
    /// How many values of each nominal column were learned.
    values: Vec<u32>,
    /// Logarithms while it answers.
    #[serde(skip)]
    logs: Vec<f64>,
}

/// What is known of one class.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Class {
    weight: f64,
    log_weight: f64,
    gauss: Vec<Gauss>,
    /// The weight of each value of each nominal column; the first is that of all beyond the bound.
    counts: Vec<Vec<f64>>,
}

/// A running mean and deviation.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
struct Spread {
    mean: f64,
    squares: f64,
    /// The logarithm of the least density of these numbers.
    log_least: f64,
}

/// The same of one class, and what its density takes.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
struct Gauss {
    of: Spread,
    /// -1 / 2 of the variance, and the logarithm of the density at the mean.
    factor: f64,
    log_peak: f64,
}

impl Spread {
    #[inline]
    fn learn(&mut self, x: f64, weight: f64, total: f64) -> f64 {
        let before = x - self.mean;
        self.mean += before * (weight / total);
        self.squares += weight * before * (x - self.mean);
        self.squares / total
    }
}

impl Gauss {
    #[inline]
    fn learn(&mut self, x: f64, weight: f64, total: f64) {
        let variance = self.of.learn(x, weight, total);
        (self.factor, self.log_peak) = match variance > 0.0 {
            true => (-0.5 / variance, -0.5 * (variance * std::f64::consts::TAU).ln()),
            // It has no density: what is constant in a class says nothing of it.
            false => (0.0, f64::NEG_INFINITY),
        };
    }

    #[inline]
    fn log_density(&self, x: f64, log_least: f64) -> f64 {
        let off = x - self.of.mean;
        let log = self.log_peak + off * off * self.factor;
        match log - log_least {
            above if above > APART => log,
            above if above > -APART => log_least + above.exp().ln_1p(),
            _ => log_least,
        }
    }
}

impl Bayes {
    pub(super) fn new(numbers: usize, nominals: usize) -> Bayes {
        Bayes {
            numbers,
            nominals,
            classes: Vec::new(),
            all: vec![Spread { log_least: DENSITY_LEAST.ln(), ..Spread::default() }; numbers],
            weight: 0.0,
            values: vec![0; nominals],
            logs: Vec::new(),
        }
    }

    #[cold]
    fn add_class(&mut self) {
        self.classes.push(Class {
            weight: 0.0,
            log_weight: f64::NEG_INFINITY,
            gauss: vec![Gauss::default(); self.numbers],
            counts: vec![Vec::new(); self.nominals],
        });
    }
}

impl Class {
    #[inline]
    fn log_likelihood(&self, row: Row<'_>, all: &[Spread], values: &[u32]) -> f64 {
        let mut log = self.log_weight;
        for ((gauss, x), all) in self.gauss.iter().zip(row.numeric).zip(all) {
            log += gauss.log_density(*x, all.log_least);
        }
        let mut part = 1.0;
        for ((counts, code), values) in self.counts.iter().zip(row.nominal).zip(values) {
            let count = counts.get(place(*code)).copied().unwrap_or(0.0);
            // One more than was seen: each value, and one that was never seen, might have come once.
            part *= (count + 1.0) / (self.weight + f64::from(*values) + 1.0);
            if part < 1e-200 {
                log += part.ln();
                part = 1.0;
            }
        }
        log + part.ln()
    }
}

/// Where a code's count lies.
#[inline]
fn place(code: u32) -> usize {
    if code == BEYOND { 0 } else { code as usize + 1 }
}

impl Classifier for Bayes {
    fn predict(&mut self, row: Row<'_>, votes: &mut [f64]) {
        let Bayes { classes, logs, all, values, .. } = self;
        logs.clear();
        logs.extend(classes.iter().map(|class| class.log_likelihood(row, all, values)));
        let most = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        votes.fill(0.0);
        if most == f64::NEG_INFINITY {
            return;
        }
        votes.iter_mut().zip(logs.iter()).for_each(|(vote, log)| *vote = (log - most).exp());
    }

    fn learn(&mut self, row: Row<'_>, class: usize, weight: f64) {
        while self.classes.len() <= class {
            self.add_class();
        }
        self.weight += weight;
        let Bayes { classes, all, values, weight: total, .. } = self;
        let class = &mut classes[class];
        class.weight += weight;
        class.log_weight = class.weight.ln();
        for ((gauss, all), x) in class.gauss.iter_mut().zip(all).zip(row.numeric) {
            gauss.learn(*x, weight, class.weight);
            let variance = all.learn(*x, weight, *total);
            all.log_least = DENSITY_LEAST.ln() - 0.5 * variance.max(1.0).ln();
        }
        for ((counts, code), values) in class.counts.iter_mut().zip(row.nominal).zip(values) {
            let at = place(*code);
            if counts.len() <= at {
                counts.resize(at + 1, 0.0);
            }
            counts[at] += weight;
            *values = (*values).max(at as u32);
        }
    }

    fn fits(&self, planned: &Bayes) -> bool {
        let alike = |class: &Class| class.gauss.len() == self.numbers && class.counts.len() == self.nominals;
        (self.numbers, self.nominals) == (planned.numbers, planned.nominals)
            && self.all.len() == self.numbers
            && self.values.len() == self.nominals
            && self.classes.iter().all(alike)
    }
}
