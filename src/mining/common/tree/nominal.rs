//! What a leaf remembers of a nominal feature: how much weight each of its values has, class by class.

use super::slots::Slots;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Nominal {
    pub(super) feature: u32,
    pub(super) slots: Slots,
    /// The weights, slot by slot, and of each by class: there is room for so many.
    counts: Vec<f64>,
    classes: usize,
}

impl Nominal {
    pub(super) fn new(feature: u32) -> Nominal {
        Nominal { feature, slots: Slots::default(), counts: Vec::new(), classes: 0 }
    }

    /// Whether what was read is whole: each value has counts, of so many classes at least.
    pub(super) fn is_sound(&self, classes: usize) -> bool {
        self.slots.is_sound()
            && self.counts.len() == self.slots.len() * self.classes
            && self.classes >= classes
    }

    pub(super) fn bytes(&self) -> usize {
        size_of::<Nominal>() + self.slots.bytes() + self.counts.len() * 8
    }

    /// How many bytes one value of so many classes takes, with all that is around it.
    pub(super) fn needed(classes: usize) -> usize {
        size_of::<Nominal>() + 8 + classes.next_power_of_two() * 8
    }

    /// Makes room for more classes: for twice as many, so that it is seldom.
    pub(super) fn grow(&mut self, classes: usize) {
        if classes <= self.classes {
            return;
        }
        let classes = classes.next_power_of_two();
        let mut counts = vec![0.0; self.slots.len() * classes];
        if self.classes > 0 {
            let old = self.counts.chunks_exact(self.classes);
            let new = counts.chunks_exact_mut(classes);
            new.zip(old).for_each(|(new, old)| new[..old.len()].copy_from_slice(old));
        }
        self.counts = counts;
        self.classes = classes;
    }

    /// The weights of a value by class.
    pub(super) fn of(&self, slot: usize) -> &[f64] {
        &self.counts[slot * self.classes..][..self.classes]
    }

    /// Counts a record; true when its value is a new one here.
    #[inline]
    pub(super) fn learn(&mut self, code: u32, class: usize, weight: f64) -> bool {
        let found = self.slots.get(code);
        let slot = match found {
            Some(slot) => slot,
            None => {
                let slot = self.slots.add(code);
                self.counts.resize(self.slots.len() * self.classes, 0.0);
                slot
            }
        };
        self.counts[slot * self.classes + class] += weight;
        found.is_none()
    }

    /// The share of a value in a class of weight `seen`, each value counted once more than it came (Laplace).
    #[inline]
    pub(super) fn share(&self, code: u32, class: usize, seen: f64) -> f64 {
        let count = self.slots.get(code).map_or(0.0, |slot| self.counts[slot * self.classes + class]);
        (count + 1.0) / (seen + self.slots.len() as f64)
    }
}
