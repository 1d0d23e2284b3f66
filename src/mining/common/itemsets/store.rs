//! Baskets that are remembered: each a sorted run of numbers, in the order in which they came.
//!
//! The whole of a stream keeps equal baskets once, with a weight: it grows with what is new alone. A window keeps each
//! of its own, so that the oldest can leave at the cost of its length.

use crate::data::key::hash;
use crate::operator::Index;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Head {
    /// Where it ends, counted from the first number that ever came.
    end: u64,
    time: i64,
    weight: u64,
}

/// What a basket costs beside its items, its place in the index included.
const HEAD_BYTES: usize = size_of::<Head>() + 32;
const CODE_BYTES: usize = size_of::<u32>();

#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(from = "Saved")]
pub(super) struct Baskets {
    codes: VecDeque<u32>,
    heads: VecDeque<Head>,
    /// How many numbers and baskets have left at the front.
    left: u64,
    /// All baskets, by weight.
    count: u64,
    /// Equal baskets are one.
    merges: bool,
    #[serde(skip)]
    index: Index,
}

#[derive(Deserialize)]
struct Saved {
    codes: VecDeque<u32>,
    heads: VecDeque<Head>,
    left: u64,
    count: u64,
    merges: bool,
}

impl From<Saved> for Baskets {
    fn from(Saved { codes, heads, left, count, merges }: Saved) -> Baskets {
        let mut baskets = Baskets { codes, heads, left, count, merges, index: Index::default() };
        if merges && baskets.is_sound() {
            baskets.codes.make_contiguous();
            for at in 0..baskets.heads.len() {
                let hash = hash_of(baskets.get(at));
                baskets.index.insert(hash, at as u32);
            }
        }
        baskets
    }
}

fn hash_of(codes: &[u32]) -> u64 {
    codes.iter().fold(hash(&[]), |sum, code| {
        (sum ^ u64::from(*code)).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29)
    })
}

impl Baskets {
    pub(super) fn new(merges: bool) -> Baskets {
        Baskets { merges, ..Baskets::default() }
    }

    /// All that are remembered, by weight.
    pub(super) fn count(&self) -> u64 {
        self.count
    }

    /// How many lie here, equal ones as one.
    pub(super) fn len(&self) -> usize {
        self.heads.len()
    }

    pub(super) fn bytes(&self) -> usize {
        CODE_BYTES * self.codes.len() + HEAD_BYTES * self.heads.len()
    }

    /// Adds a basket, whose items are in order, each once. False: one that is equal lies here already.
    #[inline]
    pub(super) fn push(&mut self, basket: &[u32], time: i64, weight: u64) -> bool {
        self.count += weight;
        let hash = if self.merges { hash_of(basket) } else { 0 };
        if self.merges {
            let found = self.index.find(hash, |at| self.get(at as usize) == basket);
            if let Some(at) = found {
                self.heads[at as usize].weight += weight;
                return false;
            }
            self.index.insert(hash, self.heads.len() as u32);
        }
        let end = self.heads.back().map_or(self.left, |head| head.end) + basket.len() as u64;
        self.codes.extend(basket);
        self.heads.push_back(Head { end, time, weight });
        true
    }

    /// Where a basket lies in `codes`.
    fn span(&self, at: usize) -> std::ops::Range<usize> {
        let start = if at == 0 { self.left } else { self.heads[at - 1].end };
        (start - self.left) as usize..(self.heads[at].end - self.left) as usize
    }

    /// A basket, where the numbers lie in one piece: those of the whole stream always do.
    fn get(&self, at: usize) -> &[u32] {
        &self.codes.as_slices().0[self.span(at)]
    }

    /// Takes the oldest basket out: `gone` gets its items.
    pub(super) fn pop(&mut self, gone: impl FnMut(u32)) -> bool {
        let Some(head) = self.heads.pop_front() else { return false };
        let len = (head.end - self.left) as usize;
        self.codes.drain(..len).for_each(gone);
        self.left = head.end;
        self.count -= head.weight;
        true
    }

    /// The time of the oldest.
    pub(super) fn oldest(&self) -> Option<i64> {
        self.heads.front().map(|head| head.time)
    }

    /// All baskets that are not older than a time, with their weights.
    pub(super) fn since(&mut self, time: i64) -> impl Iterator<Item = (&[u32], u64)> + Clone {
        self.codes.make_contiguous();
        let baskets = &*self;
        let all = baskets.heads.iter().enumerate().filter(move |(_, head)| head.time >= time);
        all.map(|(at, head)| (baskets.get(at), head.weight))
    }

    /// How many baskets are not older than a time, by weight.
    pub(super) fn count_since(&self, time: i64) -> u64 {
        self.heads.iter().filter(|head| head.time >= time).map(|head| head.weight).sum()
    }

    /// Takes items out of all baskets; those that are equal then become one.
    pub(super) fn keep(&mut self, stays: impl Fn(u32) -> bool) {
        let mut kept = Baskets::new(self.merges);
        let mut basket = Vec::new();
        self.codes.make_contiguous();
        for (at, head) in self.heads.iter().enumerate() {
            basket.clear();
            basket.extend(self.get(at).iter().copied().filter(|code| stays(*code)));
            kept.push(&basket, head.time, head.weight);
        }
        *self = kept;
    }

    /// Forgets all.
    pub(super) fn clear(&mut self) {
        *self = Baskets::new(self.merges);
    }

    /// Whether what was loaded can be: the ends are in order and those of its numbers, and the weights add up.
    pub(super) fn is_sound(&self) -> bool {
        let mut last = self.left;
        let ordered = self.heads.iter().all(|head| std::mem::replace(&mut last, head.end) <= head.end);
        let weights = self.heads.iter().try_fold(0u64, |sum, head| sum.checked_add(head.weight));
        ordered && last - self.left == self.codes.len() as u64 && weights == Some(self.count)
    }

    /// Numbers that stand in it.
    pub(super) fn codes(&self) -> impl Iterator<Item = u32> {
        self.codes.iter().copied()
    }
}
