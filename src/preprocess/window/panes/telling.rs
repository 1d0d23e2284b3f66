//! Rows of windows that go on: before their end, and again behind it.

use super::super::quiet::ROWS;
use super::super::rows::{Mark, Rows};
use super::super::sweep::{Pane, sweep};
use super::{Panes, VALID, WindowOf, place_of, suffix};
use std::collections::BTreeMap;

impl Panes {
    /// Tells the windows that were given records since this was done last, and go on. False: call it again, there is
    /// more.
    pub(in crate::preprocess::window) fn tell_early(&mut self, rows: &mut Rows<'_>) -> bool {
        let (suffix, closed_to, mut windows) = (suffix(&self.spans), self.gone.closed_to, BTreeMap::new());
        let waits = !self.restates;
        while windows.len() < ROWS
            && let Some((key, _)) = self.open.next_unreported()
        {
            let (last, n) = place_of(key, suffix);
            let open = self.spans.open((last, n), closed_to, waits);
            let mut start = self.spans.first(last, open.max(1));
            for _ in 0..open {
                windows.insert((start, key[..key.len() - suffix].to_vec()), false);
                start = self.spans.next(start);
            }
        }
        self.tell(&windows, rows, Mark::Early);
        windows.len() < ROWS
    }

    /// Those windows of a pane that have gone out are to go out again.
    pub(super) fn mark_again(&mut self, place: (i64, u32), key: &[u8], fresh: bool) {
        let going_on = self.spans.open(place, self.gone.closed_to, false);
        // Of windows that overlap other parts may be there.
        let fresh = fresh && !self.spans.overlap();
        let of = &key[..key.len() - suffix(&self.spans)];
        let mut start = self.spans.first(place.0, place.1);
        for _ in going_on..place.1 {
            let empty_told = self.quiet.as_ref().is_some_and(|quiet| quiet.has_told(of, start));
            self.again.entry((start, of.to_vec())).or_insert(fresh && !empty_told);
            start = self.spans.next(start);
        }
    }

    /// Before the least recently touched pane goes, the windows that wait to go out again with it do. Where more than
    /// one goes, all that wait do.
    #[cold]
    pub(super) fn tell_before_it_goes(&mut self, rows: &mut Rows<'_>) {
        if self.open.is_over() {
            return self.tell_again(rows);
        }
        let Panes { spans, open, gone, again, .. } = self;
        let Some((key, _)) = open.iter().next() else { return };
        let (suffix, mut waits) = (suffix(spans), false);
        let (last, n) = place_of(key, suffix);
        let mut window = (spans.first(last, n), key[..key.len() - suffix].to_vec());
        for _ in spans.open((last, n), gone.closed_to, false)..n {
            waits |= again.contains_key(&window);
            window.0 = spans.next(window.0);
        }
        if waits {
            self.tell_again(rows);
        }
    }

    /// Tells the windows that had gone out and were given records since.
    pub(in crate::preprocess::window) fn tell_again(&mut self, rows: &mut Rows<'_>) {
        if !self.again.is_empty() {
            let windows = std::mem::take(&mut self.again);
            self.tell(&windows, rows, Mark::Restated);
        }
    }

    /// Tells these windows, as far as they are there; one of which nothing is there that went out before begins anew.
    fn tell(&mut self, windows: &BTreeMap<WindowOf, bool>, rows: &mut Rows<'_>, mark: Mark) {
        let Panes { spans, open, whole, .. } = self;
        if !spans.overlap() {
            let mut at = Vec::new();
            for ((start, key), fresh) in windows {
                at.clear();
                at.extend_from_slice(key);
                at.push(VALID);
                at.extend_from_slice(&start.to_le_bytes());
                if let Some(state) = open.get(&at) {
                    let mark = if *fresh { Mark::Closed } else { mark };
                    rows.write(key, [*start, spans.end(*start)], state, mark);
                }
            }
            return;
        }
        let (Some(((first, _), _)), Some(((last, _), _))) =
            (windows.first_key_value(), windows.last_key_value())
        else {
            return;
        };
        let suffix = suffix(spans);
        let panes = open.iter().filter_map(|(key, state)| {
            let place = place_of(key, suffix);
            let (from, to) = (spans.first(place.0, place.1).max(*first), place.0.min(*last));
            (from <= to).then(|| Pane::new((from, to), &key[..key.len() - suffix], place, state))
        });
        let (panes, slide): (Vec<Pane<'_>>, i64) = (panes.collect(), spans.slide());
        sweep(
            panes,
            spans.slides(),
            whole,
            |start| start + slide,
            |start, key, state| {
                if windows.contains_key(&(start, key.to_vec())) {
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
