//! The values of a nominal feature that somebody tells apart: each has a slot, in order of its first appearance.

use crate::mining::common::BEYOND;
use serde::{Deserialize, Serialize};

/// So many values are told apart; what comes beyond shares one slot with all that have no code of their own.
const VALUES_MAX: usize = 4096;

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Slots {
    /// For each code its slot and one, 0 where it has none.
    by_code: Vec<u32>,
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
        let slot = match self.by_code.get(code as usize) {
            Some(slot) if *slot > 0 => *slot,
            _ if code == BEYOND || self.is_full() => self.others,
            _ => 0,
        };
        (slot as usize).checked_sub(1)
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
        let needed = (code as usize + 1).max(self.by_code.len());
        self.by_code.resize(needed, 0);
        self.by_code[code as usize] = slot as u32 + 1;
        slot
    }

    pub(super) fn bytes(&self) -> usize {
        (self.by_code.len() + self.codes.len()) * 4
    }

    /// Whether what was read is whole.
    pub(super) fn is_sound(&self) -> bool {
        let all = self.by_code.iter().chain([&self.others]);
        self.len() <= VALUES_MAX + 1 && all.into_iter().all(|slot| *slot as usize <= self.len())
    }
}
