//! The different texts of a window, in the order of the records that had them first; at most so many.

use super::Place;
use crate::data::Index;
use crate::data::key::hash;
use crate::numeric::beginning;
use crate::preprocess::common::Things;
use serde::{Deserialize, Serialize};
use std::collections::BinaryHeap;

/// A shorter list is walked along.
const INDEXED: usize = 32;
/// What the index and the heap of places take a text, and room to grow.
const INDEX_BYTES: usize = 88;

#[cfg(test)]
std::thread_local! {
    /// How many texts were walked along, to index them or to find the last.
    static WALKED: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

/// Texts, each with the place of its first record.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(from = "Saved")]
pub(in crate::preprocess::window) struct Listed {
    things: Things,
    places: Vec<Place>,
    /// Where each text lies, of a long list.
    #[serde(skip)]
    index: Index,
    /// Of a long list that is full: each text's place, as it was once, since it may be an earlier one by now.
    #[serde(skip)]
    heap: BinaryHeap<(Place, usize)>,
}

#[derive(Deserialize)]
struct Saved {
    things: Things,
    places: Vec<Place>,
}

impl From<Saved> for Listed {
    fn from(Saved { things, places }: Saved) -> Listed {
        let mut listed = Listed { things, places, index: Index::default(), heap: BinaryHeap::new() };
        if listed.things.is_sound() {
            listed.index_anew();
        }
        listed
    }
}

impl Listed {
    /// Takes a text. When there are `most`, the one whose first record is the last goes for an earlier one, so that
    /// what is there is the same whatever the order of arrival.
    pub(super) fn take(&mut self, text: &str, place: Place, most: usize) {
        let text = beginning(text);
        match self.find(text) {
            Some(at) => self.places[at] = self.places[at].min(place),
            None if self.things.len() < most => self.put(text, place),
            None => {
                if let Some(at) = self.last().filter(|last| place < self.places[*last]) {
                    self.put_for(at, text, place);
                }
            }
        }
    }

    /// The text whose first record is the last.
    fn last(&mut self) -> Option<usize> {
        if self.things.len() < INDEXED {
            return (0..self.places.len()).max_by_key(|at| self.places[*at]);
        }
        if self.heap.is_empty() {
            #[cfg(test)]
            WALKED.set(WALKED.get() + self.things.len());
            self.heap = self.places.iter().copied().zip(0..).collect();
        }
        // What lies on top is no earlier than the place of any text: if it is that of its own, it is the last.
        loop {
            let mut top = self.heap.peek_mut()?;
            let place = self.places[top.1];
            if top.0 == place {
                return Some(top.1);
            }
            top.0 = place;
        }
    }

    /// Puts a text where another lies, which goes.
    fn put_for(&mut self, at: usize, text: &str, place: Place) {
        if self.things.len() >= INDEXED {
            self.index.remove(hash(self.things.get(at).as_bytes()), at as u32);
            self.index.insert(hash(text.as_bytes()), at as u32);
        }
        self.things.replace(at, text);
        self.places[at] = place;
    }

    fn find(&self, text: &str) -> Option<usize> {
        if self.things.len() < INDEXED {
            return self.things.find(text);
        }
        let found = self.index.find(hash(text.as_bytes()), |at| self.things.get(at as usize) == text);
        found.map(|at| at as usize)
    }

    fn put(&mut self, text: &str, place: Place) {
        self.things.push(text);
        self.places.push(place);
        self.heap.clear();
        match self.things.len() {
            len if len < INDEXED => {}
            INDEXED => self.index_anew(),
            len => self.index.insert(hash(text.as_bytes()), len as u32 - 1),
        }
    }

    fn index_anew(&mut self) {
        self.index = Index::default();
        if self.things.len() >= INDEXED {
            #[cfg(test)]
            WALKED.set(WALKED.get() + self.things.len());
            let texts = self.things.iter().enumerate();
            texts.for_each(|(at, text)| self.index.insert(hash(text.as_bytes()), at as u32));
        }
    }

    pub(super) fn merge(&mut self, other: &Listed, most: usize) {
        other.things.iter().zip(&other.places).for_each(|(text, place)| self.take(text, *place, most));
    }

    pub(super) fn in_order(&self) -> Vec<&str> {
        let mut order: Vec<usize> = (0..self.places.len()).collect();
        order.sort_unstable_by_key(|at| self.places[*at]);
        order.iter().map(|at| self.things.get(*at)).collect()
    }

    pub(super) fn held(&self) -> usize {
        let n = self.places.len();
        let index = if n < INDEXED { 0 } else { INDEX_BYTES * n };
        2 * (self.things.bytes() + size_of::<Place>() * n) + index
    }

    pub(super) fn is_sound(&self) -> bool {
        self.things.is_sound() && self.things.len() == self.places.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    #[test]
    fn a_list_that_is_full_keeps_those_that_came_first() {
        let mut listed = Listed::default();
        for (text, time) in [("d", 4), ("c", 3), ("b", 2), ("a", 1), ("d", 9), ("c", 0)] {
            listed.take(text, (time, 0), 2);
        }
        assert_eq!(listed.in_order(), ["c", "a"]);
        assert!(listed.is_sound());
    }

    #[test]
    fn an_earlier_text_takes_a_place_without_a_walk() {
        let mut listed = Listed::default();
        for time in (0..5000i64).rev() {
            listed.take(&format!("a text {time}"), (time, 0), 1000);
        }
        assert_eq!(listed.in_order().len(), 1000);
        assert_eq!(listed.in_order()[999], "a text 999");
        assert!(WALKED.get() < 3000, "{} texts were walked along", WALKED.get());
    }

    proptest! {
        /// Long lists too, which have an index: those that came first, however they come and are put together. A text
        /// that had to go and comes again with an older record is the exception, so each has one record here.
        #[test]
        fn a_list_is_that_of_a_walk(times in Just((0..200i64).collect::<Vec<_>>()).prop_shuffle(), most in 1..90usize) {
            let mut model: BTreeMap<i64, String> = BTreeMap::new();
            let mut parts = [Listed::default(), Listed::default(), Listed::default()];
            for (n, time) in times.iter().take(120).enumerate() {
                let text = format!("t{time}");
                parts[n % 3].take(&text, (*time, 0), most);
                // One that is there comes again.
                parts[n % 3].take(&text, (*time + 500, 0), most);
                model.insert(*time, text);
            }
            let [mut all, b, c] = parts;
            all.merge(&b, most);
            all.merge(&c, most);
            // Those that are there have an older record, and new ones are older than the rest.
            let there: Vec<(i64, String)> = model.into_iter().take(most).collect();
            let older = |time: i64| if time % 3 == 0 { time - 1000 } else { time };
            let mut model: BTreeMap<i64, String> =
                there.iter().map(|(time, text)| (older(*time), text.clone())).collect();
            there.iter().for_each(|(time, text)| all.take(text, (older(*time), 0), most));
            for time in (-600..-570).rev() {
                all.take(&format!("n{time}"), (time, 0), most);
                model.insert(time, format!("n{time}"));
            }
            let mut due: Vec<&str> = model.values().map(String::as_str).collect();
            due.truncate(most);
            prop_assert_eq!(all.in_order(), due);
            let texts = all.things.iter().enumerate();
            texts.for_each(|(at, text)| assert_eq!(all.find(text), Some(at)));
            prop_assert_eq!(all.find("t999"), None);
        }
    }
}
