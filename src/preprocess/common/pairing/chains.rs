//! Rows of one key, and of one stretch of time, threaded together: who looks for partners walks along them.

use super::Waiting;
use crate::data::{Batch, key};
use crate::operator::Index;

/// From a key and a stretch to the rows that are there, in the order in which they came.
#[derive(Clone, Default)]
pub(in crate::preprocess) struct Chains {
    index: Index,
    heads: Vec<Head>,
    /// Heads without a row.
    free: Vec<u32>,
    /// By row.
    links: Vec<Link>,
}

#[derive(Clone, Copy)]
struct Head {
    hash: u64,
    stretch: i64,
    first: u32,
    last: u32,
}

#[derive(Clone, Copy)]
struct Link {
    head: u32,
    before: u32,
    after: u32,
}

const NONE: u32 = u32::MAX;
const UNLINKED: Link = Link { head: NONE, before: NONE, after: NONE };

/// Who is looked for: a row of another batch, or of the same, by its key, and the stretch.
#[derive(Clone, Copy)]
pub(in crate::preprocess) struct Sought<'a> {
    pub hash: u64,
    pub stretch: i64,
    pub batch: &'a Batch,
    pub columns: &'a [usize],
    pub row: usize,
}

/// Where a key with this hash lies in a stretch of time.
#[inline]
pub(in crate::preprocess) fn in_stretch(hash: u64, stretch: i64) -> u64 {
    // The golden ratio's odd multiple spreads neighbours over the high bits, which say the place.
    hash.wrapping_add((stretch as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15))
}

impl Chains {
    /// The first row of that key and stretch among `rows`, whose key columns are `columns`.
    #[inline]
    pub(in crate::preprocess) fn first(
        &self,
        rows: &Batch,
        columns: &[usize],
        sought: Sought<'_>,
    ) -> Option<u32> {
        self.head(rows, columns, sought).map(|head| self.heads[head as usize].first)
    }

    fn head(&self, rows: &Batch, columns: &[usize], sought: Sought<'_>) -> Option<u32> {
        self.index.find(sought.hash, |head| {
            let Head { stretch, first, .. } = self.heads[head as usize];
            stretch == sought.stretch
                && key::same(rows, columns, first as usize, sought.batch, sought.columns, sought.row)
        })
    }

    /// The row behind one.
    #[inline]
    pub(in crate::preprocess) fn after(&self, row: u32) -> Option<u32> {
        Some(self.links[row as usize].after).filter(|row| *row != NONE)
    }

    /// A row of `rows` comes behind those of its key and stretch.
    pub(in crate::preprocess) fn link(
        &mut self,
        rows: &Batch,
        columns: &[usize],
        hash: u64,
        stretch: i64,
        row: u32,
    ) {
        let sought = Sought { hash, stretch, batch: rows, columns, row: row as usize };
        let before = match self.head(rows, columns, sought) {
            Some(head) => head,
            None => self.add(Head { hash, stretch, first: row, last: NONE }),
        };
        let head = &mut self.heads[before as usize];
        let last = std::mem::replace(&mut head.last, row);
        if self.links.len() <= row as usize {
            self.links.resize(row as usize + 1, UNLINKED);
        }
        self.links[row as usize] = Link { head: before, before: last, after: NONE };
        if last != NONE {
            self.links[last as usize].after = row;
        }
    }

    fn add(&mut self, head: Head) -> u32 {
        let at = self.free.pop().unwrap_or_else(|| {
            self.heads.push(head);
            (self.heads.len() - 1) as u32
        });
        self.heads[at as usize] = head;
        self.index.insert(head.hash, at);
        at
    }

    /// A row goes, if it is linked.
    pub(in crate::preprocess) fn unlink(&mut self, row: u32) {
        let Some(link) = self.links.get_mut(row as usize) else { return };
        let Link { head, before, after } = std::mem::replace(link, UNLINKED);
        if head == NONE {
            return;
        }
        match before {
            NONE => self.heads[head as usize].first = after,
            before => self.links[before as usize].after = after,
        }
        match after {
            NONE => self.heads[head as usize].last = before,
            after => self.links[after as usize].before = before,
        }
        let Head { hash, first, .. } = self.heads[head as usize];
        if first == NONE {
            self.index.remove(hash, head);
            self.free.push(head);
        }
    }

    /// Rows have closed up.
    pub(in crate::preprocess) fn moved(&mut self, waiting: &Waiting) {
        let now = |row: u32| waiting.now(row).unwrap_or(NONE);
        let mut at = 0;
        for row in 0..self.links.len() {
            let Some(to) = waiting.now(row as u32) else { continue };
            let Link { head, before, after } = self.links[row];
            self.links[to as usize] = Link { head, before: now(before), after: now(after) };
            at = to as usize + 1;
        }
        self.links.truncate(at);
        for head in &mut self.heads {
            (head.first, head.last) = (now(head.first), now(head.last));
        }
    }
}
