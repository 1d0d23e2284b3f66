//! Space-Saving: so many counters, the least of which is given to what has none.

use crate::data::key::hash;
use crate::operator::Index;
use serde::{Deserialize, Serialize};

#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Counter {
    pub text: Box<str>,
    pub count: u64,
    /// So much too high its count may be.
    pub error: u64,
    /// When it was begun: the tie among equal counts.
    begun: u64,
}

/// Counters in a heap, the one that goes next on top.
#[derive(Clone, Serialize, Deserialize)]
#[serde(from = "Saved")]
pub(super) struct Summary {
    most: usize,
    values: u64,
    counters: Vec<Counter>,
    /// The counters by count: slots, and where each slot stands.
    heap: Vec<u32>,
    #[serde(skip)]
    places: Vec<u32>,
    #[serde(skip)]
    index: Index,
}

#[derive(Deserialize)]
struct Saved {
    most: usize,
    values: u64,
    counters: Vec<Counter>,
    heap: Vec<u32>,
}

impl From<Saved> for Summary {
    fn from(Saved { most, values, counters, heap }: Saved) -> Summary {
        let mut index = Index::default();
        for (slot, counter) in counters.iter().enumerate() {
            index.insert(hash(counter.text.as_bytes()), slot as u32);
        }
        let mut places = vec![u32::MAX; counters.len()];
        for (at, slot) in heap.iter().enumerate() {
            if let Some(place) = places.get_mut(*slot as usize) {
                *place = at as u32;
            }
        }
        Summary { most, values, counters, heap, places, index }
    }
}

/// A longer value is counted by its beginning.
const TEXT_MAX: usize = 1024;

impl Summary {
    pub(super) fn new(most: usize) -> Summary {
        Summary {
            most,
            values: 0,
            counters: Vec::new(),
            heap: Vec::new(),
            places: Vec::new(),
            index: Index::default(),
        }
    }

    /// All values that came.
    pub(super) fn values(&self) -> u64 {
        self.values
    }

    /// Counts a value. True: another had to give up its counter.
    pub(super) fn add(&mut self, text: &str) -> bool {
        let mut end = text.len().min(TEXT_MAX);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        let text = &text[..end];
        self.values += 1;
        let hash = hash(text.as_bytes());
        if let Some(slot) = self.index.find(hash, |slot| *self.counters[slot as usize].text == *text) {
            self.counters[slot as usize].count += 1;
            self.sink(self.places[slot as usize] as usize);
            return false;
        }
        let begun = self.values;
        if self.counters.len() < self.most {
            let slot = self.counters.len() as u32;
            self.counters.push(Counter { text: text.into(), count: 1, error: 0, begun });
            self.index.insert(hash, slot);
            self.places.push(self.heap.len() as u32);
            self.heap.push(slot);
            self.rise(self.heap.len() - 1);
            return false;
        }
        let slot = self.heap[0];
        let counter = &mut self.counters[slot as usize];
        self.index.remove(crate::data::key::hash(counter.text.as_bytes()), slot);
        let count = counter.count;
        *counter = Counter { text: text.into(), count: count + 1, error: count, begun };
        self.index.insert(hash, slot);
        self.sink(0);
        true
    }

    /// The commonest, the greatest count first.
    pub(super) fn top(&self, k: usize) -> Vec<&Counter> {
        let mut all: Vec<&Counter> = self.counters.iter().collect();
        all.sort_unstable_by_key(|counter| (std::cmp::Reverse(counter.count), counter.begun));
        all.truncate(k);
        all
    }

    /// Of equal counts the one that was begun last goes first.
    fn key(&self, at: usize) -> (u64, std::cmp::Reverse<u64>) {
        let counter = &self.counters[self.heap[at] as usize];
        (counter.count, std::cmp::Reverse(counter.begun))
    }

    fn swap(&mut self, a: usize, b: usize) {
        self.heap.swap(a, b);
        self.places[self.heap[a] as usize] = a as u32;
        self.places[self.heap[b] as usize] = b as u32;
    }

    fn rise(&mut self, mut at: usize) {
        while at > 0 && self.key(at) < self.key((at - 1) / 2) {
            self.swap(at, (at - 1) / 2);
            at = (at - 1) / 2;
        }
    }

    fn sink(&mut self, mut at: usize) {
        loop {
            let children = (2 * at + 1..2 * at + 3).filter(|child| *child < self.heap.len());
            let Some(least) = children.min_by_key(|child| self.key(*child)) else { return };
            if self.key(at) <= self.key(least) {
                return;
            }
            self.swap(at, least);
            at = least;
        }
    }

    /// Whether what was loaded can be: every counter stands in the heap once.
    pub(super) fn is_sound(&self) -> bool {
        let n = self.counters.len();
        n <= self.most && self.heap.len() == n && self.places.iter().all(|place| (*place as usize) < n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;

    #[test]
    fn counts_are_never_too_low_and_too_high_by_their_error_at_most() {
        let mut summary = Summary::new(50);
        let mut truth: HashMap<String, u64> = HashMap::new();
        let mut state = 3u64;
        for _ in 0..20_000 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let draw = (state >> 40) as f64 / (1u64 << 24) as f64;
            let text = format!("v{}", (1.0 / (draw + 0.001)) as u64);
            summary.add(&text);
            *truth.entry(text).or_default() += 1;
        }
        let bound = summary.values() / 50;
        for counter in summary.top(50) {
            let truly = truth[&*counter.text];
            assert!(truly <= counter.count && counter.count - counter.error <= truly, "{}", counter.text);
            assert!(counter.error <= bound, "{}: {} of {bound}", counter.text, counter.error);
        }
        let top: Vec<&str> = summary.top(50).iter().map(|counter| &*counter.text).collect();
        let common = truth.iter().filter(|(_, count)| **count > bound);
        common.for_each(|(text, count)| assert!(top.contains(&text.as_str()), "{text}: {count}"));
    }
}
