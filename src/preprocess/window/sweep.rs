//! Windows put together of the panes that they share, one window after the other, the keys of each in their order.

use super::rows::State;

/// A pane that belongs to the windows which begin from `from` to `to`.
pub(super) struct Pane<'a> {
    pub from: i64,
    pub to: i64,
    /// The columns of the key.
    pub key: &'a [u8],
    /// Its place among the panes of its key: they are put together in this order, whatever that of arrival.
    pub place: (i64, u32),
    pub state: &'a State,
}

/// Tells each window that a pane belongs to: its start and key, and what it holds. `next` says where the window behind
/// another begins.
pub(super) fn sweep(
    mut panes: Vec<Pane<'_>>,
    whole: &mut State,
    mut next: impl FnMut(i64) -> i64,
    mut tell: impl FnMut(i64, &[u8], &State),
) {
    panes.sort_unstable_by(|a, b| (a.from, a.key, a.place).cmp(&(b.from, b.key, b.place)));
    let (mut at, mut active): (usize, Vec<usize>) = (0, Vec::new());
    while let Some(start) =
        if active.is_empty() { panes.get(at).map(|pane| pane.from) } else { Some(panes[active[0]].from) }
    {
        let before = at;
        at += panes[at..].iter().take_while(|pane| pane.from <= start).count();
        active.extend(before..at);
        active
            .sort_unstable_by(|a, b| (panes[*a].key, panes[*a].place).cmp(&(panes[*b].key, panes[*b].place)));
        for of_key in active.chunk_by(|a, b| panes[*a].key == panes[*b].key) {
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
