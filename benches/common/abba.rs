//! Sides measured in turn, and how one compares with another.
//!
//! The sides of a round run one after the other, and the next round takes them in the opposite order (A B, B A, A B …),
//! so a machine that grows slower or faster favours none. Two sides are compared round by round: what is told is the
//! median of those ratios, and where it lies in 95 of 100 bootstrap samples of the rounds.

use super::median::median;
use sluicebox::error::Result;
use std::fmt;

/// Runs every side once a round; the answer has the runs of each side, in the order of rounds.
pub fn rounds<S, R>(sides: &[S], rounds: usize, mut run: impl FnMut(&S) -> Result<R>) -> Result<Vec<Vec<R>>> {
    let mut runs: Vec<Vec<R>> = sides.iter().map(|_| Vec::new()).collect();
    for round in 0..rounds {
        for turn in 0..sides.len() {
            let at = if round % 2 == 0 { turn } else { sides.len() - 1 - turn };
            runs[at].push(run(&sides[at])?);
        }
    }
    Ok(runs)
}

/// How many times as much one side takes as another.
pub struct Ratio {
    pub median: f64,
    pub low: f64,
    pub high: f64,
}

const SAMPLES: usize = 2000;

impl Ratio {
    /// `ours[i]` and `theirs[i]` are of one round.
    pub fn of(ours: &[f64], theirs: &[f64]) -> Ratio {
        let ratios: Vec<f64> = ours.iter().zip(theirs).map(|(ours, theirs)| ours / theirs).collect();
        // Always the same samples (xorshift64), so that the same runs give the same interval.
        let mut random = 0x9e37_79b9_7f4a_7c15_u64;
        let mut draw = || {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            ratios[(random % ratios.len() as u64) as usize]
        };
        let mut medians: Vec<f64> =
            (0..SAMPLES).map(|_| median(ratios.iter().map(|_| draw()).collect())).collect();
        medians.sort_by(f64::total_cmp);
        let (low, high) = (medians[SAMPLES / 40], medians[SAMPLES - 1 - SAMPLES / 40]);
        Ratio { median: median(ratios), low, high }
    }
}

impl fmt::Display for Ratio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.2} [{:.2}..{:.2}]", self.median, self.low, self.high)
    }
}
