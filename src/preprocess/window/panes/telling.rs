//! Rows of windows that go on: before their end, and again behind it.

use super::super::quiet::ROWS;
use super::super::rows::{Mark, Rows};
use super::super::sweep::{Pane, sweep};
use super::{Panes, VALID, WindowOf, place_of, suffix};
use std::collections::{BTreeMap, HashSet};

impl Panes {
    /// Tells the windows that were given records since this was done last, and go on. False: call it again, there is
    /// more.
    pub(in crate::preprocess::window) fn tell_early(&mut self, rows: &mut Rows<'_>) -> bool {
        if self.early.is_empty() {
            self.find_early();
        }
        let (mut windows, waits) = (BTreeMap::new(), !self.restates);
        while windows.len() < ROWS
            && let Some((key, from, to)) = self.early.pop()
        {
            let mut start = from;
            while start <= to && windows.len() < ROWS {
                // One may have come to its end since.
                if self.spans.open((start, 1), self.gone.closed.to, waits) > 0 {
                    windows.insert((start, key.clone()), false);
                }
                start = self.spans.next(start);
            }
            if start <= to {
                self.early.push((key, start, to));
            }
        }
        self.tell(&windows, rows, Mark::Early);
        self.early.is_empty()
    }

    /// Finds those windows: of each key from which to which, where panes share some only once.
    fn find_early(&mut self) {
        let Panes { spans, open, gone, restates, early, .. } = self;
        let suffix = suffix(spans);
        while let Some((key, _)) = open.next_unreported() {
            let place = place_of(key, suffix);
            let going_on = spans.open(place, gone.closed.to, !*restates);
            if going_on > 0 {
                early.push((key[..key.len() - suffix].to_vec(), spans.first(place.0, going_on), place.0));
            }
        }
        early.sort_unstable();
        let slide = spans.slide();
        early.dedup_by(|(key, from, to), (before, _, until)| {
            let joins = key == before && *from <= until.saturating_add(slide) && spans.overlap();
            if joins {
                *until = (*until).max(*to);
            }
            joins
        });
        early.reverse();
    }

    /// Those windows of a pane that have gone out are to go out again.
    pub(super) fn mark_again(&mut self, place: (i64, u32), key: &[u8], fresh: bool) {
        let going_on = self.spans.open(place, self.gone.closed.to, false);
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
        for _ in spans.open((last, n), gone.closed.to, false)..n {
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
        let keys: HashSet<&[u8]> = windows.keys().map(|(_, key)| &key[..]).collect();
        let panes = open.iter().filter_map(|(key, state)| {
            let (of, place) = (&key[..key.len() - suffix], place_of(key, suffix));
            let (from, to) = (spans.first(place.0, place.1).max(*first), place.0.min(*last));
            (from <= to && keys.contains(of)).then(|| Pane::new((from, to), of, place, state))
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
            open.iter().filter(|(key, _)| spans.open(place_of(key, suffix), gone.closed.to, waits) > 0);
        open.map(|(_, state)| state.records).sum()
    }
}
