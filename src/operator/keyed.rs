//! State for each key, bounded: when there is no room for a new key, the one least recently touched goes.
//!
//! States lie in slots, which a list threads together in the order of touch. A touch looks the key up, moves its slot
//! to the end of the list, and allocates nothing; a key that comes anew takes the memory of the one that goes.
//!
//! A table is saved in pieces while it is at work (`pieces`): each touch has a number, so it is known of a slot whether
//! it is as it was when saving began.

mod pieces;
#[cfg(test)]
mod tests;

use crate::data::Index;
use crate::data::key::hash;
use pieces::Pieces;
use serde::Serialize;

/// A table from canonical key bytes (`data::key`) to states.
///
/// An entry may also be a part of a key, as a window of it is: what is counted against the bound are different bytes.
#[derive(Clone)]
pub struct Keyed<S> {
    keys_max: usize,
    /// What every key begins with.
    fresh: S,
    index: Index,
    slots: Vec<Slot<S>>,
    /// Slots without a key.
    free: Vec<u32>,
    oldest: u32,
    newest: u32,
    /// The oldest of those touched since they were reported: all that are newer are too.
    unreported: u32,
    gone: u64,
    /// How many touches there were.
    touches: u64,
    pieces: Pieces,
}

#[derive(Clone)]
struct Slot<S> {
    hash: u64,
    /// The number of its last touch: the list is in the order of these.
    touched: u64,
    key: Vec<u8>,
    state: S,
    older: u32,
    newer: u32,
}

const NONE: u32 = u32::MAX;

impl<S: Serialize + Clone> Keyed<S> {
    /// A table of at most `keys_max` keys, each of which begins with a copy of `fresh`.
    ///
    /// # Panics
    /// When there is room for no key: `plan` sees to that.
    pub fn new(keys_max: usize, fresh: S) -> Keyed<S> {
        assert!((1..NONE as usize).contains(&keys_max), "there is room for a key");
        Keyed {
            keys_max,
            fresh,
            index: Index::default(),
            slots: Vec::new(),
            free: Vec::new(),
            oldest: NONE,
            newest: NONE,
            unreported: NONE,
            gone: 0,
            touches: 0,
            pieces: Pieces::default(),
        }
    }

    /// How many keys there are now.
    pub fn len(&self) -> usize {
        self.slots.len() - self.free.len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether one has to go for the next that is new.
    pub(crate) fn is_full(&self) -> bool {
        self.len() >= self.keys_max
    }

    /// Whether more than one has to go for it: there was room for more before.
    pub(crate) fn is_over(&self) -> bool {
        self.len() > self.keys_max
    }

    /// Changes how many keys there may be; if there are more, they go when the next new one comes.
    pub(crate) fn set_keys_max(&mut self, keys_max: usize) {
        assert!(keys_max > 0, "there is room for a key");
        self.keys_max = keys_max;
    }

    /// How many keys had to go.
    pub(crate) fn gone(&self) -> u64 {
        self.gone
    }

    /// The state of a key, which is the one touched last from now on. If it is new and another has to go for it,
    /// `going` gets that key and its state before they are forgotten.
    #[inline]
    pub fn touch(&mut self, key: &[u8], going: impl FnMut(&[u8], &mut S)) -> &mut S {
        let hash = hash(key);
        let slot = match self.find(hash, key) {
            Some(slot) => {
                self.renew(slot);
                slot
            }
            None => self.add(hash, key, going),
        };
        &mut self.slots[slot as usize].state
    }

    /// A slot is the one touched last.
    #[inline]
    fn renew(&mut self, slot: u32) {
        if self.is_unsaved(slot) {
            self.save_first(slot);
        } else if slot != self.newest {
            self.unlink(slot);
            self.link_newest(slot);
        } else if self.unreported == NONE {
            self.unreported = slot;
        }
    }

    /// The state of a key that is there, which is the one touched last from now on.
    pub(crate) fn touch_known(&mut self, key: &[u8]) -> Option<&mut S> {
        let slot = self.find(hash(key), key)?;
        self.renew(slot);
        Some(&mut self.slots[slot as usize].state)
    }

    /// The state of a key that is there, as it is: that is no touch.
    pub(crate) fn get(&self, key: &[u8]) -> Option<&S> {
        let slot = self.find(hash(key), key)?;
        Some(&self.slots[slot as usize].state)
    }

    /// The state of a key that is there, which may change: that is no touch.
    pub(crate) fn get_mut(&mut self, key: &[u8]) -> Option<&mut S> {
        let slot = self.find(hash(key), key)?;
        self.save_in_place(slot);
        Some(&mut self.slots[slot as usize].state)
    }

    /// Forgets a key that has come to its end, as a window that closes. Its state can be read once more.
    pub fn remove(&mut self, key: &[u8]) -> Option<&mut S> {
        let slot = self.find(hash(key), key)?;
        self.save_if_unsaved(slot);
        self.let_go(slot);
        self.free.push(slot);
        Some(&mut self.slots[slot as usize].state)
    }

    /// All keys and their states, the least recently touched first.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &S)> {
        let mut next = self.oldest;
        std::iter::from_fn(move || {
            let slot = self.slots.get(next as usize)?;
            next = slot.newer;
            Some((&slot.key[..], &slot.state))
        })
    }

    /// The next key that was touched since it was reported, the least recently touched first; it counts as reported
    /// then.
    pub(crate) fn next_unreported(&mut self) -> Option<(&[u8], &S)> {
        let slot = self.slots.get(self.unreported as usize)?;
        self.unreported = slot.newer;
        Some((&slot.key, &slot.state))
    }

    /// Gives each key that was touched since it was reported, and its state, which may change: it counts as touched
    /// and as reported.
    pub(crate) fn each_unreported(&mut self, mut tell: impl FnMut(&[u8], &mut S)) {
        let mut keys = Vec::new();
        while let Some((key, _)) = self.next_unreported() {
            keys.push(key.to_vec());
        }
        keys.iter().for_each(|key| tell(key, self.touch(key, |_, _| {})));
        self.unreported = NONE;
    }

    /// From here on all keys are to be reported, touched or not.
    pub(crate) fn report_all(&mut self) {
        self.unreported = self.oldest;
    }

    /// What lies in all slots, those without a key too.
    #[cfg(test)]
    pub(crate) fn states(&self) -> impl Iterator<Item = &S> {
        self.slots.iter().map(|slot| &slot.state)
    }

    fn find(&self, hash: u64, key: &[u8]) -> Option<u32> {
        self.index.find(hash, |slot| self.slots[slot as usize].key == key)
    }

    #[cold]
    fn add(&mut self, hash: u64, key: &[u8], mut going: impl FnMut(&[u8], &mut S)) -> u32 {
        while self.len() >= self.keys_max {
            let slot = self.oldest;
            self.save_if_unsaved(slot);
            let Slot { key, state, .. } = &mut self.slots[slot as usize];
            going(key, state);
            self.let_go(slot);
            self.free.push(slot);
            self.gone += 1;
        }
        let slot = match self.free.pop() {
            Some(slot) => {
                let reused = &mut self.slots[slot as usize];
                reused.hash = hash;
                reused.key.clear();
                reused.key.extend_from_slice(key);
                reused.state.clone_from(&self.fresh);
                slot
            }
            None => {
                let (key, state) = (key.to_vec(), self.fresh.clone());
                self.slots.push(Slot { hash, touched: 0, key, state, older: NONE, newer: NONE });
                (self.slots.len() - 1) as u32
            }
        };
        self.index.insert(hash, slot);
        self.link_newest(slot);
        slot
    }

    fn let_go(&mut self, slot: u32) {
        self.unlink(slot);
        self.index.remove(self.slots[slot as usize].hash, slot);
    }

    fn unlink(&mut self, slot: u32) {
        let Slot { older, newer, .. } = self.slots[slot as usize];
        if self.unreported == slot {
            self.unreported = newer;
        }
        self.pieces.unlinked(slot, newer);
        match self.slots.get_mut(older as usize) {
            Some(slot) => slot.newer = newer,
            None => self.oldest = newer,
        }
        match self.slots.get_mut(newer as usize) {
            Some(slot) => slot.older = older,
            None => self.newest = older,
        }
    }

    fn link_newest(&mut self, slot: u32) {
        match self.slots.get_mut(self.newest as usize) {
            Some(newest) => newest.newer = slot,
            None => self.oldest = slot,
        }
        let linked = &mut self.slots[slot as usize];
        (linked.older, linked.newer, linked.touched) = (self.newest, NONE, self.touches);
        self.touches += 1;
        self.newest = slot;
        if self.unreported == NONE {
            self.unreported = slot;
        }
    }
}
