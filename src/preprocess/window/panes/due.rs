//! Windows that go out one after the other, by start, those of one start by their key: some at a time, though a million
//! keys have one that ends at the same moment.
//!
//! So go those that share no pane with others, and that nothing is kept of behind their end.

use super::super::gone::Reach;
use super::super::quiet::ROWS;
use super::super::rows::{Mark, Rows, State};
use super::super::spans::Spans;
use super::{Panes, START_BYTES, place_of};
use crate::operator::Keyed;

/// The memory for so many bytes of keys, and so many keys, is used again.
const KEPT: usize = 1 << 14;

/// The panes that are due, until all have gone.
#[derive(Clone, Default)]
pub(super) struct Due {
    /// The time up to which they close.
    to: i64,
    /// Their keys, one behind the other.
    keys: Vec<u8>,
    /// The one that goes next is the last.
    order: Vec<At>,
}

/// Where the key of a pane lies, and what says its order: keys lie all over, and this does not.
#[derive(Clone)]
struct At {
    start: i64,
    /// The beginning of the key, as a number of the same order.
    begins: u64,
    from: usize,
    len: usize,
}

impl Due {
    /// Finds what closes up to a time.
    fn find(&mut self, open: &Keyed<State>, spans: &mut Spans, to: i64) {
        self.to = to;
        self.keys.clear();
        for (key, _) in open.iter() {
            let (start, n) = place_of(key, START_BYTES);
            if spans.open((start, n), to, true) == 0 {
                let mut first = [0; 8];
                let width = (key.len() - START_BYTES).min(first.len());
                first[..width].copy_from_slice(&key[..width]);
                let begins = u64::from_be_bytes(first);
                self.order.push(At { start, begins, from: self.keys.len(), len: key.len() });
                self.keys.extend_from_slice(key);
            }
        }
        let Due { keys, order, .. } = self;
        let key = |at: &At| &keys[at.from..][..at.len - START_BYTES];
        order.sort_unstable_by(|a, b| {
            (b.start, b.begins).cmp(&(a.start, a.begins)).then_with(|| key(b).cmp(key(a)))
        });
    }
}

impl Panes {
    /// Whether each pane is a window that goes with its row.
    pub(super) fn go_alone(&self) -> bool {
        !self.spans.overlap() && !self.restates && self.quiet.is_none()
    }

    /// Lets the next go of what closes up to a time, or was on its way before; without rows all of it. False: there is
    /// more. `reach` is how far it has come.
    pub(super) fn let_go_alone(
        &mut self,
        to: i64,
        mut rows: Option<&mut Rows<'_>>,
        reach: &mut Reach,
    ) -> bool {
        let Panes { spans, open, due, bytes, fresh, .. } = self;
        if due.order.is_empty() {
            due.find(open, spans, to);
        }
        let mut n = 0;
        while let Some(At { start, from, len, .. }) = due.order.pop() {
            let key = &due.keys[from..][..len];
            // One that had to make room has gone by itself.
            let Some(state) = open.remove(key) else { continue };
            let columns = &key[..len - START_BYTES];
            *bytes = bytes.saturating_sub(len + state.bytes());
            if let Some(rows) = rows.as_deref_mut() {
                rows.write(columns, [start, spans.end(start)], state, Mark::Closed);
                n += 1;
            }
            state.clone_from(fresh);
            if n >= ROWS && !due.order.is_empty() && reach.goes_within(start, columns) {
                return false;
            }
        }
        // Memory that a million keys took is not kept.
        due.keys.shrink_to(KEPT);
        due.order.shrink_to(KEPT);
        reach.goes_to(due.to, |start| spans.closes(start));
        due.to >= to
    }

    /// Forgets the windows up to a place.
    pub(super) fn forget_within(&mut self, reach: &Reach) {
        if reach.within.is_empty() || !self.go_alone() {
            return;
        }
        let has = |key: &[u8]| reach.has(place_of(key, START_BYTES).0, &key[..key.len() - START_BYTES]);
        self.forget(has);
    }

    /// Forgets the panes of some keys.
    pub(super) fn forget(&mut self, mut which: impl FnMut(&[u8]) -> bool) {
        let keys: Vec<Vec<u8>> =
            self.open.iter().filter(|(key, _)| which(key)).map(|(key, _)| key.to_vec()).collect();
        for key in keys {
            let state = self.open.remove(&key).expect("it was found there");
            self.bytes = self.bytes.saturating_sub(key.len() + state.bytes());
            state.clone_from(&self.fresh);
        }
    }
}
