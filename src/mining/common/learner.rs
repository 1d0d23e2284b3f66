//! One model with all that belongs to it: the names of classes and of nominal values, and how good it was.

use super::codes::{BEYOND, Codes};
use super::lesson::Given;
use super::scores::{Answer, Scores};
use super::{Classifier, Row};
use crate::data::{Batch, Column, Values};
use serde::{Deserialize, Serialize};

/// What a stage keeps, once or for each key.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Learner<C> {
    pub(super) classes: Codes,
    values: Vec<Codes>,
    pub(super) model: C,
    pub(super) scores: Scores,
    pub(super) told: Tally,
}

/// What became of records, beside their scores.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(super) struct Tally {
    /// Labelled records that the model has learned.
    pub(super) learned: u64,
    /// Records with a feature that is NULL, or no number: not answered, not learned.
    pub(super) incomplete: u64,
    /// Labels of classes beyond the bound.
    pub(super) beyond: u64,
}

/// What a learner works in, used again for each record.
#[derive(Clone, Default)]
pub(super) struct Desk {
    pub(super) codes: Vec<u32>,
    pub(super) shares: Vec<f64>,
}

/// The bytes by which a value of a label, or of a nominal column, is known; `None` where it is NULL.
#[inline]
pub(super) fn bytes_of<'a>(column: &'a Column, row: usize, number: &'a mut [u8; 8]) -> Option<&'a [u8]> {
    if !column.valid.get(row) {
        return None;
    }
    Some(match &column.values {
        Values::Str(v) => v.get(row).as_bytes(),
        Values::I64(v) => {
            *number = v[row].to_le_bytes();
            &number[..]
        }
        Values::Bool(v) => {
            number[0] = u8::from(v[row]);
            &number[..1]
        }
        _ => panic!("plan takes no {} for a name", column.of()),
    })
}

impl<C: Classifier> Learner<C> {
    pub(super) fn new(model: C, given: &Given) -> Learner<C> {
        Learner {
            classes: Codes::default(),
            values: vec![Codes::default(); given.nominal.len()],
            model,
            scores: Scores::new(given.scoring),
            told: Tally::default(),
        }
    }

    /// The codes of a record's nominal values; false where one is NULL.
    #[inline]
    pub(super) fn code(&mut self, batch: &Batch, row: usize, given: &Given, codes: &mut Vec<u32>) -> bool {
        codes.clear();
        let mut number = [0; 8];
        for (values, at) in self.values.iter_mut().zip(&given.nominal) {
            let Some(bytes) = bytes_of(&batch.columns[*at], row, &mut number) else { return false };
            codes.push(values.code(bytes, given.values_max));
        }
        true
    }

    /// The likeliest class, and the probability of each that is known; `None` before one is, or without an answer.
    #[inline]
    pub(super) fn answer(&mut self, row: Row<'_>, shares: &mut Vec<f64>) -> Option<u32> {
        shares.clear();
        if self.classes.len() == 0 {
            return None;
        }
        shares.resize(self.classes.len(), 0.0);
        self.model.predict(row, shares);
        let (mut best, mut sum) = (0, 0.0);
        for (class, vote) in shares.iter().enumerate() {
            sum += vote;
            if *vote > shares[best] {
                best = class;
            }
        }
        if !(sum > 0.0 && sum.is_finite()) {
            shares.clear();
            return None;
        }
        shares.iter_mut().for_each(|share| *share /= sum);
        Some(best as u32)
    }

    /// Scores an answer by the label that has come, and learns from it. Whether the answer was right; `None` where
    /// there was none.
    #[inline]
    pub(super) fn learn(
        &mut self,
        row: Row<'_>,
        label: &[u8],
        answer: Answer<'_>,
        given: &Given,
    ) -> Option<bool> {
        let class = self.classes.code(label, given.classes_max);
        if class == BEYOND {
            self.told.beyond += 1;
            return answer.predicted.map(|_| false);
        }
        self.scores.learn(class, answer);
        if self.told.learned < given.learn_max {
            self.told.learned += 1;
            self.model.learn(row, class as usize, 1.0);
        }
        answer.predicted.map(|predicted| predicted == class)
    }

    /// Whether a state that was read can be one of this stage.
    pub(super) fn fits(&self, planned: &C, given: &Given) -> bool {
        self.classes.fits(given.classes_max)
            && self.values.len() == given.nominal.len()
            && self.values.iter().all(|values| values.fits(given.values_max))
            && self.model.fits(planned)
            && self.scores.fits(given.scoring, given.classes_max)
    }
}
