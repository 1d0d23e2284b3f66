//! Where a hash lies: an open table of slot numbers, probed one place after the other.
//!
//! Places come of a hash's high bits. Its remainder by the number of workers has decided that a key is here at all, so
//! the low bits of those that are here may be alike.

/// From hashes to slot numbers. At most half of the places are taken, so a probe is short.
#[derive(Clone, Debug, Default)]
pub(crate) struct Index {
    places: Vec<Place>,
    taken: usize,
}

#[derive(Clone, Copy, Debug)]
struct Place {
    hash: u64,
    /// `u32::MAX`: nothing is here.
    slot: u32,
}

const EMPTY: Place = Place { hash: 0, slot: u32::MAX };
const PLACES_MIN: usize = 16;

impl Index {
    /// The slot of that hash for which `is` holds.
    #[inline]
    pub(crate) fn find(&self, hash: u64, is: impl Fn(u32) -> bool) -> Option<u32> {
        self.position(hash, is).map(|at| self.places[at].slot)
    }

    pub(crate) fn insert(&mut self, hash: u64, slot: u32) {
        if 2 * (self.taken + 1) > self.places.len() {
            let places = (2 * self.places.len()).max(PLACES_MIN);
            let old = std::mem::replace(&mut self.places, vec![EMPTY; places]);
            old.into_iter().filter(|place| place.slot != EMPTY.slot).for_each(|place| self.put(place));
        }
        self.put(Place { hash, slot });
        self.taken += 1;
    }

    /// Takes a slot out, and moves those behind it up, so that no probe ends too early.
    pub(crate) fn remove(&mut self, hash: u64, slot: u32) {
        let mut hole = self.position(hash, |other| other == slot).expect("what is removed was inserted");
        let mut at = self.next(hole);
        while self.places[at].slot != EMPTY.slot {
            let from_home = self.distance(self.home(self.places[at].hash), at);
            if from_home >= self.distance(hole, at) {
                self.places[hole] = self.places[at];
                hole = at;
            }
            at = self.next(at);
        }
        self.places[hole] = EMPTY;
        self.taken -= 1;
    }

    #[inline]
    fn position(&self, hash: u64, is: impl Fn(u32) -> bool) -> Option<usize> {
        if self.places.is_empty() {
            return None;
        }
        let mut at = self.home(hash);
        loop {
            let place = self.places[at];
            if place.slot == EMPTY.slot {
                return None;
            }
            if place.hash == hash && is(place.slot) {
                return Some(at);
            }
            at = self.next(at);
        }
    }

    fn put(&mut self, place: Place) {
        let mut at = self.home(place.hash);
        while self.places[at].slot != EMPTY.slot {
            at = self.next(at);
        }
        self.places[at] = place;
    }

    /// Where the probe for a hash begins. The number of places is a power of two.
    #[inline]
    fn home(&self, hash: u64) -> usize {
        (hash >> (64 - self.places.len().trailing_zeros())) as usize
    }

    #[inline]
    fn next(&self, at: usize) -> usize {
        (at + 1) & (self.places.len() - 1)
    }

    /// How many places a probe goes from one to the other.
    fn distance(&self, from: usize, to: usize) -> usize {
        to.wrapping_sub(from) & (self.places.len() - 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::HashMap;

    proptest! {
        /// Many hashes that fall to few places, also around the end of the table.
        #[test]
        fn it_finds_what_was_put_in_and_not_taken_out(
            steps in prop::collection::vec((0..40u32, any::<bool>()), 0..200),
            spread in prop::sample::select(vec![0, 50, 60, 61]),
        ) {
            let hash = |slot: u32| (u64::from(slot) << spread) | (u64::MAX << 62);
            let (mut index, mut model) = (Index::default(), HashMap::new());
            for (slot, goes) in steps {
                match (model.contains_key(&slot), goes) {
                    (false, false) => {
                        index.insert(hash(slot), slot);
                        model.insert(slot, ());
                    }
                    (true, true) => {
                        index.remove(hash(slot), slot);
                        model.remove(&slot);
                    }
                    _ => {}
                }
                for slot in 0..40 {
                    let found = index.find(hash(slot), |other| other == slot);
                    prop_assert_eq!(found, model.contains_key(&slot).then_some(slot));
                }
            }
        }
    }
}
