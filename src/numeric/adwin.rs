//! Whether the mean of a stream has changed: a window that keeps as many of the newest values as look alike.
//!
//! Bifet & Gavaldà 2007, Learning from time-changing data with adaptive windowing, SDM. The window is a row of buckets
//! of 1, 2, 4, … values, at most so many of each size, so it costs the logarithm of its width: 3 KB for a billion
//! values. It is that of River 0.26, cut by cut: it finds the same changes at the same values, and begins anew with the
//! value after. Where the change lies River does not say; here it is the cut that parts the window best.

use serde::{Deserialize, Serialize};

/// How surely and how often a change is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct AdwinSettings {
    /// The share of looks that may see a change where there is none; less is surer and slower.
    pub(crate) delta: f64,
    /// It looks each so many values.
    pub(crate) clock: u32,
    /// Buckets of one size, at most; with one more the two oldest become one.
    pub(crate) max_buckets: u32,
    /// Both sides of a cut have so many values at least.
    pub(crate) min_window: u32,
    /// It does not look before the window has more values than these.
    pub(crate) grace: u32,
}

impl Default for AdwinSettings {
    fn default() -> AdwinSettings {
        AdwinSettings { delta: 0.002, clock: 32, max_buckets: 5, min_window: 5, grace: 10 }
    }
}

/// A change that was found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Change {
    /// How many values are of the time since the change, as it is estimated; the newest of them found it.
    pub(crate) since: u64,
    /// Mean of the values in the window before the change, and of those since.
    pub(crate) before: f64,
    pub(crate) after: f64,
}

/// The window. A value costs constant time but for each `clock`-th, which costs the logarithm of the width, and one
/// that finds a change: its square at most.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Adwin {
    settings: AdwinSettings,
    /// Of each size, smallest first, how many buckets there are.
    lens: Vec<u32>,
    /// Of each size `max_buckets + 1` slots, the oldest first.
    buckets: Vec<Bucket>,
    total: f64,
    /// Sum of squared distances from the mean.
    squares: f64,
    width: u64,
    ticks: u64,
    found: Option<Change>,
}

#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
struct Bucket {
    total: f64,
    squares: f64,
}

impl Adwin {
    pub(crate) fn new(settings: AdwinSettings) -> Adwin {
        Adwin {
            settings,
            lens: Vec::new(),
            buckets: Vec::new(),
            total: 0.0,
            squares: 0.0,
            width: 0,
            ticks: 0,
            found: None,
        }
    }

    /// Takes one value, which must be finite; whether it shows a change. The next value begins a new window then.
    #[inline]
    pub(crate) fn add(&mut self, x: f64) -> bool {
        if self.found.is_some() {
            self.reset();
        }
        self.insert(x);
        self.ticks += 1;
        if self.ticks.is_multiple_of(u64::from(self.settings.clock))
            && self.width > u64::from(self.settings.grace)
        {
            self.look();
        }
        self.found.is_some()
    }

    /// Forgets all values.
    pub(crate) fn reset(&mut self) {
        self.lens.clear();
        self.buckets.clear();
        (self.total, self.squares, self.width, self.ticks) = (0.0, 0.0, 0, 0);
        self.found = None;
    }

    /// Mean of the values in the window; 0 without any.
    pub(crate) fn mean(&self) -> f64 {
        if self.width == 0 { 0.0 } else { self.total / self.width as f64 }
    }

    /// How many values the window has.
    pub(crate) fn width(&self) -> u64 {
        self.width
    }

    /// Variance of the values in the window; 0 without any.
    pub(crate) fn variance(&self) -> f64 {
        if self.width == 0 { 0.0 } else { self.squares / self.width as f64 }
    }

    /// What the newest value has found.
    pub(crate) fn change(&self) -> Option<Change> {
        self.found
    }

    /// Whether a state that was read is whole, and of the same settings.
    pub(crate) fn is_like(&self, other: &Adwin) -> bool {
        let AdwinSettings { max_buckets, .. } = other.settings;
        let width = |(row, len): (usize, &u32)| u64::from(*len) << row;
        self.settings == other.settings
            && self.lens.len() < 64
            && self.lens.last() != Some(&0)
            && self.buckets.len() == self.lens.len() * other.slots()
            && self.lens.iter().all(|len| *len <= max_buckets)
            && self.lens.iter().enumerate().map(width).fold(0, u64::wrapping_add) == self.width
    }

    fn slots(&self) -> usize {
        self.settings.max_buckets as usize + 1
    }

    #[inline]
    fn insert(&mut self, x: f64) {
        self.width += 1;
        if self.width > 1 {
            let (n, others) = (self.width as f64, (self.width - 1) as f64);
            let from_mean = x - self.total / others;
            self.squares += others * from_mean * from_mean / n;
        }
        self.total += x;
        self.push(0, Bucket { total: x, squares: 0.0 });
        let mut row = 0;
        while self.lens[row] as usize == self.slots() {
            self.merge(row);
            row += 1;
        }
    }

    #[inline]
    fn push(&mut self, row: usize, bucket: Bucket) {
        if row == self.lens.len() {
            self.lens.push(0);
            self.buckets.resize(self.buckets.len() + self.slots(), Bucket::default());
        }
        let at = row * self.slots() + self.lens[row] as usize;
        self.buckets[at] = bucket;
        self.lens[row] += 1;
    }

    /// Makes the two oldest buckets of a size one of the next.
    fn merge(&mut self, row: usize) {
        let first = row * self.slots();
        let (a, b) = (self.buckets[first], self.buckets[first + 1]);
        let n = (1u64 << row) as f64;
        let apart = a.total / n - b.total / n;
        let squares = a.squares + b.squares + n * n * apart * apart / (n + n);
        self.push(row + 1, Bucket { total: a.total + b.total, squares });
        self.drop_oldest(row, 2);
    }

    fn drop_oldest(&mut self, row: usize, n: usize) {
        let (first, slots) = (row * self.slots(), self.slots());
        self.buckets.copy_within(first + n..first + slots, first);
        self.buckets[first + slots - n..first + slots].fill(Bucket::default());
        self.lens[row] -= n as u32;
    }

    /// Forgets the oldest bucket.
    fn forget(&mut self) {
        let row = self.lens.len() - 1;
        let Bucket { total, squares } = self.buckets[row * self.slots()];
        self.width -= 1 << row;
        self.total -= total;
        let (n, left) = ((1u64 << row) as f64, self.width as f64);
        let apart = total / n - self.mean();
        self.squares -= squares + n * left * apart * apart / (n + left);
        self.drop_oldest(row, 1);
        // With one bucket of a size, sizes below may have none.
        while self.lens.last() == Some(&0) {
            self.lens.pop();
        }
        self.buckets.truncate(self.lens.len() * self.slots());
    }

    /// Forgets the oldest values until no cut of the window parts two means.
    #[cold]
    fn look(&mut self) {
        if !self.is_cut() {
            return;
        }
        self.found = Some(self.best_cut());
        while self.is_cut() {
            self.forget();
        }
    }

    /// Whether the means of the two sides differ too much at any cut.
    fn is_cut(&self) -> bool {
        let (least, delta) = (f64::from(self.settings.min_window), self.settings.delta);
        let confidence = (2.0 * (self.width() as f64).ln() / delta).ln();
        let variance = self.variance();
        // A little less than what the first term of the bound comes of, squared: few cuts get beyond it, and it takes
        // no division.
        let surely = 2.0 * variance * confidence * (1.0 - 1e-9);
        self.cuts(|cut| {
            if cut.old < least || cut.new < least {
                return false;
            }
            let (old, new) = (cut.old - least + 1.0, cut.new - least + 1.0);
            let apart = cut.old_total * cut.new - cut.new_total * cut.old;
            let sides = cut.old * cut.new;
            if apart * apart * old * new <= surely * (old + new) * (sides * sides) {
                return false;
            }
            let harmonic = 1.0 / old + 1.0 / new;
            let bound = (2.0 * harmonic * variance * confidence).sqrt() + 2.0 / 3.0 * confidence * harmonic;
            cut.apart().abs() > bound
        })
    }

    /// Where the squared distances from the means of both sides are least together.
    fn best_cut(&self) -> Change {
        let mut most = (f64::NEG_INFINITY, Change::default());
        self.cuts(|cut| {
            let between = cut.apart().powi(2) * cut.old * (cut.new / (cut.old + cut.new));
            if between > most.0 {
                let (before, after) = (cut.old_total / cut.old, cut.new_total / cut.new);
                most = (between, Change { since: cut.new as u64, before, after });
            }
            false
        });
        most.1
    }

    /// Cuts the window between any two buckets, the oldest first, until `is` says that this is it.
    #[inline]
    fn cuts(&self, mut is: impl FnMut(Cut) -> bool) -> bool {
        let mut cut = Cut { old: 0.0, new: self.width as f64, old_total: 0.0, new_total: self.total };
        for row in (0..self.lens.len()).rev() {
            let n = (1u64 << row) as f64;
            for bucket in &self.buckets[row * self.slots()..][..self.lens[row] as usize] {
                cut.old += n;
                cut.new -= n;
                cut.old_total += bucket.total;
                cut.new_total -= bucket.total;
                if cut.new > 0.0 && is(cut) {
                    return true;
                }
            }
        }
        false
    }
}

/// The window in two parts: how many values each has, and their sum.
#[derive(Clone, Copy)]
struct Cut {
    old: f64,
    new: f64,
    old_total: f64,
    new_total: f64,
}

impl Cut {
    /// How far the means are apart.
    #[inline]
    fn apart(&self) -> f64 {
        self.old_total / self.old - self.new_total / self.new
    }
}

#[cfg(test)]
mod tests;
