//! Windows that close: how far they do at once, so that the rows of one call are not too many.

use super::super::super::common::Ends;
use super::super::gone::Reach;
use super::super::quiet::{ROWS, reach};
use super::super::rows::Rows;
use super::{Panes, place_of, suffix};
use crate::data::key::hash;
use std::collections::BTreeMap;

impl Panes {
    /// Lets out what closes at a watermark: by start, those of one start by their key. Says whether that is all.
    pub(in crate::preprocess::window) fn close(
        &mut self,
        watermark: i64,
        rows: Option<&mut Rows<'_>>,
    ) -> bool {
        let before = self.gone.closed.to;
        if watermark <= before {
            return true;
        }
        // Nothing is walked along while no window ends.
        if !self.any_end(before, watermark) {
            let Panes { spans, gone, .. } = self;
            gone.closed.goes_to(watermark, |start| spans.closes(start));
            return true;
        }
        if self.go_alone() {
            let mut closed = std::mem::replace(&mut self.gone.closed, Reach::NOTHING);
            let all = self.let_go_alone(watermark, rows, &mut closed);
            self.gone.closed = closed;
            return all;
        }
        let to = self.reach(before, watermark);
        self.gone.closed.to = to;
        if self.any_end(before, to) {
            self.take((before, to), watermark == i64::MAX, rows);
        }
        to == watermark
    }

    /// Whether a window goes out between two watermarks: none does where these have the same earliest ones.
    fn any_end(&mut self, before: i64, to: i64) -> bool {
        let spans = &mut self.spans;
        to == i64::MAX
            || spans.still_open(to) != spans.still_open(before)
            || (self.restates && spans.earliest(to) != spans.earliest(before))
    }

    /// How far windows may close at once on the way from one watermark to another, which is later.
    fn reach(&mut self, before: i64, watermark: i64) -> i64 {
        let to = self.reach_by_rows(before, watermark);
        if to > before { to } else { watermark }
    }

    fn reach_by_rows(&mut self, before: i64, watermark: i64) -> i64 {
        let Panes { spans, open, quiet, restates, .. } = self;
        let suffix = suffix(spans);
        if quiet.is_none() {
            let mut gone_out = |to| if *restates { spans.earliest(to) } else { spans.still_open(to) };
            let ended = gone_out(watermark).saturating_sub(gone_out(before)) / spans.slide();
            if ended <= 1.max((ROWS / open.len().max(1)) as i64) {
                return watermark;
            }
        }
        // Of a pane that only waits for late records all windows have gone out.
        let mut first = |key: &[u8]| {
            let place = place_of(key, suffix);
            let going_on = spans.open(place, before, !*restates);
            (going_on > 0).then(|| spans.first(place.0, going_on))
        };
        if let Some(quiet) = quiet {
            // Of each key that has one, where its first open window begins.
            let mut firsts: BTreeMap<&[u8], i64> = BTreeMap::new();
            for (key, _) in open.iter() {
                if let Some(start) = first(key) {
                    let of = firsts.entry(&key[..key.len() - suffix]).or_insert(start);
                    *of = start.min(*of);
                }
            }
            return quiet.reach(spans, &firsts, watermark, *restates);
        }
        // A row of each key is all that a window comes to.
        let going_on =
            open.iter().filter_map(|(key, _)| Some((first(key)?, hash(&key[..key.len() - suffix]))));
        let (starts, mut keys): (Vec<i64>, Vec<u64>) = going_on.unzip();
        keys.sort_unstable();
        keys.dedup();
        reach(spans, (starts.into_iter().min(), keys.len()), watermark, *restates)
    }

    /// Lets all go out as they are; what comes of them later is another row. False: call it again, there is more.
    pub(in crate::preprocess::window) fn empty(&mut self, rows: &mut Rows<'_>) -> bool {
        let mut ends = std::mem::replace(&mut self.gone.ends, Ends::NOTHING);
        let all = ends.let_go(Reach::NOTHING, |ending| {
            if self.go_alone() {
                return self.let_go_alone(i64::MAX, Some(rows), ending);
            }
            let before = self.gone.closed.to.max(ending.to);
            ending.to = self.reach(before, i64::MAX);
            self.take((before, ending.to), true, Some(rows));
            ending.to == i64::MAX
        });
        self.gone.ends = ends;
        all
    }
}
