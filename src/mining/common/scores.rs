//! How good answers were: scores over all records, over the newest ones, and with those of long ago fading.
//!
//! What costs something for each record is counting; scores are worked out when a report asks. Records without an
//! answer are counted apart and are in no score. All scores stand beside those of two answers that learn nothing:
//! always the class that was commonest so far, and always the newest label known (no change).

mod auc;
mod counts;
mod fields;
mod recent;

use counts::Counts;
pub(in crate::mining) use fields::{BY_CLASS, FIELDS, is_told, write_classes};
use recent::Recent;
use serde::{Deserialize, Serialize};

/// A probability of 0 that came true costs as much as this one.
const SHARE_LEAST: f64 = 1e-15;
const BINS: usize = 10;
/// Weights of fading counts grow instead of all counts shrinking; beyond this they are brought back.
const WEIGHT_MOST: f64 = 1e100;

/// How it is scored.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(in crate::mining) struct Scoring {
    /// How many records the scores of the newest ones are about.
    pub(in crate::mining) window: usize,
    /// What a record counts in fading scores when one more has come.
    pub(in crate::mining) fading: f64,
}

/// What those that learn nothing would have answered to a record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(in crate::mining) struct Baselines {
    pub(in crate::mining) majority: Option<u32>,
    pub(in crate::mining) last: Option<u32>,
}

/// What was answered to a record before its label was known.
#[derive(Clone, Copy, Debug)]
pub(in crate::mining) struct Answer<'a> {
    pub(in crate::mining) predicted: Option<u32>,
    /// The probability of each class known then; empty where nobody says.
    pub(in crate::mining) shares: &'a [f64],
    /// Whether they are so exact that records can be ranked by them.
    pub(in crate::mining) ranked: bool,
    pub(in crate::mining) baselines: Baselines,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(in crate::mining) struct Scores {
    how: Scoring,
    /// Labels that came, by class; the commonest and the newest of them.
    labels: Vec<u64>,
    known: Baselines,
    n: u64,
    unanswered: u64,
    majority_hits: u64,
    no_change_hits: u64,
    all: Counts,
    fading: Counts,
    weight: f64,
    log_loss: f64,
    /// Records whose answer had probabilities.
    shared: u64,
    bins: [Bin; BINS],
    recent: Recent,
}

/// Answers of about the same probability.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
struct Bin {
    n: u64,
    hits: u64,
    shares: f64,
}

impl Scores {
    pub(in crate::mining) fn new(how: Scoring) -> Scores {
        Scores {
            how,
            labels: Vec::new(),
            known: Baselines::default(),
            n: 0,
            unanswered: 0,
            majority_hits: 0,
            no_change_hits: 0,
            all: Counts::default(),
            fading: Counts::default(),
            weight: 1.0,
            log_loss: 0.0,
            shared: 0,
            bins: [Bin::default(); BINS],
            recent: Recent::default(),
        }
    }

    /// What those that learn nothing would answer now.
    #[inline]
    pub(in crate::mining) fn baselines(&self) -> Baselines {
        self.known
    }

    /// Whether a state that was read can be one of these.
    pub(in crate::mining) fn fits(&self, how: Scoring, classes: usize) -> bool {
        let inside = |class: Option<u32>| class.is_none_or(|class| (class as usize) < self.labels.len());
        self.how == how
            && self.labels.len() <= classes
            && inside(self.known.majority)
            && inside(self.known.last)
            && self.recent.fits(how.window)
    }

    /// A label has come for a record, and what was answered to it.
    #[inline]
    pub(in crate::mining) fn learn(&mut self, class: u32, answer: Answer<'_>) {
        self.score(class, answer);
        let at = class as usize;
        if self.labels.len() <= at {
            self.labels.resize(at + 1, 0);
        }
        self.labels[at] += 1;
        let beats = |majority: u32| {
            let (ours, most) = (self.labels[at], self.labels[majority as usize]);
            ours > most || ours == most && class < majority
        };
        if self.known.majority.is_none_or(beats) {
            self.known.majority = Some(class);
        }
        self.known.last = Some(class);
    }

    #[inline]
    fn score(&mut self, class: u32, Answer { predicted, shares, ranked, baselines }: Answer<'_>) {
        self.n += 1;
        let Some(predicted) = predicted else {
            self.unanswered += 1;
            return;
        };
        self.majority_hits += u64::from(baselines.majority == Some(class));
        self.no_change_hits += u64::from(baselines.last == Some(class));
        self.all.add(class, predicted, 1.0);
        self.weight /= self.how.fading;
        if self.weight > WEIGHT_MOST {
            self.fading.scale(1.0 / self.weight);
            self.weight = 1.0;
        }
        self.fading.add(class, predicted, self.weight);
        if let Some(share) = shares.get(predicted as usize) {
            let truth = shares.get(class as usize).copied().unwrap_or(0.0);
            self.shared += 1;
            self.log_loss -= truth.max(SHARE_LEAST).ln();
            let bin = &mut self.bins[((share * BINS as f64) as usize).min(BINS - 1)];
            bin.n += 1;
            bin.hits += u64::from(predicted == class);
            bin.shares += share;
        }
        let ranks = if ranked { shares } else { &[] };
        self.recent.add(self.how.window, class, predicted, baselines, ranks);
    }

    /// How far probabilities lie from how often they came true, on average (expected calibration error).
    fn calibration_error(&self) -> f64 {
        let off: f64 = self.bins.iter().map(|bin| (bin.hits as f64 - bin.shares).abs()).sum();
        off / self.shared as f64
    }
}

#[cfg(test)]
mod tests;
