//! Which test parts the classes of a leaf best: the candidates of each feature, and what each would gain.

use super::choices::Criterion;
use super::impurity::{impurity, impurity_of_rest, term};
use super::leaf::Leaf;
use super::nominal::Nominal;
use super::observers::Observers;
use crate::numeric::normal_cdf;
use serde::{Deserialize, Serialize};

/// What a branch asks.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Question {
    /// Is the number at most this one?
    AtMost(f64),
    /// Is it this value?
    Is(u32),
    /// Which value is it?
    Which,
}

/// The best test of a feature. Numeric features come first, then the nominal ones.
#[derive(Clone, Debug)]
pub(super) struct Candidate {
    /// Where it lies among the leaf's observers.
    pub(super) observer: usize,
    pub(super) question: Question,
    pub(super) merit: f64,
}

/// How splits are judged.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Judge {
    pub(super) criterion: Criterion,
    /// At least two branches must have more than this share of the weight.
    pub(super) branch_share_min: f64,
    /// How many cuts of a numeric feature are looked at.
    pub(super) cuts: usize,
    pub(super) binary: bool,
}

/// What is free for use within one attempt.
#[derive(Clone, Debug, Default)]
pub(super) struct Desk {
    left: Vec<f64>,
    right: Vec<f64>,
    /// What each class of all values adds to the impurity.
    terms: Vec<f64>,
}

/// The best candidate of all features, and the merit of the next feature's: -∞, if there is none.
#[derive(Debug)]
pub(super) struct Best {
    pub(super) first: Option<Candidate>,
    pub(super) second: f64,
}

impl Best {
    fn take(&mut self, candidate: Candidate) {
        let most = self.first.as_ref().map_or(f64::NEG_INFINITY, |first| first.merit);
        if candidate.merit > most {
            self.second = most;
            self.first = Some(candidate);
        } else {
            self.second = self.second.max(candidate.merit);
        }
    }
}

/// Adds up what the branches of a candidate hold.
struct Parted {
    criterion: Criterion,
    before: f64,
    impure: f64,
    total: f64,
    least: f64,
    filled: usize,
}

impl Parted {
    #[inline]
    fn add(&mut self, branch: impl Iterator<Item = f64>) {
        self.count(impurity(self.criterion, branch));
    }

    #[inline]
    fn count(&mut self, (impure, weight): (f64, f64)) {
        self.impure += impure;
        self.total += weight;
        self.filled += usize::from(weight > self.least);
    }

    /// What the split gains; `None` when too little lies outside of one branch.
    fn merit(&self) -> Option<f64> {
        (self.filled >= 2).then(|| self.before - self.impure / self.total)
    }
}

impl Judge {
    fn parted(&self, before: f64, weight: f64) -> Parted {
        let least = weight * self.branch_share_min;
        Parted { criterion: self.criterion, before, impure: 0.0, total: 0.0, least, filled: 0 }
    }

    /// How far merits can lie apart.
    pub(super) fn range(&self, leaf: &Leaf) -> f64 {
        let classes = leaf.counts.iter().filter(|count| **count > 0.0).count();
        match self.criterion {
            Criterion::InfoGain => (classes.max(2) as f64).log2(),
            Criterion::Gini => 1.0,
        }
    }

    pub(super) fn best(&self, leaf: &Leaf, observers: &Observers, desk: &mut Desk) -> Best {
        let (impure, total) = impurity(self.criterion, leaf.counts.iter().copied());
        let before = impure / total;
        let weight: f64 = observers.seen.iter().sum();
        let mut best = Best { first: None, second: f64::NEG_INFINITY };
        for at in 0..observers.numeric.len() {
            self.numeric(observers, at, before, weight, desk).into_iter().for_each(|found| best.take(found));
        }
        for (at, nominal) in observers.nominal.iter().enumerate() {
            let at = observers.numeric.len() + at;
            self.nominal(nominal, at, before, weight, desk).into_iter().for_each(|found| best.take(found));
        }
        best
    }

    fn numeric(
        &self,
        observers: &Observers,
        at: usize,
        before: f64,
        weight: f64,
        desk: &mut Desk,
    ) -> Option<Candidate> {
        let classes = observers.seen.len();
        let (mut least, mut greatest) = (f64::INFINITY, f64::NEG_INFINITY);
        for block in (0..classes).map(|class| observers.block(class)) {
            least = least.min(block.least[at]);
            greatest = greatest.max(block.greatest[at]);
        }
        let step = (greatest - least) / (self.cuts + 1) as f64;
        let mut best: Option<Candidate> = None;
        for cut in 1..=self.cuts {
            let cut = least + step * cut as f64;
            if !(least < cut && cut < greatest) {
                continue;
            }
            part(observers, at, cut, desk);
            let mut parted = self.parted(before, weight);
            parted.add(desk.left.iter().copied());
            parted.add(desk.right.iter().copied());
            match parted.merit() {
                Some(merit) if best.as_ref().is_none_or(|best| merit > best.merit) => {
                    best = Some(Candidate { observer: at, question: Question::AtMost(cut), merit });
                }
                _ => {}
            }
        }
        best
    }

    fn nominal(
        &self,
        of: &Nominal,
        at: usize,
        before: f64,
        weight: f64,
        desk: &mut Desk,
    ) -> Option<Candidate> {
        let slots = 0..of.slots.len();
        let mut best: Option<Candidate> = None;
        if !self.binary {
            let mut parted = self.parted(before, weight);
            slots.clone().for_each(|slot| parted.add(of.of(slot).iter().copied()));
            best = parted.merit().map(|merit| Candidate { observer: at, question: Question::Which, merit });
        }
        sum(of, &mut desk.right);
        let all = desk.right.iter().map(|all| if *all > 0.0 { term(self.criterion, *all) } else { 0.0 });
        desk.terms.clear();
        desk.terms.extend(all);
        for slot in slots {
            let mut parted = self.parted(before, weight);
            let value = of.of(slot);
            if about(value) < parted.least * (1.0 - 1e-9) {
                continue;
            }
            parted.add(value.iter().copied());
            parted.count(impurity_of_rest(self.criterion, value, &desk.right, &desk.terms));
            match parted.merit() {
                Some(merit) if best.as_ref().is_none_or(|best| merit > best.merit) => {
                    best =
                        Some(Candidate { observer: at, question: Question::Is(of.slots.code(slot)), merit });
                }
                _ => {}
            }
        }
        best
    }
}

/// The sum of numbers but for rounding: several at once are quicker than one after another.
fn about(numbers: &[f64]) -> f64 {
    let (chunks, rest) = numbers.as_chunks::<8>();
    let mut sums = [0.0; 8];
    chunks.iter().for_each(|chunk| sums.iter_mut().zip(chunk).for_each(|(sum, x)| *sum += x));
    sums.iter().chain(rest).sum()
}

fn sum(of: &Nominal, all: &mut Vec<f64>) {
    all.clear();
    for slot in 0..of.slots.len() {
        all.resize(of.of(slot).len(), 0.0);
        all.iter_mut().zip(of.of(slot)).for_each(|(all, of)| *all += of);
    }
}

/// How much of each class lies on either side of a cut, as its Gaussian has it.
fn part(observers: &Observers, at: usize, cut: f64, desk: &mut Desk) {
    desk.left.clear();
    desk.right.clear();
    for (class, seen) in observers.seen.iter().enumerate() {
        let block = observers.block(class);
        let left = if cut < block.least[at] {
            0.0
        } else if cut >= block.greatest[at] {
            *seen
        } else {
            let deviation = (block.squares[at] / (seen - 1.0)).sqrt();
            let z = (cut - block.mean[at]) / deviation;
            if z.is_nan() { 0.0 } else { normal_cdf(z) * seen }
        };
        desk.left.push(left);
        desk.right.push(seen - left);
    }
}

/// The class distributions that the branches of a split begin with.
pub(super) fn children(observers: &Observers, chosen: &Candidate, desk: &mut Desk) -> Vec<Vec<f64>> {
    let nominal = chosen.observer.checked_sub(observers.numeric.len()).map(|at| &observers.nominal[at]);
    let known = |counts: &'_ [f64]| counts[..observers.seen.len()].to_vec();
    match (&chosen.question, nominal) {
        (Question::Which, Some(of)) => (0..of.slots.len()).map(|slot| known(of.of(slot))).collect(),
        (Question::Is(code), Some(of)) => {
            sum(of, &mut desk.right);
            let slot = of.slots.get(*code);
            let is = slot.map_or_else(Vec::new, |slot| known(of.of(slot)));
            let not = desk.right.iter().zip(&is).map(|(all, is)| (all - is).max(0.0)).collect();
            vec![is, not]
        }
        (Question::AtMost(cut), _) => {
            part(observers, chosen.observer, *cut, desk);
            vec![desk.left.clone(), desk.right.clone()]
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests;
