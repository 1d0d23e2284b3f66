//! A basket: different things, and how many rows brought each.

use crate::preprocess::common::Things;
use serde::{Deserialize, Serialize};

/// Things in the order in which they came, each with the number of rows that brought it.
#[derive(Clone, Default, Serialize, Deserialize)]
pub(super) struct Basket {
    pub things: Things,
    /// How many rows brought each.
    brought: Vec<u32>,
    /// The latest time of its rows.
    pub last: i64,
    /// Rows that are in it.
    pub rows: u64,
    /// What it is called in the order of times.
    pub serial: u64,
}

impl Basket {
    pub(super) fn len(&self) -> usize {
        self.things.len()
    }

    pub(super) fn things(&self) -> impl Iterator<Item = &str> {
        self.things.iter()
    }

    /// Puts a thing in, or takes it out as far as one row brought it. False: what is taken out is not there.
    pub(super) fn change(&mut self, thing: &str, time: i64, takes: bool) -> bool {
        match self.things.find(thing) {
            None if takes => return false,
            None => {
                self.things.push(thing);
                self.brought.push(1);
            }
            Some(at) if !takes => self.brought[at] += 1,
            Some(at) => {
                self.brought[at] -= 1;
                if self.brought[at] == 0 {
                    self.things.remove(at);
                    self.brought.remove(at);
                }
            }
        }
        self.last = self.last.max(time);
        self.rows += 1;
        true
    }

    pub(super) fn bytes(&self) -> usize {
        BASKET_BYTES + self.things.bytes() + size_of::<u32>() * self.brought.len()
    }

    /// Memory that it has, full or not.
    pub(super) fn held(&self) -> usize {
        self.things.capacity() + size_of::<u32>() * self.brought.capacity()
    }

    /// Empties it; its memory stays.
    fn clear(&mut self) {
        self.things.clear();
        self.brought.clear();
        (self.last, self.rows, self.serial) = (0, 0, 0);
    }

    /// Whether what was loaded can be.
    pub(super) fn is_sound(&self) -> bool {
        self.things.is_sound()
            && self.brought.len() == self.things.len()
            && self.brought.iter().all(|rows| *rows > 0)
    }
}

/// What a basket costs beside its things: key, slot, place in the order of times.
const BASKET_BYTES: usize = 256;

/// So many emptied baskets are kept for those that are opened next, each with so much memory at most.
pub(super) const SPARE: usize = 128;
pub(super) const SPARE_BYTES: usize = 256;

/// Baskets that were emptied, for their memory.
#[derive(Clone, Default)]
pub(super) struct Emptied {
    pub baskets: Vec<Basket>,
}

impl Emptied {
    pub(super) fn take(&mut self) -> Basket {
        self.baskets.pop().unwrap_or_default()
    }

    #[inline]
    pub(super) fn put(&mut self, mut basket: Basket) {
        if self.baskets.len() < SPARE && basket.held() <= SPARE_BYTES {
            basket.clear();
            self.baskets.push(basket);
        }
    }
}
