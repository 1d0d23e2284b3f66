//! Windows put together of the panes that they share, one window after the other, the keys of each in their order.
//!
//! To merge all panes anew for each window would cost windows times panes, so time is cut into blocks as long as a
//! window. The panes that a window shares with those before it in its block are merged from the block's end on, once
//! for all windows of the block; those that come since, one after the other as they come (van Herk 1992, A fast
//! algorithm for local minimum and maximum filters, Pattern Recognition Letters 13:517). Which panes are merged with
//! which hangs on the window alone, so a row says the same however many go out at a time.

use super::rows::State;
use run::Run;
use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

mod run;

/// A pane that belongs to the windows which begin from `from` to `to`.
#[derive(Clone, Copy)]
pub(super) struct Pane<'a> {
    pub from: i64,
    pub to: i64,
    /// The columns of the key.
    pub key: &'a [u8],
    /// The beginning of the key, as a number of the same order: keys lie all over, and this does not.
    begins: u128,
    /// Its place among the panes of its key: they are put together in this order, whatever that of arrival.
    pub place: (i64, u32),
    pub state: &'a State,
}

impl<'a> Pane<'a> {
    pub(super) fn new(
        (from, to): (i64, i64),
        key: &'a [u8],
        place: (i64, u32),
        state: &'a State,
    ) -> Pane<'a> {
        let mut first = [0; 16];
        let n = key.len().min(first.len());
        first[..n].copy_from_slice(&key[..n]);
        Pane { from, to, key, begins: u128::from_be_bytes(first), place, state }
    }

    /// The last window and the first that it belongs to, also where these do not go out now. One without a place is
    /// that of windows without records.
    fn last(&self) -> i64 {
        if self.place.1 == 0 { self.to } else { self.place.0 }
    }

    fn first(&self, slides: Slides) -> i64 {
        match self.place {
            (_, 0) => self.from,
            (last, n) => last.saturating_sub(slides.slide.saturating_mul(i64::from(n) - 1)),
        }
    }

    fn is_of(&self, other: &Pane<'_>) -> bool {
        self.begins == other.begins && self.key == other.key
    }

    fn by_key(&self, other: &Pane<'_>) -> Ordering {
        self.begins.cmp(&other.begins).then_with(|| self.key.cmp(other.key))
    }
}

/// How windows lie behind each other: by how much they slide on, and how long they are.
#[derive(Clone, Copy)]
pub(super) struct Slides {
    pub slide: i64,
    pub size: i64,
}

impl Slides {
    fn overlap(self) -> bool {
        self.slide < self.size
    }

    /// The block in which a window begins.
    fn block(self, start: i64) -> i64 {
        start.div_euclid(self.size)
    }
}

/// Tells each window that a pane belongs to: its start and key, and what it holds. `next` says where the window behind
/// another begins.
pub(super) fn sweep(
    mut panes: Vec<Pane<'_>>,
    slides: Slides,
    whole: &mut State,
    mut next: impl FnMut(i64) -> i64,
    mut tell: impl FnMut(i64, &[u8], &State),
) {
    let Some(start) = panes.first().map(|pane| pane.from) else { return };
    if !slides.overlap() && panes.iter().all(|pane| pane.from == pane.to) {
        panes.sort_unstable_by(|a, b| a.from.cmp(&b.from).then_with(|| a.by_key(b)));
        return panes.iter().for_each(|pane| tell(pane.from, pane.key, pane.state));
    }
    if panes.iter().all(|pane| (pane.from, pane.to) == (start, start)) {
        panes.sort_unstable_by(|a, b| a.by_key(b).then_with(|| a.place.cmp(&b.place)));
        let mut run = Run::default();
        for of_key in panes.chunk_by(Pane::is_of) {
            run.begin(of_key);
            tell(start, of_key[0].key, run.at(start, (start, slides), whole));
        }
        return;
    }
    let last = panes.iter().map(|pane| pane.to).max().unwrap_or(start);
    panes.sort_unstable_by(|a, b| a.by_key(b).then_with(|| (a.from, a.place).cmp(&(b.from, b.place))));
    let mut runs: Vec<Run<'_>> = Vec::new();
    let mut starts: BinaryHeap<Reverse<(i64, usize)>> = BinaryHeap::new();
    for of_key in panes.chunk_by(Pane::is_of) {
        starts.push(Reverse((of_key[0].from, runs.len())));
        let mut run = Run::default();
        run.begin(of_key);
        runs.push(run);
    }
    while let Some(Reverse((start, of))) = starts.pop() {
        let run = &mut runs[of];
        tell(start, run.key(), run.at(start, (last, slides), whole));
        if let Some(start) = run.behind(start, &mut next) {
            starts.push(Reverse((start, of)));
        }
    }
}

#[cfg(test)]
mod tests;
