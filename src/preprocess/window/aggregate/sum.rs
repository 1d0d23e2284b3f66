//! Sums: of whole numbers exact, of others nearly the same in whatever order their parts come.

use serde::{Deserialize, Serialize};

/// A sum of whole numbers, in two halves: it may pass what an i64 can say, and come back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(in crate::preprocess::window) struct Wide {
    low: u64,
    high: i64,
    known: bool,
}

impl Wide {
    #[inline]
    pub(super) fn add(&mut self, x: i64) {
        self.set(self.whole() + i128::from(x));
    }

    pub(super) fn merge(&mut self, other: &Wide) {
        if other.known {
            self.set(self.whole().saturating_add(other.whole()));
        }
    }

    /// `None` before the first value, and where it is none of 64 bits.
    pub(super) fn get(&self) -> Option<i64> {
        i64::try_from(self.whole()).ok().filter(|_| self.known)
    }

    fn whole(&self) -> i128 {
        (i128::from(self.high) << 64) | i128::from(self.low)
    }

    fn set(&mut self, sum: i128) {
        *self = Wide { low: sum as u64, high: (sum >> 64) as i64, known: true };
    }
}

/// A sum that keeps what rounding takes away. Neumaier 1974, Rundungsfehleranalyse einiger Verfahren zur Summation
/// endlicher Summen, ZAMM 54:39.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(in crate::preprocess::window) struct Sum {
    n: u64,
    sum: f64,
    rest: f64,
}

impl Sum {
    #[inline]
    pub(super) fn add(&mut self, x: f64) {
        self.n += 1;
        self.put(x);
    }

    #[inline]
    fn put(&mut self, x: f64) {
        let sum = self.sum + x;
        self.rest += if self.sum.abs() >= x.abs() { (self.sum - sum) + x } else { (x - sum) + self.sum };
        self.sum = sum;
    }

    pub(super) fn merge(&mut self, other: &Sum) {
        self.n += other.n;
        self.put(other.sum);
        self.rest += other.rest;
    }

    /// `None` before the first value. What is not finite has no rest.
    pub(super) fn get(&self) -> Option<f64> {
        let whole = self.sum + self.rest;
        (self.n > 0).then_some(if self.sum.is_finite() && whole.is_finite() { whole } else { self.sum })
    }

    pub(super) fn mean(&self) -> Option<f64> {
        self.get().map(|sum| sum / self.n as f64)
    }
}
