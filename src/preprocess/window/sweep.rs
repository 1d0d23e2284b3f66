//! Windows put together of the panes that they share, one window after the other, the keys of each in their order.

use super::rows::State;
use std::cmp::Ordering;

/// A pane that belongs to the windows which begin from `from` to `to`.
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

    fn is_of(&self, other: &Pane<'_>) -> bool {
        self.begins == other.begins && self.key == other.key
    }

    /// By key, then by its place.
    fn order(&self, other: &Pane<'_>) -> Ordering {
        let by_key = self.begins.cmp(&other.begins).then_with(|| self.key.cmp(other.key));
        by_key.then_with(|| self.place.cmp(&other.place))
    }
}

/// Tells each window that a pane belongs to: its start and key, and what it holds. `next` says where the window behind
/// another begins.
pub(super) fn sweep(
    mut panes: Vec<Pane<'_>>,
    whole: &mut State,
    mut next: impl FnMut(i64) -> i64,
    mut tell: impl FnMut(i64, &[u8], &State),
) {
    panes.sort_unstable_by(|a, b| a.from.cmp(&b.from).then_with(|| a.order(b)));
    let (mut at, mut active): (usize, Vec<usize>) = (0, Vec::new());
    while let Some(start) =
        if active.is_empty() { panes.get(at).map(|pane| pane.from) } else { Some(panes[active[0]].from) }
    {
        let (before, alone) = (at, active.is_empty());
        at += panes[at..].iter().take_while(|pane| pane.from <= start).count();
        active.extend(before..at);
        if !alone {
            active.sort_unstable_by(|a, b| panes[*a].order(&panes[*b]));
        }
        for of_key in active.chunk_by(|a, b| panes[*a].is_of(&panes[*b])) {
            let first = &panes[of_key[0]];
            if of_key.len() == 1 {
                tell(start, first.key, first.state);
                continue;
            }
            whole.clone_from(first.state);
            of_key[1..].iter().for_each(|at| whole.merge(panes[*at].state));
            tell(start, first.key, whole);
        }
        active.retain(|at| panes[*at].to > start);
        if !active.is_empty() {
            let next = next(start);
            active.iter().for_each(|at| panes[*at].from = next);
        }
    }
}
