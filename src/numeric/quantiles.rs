//! Quantiles of a stream in bounded memory: a KLL sketch.
//!
//! Karnin, Lang & Liberty 2016, Optimal quantile approximation in streams, FOCS. Values lie in levels; one of level h
//! stands for 2^h values. A full level is sorted, and every other of its values goes one up. So a value that it gives
//! for a rank has a rank nearby: with 256 values in the highest level, within 1.3 % of all values in 99 of 100
//! streams. As long as nothing was thrown away, it is exact.

use super::SplitMix64;
use serde::{Deserialize, Serialize};

/// Values that the highest level holds; each below it two thirds of that, but never fewer than `LEAST`.
const HIGHEST: usize = 256;
const LEAST: usize = 8;

/// The values so far, as far as they are kept: 12 KB at most for a billion of them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Quantiles {
    n: u64,
    levels: Vec<Vec<f64>>,
    /// Coins that were thrown.
    coins: u64,
}

/// Values in their order, each with how many it stands for.
pub(crate) type Weighed = Vec<(f64, u64)>;

impl Quantiles {
    /// Takes a value, which must not be NaN; `seed` decides the coins.
    #[inline]
    pub(crate) fn add(&mut self, x: f64, seed: u64) {
        if self.levels.is_empty() {
            self.levels.push(Vec::with_capacity(HIGHEST));
        }
        self.n += 1;
        self.levels[0].push(x);
        if self.levels[0].len() >= self.room(0) {
            self.make_room(seed);
        }
    }

    /// Takes what another has kept.
    pub(crate) fn merge(&mut self, other: &Quantiles, seed: u64) {
        self.n += other.n;
        for (level, values) in other.levels.iter().enumerate() {
            if level == self.levels.len() {
                self.levels.push(Vec::new());
            }
            self.levels[level].extend_from_slice(values);
        }
        let mut level = 0;
        while level < self.levels.len() {
            let levels = self.levels.len();
            if self.levels[level].len() >= self.room(level) {
                self.raise(level, seed);
            }
            // With one level more all below have less room.
            level = if self.levels.len() > levels { 0 } else { level + 1 };
        }
        (0..self.levels.len()).for_each(|level| self.fit(level));
    }

    pub(crate) fn len(&self) -> u64 {
        self.n
    }

    /// Adds its values to others, in no order.
    pub(crate) fn give(&self, to: &mut Weighed) {
        for (level, values) in self.levels.iter().enumerate() {
            to.extend(values.iter().map(|x| (*x, 1 << level)));
        }
    }

    /// How many values it keeps.
    #[cfg(test)]
    fn kept(&self) -> usize {
        self.levels.iter().map(Vec::len).sum()
    }

    /// How many bytes its levels take.
    pub(crate) fn held(&self) -> usize {
        let levels = self.levels.capacity() * size_of::<Vec<f64>>();
        levels + self.levels.iter().map(|values| values.capacity() * 8).sum::<usize>()
    }

    /// Whether a state that was read is a whole one.
    pub(crate) fn is_sound(&self) -> bool {
        let stands = |(level, values): (usize, &Vec<f64>)| (values.len() as u64) << level;
        self.levels.len() < 48
            && self.levels.iter().flatten().all(|x| !x.is_nan())
            && self.levels.iter().all(|values| values.len() <= 2 * HIGHEST)
            && self.levels.iter().enumerate().map(stands).sum::<u64>() == self.n
    }

    /// How many values a level holds before it is full.
    fn room(&self, level: usize) -> usize {
        let below = self.levels.len() - 1 - level;
        ((HIGHEST as f64 * (2.0f64 / 3.0).powi(below as i32)) as usize).max(LEAST)
    }

    #[cold]
    fn make_room(&mut self, seed: u64) {
        let mut level = 0;
        while self.levels[level].len() >= self.room(level) {
            if level + 1 == self.levels.len() {
                self.levels.push(Vec::new());
                // All levels below have less room now.
                level = 0;
                continue;
            }
            self.raise(level, seed);
            level += 1;
        }
        (0..=level).for_each(|level| self.fit(level));
    }

    /// Lets every other value of a level go one up, which it makes if there is none.
    fn raise(&mut self, level: usize, seed: u64) {
        if level + 1 == self.levels.len() {
            self.levels.push(Vec::new());
        }
        let (low, high) = self.levels.split_at_mut(level + 1);
        let (full, above) = (&mut low[level], &mut high[0]);
        full.sort_by(f64::total_cmp);
        // The last of an odd number stays.
        let stays = if full.len() % 2 == 1 { full.pop() } else { None };
        let odd = SplitMix64::at(seed, self.coins).below(2) as usize;
        self.coins += 1;
        above.extend(full.iter().skip(odd).step_by(2));
        full.clear();
        full.extend(stays);
    }

    /// Gives a level the memory for what it can come to, no less and no more: it is full at `room`, and what comes up
    /// then may be half of the level below, which itself has got half of what is below it.
    fn fit(&mut self, level: usize) {
        let room = self.room(level);
        let (most, values) = (room + room / 2 + 2, &mut self.levels[level]);
        if values.capacity() < most {
            values.reserve_exact(most.saturating_sub(values.len()));
        }
        values.shrink_to(most);
    }
}

/// The median of values in their order: where two lie in the middle, halfway between them. `None` without any.
pub(crate) fn median(sorted: &[(f64, u64)]) -> Option<f64> {
    let n: u64 = sorted.iter().map(|(_, weight)| weight).sum();
    middle(n, sorted.iter().copied())
}

/// The value below which a share of values in their order lies; between two it is as far as the share is. `None`
/// without any.
pub(crate) fn quantile(sorted: &[(f64, u64)], share: f64) -> Option<f64> {
    let n: u64 = sorted.iter().map(|(_, weight)| weight).sum();
    let at = share * n.checked_sub(1)? as f64;
    let rank = |rank: u64| {
        let mut passed = 0;
        sorted.iter().find(|(_, weight)| {
            passed += weight;
            passed > rank
        })
    };
    let (low, high) = (rank(at.floor() as u64)?.0, rank((at.ceil() as u64).min(n - 1))?.0);
    let part = at - at.floor();
    // What is not finite has no way to the next.
    Some(if low == high || part == 0.0 { low } else { low + (high - low) * part })
}

/// The median distance of values in their order from one of them, or from between two.
pub(crate) fn median_distance(sorted: &[(f64, u64)], from: f64) -> Option<f64> {
    let n: u64 = sorted.iter().map(|(_, weight)| weight).sum();
    let first = sorted.partition_point(|(x, _)| *x < from);
    // Both ways outwards, the nearer one first.
    let (mut down, mut up) = (sorted[..first].iter().rev().peekable(), sorted[first..].iter().peekable());
    let outwards = std::iter::from_fn(|| {
        let below = down.peek().map(|(x, weight)| (from - x, *weight));
        let above = up.peek().map(|(x, weight)| (x - from, *weight));
        match (below, above) {
            (Some(below), Some(above)) if below.0 <= above.0 => down.next().map(|_| below),
            (Some(below), None) => down.next().map(|_| below),
            (_, above) => up.next().and(above),
        }
    });
    middle(n, outwards)
}

/// The mean of the two values in the middle of `n`, which may be one.
fn middle(n: u64, ordered: impl Iterator<Item = (f64, u64)>) -> Option<f64> {
    let (lower, upper) = (n.checked_sub(1)? / 2, n / 2);
    let (mut passed, mut low) = (0, None);
    for (x, weight) in ordered {
        passed += weight;
        if low.is_none() && passed > lower {
            low = Some(x);
        }
        if passed > upper {
            let low = low.unwrap_or(x);
            return Some(low + (x - low) / 2.0);
        }
    }
    None
}

#[cfg(test)]
mod tests;
