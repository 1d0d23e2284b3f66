//! Windows of so many records of a key: the first thousand, the second, or those that begin with each hundredth.
//!
//! The number of a record takes the place of its time, so the bounds are those of windows of time; but each key has
//! numbers of its own, and its windows go out as soon as they are full.

use super::fields::Fields;
use super::quiet::ROWS;
use super::rows::{Mark, Record, Rows, State};
use crate::data::key::KeyOf;
use crate::operator::Keyed;
use serde::{Deserialize, Serialize};
use stops::Stops;

mod stops;

/// Records that belong to the same windows.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Part {
    /// The start of the first of those windows, and of the last.
    first: u64,
    last: u64,
    state: State,
}

/// A key: how many records it has had, and the windows that are not full.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct OfKey {
    records: u64,
    parts: Vec<Part>,
}

impl OfKey {
    /// Whether what was loaded can be.
    pub(super) fn is_sound(&self, fresh: &State) -> bool {
        self.parts
            .iter()
            .all(|part| part.first <= part.last && part.last <= self.records && part.state.is_like(fresh))
    }

    fn bytes(&self) -> usize {
        self.parts.iter().map(|part| part.state.bytes()).sum()
    }

    /// Where the first window begins that is not full, and how many there are.
    fn open(&self, (size, slide): (u64, u64)) -> (u64, u64) {
        let first = self.records.checked_sub(size).map_or(0, |over| (over / slide + 1) * slide);
        (first, self.records.saturating_sub(first).div_ceil(slide))
    }
}

#[derive(Clone)]
pub(super) struct Numbered {
    size: u64,
    slide: u64,
    pub keys: Keyed<OfKey>,
    /// How many windows are open, over all keys: asked for with each batch.
    pub open: u64,
    pub bytes: usize,
    bytes_max: usize,
    pub crowded: u64,
    fresh: State,
    whole: State,
    /// A part that is used again.
    spare: Option<Part>,
    stops: Stops,
}

impl Numbered {
    pub(super) fn new(
        (size, slide): (u64, u64),
        (keys_max, bytes_max): (usize, usize),
        fresh: State,
    ) -> Numbered {
        Numbered {
            size,
            slide,
            keys: Keyed::new(keys_max, OfKey::default()),
            open: 0,
            bytes: 0,
            bytes_max,
            crowded: 0,
            whole: fresh.clone(),
            fresh,
            spare: None,
            stops: Stops::default(),
        }
    }

    pub(super) fn identity(&self) -> String {
        format!("{} {}", self.size, self.slide)
    }

    /// Adds a record, and lets the window out that it fills.
    pub(super) fn add(&mut self, record: Record<'_>, key: &mut KeyOf, fields: &Fields, rows: &mut Rows<'_>) {
        let Record { batch, row, .. } = record;
        let Numbered { size, slide, keys, open, bytes, whole, fresh, spare, stops, .. } = self;
        let (size, slide) = (*size, *slide);
        let key = key.of(batch, row);
        let of = keys.touch(key, |key, of| {
            *open -= of.open((size, slide)).1;
            *bytes = bytes.saturating_sub(key.len() + of.bytes());
            stops.let_out(of, (size, slide), whole, &mut |start, end, state| {
                rows.write(key, [start, end], state, Mark::Closed);
            });
        });
        let number = of.records;
        if number == 0 {
            *bytes += key.len();
        }
        let last = number - number % slide;
        // As of a time: the windows that begin up to there and are not over.
        let first = last - ((size - 1 - (number - last)) / slide).min(last / slide) * slide;
        if of.parts.last().is_none_or(|part| (part.first, part.last) != (first, last)) {
            let mut part = spare.take().unwrap_or_else(|| Part { first, last, state: fresh.clone() });
            (part.first, part.last) = (first, last);
            part.state.clone_from(fresh);
            of.parts.push(part);
        }
        *open -= of.open((size, slide)).1;
        of.records += 1;
        *open += of.open((size, slide)).1;
        let part = of.parts.last_mut().expect("there is one");
        part.state.records += 1;
        let grown = fields.take(batch, row, (number as i64, batch.id[row]), &mut part.state.held);
        *bytes = bytes.saturating_add_signed(grown);
        if let Some(start) = of.records.checked_sub(size).filter(|start| start % slide == 0) {
            let state = put_together(of, start, whole);
            rows.write(key, [start as i64, of.records as i64], state, Mark::Closed);
            while of.parts.first().is_some_and(|part| part.last <= start) {
                let part = of.parts.remove(0);
                *bytes = bytes.saturating_sub(part.state.bytes());
                *spare = Some(part);
            }
        }
        if self.bytes > self.bytes_max {
            self.make_room(rows);
        }
    }

    #[cold]
    fn make_room(&mut self, rows: &mut Rows<'_>) {
        while self.bytes > self.bytes_max {
            let Some(key) = self.keys.iter().next().map(|(key, _)| key.to_vec()) else { return };
            self.let_key_out(&key, rows);
            self.crowded += 1;
        }
    }

    fn let_key_out(&mut self, key: &[u8], rows: &mut Rows<'_>) {
        let Numbered { size, slide, keys, open, bytes, whole, stops, .. } = self;
        let Some(of) = keys.remove(key) else { return };
        *open -= of.open((*size, *slide)).1;
        *bytes = bytes.saturating_sub(key.len() + of.bytes());
        stops.let_out(of, (*size, *slide), whole, &mut |start, end, state| {
            rows.write(key, [start, end], state, Mark::Closed);
        });
        *of = OfKey::default();
    }

    /// Lets all go out as they are, the least recently touched key first, in pieces. False: call it again, there is
    /// more.
    pub(super) fn empty(&mut self, rows: &mut Rows<'_>) -> bool {
        while rows.out.len() < ROWS {
            let Some(key) = self.keys.iter().next().map(|(key, _)| key.to_vec()) else { return true };
            self.let_key_out(&key, rows);
        }
        false
    }

    /// Tells the windows of the keys that were touched since this was done last. False: call it again, there is more.
    pub(super) fn tell_early(&mut self, rows: &mut Rows<'_>) -> bool {
        let Numbered { size, slide, keys, whole, stops, .. } = self;
        while rows.out.len() < ROWS {
            let Some((key, of)) = keys.next_unreported() else { return true };
            stops.let_out(of, (*size, *slide), whole, &mut |start, end, state| {
                rows.write(key, [start, end], state, Mark::Early);
            });
        }
        false
    }

    pub(super) fn waiting(&self) -> u64 {
        let parts = self.keys.iter().flat_map(|(_, of)| &of.parts);
        parts.map(|part| part.state.records).sum()
    }

    /// A state was loaded: what follows from it.
    pub(super) fn count(&mut self) {
        self.bytes = self.keys.iter().map(|(key, of)| key.len() + of.bytes()).sum();
        self.open = self.keys.iter().map(|(_, of)| of.open((self.size, self.slide)).1).sum();
    }
}

/// What the window of a key holds that begins there.
fn put_together<'a>(of: &'a OfKey, start: u64, whole: &'a mut State) -> &'a State {
    let mut parts = of.parts.iter().filter(|part| (part.first..=part.last).contains(&start));
    let (Some(first), second) = (parts.next(), parts.next()) else { return whole };
    let Some(second) = second else { return &first.state };
    whole.clone_from(&first.state);
    whole.merge(&second.state);
    parts.for_each(|part| whole.merge(&part.state));
    whole
}
