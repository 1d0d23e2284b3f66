//! Windows without records: which keys have them, and how long.

use super::rows::State;
use super::spans::Spans;
use super::sweep::Pane;
use crate::data::state::{Loader, Saver};
use crate::error::Result;
use crate::operator::{Keyed, Next};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A key is forgotten when so many windows in a row were empty.
const IN_A_ROW: u32 = 1_000;
/// About so many rows go out at a time.
pub(super) const ROWS: usize = 50_000;

/// A key that has had a window.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
struct Known {
    /// The start of the first window that had a row.
    first: i64,
    /// The start of its next window.
    next: i64,
    /// How many were empty since the last that was not.
    empty: u32,
}

/// The keys whose windows go out also when they are empty.
#[derive(Clone)]
pub(super) struct Quiet {
    keys: Keyed<Known>,
    /// What the keys take, and how much that may be.
    bytes: usize,
    bytes_max: usize,
}

impl Quiet {
    pub(super) fn new(keys_max: usize, bytes_max: usize) -> Quiet {
        Quiet { keys: Keyed::new(keys_max, Known::default()), bytes: 0, bytes_max }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    pub(super) fn set_keys_max(&mut self, keys_max: usize) {
        self.keys.set_keys_max(keys_max);
    }

    /// How far windows may close at once, on the way to a watermark: time may have come on by a year. `firsts` are the
    /// keys that have a window which is open, and the start of the first of these.
    pub(super) fn reach(
        &self,
        spans: &mut Spans,
        firsts: &BTreeMap<&[u8], i64>,
        watermark: i64,
        restates: bool,
    ) -> i64 {
        if watermark < i64::MAX {
            let known = self.keys.iter().map(|(_, known)| known.next);
            let first = known.chain(firsts.values().copied()).min();
            return reach(spans, (first, self.keys.len()), watermark, restates);
        }
        // At the end of all, windows are empty only before others that are not.
        let next = |key: &[u8], start: i64| self.keys.get(key).map_or(start, |known| known.next.min(start));
        let first = firsts.iter().map(|(key, start)| next(key, *start)).min();
        reach(spans, (first, firsts.len()), watermark, restates)
    }

    /// Adds the windows that go out up to a watermark, those that have records too: one that has none is as `fresh`.
    /// `goes_on` says whether a key has windows behind those that have records.
    pub(super) fn add<'a>(
        &'a self,
        spans: &mut Spans,
        (until, waits): (i64, bool),
        goes_on: impl Fn(&[u8]) -> bool,
        fresh: &'a State,
        panes: &mut Vec<Pane<'a>>,
    ) {
        // Of the keys whose windows have records: from which to which.
        let mut full: BTreeMap<&[u8], Vec<(i64, i64)>> = BTreeMap::new();
        panes.iter().for_each(|pane| full.entry(pane.key).or_default().push((pane.from, pane.to)));
        full.values_mut().for_each(|of| of.sort_unstable());
        let known = self.keys.iter().map(|(key, known)| (key, Some(*known)));
        let new = full.keys().filter(|key| self.keys.get(key).is_none()).map(|key| (*key, None));
        for (key, known) in known.chain(new) {
            let full = full.get(key).map_or(&[][..], |full| full);
            let (mut next, mut left) = match known {
                Some(Known { next, empty, .. }) => (next, IN_A_ROW - empty),
                None => (full[0].0, IN_A_ROW),
            };
            let pane = |bounds| Pane::new(bounds, key, (i64::MIN, 0), fresh);
            for (from, to) in full {
                panes.extend(fill(spans, next, left, |next, _| next < *from).map(pane));
                (next, left) = (next.max(spans.next(*to)), IN_A_ROW);
            }
            if until < i64::MAX && goes_on(key) {
                let goes = |next, spans: &mut Spans| spans.open((next, 1), until, waits) == 0;
                panes.extend(fill(spans, next, left, goes).map(pane));
            }
        }
    }

    /// Whether the window of a key that begins there has a row, be it that of an empty one.
    pub(super) fn has_told(&self, key: &[u8], start: i64) -> bool {
        self.keys.get(key).is_some_and(|known| (known.first..known.next).contains(&start))
    }

    /// A window of a key has gone out: its start, and that of the next.
    pub(super) fn told(&mut self, key: &[u8], (start, next): (i64, i64), any: bool) {
        let new = any && self.keys.get(key).is_none();
        if new {
            self.bytes += key.len();
        }
        let Quiet { keys, bytes, .. } = self;
        let known = match any {
            true => Some(keys.touch(key, |key, _| *bytes -= key.len())),
            false => keys.touch_known(key),
        };
        let Some(known) = known else { return };
        // Behind a stop that let windows go there may be rows of one before those.
        let (first, next) = if new { (start, next) } else { (known.first, known.next.max(next)) };
        *known = Known { first, next, empty: if any { 0 } else { known.empty + 1 } };
        if known.empty >= IN_A_ROW {
            self.forget(key);
        }
        while self.bytes > self.bytes_max {
            let Some(key) = self.keys.iter().next().map(|(key, _)| key.to_vec()) else { return };
            self.forget(&key);
        }
    }

    pub(super) fn forget(&mut self, key: &[u8]) {
        if self.keys.remove(key).is_some() {
            self.bytes -= key.len();
        }
    }

    pub(super) fn begin_saving(&mut self) {
        self.keys.begin_saving();
    }

    pub(super) fn stop_saving(&mut self) {
        self.keys.stop_saving();
    }

    /// Whether keys are still to be written.
    pub(super) fn is_saving(&self) -> bool {
        self.keys.is_saving()
    }

    pub(super) fn save(&mut self, version: u16, out: &mut Saver<'_>) -> Result<Next> {
        self.keys.save(version, out)
    }

    /// Goes on from what was saved; false where a key can't be one of this step.
    pub(super) fn load(
        &mut self,
        version: u16,
        from: &mut Loader<'_>,
        mut fits: impl FnMut(&[u8]) -> bool,
    ) -> Result<bool> {
        let fits = self.keys.load(version, from, |key, _| fits(key))?;
        self.bytes = self.keys.iter().map(|(key, _)| key.len()).sum();
        Ok(fits)
    }
}

/// How far windows may close at once, from the first on that is open, where each may have so many rows.
pub(super) fn reach(
    spans: &mut Spans,
    (first, each): (Option<i64>, usize),
    watermark: i64,
    restates: bool,
) -> i64 {
    let Some(mut start) = first else { return watermark };
    let windows = (ROWS / each.max(1)).max(1);
    let mut end = i64::MIN;
    for _ in 0..windows.min(IN_A_ROW as usize) {
        end = if restates { spans.end(start) } else { spans.closes(start) };
        if end >= watermark {
            return watermark;
        }
        start = spans.next(start);
    }
    end
}

/// The first and the last of so many windows at most, from one on as long as they go.
fn fill(
    spans: &mut Spans,
    from: i64,
    most: u32,
    goes: impl Fn(i64, &mut Spans) -> bool,
) -> Option<(i64, i64)> {
    let (mut last, mut next) = (None, from);
    for _ in 0..most {
        if !goes(next, spans) {
            break;
        }
        (last, next) = (Some(next), spans.next(next));
    }
    last.map(|last| (from, last))
}
