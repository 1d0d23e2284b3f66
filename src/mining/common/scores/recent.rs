//! The newest answers, kept one by one, so that what is said of them is exact.

use super::counts::Counts;
use super::{Baselines, auc};
use serde::{Deserialize, Serialize};

/// Probabilities are kept of so many classes.
pub(super) const SHARED_MAX: usize = 10;
/// A record whose answer had no probabilities.
const UNKNOWN: f32 = -1.0;

/// A ring of the newest records.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Recent {
    records: Vec<Record>,
    /// Of each record, the probabilities of `width` classes.
    shares: Vec<f32>,
    width: usize,
    /// The oldest record, when the ring is full.
    next: usize,
}

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Record {
    class: u32,
    predicted: u32,
    majority: bool,
    no_change: bool,
}

impl Recent {
    #[inline]
    pub(super) fn add(
        &mut self,
        most: usize,
        class: u32,
        predicted: u32,
        baselines: Baselines,
        shares: &[f64],
    ) {
        let record = Record {
            class,
            predicted,
            majority: baselines.majority == Some(class),
            no_change: baselines.last == Some(class),
        };
        let width = shares.len().min(SHARED_MAX);
        if width > self.width {
            self.widen(width);
        }
        let at = match self.records.len() < most {
            true => {
                self.records.push(record);
                self.shares.resize(self.records.len() * self.width, UNKNOWN);
                self.records.len() - 1
            }
            false => {
                let at = self.next;
                self.next = (at + 1) % most;
                self.records[at] = record;
                at
            }
        };
        let places = &mut self.shares[at * self.width..(at + 1) * self.width];
        // A class that was not known then had no probability.
        places.fill(if shares.is_empty() { UNKNOWN } else { 0.0 });
        places.iter_mut().zip(shares).for_each(|(place, share)| *place = *share as f32);
    }

    /// More classes are known.
    #[cold]
    fn widen(&mut self, width: usize) {
        let mut wider = vec![0.0; self.records.len() * width];
        for (at, to) in wider.chunks_exact_mut(width).enumerate() {
            let from = &self.shares[at * self.width..(at + 1) * self.width];
            to[..self.width].copy_from_slice(from);
            if from.first().is_none_or(|share| *share == UNKNOWN) {
                to.fill(UNKNOWN);
            }
        }
        (self.shares, self.width) = (wider, width);
    }

    pub(super) fn len(&self) -> usize {
        self.records.len()
    }

    pub(super) fn fits(&self, most: usize) -> bool {
        self.records.len() <= most
            && self.next < most.max(1)
            && self.shares.len() == self.records.len() * self.width
            && self.width <= SHARED_MAX
    }

    pub(super) fn counts(&self) -> Counts {
        let mut counts = Counts::default();
        self.records.iter().for_each(|record| counts.add(record.class, record.predicted, 1.0));
        counts
    }

    /// The accuracy of the commonest class, and that of no change.
    pub(super) fn baselines(&self) -> [f64; 2] {
        let share = |is: fn(&Record) -> bool| {
            self.records.iter().filter(|record| is(record)).count() as f64 / self.len() as f64
        };
        [share(|record| record.majority), share(|record| record.no_change)]
    }

    /// The area under the curve of each class against all others, on average over the classes.
    pub(super) fn auc(&self) -> f64 {
        let all: Vec<u32> = self.records.iter().map(|record| record.class).collect();
        let unknown = || self.shares.chunks_exact(self.width).any(|shares| shares[0] == UNKNOWN);
        if self.width == 0 || all.iter().any(|class| *class as usize >= SHARED_MAX) || unknown() {
            return f64::NAN;
        }
        let (mut sum, mut n) = (0.0, 0);
        for class in 0..self.width {
            let rows = self.shares.chunks_exact(self.width).zip(&all);
            let scored = rows.map(|(shares, label)| (shares[class], *label as usize == class)).collect();
            if let Some(area) = auc::area(scored) {
                sum += area;
                n += 1;
            }
        }
        sum / f64::from(n)
    }
}
