//! Rows of windows that go on: before their end, and again behind it.

use super::super::rows::{Mark, Rows};
use super::super::sweep::{Pane, sweep};
use super::{Panes, VALID, WindowOf, place_of, suffix};
use std::collections::BTreeSet;

impl Panes {
    /// Tells the windows that were given records since this was done last, and go on.
    pub(in crate::preprocess::window) fn tell_early(&mut self, rows: &mut Rows<'_>) {
        let (suffix, closed_to, mut windows) = (suffix(&self.spans), self.gone.closed_to, BTreeSet::new());
        let waits = !self.restates;
        while let Some((key, _)) = self.open.next_unreported() {
            let (last, n) = place_of(key, suffix);
            let open = self.spans.open((last, n), closed_to, waits);
            let mut start = self.spans.first(last, open.max(1));
            for _ in 0..open {
                windows.insert((start, key[..key.len() - suffix].to_vec()));
                start = self.spans.next(start);
            }
        }
        self.tell(&windows, rows, Mark::Early);
    }

    /// Tells the windows that had gone out and were given records since.
    pub(in crate::preprocess::window) fn tell_again(&mut self, rows: &mut Rows<'_>) {
        if !self.again.is_empty() {
            let windows = std::mem::take(&mut self.again);
            self.tell(&windows, rows, Mark::Restated);
        }
    }

    /// Tells these windows, as far as they are there.
    fn tell(&mut self, windows: &BTreeSet<WindowOf>, rows: &mut Rows<'_>, mark: Mark) {
        let Panes { spans, open, whole, .. } = self;
        if !spans.overlap() {
            let mut at = Vec::new();
            for (start, key) in windows {
                at.clear();
                at.extend_from_slice(key);
                at.push(VALID);
                at.extend_from_slice(&start.to_le_bytes());
                if let Some(state) = open.get(&at) {
                    rows.write(key, [*start, spans.end(*start)], state, mark);
                }
            }
            return;
        }
        let (Some((first, _)), Some((last, _))) = (windows.first(), windows.last()) else { return };
        let suffix = suffix(spans);
        let panes = open.iter().filter_map(|(key, state)| {
            let place = place_of(key, suffix);
            let (from, to) = (spans.first(place.0, place.1).max(*first), place.0.min(*last));
            (from <= to).then(|| Pane::new((from, to), &key[..key.len() - suffix], place, state))
        });
        let (panes, slide): (Vec<Pane<'_>>, i64) = (panes.collect(), spans.slide());
        sweep(
            panes,
            whole,
            |start| start + slide,
            |start, key, state| {
                if windows.contains(&(start, key.to_vec())) {
                    rows.write(key, [start, spans.end(start)], state, mark);
                }
            },
        );
    }

    /// How many records wait in windows that have not gone out.
    pub(in crate::preprocess::window) fn waiting(&mut self) -> u64 {
        let (suffix, waits) = (suffix(&self.spans), !self.restates);
        let Panes { spans, open, gone, .. } = self;
        let open =
            open.iter().filter(|(key, _)| spans.open(place_of(key, suffix), gone.closed_to, waits) > 0);
        open.map(|(_, state)| state.records).sum()
    }
}
