//! Itemsets of a whole stream in little memory, each counted too low by a known part of the stream at most.
//!
//! Baskets are taken a batch at a time. What is known of before is counted in the batch, and what is common enough in
//! the batch is known from then on. How often an itemset may have come before that is no more than what all batches so
//! far have let go by, and one that could not be more than that is forgotten (Manku & Motwani 2002, Approximate
//! frequency counts over data streams, section 5).

use super::found::Found;
use super::mine::{Wanted, mine};
use super::store::Baskets;
use serde::{Deserialize, Serialize};

/// An itemset that is known.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Known {
    /// Where it ends in `items`.
    end: usize,
    /// How many baskets held it since it is known.
    count: u64,
    /// So many may have held it before.
    before: u64,
}

#[derive(Clone, Default, Serialize, Deserialize)]
pub(super) struct Lossy {
    items: Vec<u32>,
    /// In the order of their items.
    sets: Vec<Known>,
    /// Baskets of whole batches.
    pub(super) taken: u64,
    /// So many baskets may have held an itemset that is not known.
    pub(super) missed: u64,
}

/// Bitmaps take so many words of 64 baskets at a time, 32 MiB.
const BITS_MAX: usize = 4 << 20;
/// What an itemset costs beside its items.
const KNOWN_BYTES: usize = size_of::<Known>();

impl Lossy {
    pub(super) fn bytes(&self) -> usize {
        KNOWN_BYTES * self.sets.len() + size_of::<u32>() * self.items.len()
    }

    fn set(&self, at: usize) -> &[u32] {
        let start = if at == 0 { 0 } else { self.sets[at - 1].end };
        &self.items[start..self.sets[at].end]
    }

    pub(super) fn items(&self) -> impl Iterator<Item = u32> {
        self.items.iter().copied()
    }

    /// Takes a batch in. What is in less than this part of it is let go by. Answers how many itemsets beyond that had
    /// to go for want of room.
    pub(super) fn take(&mut self, batch: &mut Baskets, items: usize, epsilon: f64, wanted: Wanted) -> u64 {
        let least = ((epsilon * batch.count() as f64) as u64).max(1);
        let counts = self.counts(batch, items);
        let found = mine(batch.since(i64::MIN), items, Wanted { count_min: least, ..wanted });
        let before = self.missed;
        self.missed += found.count_min - 1;
        self.taken += batch.count();
        let new = sorted(&found);
        let old = std::mem::take(self);
        (self.taken, self.missed) = (old.taken, old.missed);
        let mut next = new.into_iter().peekable();
        for (at, known) in old.sets.iter().enumerate() {
            let set = old.set(at);
            while let Some((set, count)) = next.next_if(|(new, _)| *new < set) {
                self.add(set, count, before);
            }
            next.next_if(|(new, _)| *new == set);
            self.add(set, known.count + counts[at], known.before);
        }
        next.for_each(|(set, count)| self.add(set, count, before));
        found.dropped
    }

    fn add(&mut self, set: &[u32], count: u64, before: u64) {
        if count + before > self.missed {
            self.items.extend_from_slice(set);
            self.sets.push(Known { end: self.items.len(), count, before });
        }
    }

    /// Forgets the rarer half of what is known, for want of room, and answers how many that were: `missed` has their
    /// counts.
    pub(super) fn halve(&mut self) -> usize {
        let mut counts: Vec<u64> = self.sets.iter().map(|known| known.count + known.before).collect();
        if counts.is_empty() {
            return 0;
        }
        let middle = counts.len() / 2;
        self.missed = self.missed.max(*counts.select_nth_unstable(middle).1);
        let old = std::mem::take(self);
        (self.taken, self.missed) = (old.taken, old.missed);
        (0..old.sets.len()).for_each(|at| self.add(old.set(at), old.sets[at].count, old.sets[at].before));
        old.sets.len() - self.sets.len()
    }

    /// What is known so far, with the baskets of a batch that is not full: all itemsets of which at least `count_min`
    /// are counted.
    pub(super) fn found(&self, batch: &mut Baskets, items: usize, wanted: Wanted) -> Found {
        let counts = self.counts(batch, items);
        let mut all = Found::of_at_least(wanted.count_min, usize::MAX);
        let fresh = mine(batch.since(i64::MIN), items, wanted);
        all.dropped = fresh.dropped;
        let mut next = sorted(&fresh).into_iter().peekable();
        for (at, known) in self.sets.iter().enumerate() {
            let set = self.set(at);
            while let Some((set, count)) = next.next_if(|(new, _)| *new < set) {
                all.push(set.iter().copied(), count);
            }
            next.next_if(|(new, _)| *new == set);
            let count = known.count + counts[at];
            if count >= wanted.count_min && set.len() <= wanted.len_max {
                all.push(set.iter().copied(), count);
            }
        }
        next.for_each(|(set, count)| all.push(set.iter().copied(), count));
        let items: Vec<u64> =
            all.iter().filter(|(items, _)| items.len() == 1).map(|(_, count)| count).collect();
        all.keep_items(items.into_iter(), wanted.sets_max);
        all.cap(wanted.sets_max);
        all
    }

    /// How many baskets of a batch hold each itemset that is known.
    fn counts(&self, batch: &mut Baskets, items: usize) -> Vec<u64> {
        self.counts_by(batch, items, BITS_MAX)
    }

    /// The same with bitmaps of at most so many words at a time: as many baskets as fit.
    fn counts_by(&self, batch: &mut Baskets, items: usize, bits_max: usize) -> Vec<u64> {
        let mut rows = vec![u32::MAX; items];
        let mut known = 0;
        for item in &self.items {
            if rows[*item as usize] == u32::MAX {
                rows[*item as usize] = known as u32;
                known += 1;
            }
        }
        let words = batch.len().div_ceil(64).min(bits_max / known.max(1)).max(1);
        let mut bits = vec![0u64; words * known];
        let mut counts = vec![0; self.sets.len()];
        let mut baskets = batch.since(i64::MIN).peekable();
        while baskets.peek().is_some() {
            bits.fill(0);
            for (at, (basket, _)) in baskets.by_ref().take(64 * words).enumerate() {
                for row in basket.iter().map(|item| rows[*item as usize]).filter(|row| *row != u32::MAX) {
                    bits[row as usize * words + at / 64] |= 1 << (at % 64);
                }
            }
            self.count(&mut counts, |item| &bits[rows[item as usize] as usize * words..][..words]);
        }
        counts
    }

    /// Adds how many baskets hold each itemset: those of an item are the bits of `row`.
    fn count<'a>(&self, counts: &mut [u64], row: impl Fn(u32) -> &'a [u64]) {
        // Of the itemset before, the baskets that hold its first items, one, two and so on.
        let (mut held, mut path): (Vec<Vec<u64>>, Vec<u32>) = (Vec::new(), Vec::new());
        for (at, sum) in counts.iter_mut().enumerate() {
            let set = self.set(at);
            let shared = path.iter().zip(set).take_while(|(a, b)| a == b).count();
            path.truncate(shared);
            for item in &set[shared..] {
                let depth = path.len();
                if held.len() == depth {
                    held.push(Vec::new());
                }
                let mut of = std::mem::take(&mut held[depth]);
                of.clear();
                match depth.checked_sub(1) {
                    None => of.extend_from_slice(row(*item)),
                    Some(above) => of.extend(held[above].iter().zip(row(*item)).map(|(a, b)| a & b)),
                }
                held[depth] = of;
                path.push(*item);
            }
            *sum += held[path.len() - 1].iter().map(|word| u64::from(word.count_ones())).sum::<u64>();
        }
    }

    /// Whether what was loaded can be: every itemset has an item, below `items`, and they end where the items do.
    pub(super) fn is_sound(&self, items: usize) -> bool {
        let mut last = 0;
        let ordered = self.sets.iter().all(|known| std::mem::replace(&mut last, known.end) < known.end);
        ordered && last == self.items.len() && self.items.iter().all(|item| (*item as usize) < items)
    }
}

/// Itemsets by their items.
fn sorted(found: &Found) -> Vec<(&[u32], u64)> {
    let mut all: Vec<_> = found.iter().collect();
    all.sort_unstable();
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn batch() -> Baskets {
        let mut baskets = Baskets::new(false);
        for n in 0..1000u32 {
            let basket: Vec<u32> =
                (0..9).filter(|item| n.wrapping_mul(2_654_435_761) >> (item + 20) & 1 == 1).collect();
            baskets.push(&basket, 0, 1);
        }
        baskets
    }

    #[test]
    fn counts_are_the_same_however_few_baskets_find_room_at_a_time() {
        let wanted = Wanted { count_min: 1, len_max: 9, sets_max: 10_000 };
        let mut lossy = Lossy::default();
        lossy.take(&mut batch(), 9, 0.01, wanted);
        let expected: Vec<u64> = lossy.sets.iter().map(|known| known.count).collect();
        assert!(expected.len() > 100);
        for bits_max in [1, 18, 100, BITS_MAX] {
            assert_eq!(lossy.counts_by(&mut batch(), 9, bits_max), expected, "{bits_max} words");
        }
    }
}
