//! One model with all that belongs to it: the names of classes and of nominal values, and how good it was.

use super::codes::{BEYOND, Codes};
use super::lesson::{Given, OnDrift};
use super::scores::{Answer, Scores};
use super::{Classifier, Row};
use crate::data::{Batch, Column, Values};
use crate::numeric::{Adwin, AdwinSettings};
use serde::{Deserialize, Serialize};

/// What a stage keeps, once or for each key.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Learner<C> {
    pub(super) classes: Codes,
    pub(super) values: Vec<Codes>,
    pub(super) model: C,
    pub(super) scores: Scores,
    pub(super) told: Tally,
    /// Errors, where a drift is looked for.
    errors: Option<Adwin>,
    /// Which one of all that the stage has had it is; 0 before that is known.
    pub(super) born: u64,
}

/// What became of records, beside their scores.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub(super) struct Tally {
    /// Labelled records that the model has learned.
    pub(super) learned: u64,
    /// Those of them that the model has not forgotten.
    pub(super) kept: u64,
    /// Records with a feature that is NULL, or no number: not answered, not learned.
    pub(super) incomplete: u64,
    /// Labels of classes beyond the bound.
    pub(super) beyond: u64,
    pub(super) drifts: u64,
    /// Behind how many answered and labelled records the last one began, as it is estimated.
    pub(super) drift_at: u64,
    /// Answered and labelled records.
    judged: u64,
}

/// What a learner works in, used again for each record.
#[derive(Clone, Default)]
pub(super) struct Desk {
    pub(super) codes: Vec<u32>,
    pub(super) shares: Vec<f64>,
    pub(super) texts: Vec<String>,
}

/// The bytes by which a value of a label, or of a nominal column, is known; `None` where it is NULL.
#[inline]
pub(in crate::mining) fn bytes_of<'a>(
    column: &'a Column,
    row: usize,
    number: &'a mut [u8; 8],
) -> Option<&'a [u8]> {
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
            errors: given.watches_errors().then(|| Adwin::new(AdwinSettings::default())),
            born: 0,
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
        Self::likeliest(shares)
    }

    /// Turns votes into probabilities; the likeliest class, or `None` when there is no vote.
    #[inline]
    pub(super) fn likeliest(shares: &mut Vec<f64>) -> Option<u32> {
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
        (given, fresh): (&Given, &C),
    ) -> Option<bool> {
        let class = self.classes.code(label, given.classes_max);
        let (correct, learns) = self.judge(class, answer, (given, fresh));
        if learns {
            self.model.learn(row, class as usize, 1.0);
        }
        correct
    }

    /// Scores an answer by the class that the record was of: whether it was right, and whether that is to be learned.
    #[inline]
    pub(super) fn judge(
        &mut self,
        class: u32,
        answer: Answer<'_>,
        (given, fresh): (&Given, &C),
    ) -> (Option<bool>, bool) {
        if class == BEYOND {
            self.told.beyond += 1;
            return (answer.predicted.map(|_| false), false);
        }
        self.scores.learn(class, answer);
        if let Some(predicted) = answer.predicted {
            self.told.judged += 1;
            self.watch(predicted != class, (given, fresh));
        }
        let learns = self.told.kept < given.learn_max;
        self.told.learned += u64::from(learns);
        self.told.kept += u64::from(learns);
        (answer.predicted.map(|predicted| predicted == class), learns)
    }

    /// Looks whether answers go wrong more often than they did, and does what is to be done then.
    fn watch(&mut self, wrong: bool, (given, fresh): (&Given, &C)) {
        let Some(errors) = &mut self.errors else { return };
        if !errors.add(f64::from(u8::from(wrong))) {
            return;
        }
        let Some(change) = errors.change().filter(|change| change.after > change.before) else { return };
        self.drifted(change.since, (given, fresh));
    }

    /// Does what is to be done about a drift that began so many judged records ago.
    pub(super) fn drifted(&mut self, since: u64, (given, fresh): (&Given, &C)) {
        self.told.drifts += 1;
        self.told.drift_at = self.told.judged.saturating_sub(since);
        if given.on_drift == Some(OnDrift::Reset) {
            self.model.clone_from(fresh);
            self.told.kept = 0;
        }
    }

    /// Whether a state that was read can be one of this stage.
    pub(super) fn fits(&self, planned: &C, given: &Given) -> bool {
        self.classes.fits(given.classes_max)
            && self.values.len() == given.nominal.len()
            && self.values.iter().all(|values| values.fits(given.values_max))
            && self.model.fits(planned)
            && self.scores.fits(given.scoring, given.classes_max)
            && match &self.errors {
                Some(errors) => {
                    given.watches_errors() && errors.is_like(&Adwin::new(AdwinSettings::default()))
                }
                None => !given.watches_errors(),
            }
    }
}
