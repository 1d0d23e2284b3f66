//! Space-Saving: so many counters, the least of which is given to what has none.
//!
//! Metwally, Agrawal & El Abbadi 2005, Efficient computation of frequent and top-k elements in data streams (ICDT).
//! Two become one as in Agarwal, Cormode, Huang, Phillips, Wei & Yi 2012, Mergeable summaries (PODS): the errors add.

use crate::data::Index;
use crate::data::key::hash;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Counter {
    pub text: Box<str>,
    pub count: u64,
    /// So much too high its count may be.
    pub error: u64,
    /// When it was begun: the tie among equal counts.
    begun: u64,
}

/// Counters in a heap, the one that goes next on top.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(from = "Saved")]
pub(crate) struct Summary {
    most: usize,
    values: u64,
    counters: Vec<Counter>,
    /// The counters by count: slots, and where each slot stands.
    heap: Vec<u32>,
    #[serde(skip)]
    places: Vec<u32>,
    #[serde(skip)]
    index: Index,
    /// Bytes of all texts.
    #[serde(skip)]
    texts: usize,
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
        let texts = counters.iter().map(|counter| counter.text.len()).sum();
        Summary { most, values, counters, heap, places, index, texts }
    }
}

/// A longer value is counted by its beginning.
const TEXT_MAX: usize = 1024;
/// What a counter takes beside its text: itself, its places in heap and index, and room to grow.
const COUNTER_BYTES: usize = 128;

/// The first KiB of a text, or all of a shorter one.
pub(crate) fn beginning(text: &str) -> &str {
    let mut end = text.len().min(TEXT_MAX);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

impl Summary {
    pub(crate) fn new(most: usize) -> Summary {
        Summary {
            most,
            values: 0,
            counters: Vec::new(),
            heap: Vec::new(),
            places: Vec::new(),
            index: Index::default(),
            texts: 0,
        }
    }

    /// All values that came.
    pub(crate) fn values(&self) -> u64 {
        self.values
    }

    /// Counts a value. True: another had to give up its counter.
    pub(crate) fn add(&mut self, text: &str) -> bool {
        let text = beginning(text);
        self.values += 1;
        let hash = hash(text.as_bytes());
        if let Some(slot) = self.index.find(hash, |slot| *self.counters[slot as usize].text == *text) {
            self.counters[slot as usize].count += 1;
            self.sink(self.places[slot as usize] as usize);
            return false;
        }
        let begun = self.values;
        self.texts += text.len();
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
        self.texts -= counter.text.len();
        *counter = Counter { text: text.into(), count: count + 1, error: count, begun };
        self.index.insert(hash, slot);
        self.sink(0);
        true
    }

    /// The commonest, the greatest count first.
    pub(crate) fn top(&self, k: usize) -> Vec<&Counter> {
        let mut all: Vec<&Counter> = self.counters.iter().collect();
        all.sort_unstable_by_key(|counter| (std::cmp::Reverse(counter.count), counter.begun));
        all.truncate(k);
        all
    }

    /// The same, of equally common ones the one whose text is the least: the order in which they came is of no account.
    pub(crate) fn top_by_text(&self, k: usize) -> Vec<&Counter> {
        let mut all: Vec<&Counter> = self.counters.iter().collect();
        all.sort_unstable_by(|a, b| b.count.cmp(&a.count).then_with(|| a.text.cmp(&b.text)));
        all.truncate(k);
        all
    }

    /// Counts what another has counted. What has no counter there may have come as often as the rarest that has one.
    pub(crate) fn merge(&mut self, other: &Summary) {
        let (ours, theirs) = (self.floor(), other.floor());
        let mut counters = std::mem::take(&mut self.counters);
        for counter in &mut counters {
            let found = other.find(&counter.text);
            counter.count += found.map_or(theirs, |other| other.count);
            counter.error += found.map_or(theirs, |other| other.error);
        }
        let known =
            |text: &str| self.index.find(hash(text.as_bytes()), |at| *counters[at as usize].text == *text);
        let new = other.counters.iter().filter(|counter| known(&counter.text).is_none());
        let new: Vec<Counter> = new
            .map(|counter| Counter {
                count: counter.count + ours,
                error: counter.error + ours,
                begun: self.values + counter.begun,
                ..counter.clone()
            })
            .collect();
        counters.extend(new);
        counters.sort_unstable_by(|a, b| b.count.cmp(&a.count).then_with(|| a.text.cmp(&b.text)));
        counters.truncate(self.most);
        let mut heap: Vec<u32> = (0..counters.len() as u32).collect();
        heap.sort_unstable_by_key(|slot| {
            let counter = &counters[*slot as usize];
            (counter.count, std::cmp::Reverse(counter.begun))
        });
        *self = Saved { most: self.most, values: self.values + other.values, counters, heap }.into();
    }

    /// How often a value may have come that has no counter.
    fn floor(&self) -> u64 {
        if self.counters.len() < self.most { 0 } else { self.counters[self.heap[0] as usize].count }
    }

    fn find(&self, text: &str) -> Option<&Counter> {
        let slot = self.index.find(hash(text.as_bytes()), |at| *self.counters[at as usize].text == *text)?;
        Some(&self.counters[slot as usize])
    }

    /// How many bytes it takes.
    pub(crate) fn held(&self) -> usize {
        COUNTER_BYTES * self.counters.len() + self.texts
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
    pub(crate) fn is_sound(&self) -> bool {
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

    #[test]
    fn two_become_one_and_their_errors_add() {
        let mut truth: HashMap<String, u64> = HashMap::new();
        let mut halves = [Summary::new(40), Summary::new(40)];
        for at in 0..20_000u64 {
            let text = format!("v{}", (at * at + 7 * at) % 997 % (1 + at % 90));
            halves[usize::from(at % 3 == 0)].add(&text);
            *truth.entry(text).or_default() += 1;
        }
        let [mut summary, other] = halves;
        summary.merge(&other);
        assert!(summary.is_sound() && summary.values() == 20_000);
        for counter in summary.top_by_text(40) {
            let truly = truth[&*counter.text];
            assert!(truly <= counter.count && counter.count - counter.error <= truly, "{}", counter.text);
            assert!(counter.error <= 20_000 / 40, "{}: {}", counter.text, counter.error);
        }
        summary.add("v0");
        assert!(summary.is_sound(), "it counts on");
    }

    #[test]
    fn few_values_are_exact_whatever_the_order() {
        let texts = ["b", "a", "c", "a", "b", "d"];
        let (mut one, mut other, mut rest) = (Summary::new(9), Summary::new(9), Summary::new(9));
        texts.iter().for_each(|text| {
            one.add(text);
        });
        texts[..2].iter().for_each(|text| {
            rest.add(text);
        });
        texts[2..].iter().rev().for_each(|text| {
            other.add(text);
        });
        other.merge(&rest);
        let top = |of: &Summary| {
            of.top_by_text(3).iter().map(|c| (c.text.to_string(), c.count)).collect::<Vec<_>>()
        };
        assert_eq!(top(&one), [("a".to_string(), 2), ("b".to_string(), 2), ("c".to_string(), 1)]);
        assert_eq!(top(&one), top(&other));
    }
}
