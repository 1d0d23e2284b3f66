//! The values of a nominal feature that somebody tells apart: each has a slot, in order of its first appearance.

use crate::mining::common::BEYOND;
use serde::{Deserialize, Serialize};

/// So many values are told apart; what comes beyond shares one slot with all that have no code of their own.
const VALUES_MAX: usize = 4096;

/// Codes below this one lie in a table by themselves.
const SMALL: usize = 64;

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Slots {
    /// For each code its slot and one, 0 where it has none. When codes lie far apart, they are found by a hash: where
    /// it points, or behind that before the next 0; half of the table is 0 at least, and its length a power of two.
    table: Vec<u32>,
    hashed: bool,
    /// The slot of what is not told apart, and one.
    others: u32,
    /// The code of each slot; `BEYOND` for what is not told apart.
    codes: Vec<u32>,
}

impl Slots {
    pub(super) fn len(&self) -> usize {
        self.codes.len()
    }

    /// The code of a slot.
    pub(super) fn code(&self, slot: usize) -> u32 {
        self.codes[slot]
    }

    #[inline]
    pub(super) fn get(&self, code: u32) -> Option<usize> {
        let found = match self.hashed {
            false => self.table.get(code as usize).copied().unwrap_or(0),
            true => self.table[self.find(code)],
        };
        let slot = match found {
            0 if code == BEYOND || self.is_full() => self.others,
            found => found,
        };
        (slot as usize).checked_sub(1)
    }

    /// Where a code lies in the table, by its hash, or where it belongs.
    #[inline]
    fn find(&self, code: u32) -> usize {
        let last = self.table.len() - 1;
        // Fibonacci's hash: codes next to each other come to lie far apart.
        let mut at = (code.wrapping_mul(0x9E37_79B9) >> 16) as usize & last;
        loop {
            match self.table[at] {
                0 => return at,
                slot if self.codes[slot as usize - 1] == code => return at,
                _ => at = (at + 1) & last,
            }
        }
    }

    /// No other value is told apart from here on.
    pub(super) fn is_full(&self) -> bool {
        self.codes.len() >= VALUES_MAX
    }

    /// A slot for a value that has none.
    #[cold]
    pub(super) fn add(&mut self, code: u32) -> usize {
        let slot = self.codes.len();
        if code == BEYOND || self.is_full() {
            self.codes.push(BEYOND);
            self.others = slot as u32 + 1;
            return slot;
        }
        self.codes.push(code);
        let n = self.codes.len();
        if !self.hashed && code as usize >= SMALL.max(4 * n) || self.hashed && 2 * n > self.table.len() {
            self.hash();
            return slot;
        }
        let at = if self.hashed { self.find(code) } else { code as usize };
        self.table.resize(self.table.len().max(at + 1), 0);
        self.table[at] = slot as u32 + 1;
        slot
    }

    /// Makes a table of hashes, with room for twice as many codes.
    fn hash(&mut self) {
        self.hashed = true;
        self.table = vec![0; (2 * self.codes.len()).next_power_of_two().max(8)];
        for slot in 0..self.codes.len() {
            if self.codes[slot] != BEYOND {
                let at = self.find(self.codes[slot]);
                self.table[at] = slot as u32 + 1;
            }
        }
    }

    pub(super) fn bytes(&self) -> usize {
        (self.table.len() + self.codes.len()) * 4
    }

    /// Whether what was read is whole.
    pub(super) fn is_sound(&self) -> bool {
        let known = self.codes.iter().filter(|code| **code != BEYOND).count();
        let taken = self.table.iter().filter(|slot| **slot > 0).count();
        let can_be_hashed = self.table.len().is_power_of_two() && 2 * taken <= self.table.len();
        let found = |(slot, code): (usize, &u32)| *code == BEYOND || self.get(*code) == Some(slot);
        self.len() <= VALUES_MAX + 1
            && taken == known
            && (!self.hashed || can_be_hashed)
            && self.table.iter().chain([&self.others]).all(|slot| *slot as usize <= self.len())
            && self.codes.iter().enumerate().all(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::SplitMix64;

    #[test]
    fn values_far_apart_take_no_more_than_near_ones() {
        let mut one = Slots::default();
        one.add(1_000_000);
        assert!(one.bytes() <= 64, "{} bytes", one.bytes());
        for apart in [1, 3, 1000, 4096, 65_536] {
            let mut slots = Slots::default();
            (0..1000).for_each(|n| assert_eq!(slots.add(n * apart), n as usize));
            assert!(slots.bytes() <= 1000 * 20, "{apart}: {} bytes", slots.bytes());
            assert!((0..1000).all(|n| slots.get(n * apart) == Some(n as usize)) && slots.is_sound());
        }
    }

    #[test]
    fn each_value_keeps_its_slot_whatever_comes() {
        let mut random = SplitMix64::new(1);
        let (mut slots, mut told) = (Slots::default(), std::collections::HashMap::new());
        for n in 0..20_000u64 {
            let code = match random.below(100) {
                0 => BEYOND,
                _ => random.below(10 + n * n) as u32 % 1_000_000,
            };
            let slot = slots.get(code).unwrap_or_else(|| slots.add(code));
            match slots.code(slot) {
                BEYOND => assert!(code == BEYOND || slots.is_full()),
                of => assert_eq!((of, *told.entry(code).or_insert(slot)), (code, slot)),
            }
        }
        assert!(slots.hashed && slots.is_full() && slots.is_sound());
        assert!(told.iter().all(|(code, slot)| slots.get(*code) == Some(*slot)));
        slots.codes.swap(0, 1);
        assert!(!slots.is_sound(), "slots that are another code's");
    }
}
