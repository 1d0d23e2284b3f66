//! A batch that a model learns with several threads: as if its records came one by one.

use super::added::Added;
use super::codes::BEYOND;
use super::learner::{Desk, Learner, bytes_of};
use super::lesson::Given;
use super::scores::Answer;
use super::{Classifier, Lot, NO_CLASS};
use crate::data::Batch;
use crate::numeric::Features;

/// So many votes of all trees are worked on at once, at most: 8 MB. But each time it is so many records at least, for
/// that threads are worth it.
const VOTES_MAX: usize = 1_000_000;
const RECORDS_LEAST: usize = 32;

/// Whether so many records are enough at once, each with as many votes.
fn is_enough(records: usize, votes: usize) -> bool {
    records >= RECORDS_LEAST && records.saturating_mul(votes) >= VOTES_MAX
}

/// What is handed over, and what comes back; used again for each batch.
#[derive(Clone, Debug, Default)]
pub(super) struct Lots {
    numeric: Vec<f64>,
    nominal: Vec<u32>,
    /// The code of each record's label; `None` without one.
    labels: Vec<Option<u32>>,
    classes: Vec<u32>,
    known: Vec<u32>,
    votes: Vec<f64>,
    /// Which rows of the batch were handed over.
    rows: Vec<bool>,
}

impl Lots {
    /// Answers and learns a batch.
    pub(super) fn work<C: Classifier>(
        &mut self,
        learner: &mut Learner<C>,
        (batch, features): (&Batch, &Features),
        (given, fresh): (&Given, &C),
        desk: &mut Desk,
        added: &mut Added,
    ) {
        let mut points = features.points().enumerate();
        let mut more = true;
        while more {
            more = self.gather(learner, batch, &mut points, given, desk);
            let width = learner.classes.len();
            self.votes.clear();
            self.votes.resize(self.classes.len() * width, 0.0);
            let lot = Lot {
                numeric: &self.numeric,
                nominal: &self.nominal,
                features: (given.features.len(), given.nominal.len()),
                classes: &self.classes,
                known: &self.known,
                width,
            };
            if lot.len() > 0 {
                learner.model.work(&lot, given.threads, &mut self.votes);
            }
            self.score(learner, width, (given, fresh), desk, added);
        }
    }

    /// Takes records, in order, until there are votes enough; false when there are no more.
    fn gather<'a, C: Classifier>(
        &mut self,
        learner: &mut Learner<C>,
        batch: &Batch,
        points: &mut impl Iterator<Item = (usize, Option<&'a [f64]>)>,
        given: &Given,
        desk: &mut Desk,
    ) -> bool {
        self.numeric.clear();
        self.nominal.clear();
        self.labels.clear();
        self.classes.clear();
        self.known.clear();
        self.rows.clear();
        let mut left = given.learn_max.saturating_sub(learner.told.kept);
        for (row, point) in points {
            let known = point.filter(|_| learner.code(batch, row, given, &mut desk.codes));
            self.rows.push(known.is_some());
            let Some(numeric) = known else { continue };
            self.numeric.extend_from_slice(numeric);
            self.nominal.extend_from_slice(&desk.codes);
            self.known.push(learner.classes.len() as u32);
            let mut number = [0; 8];
            let label = given.label.and_then(|at| bytes_of(&batch.columns[at], row, &mut number));
            let label = label.map(|label| learner.classes.code(label, given.classes_max));
            let learns = label.filter(|class| *class != BEYOND && left > 0);
            left -= u64::from(learns.is_some());
            self.labels.push(label);
            self.classes.push(learns.unwrap_or(NO_CLASS));
            if is_enough(self.classes.len(), learner.classes.len() * learner.model.trees()) {
                return true;
            }
        }
        false
    }

    /// Scores the answers in their order, as they would have been scored one by one.
    fn score<C: Classifier>(
        &mut self,
        learner: &mut Learner<C>,
        width: usize,
        (given, fresh): (&Given, &C),
        desk: &mut Desk,
        added: &mut Added,
    ) {
        let mut at = 0;
        for handed_over in &self.rows {
            if !handed_over {
                learner.told.incomplete += 1;
                added.nothing();
                continue;
            }
            desk.shares.clear();
            let known = self.known[at] as usize;
            desk.shares.extend_from_slice(&self.votes[at * width..][..known]);
            let predicted = Learner::<C>::likeliest(&mut desk.shares);
            let answer = Answer {
                predicted,
                shares: &desk.shares,
                ranked: true,
                baselines: learner.scores.baselines(),
            };
            let correct = self.labels[at].and_then(|class| learner.judge(class, answer, (given, fresh)).0);
            added.answer(predicted, &desk.shares, correct, &learner.classes, given);
            at += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn votes_of_all_trees_together_are_bounded() {
        for (trees, classes, held) in [(10, 2, 8e6), (1000, 2, 8e6), (1000, 10, 8e6), (1000, 100, 25.6e6)] {
            let records = (1..).find(|records| is_enough(*records, classes * trees)).unwrap();
            let bytes = (records * classes * trees * 8) as f64;
            assert!(
                bytes <= held + (classes * trees * 8) as f64,
                "{trees} trees, {classes} classes: {bytes}"
            );
        }
    }
}
