//! Windows that close: how far they do at once, so that the rows of one call are not too many.

use super::super::quiet::{ROWS, reach};
use super::super::rows::Rows;
use super::{Panes, place_of, suffix};
use crate::data::key::hash;

impl Panes {
    /// Lets out what closes at a watermark: by start, those of one start by their key. Says whether that is all.
    pub(in crate::preprocess::window) fn close(
        &mut self,
        watermark: i64,
        rows: Option<&mut Rows<'_>>,
    ) -> bool {
        let before = self.gone.closed_to;
        if watermark <= before {
            return true;
        }
        // Nothing is walked along while no window ends.
        if !self.any_end(before, watermark) {
            self.gone.closed_to = watermark;
            return true;
        }
        let to = self.reach(watermark);
        if to <= before {
            return true;
        }
        self.gone.closed_to = to;
        if self.any_end(before, to) {
            self.take((before, to), to, rows);
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

    /// How far windows may close at once.
    fn reach(&mut self, watermark: i64) -> i64 {
        let Panes { spans, open, quiet, restates, gone, .. } = self;
        if quiet.is_none() && !spans.overlap() {
            return watermark;
        }
        let (suffix, closed_to) = (suffix(spans), gone.closed_to);
        if quiet.is_none() {
            let mut gone_out = |to| if *restates { spans.earliest(to) } else { spans.still_open(to) };
            let ended = gone_out(watermark).saturating_sub(gone_out(closed_to)) / spans.slide();
            if ended <= 1.max((ROWS / open.len().max(1)) as i64) {
                return watermark;
            }
        }
        // Of a pane that only waits for late records all windows have gone out.
        let mut first = |key: &[u8]| {
            let place = place_of(key, suffix);
            let going_on = spans.open(place, closed_to, !*restates);
            (going_on > 0).then(|| spans.first(place.0, going_on))
        };
        if let Some(quiet) = quiet {
            let first = open.iter().filter_map(|(key, _)| first(key)).min();
            return quiet.reach(spans, first, watermark, *restates);
        }
        // A row of each key is all that a window comes to.
        let going_on =
            open.iter().filter_map(|(key, _)| Some((first(key)?, hash(&key[..key.len() - suffix]))));
        let (starts, mut keys): (Vec<i64>, Vec<u64>) = going_on.unzip();
        keys.sort_unstable();
        keys.dedup();
        reach(spans, (starts.into_iter().min(), keys.len()), watermark, *restates)
    }

    /// Lets all go out as they are; what comes of them later is another row, so in the end time goes on from where it
    /// was. False: call it again, there is more.
    pub(in crate::preprocess::window) fn empty(&mut self, rows: &mut Rows<'_>) -> bool {
        let before = self.gone.closed_to;
        let (closed_to, any) = *self.emptying.get_or_insert((before, !self.open.is_empty()));
        let to = self.reach(i64::MAX);
        self.take((before, to), to, Some(rows));
        self.gone.closed_to = to;
        if to < i64::MAX {
            return false;
        }
        self.gone.closed_to = closed_to;
        self.gone.emptied += u64::from(any);
        self.emptying = None;
        true
    }
}
