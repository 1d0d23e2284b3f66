//! All itemsets that so many baskets hold, with their counts: depth first over bitmaps.
//!
//! Items are numbered from the rarest to the commonest. For each of them the baskets that hold it are walked through
//! once, to count the commoner items beside it; of those that are common enough there a bitmap is made over just these
//! baskets, and below that an itemset is one AND of two bitmaps, 64 baskets a step. So sparse baskets cost their length
//! and dense ones next to nothing (Zaki 2000, Scalable algorithms for association mining; Uno, Kiyomi & Arimura 2004,
//! LCM ver. 2, for walking through baskets first).
//!
//! Equal baskets may come as one with a weight: a bitmap's weight is then the sum over the bits of the weights.

use super::found::Found;
use super::weights::Weights;

/// What is to be found.
#[derive(Clone, Copy, Debug)]
pub(in crate::mining) struct Wanted {
    /// So many baskets must hold an itemset; at least one.
    pub count_min: u64,
    /// An itemset has so many items at most.
    pub len_max: usize,
    /// At most so many itemsets are found: where there are more, `count_min` rises until there are not, or where too
    /// many are as common, `len_max` falls.
    pub sets_max: usize,
}

/// Finds all itemsets of baskets of items below `items`, each basket without an item twice and with its weight.
/// The items of an itemset are in ascending order; itemsets are in a fixed order of their own.
pub(in crate::mining) fn mine<'a>(
    baskets: impl Iterator<Item = (&'a [u32], u64)> + Clone,
    items: usize,
    wanted: Wanted,
) -> Found {
    let mut counts = vec![0u64; items];
    for (basket, weight) in baskets.clone() {
        basket.iter().for_each(|item| counts[*item as usize] += weight);
    }
    let count_min = wanted.count_min.max(1);
    let mut order: Vec<u32> = (0..items as u32).filter(|item| counts[*item as usize] >= count_min).collect();
    order.sort_by_key(|item| (counts[*item as usize], *item));
    let mut rank = vec![u32::MAX; items];
    order.iter().enumerate().for_each(|(at, item)| rank[*item as usize] = at as u32);
    let rows = Rows::of(baskets, &rank, order.len());
    // All parts of a longer one would be found too, and those are more than may be.
    let len_max = wanted.len_max.min(wanted.sets_max.max(1).ilog2() as usize + 1);
    let mut found = Found::of_at_least(count_min, len_max);
    found.keep_items(order.iter().map(|item| counts[*item as usize]), wanted.sets_max);
    let (prefix, depths) = (Vec::new(), Vec::new());
    let mut search = Search { order: &order, sets_max: wanted.sets_max, found, prefix, depths };
    if len_max > 0 {
        search.all(&rows, &counts);
    }
    search.found
}

/// Baskets of ranks, the rarest first, and where each rank stands.
struct Rows {
    ranks: Vec<u32>,
    /// Where each basket ends.
    ends: Vec<u32>,
    weights: Vec<u64>,
    /// By rank: its baskets, and the place behind it in each.
    places: Vec<(u32, u32)>,
    starts: Vec<usize>,
}

impl Rows {
    fn of<'a>(baskets: impl Iterator<Item = (&'a [u32], u64)> + Clone, rank: &[u32], n: usize) -> Rows {
        let mut order: Vec<(u64, &[u32])> = baskets.map(|(basket, weight)| (weight, basket)).collect();
        // Bitmaps are weighed word by word: like weights lie together.
        order.sort_by_key(|(weight, _)| *weight);
        let mut rows = Rows {
            ranks: Vec::new(),
            ends: Vec::new(),
            weights: Vec::new(),
            places: Vec::new(),
            starts: vec![0; n + 1],
        };
        for (weight, basket) in order {
            let start = rows.ranks.len();
            rows.ranks
                .extend(basket.iter().map(|item| rank[*item as usize]).filter(|rank| *rank != u32::MAX));
            if rows.ranks.len() == start {
                continue;
            }
            rows.ranks[start..].sort_unstable();
            rows.ranks[start..].iter().for_each(|rank| rows.starts[*rank as usize + 1] += 1);
            rows.ends.push(rows.ranks.len() as u32);
            rows.weights.push(weight);
        }
        (0..n).for_each(|rank| rows.starts[rank + 1] += rows.starts[rank]);
        let mut next = rows.starts.clone();
        rows.places.resize(rows.ranks.len(), (0, 0));
        let mut start = 0;
        for (row, end) in rows.ends.iter().enumerate() {
            for at in start..*end as usize {
                let next = &mut next[rows.ranks[at] as usize];
                rows.places[*next] = (row as u32, at as u32 + 1);
                *next += 1;
            }
            start = *end as usize;
        }
        rows
    }

    /// The baskets of a rank: what is in each beside it and commoner, and the weight.
    fn beside(&self, rank: usize) -> impl Iterator<Item = (&[u32], u64)> {
        self.places[self.starts[rank]..self.starts[rank + 1]].iter().map(|(row, from)| {
            let row = *row as usize;
            (&self.ranks[*from as usize..self.ends[row] as usize], self.weights[row])
        })
    }
}

/// Items that may come next, each with a bitmap of the baskets that hold it too, one behind the other.
#[derive(Default)]
struct Depth {
    items: Vec<(u32, u64)>,
    bits: Vec<u64>,
}

struct Search<'a> {
    /// The item of each rank.
    order: &'a [u32],
    sets_max: usize,
    found: Found,
    prefix: Vec<u32>,
    /// Memory for each depth, used again.
    depths: Vec<Depth>,
}

impl Search<'_> {
    fn all(&mut self, rows: &Rows, counts: &[u64]) {
        let n = self.order.len();
        let (mut beside, mut slots) = (vec![0u64; n], vec![u32::MAX; n]);
        let mut weights = Weights::default();
        for rank in 0..n {
            self.tell(rank as u32, counts[self.order[rank] as usize]);
            if self.found.len_max < 2 {
                continue;
            }
            for (row, weight) in rows.beside(rank) {
                row.iter().for_each(|other| beside[*other as usize] += weight);
                self.found.steps += row.len() as u64;
            }
            let mut depth = self.depths.pop().unwrap_or_default();
            depth.items.clear();
            for (other, count) in beside.iter_mut().enumerate().skip(rank + 1) {
                if *count >= self.found.count_min {
                    slots[other] = depth.items.len() as u32;
                    depth.items.push((other as u32, *count));
                }
                *count = 0;
            }
            if !depth.items.is_empty() {
                let words = (rows.starts[rank + 1] - rows.starts[rank]).div_ceil(64);
                weights.fill(rows.beside(rank).map(|(_, weight)| weight));
                depth.bits.clear();
                depth.bits.resize(words * depth.items.len(), 0);
                for (at, (row, _)) in rows.beside(rank).enumerate() {
                    for other in row {
                        let slot = slots[*other as usize];
                        if slot != u32::MAX {
                            depth.bits[slot as usize * words + at / 64] |= 1 << (at % 64);
                        }
                    }
                }
                depth.items.iter().for_each(|(other, _)| slots[*other as usize] = u32::MAX);
                self.prefix.push(rank as u32);
                self.below(&depth, &weights, words);
                self.prefix.pop();
            }
            self.depths.push(depth);
        }
    }

    /// All itemsets that go on from the prefix with items of this depth.
    fn below(&mut self, depth: &Depth, weights: &Weights, words: usize) {
        let mut next = self.depths.pop().unwrap_or_default();
        for (at, (item, count)) in depth.items.iter().enumerate() {
            if *count < self.found.count_min {
                continue;
            }
            self.tell(*item, *count);
            if self.prefix.len() + 2 > self.found.len_max {
                continue;
            }
            next.items.clear();
            next.bits.clear();
            let bits = &depth.bits[at * words..][..words];
            for (other, (item, most)) in depth.items.iter().enumerate().skip(at + 1) {
                if *most < self.found.count_min {
                    continue;
                }
                let start = next.bits.len();
                let others = &depth.bits[other * words..][..words];
                next.bits.extend(bits.iter().zip(others).map(|(a, b)| a & b));
                let count = weights.sum(&next.bits[start..]);
                self.found.steps += words as u64;
                if count >= self.found.count_min {
                    next.items.push((*item, count));
                } else {
                    next.bits.truncate(start);
                }
            }
            if !next.items.is_empty() {
                self.prefix.push(*item);
                self.below(&next, weights, words);
                self.prefix.pop();
            }
        }
        self.depths.push(next);
    }

    /// Takes the prefix and one item more.
    fn tell(&mut self, last: u32, count: u64) {
        if count < self.found.count_min || self.prefix.len() >= self.found.len_max {
            return;
        }
        let ranks = self.prefix.iter().chain(std::iter::once(&last));
        self.found.push_sorted(ranks.map(|rank| self.order[*rank as usize]), count);
        self.found.cap(self.sets_max);
    }
}
