//! The windows of time that are open, by key: the panes that they are put together of, and when each goes out.

use super::fields::Fields;
use super::gone::Gone;
use super::quiet::Quiet;
use super::rows::{Mark, Record, Rows, State, Taken};
use super::spans::Spans;
use super::sweep::{Pane, sweep};
use crate::data::key::KeyOf;
use crate::operator::Keyed;
use std::collections::{BTreeMap, HashSet};

mod closing;
mod due;
mod kept;
mod telling;

use due::Due;

/// A key ends with the place of its pane: a byte that says valid, and the start of its last window; where windows
/// overlap, also how many it belongs to.
const START_BYTES: usize = 9;
const COUNT_BYTES: usize = 4;
const VALID: u8 = 1;

/// A window of a key: its start, and the columns of the key.
type WindowOf = (i64, Vec<u8>);

#[derive(Clone)]
pub(super) struct Panes {
    pub spans: Spans,
    pub open: Keyed<State>,
    pub gone: Gone,
    /// What is on its way, one by one.
    due: Due,
    /// Windows without records have rows too.
    pub quiet: Option<Quiet>,
    /// A window goes out at its end, and again when a record comes that it still waits for.
    restates: bool,
    /// Windows that are to go out again, and whether nothing is there of what went out of them before.
    pub again: BTreeMap<WindowOf, bool>,
    /// Windows that are to go out early, the next one last: of a key from which to which.
    early: Vec<(Vec<u8>, i64, i64)>,
    /// What all panes take beside what has a fixed size, their keys too, and how much that may be.
    pub bytes: usize,
    bytes_max: usize,
    /// Panes that went because of that.
    pub crowded: u64,
    fresh: State,
    /// A window that is being put together.
    whole: State,
    /// Keys of panes that have come to their end, one behind the other, and where each ends.
    finished: Vec<u8>,
    ends: Vec<usize>,
}

impl Panes {
    pub(super) fn new(
        spans: Spans,
        (keys_max, bytes_max): (usize, usize),
        (restates, quiet): (bool, bool),
        fresh: State,
    ) -> Panes {
        Panes {
            spans,
            open: Keyed::new(keys_max, fresh.clone()),
            gone: Gone::NOTHING,
            due: Due::default(),
            quiet: quiet.then(|| Quiet::new(keys_max, bytes_max)),
            restates,
            again: BTreeMap::new(),
            early: Vec::new(),
            bytes: 0,
            bytes_max,
            crowded: 0,
            whole: fresh.clone(),
            fresh,
            finished: Vec::new(),
            ends: Vec::new(),
        }
    }

    /// Adds a record to the windows that are open for it.
    #[inline]
    pub(super) fn add(
        &mut self,
        record: Record<'_>,
        key: &mut KeyOf,
        fields: &Fields,
        rows: &mut Rows<'_>,
    ) -> Taken {
        let Record { batch, row, time, passed } = record;
        let closed_to = self.gone.closed.to;
        let Some(place) = self.spans.holding(time, passed.map_or(closed_to, |passed| passed.max(closed_to)))
        else {
            let late = passed.is_some_and(|passed| self.spans.holding(time, passed).is_none());
            return if late { Taken::Late } else { Taken::Closed };
        };
        let key = if self.spans.overlap() {
            let mut suffix = [VALID; START_BYTES + COUNT_BYTES];
            suffix[1..START_BYTES].copy_from_slice(&place.0.to_le_bytes());
            suffix[START_BYTES..].copy_from_slice(&place.1.to_le_bytes());
            key.of_with(batch, row, &suffix)
        } else {
            key.of_at(batch, row, place.0)
        };
        // A crash came while the windows of one start went.
        if !self.gone.closed.within.is_empty()
            && self.gone.closed.has(place.0, &key[..key.len() - START_BYTES])
        {
            return Taken::Closed;
        }
        if !self.again.is_empty() && self.open.is_full() && self.open.get(key).is_none() {
            self.tell_before_it_goes(rows);
        }
        let Panes { spans, open, bytes, quiet, restates, .. } = self;
        let state = open.touch(key, |key, state| {
            *bytes = bytes.saturating_sub(key.len() + state.bytes());
            let_out((spans, quiet), (closed_to, *restates), (key, state), rows);
        });
        let fresh = state.records == 0;
        state.records += 1;
        if fresh {
            *bytes += key.len();
        }
        let grown = fields.take(batch, row, (time, batch.id[row]), &mut state.held);
        if self.restates {
            self.mark_again(place, key, fresh);
        }
        self.bytes = self.bytes.saturating_add_signed(grown);
        if self.bytes > self.bytes_max {
            self.make_room(rows);
        }
        Taken::In
    }

    /// Lets the least recently touched panes go while all take too much.
    #[cold]
    fn make_room(&mut self, rows: &mut Rows<'_>) {
        while self.bytes > self.bytes_max {
            if !self.again.is_empty() {
                self.tell_before_it_goes(rows);
            }
            let Some(key) = self.open.iter().next().map(|(key, _)| key.to_vec()) else { return };
            let Panes { spans, open, bytes, quiet, restates, gone, .. } = self;
            let state = open.remove(&key).expect("it was found there");
            *bytes = bytes.saturating_sub(key.len() + state.bytes());
            let_out((spans, quiet), (gone.closed.to, *restates), (&key, state), rows);
            // Its slot stays: what was in it does not.
            state.clone_from(&self.fresh);
            self.crowded += 1;
        }
    }

    /// The start of the earliest window that can still be written.
    pub(super) fn earliest(&mut self, watermark: i64) -> i64 {
        self.spans.still_open(watermark.min(self.gone.closed.to))
    }

    /// When the next window ends behind a time.
    pub(super) fn next_end(&mut self, time: i64) -> i64 {
        let start = self.spans.earliest(time);
        self.spans.end(start)
    }

    /// Tells the windows that go out between two watermarks, and forgets the panes that wait on no further. `at_end`:
    /// time has not come on, so windows are empty only before others that are not.
    fn take(&mut self, (after, until): (i64, i64), at_end: bool, mut rows: Option<&mut Rows<'_>>) {
        let Panes { spans, open, quiet, whole, finished, ends, restates, fresh, bytes, .. } = self;
        let waits = !*restates;
        let suffix = suffix(spans);
        finished.clear();
        ends.clear();
        let (mut panes, mut later) = (Vec::new(), at_end.then(HashSet::new));
        for (key, state) in open.iter() {
            let place = place_of(key, suffix);
            let (then, now) = (spans.open(place, after, waits), spans.open(place, until, waits));
            let of = &key[..key.len() - suffix];
            if then > now {
                let from = spans.first(place.0, then);
                let to = if now == 0 { place.0 } else { spans.first(place.0, now + 1) };
                panes.push(Pane::new((from, to), of, place, state));
            }
            if now > 0 && quiet.is_some() {
                later.iter_mut().for_each(|later| _ = later.insert(of));
            }
            if spans.open(place, until, true) == 0 {
                finished.extend_from_slice(key);
                ends.push(finished.len());
            }
        }
        if let Some(quiet) = &*quiet {
            let goes_on = |key: &[u8]| later.as_ref().is_none_or(|later| later.contains(key));
            quiet.add(spans, (until, waits), goes_on, fresh, &mut panes);
        }
        let keeps = quiet.is_some();
        let mut told = Vec::new();
        let mut slide = spans.clone();
        sweep(
            panes,
            spans.slides(),
            whole,
            |start| slide.next(start),
            |start, key, state| {
                if let Some(rows) = rows.as_deref_mut() {
                    rows.write(key, [start, spans.end(start)], state, Mark::Closed);
                }
                if keeps {
                    told.push((start, key.to_vec(), state.records > 0));
                }
            },
        );
        if let Some(quiet) = quiet {
            told.iter().for_each(|(start, key, any)| quiet.told(key, (*start, spans.next(*start)), *any));
        }
        let mut from = 0;
        for end in ends.iter() {
            let state = open.remove(&finished[from..*end]).expect("it was found there");
            *bytes = bytes.saturating_sub(end - from + state.bytes());
            state.clone_from(fresh);
            from = *end;
        }
    }
}

/// How many bytes of a key say the place of its pane.
fn suffix(spans: &Spans) -> usize {
    START_BYTES + if spans.overlap() { COUNT_BYTES } else { 0 }
}

/// The start of the last window of a pane, and to how many it belongs.
#[inline]
fn place_of(key: &[u8], suffix: usize) -> (i64, u32) {
    let place = &key[key.len() - suffix..];
    let (start, n) = place[1..].split_first_chunk().expect("a key ends with a place");
    (i64::from_le_bytes(*start), n.try_into().map_or(1, u32::from_le_bytes))
}

/// A pane has to go: its part of each window that has not gone out is a row.
#[cold]
fn let_out(
    (spans, quiet): (&mut Spans, &mut Option<Quiet>),
    (closed_to, restates): (i64, bool),
    (key, state): (&[u8], &State),
    rows: &mut Rows<'_>,
) {
    let suffix = suffix(spans);
    let (last, n) = place_of(key, suffix);
    let open = spans.open((last, n), closed_to, !restates);
    let key = &key[..key.len() - suffix];
    let mut start = spans.first(last, open.max(1));
    for _ in 0..open {
        rows.write(key, [start, spans.end(start)], state, Mark::Closed);
        start = spans.next(start);
    }
    if let Some(quiet) = quiet {
        quiet.forget(key);
    }
}
