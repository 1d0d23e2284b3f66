//! What repeated runs say together: medians, spreads, and the ratio of two sides with its interval.

use crate::numeric::SplitMix64;
use serde::Serialize;

/// The middle of some values, and how far they lie apart.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Spread {
    pub median: f64,
    pub min: f64,
    pub max: f64,
}

/// Ours ÷ theirs over pairs of runs: the median of the pairs' ratios.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ratio {
    pub median: f64,
    /// Where 95 of 100 medians lie that are drawn from these pairs again; `None` for fewer than three pairs.
    pub interval: Option<[f64; 2]>,
}

/// Bootstrap medians are drawn with this seed, so that the same pairs give the same interval.
pub(super) const SEED: u64 = 1;
const DRAWS: usize = 2000;
const PAIRS_MIN: usize = 3;
const OUTSIDE: f64 = 0.025;

impl Spread {
    /// `None` when there are no values.
    pub fn of(values: impl IntoIterator<Item = f64>) -> Option<Spread> {
        let mut values: Vec<f64> = values.into_iter().collect();
        let median = median(&mut values)?;
        Some(Spread { median, min: values[0], max: values[values.len() - 1] })
    }
}

impl Ratio {
    /// Of pairs (ours, theirs). A pair whose second part is nothing says nothing.
    pub fn of(pairs: &[(f64, f64)]) -> Option<Ratio> {
        let mut ratios: Vec<f64> =
            pairs.iter().filter(|(_, theirs)| *theirs > 0.0).map(|(ours, theirs)| ours / theirs).collect();
        let median = median(&mut ratios)?;
        let interval = (ratios.len() >= PAIRS_MIN).then(|| interval(&ratios));
        Some(Ratio { median, interval })
    }
}

/// Whether ours is the first of pair `n`: ours, theirs, theirs, ours, so that a machine that grows slower or faster
/// favours neither.
pub(super) fn ours_first(n: usize) -> bool {
    n.is_multiple_of(2)
}

/// The middle value, or the mean of the two in the middle. Sorts them.
fn median(values: &mut [f64]) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => None,
        odd if odd % 2 == 1 => Some(values[middle]),
        _ => Some((values[middle - 1] + values[middle]) / 2.0),
    }
}

/// The percentile bootstrap of a median (Efron 1979, Annals of Statistics 7:1).
fn interval(values: &[f64]) -> [f64; 2] {
    let mut random = SplitMix64::new(SEED);
    let mut draw = || values[(random.draw() % values.len() as u64) as usize];
    let mut medians: Vec<f64> = (0..DRAWS)
        .filter_map(|_| {
            let mut again: Vec<f64> = values.iter().map(|_| draw()).collect();
            median(&mut again)
        })
        .collect();
    medians.sort_by(f64::total_cmp);
    let at = |share: f64| medians[((DRAWS - 1) as f64 * share).round() as usize];
    [at(OUTSIDE), at(1.0 - OUTSIDE)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_and_spreads_are_those_of_a_hand() {
        assert_eq!(Spread::of([]), None);
        assert_eq!(Spread::of([3.0, 1.0, 2.0]), Some(Spread { median: 2.0, min: 1.0, max: 3.0 }));
        assert_eq!(Spread::of([4.0, 1.0, 2.0, 10.0]), Some(Spread { median: 3.0, min: 1.0, max: 10.0 }));
    }

    #[test]
    fn a_ratio_is_the_median_of_the_pairs_ratios_and_not_the_ratio_of_medians() {
        // The ratios are 0.5, 2, 0.1: their median is 0.5; the ratio of the medians would be 20 / 40 = 0.5 / 1.
        let pairs = [(10.0, 20.0), (200.0, 100.0), (4.0, 40.0)];
        let ratio = Ratio::of(&pairs).unwrap();
        assert_eq!(ratio.median, 0.5);
        let uneven = [(1.0, 2.0), (30.0, 10.0), (100.0, 1000.0), (8.0, 8.0), (1.0, 0.0)];
        // 0.1, 0.5, 1, 3: the pair without a second part is left out.
        assert_eq!(Ratio::of(&uneven).unwrap().median, 0.75);
        assert_eq!(Ratio::of(&pairs[..2]).unwrap().interval, None, "two pairs have no interval");
        assert_eq!(Ratio::of(&[(1.0, 0.0)]), None);
    }

    #[test]
    fn an_interval_holds_the_median_is_within_the_ratios_and_always_the_same() {
        let pairs: Vec<(f64, f64)> = (1..=11).map(|n| (f64::from(n), 10.0)).collect();
        let ratio = Ratio::of(&pairs).unwrap();
        let [low, high] = ratio.interval.unwrap();
        assert_eq!(ratio.median, 0.6);
        // For 11 values the exact 95 % interval of the median is the 2nd to the 10th (binomial), so 0.2 to 1.0.
        assert!((0.2..0.6).contains(&low) && high > 0.6 && high <= 1.0, "{low} {high}");
        assert_eq!(Ratio::of(&pairs).unwrap(), ratio);
        let same = Ratio::of(&[(5.0, 10.0); 4]).unwrap();
        assert_eq!(same.interval, Some([0.5, 0.5]));
    }

    #[test]
    fn pairs_go_ours_theirs_theirs_ours() {
        let order: Vec<bool> = (0..4).map(ours_first).collect();
        assert_eq!(order, [true, false, true, false]);
    }
}
