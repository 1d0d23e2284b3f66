//! The items of the baskets that are remembered: each text once, as a number, and how many baskets hold it.

use crate::data::key::hash;
use crate::operator::Index;
use serde::{Deserialize, Serialize};

/// Items by number. A number whose item is in no basket any more is given to another.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(from = "Saved")]
pub(super) struct Items {
    texts: Vec<Box<str>>,
    counts: Vec<u64>,
    free: Vec<u32>,
    /// Of all texts that are in use.
    bytes: usize,
    #[serde(skip)]
    index: Index,
}

/// What is saved: all but the index.
#[derive(Deserialize)]
struct Saved {
    texts: Vec<Box<str>>,
    counts: Vec<u64>,
    free: Vec<u32>,
    bytes: usize,
}

impl From<Saved> for Items {
    fn from(Saved { texts, counts, free, bytes }: Saved) -> Items {
        let mut index = Index::default();
        for (code, text) in texts.iter().enumerate() {
            if counts.get(code).is_some_and(|count| *count > 0) {
                index.insert(hash(text.as_bytes()), code as u32);
            }
        }
        Items { texts, counts, free, bytes, index }
    }
}

/// What an item costs beside its text: number, count, place in the index.
const ITEM_BYTES: usize = 64;

impl Items {
    /// How many are in use.
    pub(super) fn len(&self) -> usize {
        self.texts.len() - self.free.len()
    }

    /// Numbers are below this.
    pub(super) fn end(&self) -> usize {
        self.texts.len()
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes + ITEM_BYTES * self.len()
    }

    pub(super) fn text(&self, code: u32) -> &str {
        &self.texts[code as usize]
    }

    pub(super) fn count(&self, code: u32) -> u64 {
        self.counts[code as usize]
    }

    /// The number of an item; a new one is in no basket yet, and must be counted before another is asked for.
    #[inline]
    pub(super) fn code(&mut self, text: &str) -> u32 {
        let hash = hash(text.as_bytes());
        match self.index.find(hash, |code| *self.texts[code as usize] == *text) {
            Some(code) => code,
            None => self.add(hash, text),
        }
    }

    #[cold]
    fn add(&mut self, hash: u64, text: &str) -> u32 {
        let code = match self.free.pop() {
            Some(code) => {
                self.texts[code as usize] = text.into();
                code
            }
            None => {
                self.texts.push(text.into());
                self.counts.push(0);
                (self.texts.len() - 1) as u32
            }
        };
        self.index.insert(hash, code);
        self.bytes += text.len();
        code
    }

    /// One basket more holds it.
    #[inline]
    pub(super) fn enter(&mut self, code: u32) {
        self.counts[code as usize] += 1;
    }

    /// `n` baskets fewer hold it: without any it is forgotten.
    #[inline]
    pub(super) fn leave(&mut self, code: u32, n: u64) {
        self.counts[code as usize] -= n;
        if self.counts[code as usize] == 0 {
            self.forget(code);
        }
    }

    /// Sets how many hold each: what none holds is forgotten.
    pub(super) fn recount(&mut self, counts: &[u64]) {
        for (code, count) in counts.iter().enumerate() {
            let was = std::mem::replace(&mut self.counts[code], *count);
            if was > 0 && *count == 0 {
                self.forget(code as u32);
            }
        }
    }

    #[cold]
    fn forget(&mut self, code: u32) {
        let text = std::mem::take(&mut self.texts[code as usize]);
        self.index.remove(hash(text.as_bytes()), code);
        self.bytes -= text.len();
        self.free.push(code);
    }

    /// Whether what was loaded can be: lengths fit, and no number beyond the end is free.
    pub(super) fn is_sound(&self) -> bool {
        let zeros = self.counts.iter().filter(|count| **count == 0).count();
        self.texts.len() == self.counts.len()
            && self.free.len() == zeros
            && self.free.iter().all(|code| self.counts.get(*code as usize) == Some(&0))
    }
}
