//! When one concept takes the place of another, all at once or bit by bit.

use super::draws::{Draws, take};
use crate::params::{JsonSchema, Problem};
use serde::Deserialize;
use std::ops::RangeInclusive;

/// So many drifts may there be.
const DRIFTS_MAX: usize = 100;

/// What can be said of drift.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(in crate::ingest) struct DriftParams {
    /// At which records, counted from 0, the concept changes: the middle of the change.
    drift_at: Vec<u64>,
    /// To what it changes at each of them; absent: to the next, and behind the last to the first.
    drift_to: Option<Vec<u64>>,
    /// Over how many records it changes; 0: all at once.
    #[schemars(range(min = 0, max = 1_000_000_000))]
    drift_width: u64,
}

impl DriftParams {
    /// How many concepts there are, the first included.
    pub(in crate::ingest) fn concepts(&self) -> u64 {
        self.drift_at.len() as u64 + 1
    }

    /// The numbers of all concepts in their order; each must be one of `numbers`.
    pub(super) fn order(
        &self,
        first: u64,
        numbers: RangeInclusive<u64>,
        problems: &mut Vec<Problem>,
    ) -> Vec<u64> {
        let drifts = self.drift_at.len();
        if drifts > DRIFTS_MAX {
            let what = format!("{DRIFTS_MAX} drifts are the most, and these are {drifts}");
            problems.push(Problem::at("drift_at", what));
        }
        if !self.drift_at.is_sorted_by(|a, b| a < b) {
            problems
                .push(Problem::at("drift_at", "each drift must be at a later record than the one before it"));
        }
        let next = |number: u64| if number >= *numbers.end() { *numbers.start() } else { number + 1 };
        let Some(to) = &self.drift_to else {
            return std::iter::successors(Some(first), |number| Some(next(*number)))
                .take(drifts + 1)
                .collect();
        };
        if to.len() != drifts {
            let what = format!(
                "there must be one for each of the {drifts} drifts of drift_at, and there are {}",
                to.len()
            );
            problems.push(Problem::at("drift_to", what));
        }
        for (at, number) in to.iter().enumerate().filter(|(_, number)| !numbers.contains(number)) {
            let (low, high) = (numbers.start(), numbers.end());
            let mut problem = Problem::at(
                "drift_to",
                format!("\"drift_to.{at}\" must be from {low} to {high}, not {number}"),
            );
            problem.path.push(at.to_string());
            problems.push(problem);
        }
        std::iter::once(first).chain(to.iter().copied()).collect()
    }
}

/// The drifts of a stream.
pub(super) fn shifts(given: &DriftParams, seed: u64) -> Vec<Shift> {
    let shift = |at: &u64| Shift { at: *at, width: given.drift_width, asked: 0, draws: Draws::new(seed) };
    given.drift_at.iter().map(shift).collect()
}

/// A drift: the more records there were, the likelier one is of the time behind it.
#[derive(Clone, Debug)]
pub(super) struct Shift {
    at: u64,
    width: u64,
    /// How many records it was asked of.
    asked: u64,
    draws: Draws,
}

impl Shift {
    /// Whether the next record is of the time behind it: a wide one is a sigmoid, as MOA's ConceptDriftStream has it.
    #[inline]
    pub(super) fn is_over(&mut self) -> bool {
        self.asked += 1;
        if self.width == 0 {
            return self.asked > self.at;
        }
        let before = self.at as f64 - self.asked as f64;
        let share = 1.0 / (1.0 + (4.0 * before / self.width as f64).exp());
        self.draws.unit() <= share
    }

    pub(super) fn save(&self, out: &mut Vec<u8>) {
        out.extend(self.asked.to_le_bytes());
        self.draws.save(out);
    }

    pub(super) fn load(&mut self, from: &mut &[u8]) -> Option<()> {
        self.asked = u64::from_le_bytes(take(from)?);
        self.draws.load(from)
    }
}
