//! Baskets that are open, by key, and when they close.

use super::basket::{Basket, Emptied};
use crate::data::state::{Loader, Saver};
use crate::error::Result;
use crate::operator::{Keyed, Next};
use std::collections::BTreeMap;

#[cfg(test)]
mod tests;

/// A basket that closes.
pub(super) struct Closed<'a> {
    pub key: &'a [u8],
    pub basket: &'a Basket,
}

/// All that is open.
#[derive(Clone)]
pub(super) struct Open {
    /// A basket closes when no row of it has come for so long.
    gap: Option<i64>,
    max_count: usize,
    max_open: usize,
    bytes_max: usize,
    baskets: Keyed<Basket>,
    /// The keys by the latest time of their rows, where there is a gap.
    by_time: BTreeMap<(i64, u64), Vec<u8>>,
    bytes: usize,
    emptied: Emptied,
    serial: u64,
    pub closed: u64,
    pub early: u64,
    pub empty: u64,
    pub unmatched: u64,
    pub skipped: u64,
    pub late: u64,
}

/// What is saved of the counts, before the baskets.
type Counts = [u64; 7];

impl Open {
    pub(super) fn new(gap: Option<i64>, max_count: usize, bytes_max: usize) -> Open {
        Open {
            gap,
            max_count,
            max_open: 1,
            bytes_max,
            baskets: Keyed::new(u32::MAX as usize - 1, Basket::default()),
            by_time: BTreeMap::new(),
            bytes: 0,
            emptied: Emptied::default(),
            serial: 0,
            closed: 0,
            early: 0,
            empty: 0,
            unmatched: 0,
            skipped: 0,
            late: 0,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.baskets.len()
    }

    pub(super) fn has_gap(&self) -> bool {
        self.gap.is_some()
    }

    pub(super) fn set_max_open(&mut self, max_open: usize) {
        self.max_open = max_open;
    }

    /// Rows that wait in what is open.
    pub(super) fn rows(&self) -> u64 {
        self.baskets.iter().map(|(_, basket)| basket.rows).sum()
    }

    /// When a basket closes whose latest row is of this time.
    pub(super) fn closes(&self, time: i64) -> Option<i64> {
        self.gap.map(|gap| time.saturating_add(gap))
    }

    /// No record of an earlier time can come out any more, at a watermark.
    pub(super) fn earliest(&self, watermark: i64) -> i64 {
        let Some(gap) = self.gap else { return i64::MAX };
        let open = self.by_time.first_key_value().map_or(i64::MAX, |((time, _), _)| *time);
        open.min(watermark.saturating_sub(gap))
    }

    /// Takes a row: key and thing, its time and how far time had come then, and whether it ends its basket or takes its
    /// thing out.
    pub(super) fn add(
        &mut self,
        (key, thing): (&[u8], &str),
        (time, now): (i64, i64),
        (ends, takes): (bool, bool),
        mut out: impl FnMut(Closed<'_>),
    ) {
        let gap = self.gap;
        let is_over = |basket: &Basket| gap.is_some_and(|gap| basket.last.saturating_add(gap) <= now);
        let mut known = self.baskets.touch_known(key);
        if known.as_deref().is_some_and(is_over) {
            self.let_out(key, &mut out);
            known = None;
        }
        let (new, before) = (known.is_none(), known.as_ref().map_or(0, |basket| basket.bytes()));
        let basket = match known {
            Some(basket) => basket,
            None if takes => {
                self.unmatched += 1;
                return self.make_room(now, &mut out);
            }
            None => {
                let basket = self.baskets.touch(key, |_, _| {});
                *basket = self.emptied.take();
                (basket.serial, basket.last) = (self.serial, time);
                self.serial += 1;
                basket
            }
        };
        let was = (basket.last, basket.serial);
        if basket.change(thing, time, takes) {
            self.bytes = self.bytes + basket.bytes() - before;
        } else {
            self.unmatched += 1;
        }
        let is = (basket.last, basket.serial);
        if gap.is_some() && (new || is != was) {
            let known = if new { None } else { self.by_time.remove(&was) };
            self.by_time.insert(is, known.unwrap_or_else(|| key.to_vec()));
        }
        if ends || basket.len() >= self.max_count {
            self.let_out(key, &mut out);
        }
        self.make_room(now, &mut out);
    }

    /// Takes a row without a thing, which may end its basket all the same.
    pub(super) fn skip(&mut self, key: &[u8], ends: bool, mut out: impl FnMut(Closed<'_>)) {
        self.skipped += 1;
        if ends {
            self.let_out(key, &mut out);
        }
    }

    /// Lets out what is there too much: what is over by now, then the least recently touched.
    #[inline]
    fn make_room(&mut self, now: i64, out: &mut impl FnMut(Closed<'_>)) {
        while self.baskets.len() > self.max_open || self.bytes > self.bytes_max {
            if !self.let_first_out(now, out) {
                self.early += u64::from(self.let_oldest_out(out));
            }
        }
    }

    /// Lets out the basket whose latest row is the earliest, if it closes at this time.
    #[cold]
    fn let_first_out(&mut self, now: i64, out: &mut impl FnMut(Closed<'_>)) -> bool {
        let Some(((last, _), key)) = self.by_time.first_key_value() else { return false };
        let is_over = self.closes(*last).is_some_and(|closes| closes <= now);
        if is_over {
            let key = key.clone();
            self.let_out(&key, out);
        }
        is_over
    }

    #[cold]
    fn let_oldest_out(&mut self, out: &mut impl FnMut(Closed<'_>)) -> bool {
        let Some(key) = self.baskets.iter().next().map(|(key, _)| key.to_vec()) else { return false };
        self.let_out(&key, out);
        true
    }

    fn let_out(&mut self, key: &[u8], out: &mut impl FnMut(Closed<'_>)) {
        let Some(basket) = self.baskets.remove(key) else { return };
        self.bytes -= basket.bytes();
        self.by_time.remove(&(basket.last, basket.serial));
        if basket.len() == 0 {
            self.empty += 1;
        } else {
            self.closed += 1;
            out(Closed { key, basket });
        }
        // Its slot stays: what was in it does not.
        self.emptied.put(std::mem::take(basket));
    }

    /// Lets out what closes at a watermark, by the time of its latest row.
    pub(super) fn close(&mut self, watermark: i64, mut out: impl FnMut(Closed<'_>)) {
        while self.let_first_out(watermark, &mut out) {}
    }

    /// Lets out all.
    pub(super) fn empty(&mut self, mut out: impl FnMut(Closed<'_>)) {
        while self.let_oldest_out(&mut out) {}
    }

    pub(super) fn save(&mut self, version: u16, identity: &String, out: &mut Saver<'_>) -> Result<Next> {
        if !self.baskets.is_saving() {
            let counts: Counts =
                [self.serial, self.closed, self.early, self.empty, self.unmatched, self.skipped, self.late];
            out.put(version, &(identity, counts))?;
        }
        self.baskets.save(version, out)
    }

    /// False: it is of another step.
    pub(super) fn load(
        &mut self,
        version: u16,
        identity: &String,
        from: &mut Loader<'_>,
        fits: impl FnMut(&[u8], &Basket) -> bool,
    ) -> Result<bool> {
        let (saved, counts): (String, Counts) = from.get(version)?;
        if saved != *identity || !self.baskets.load(version, from, fits)? {
            return Ok(false);
        }
        [self.serial, self.closed, self.early, self.empty, self.unmatched, self.skipped, self.late] = counts;
        self.bytes = self.baskets.iter().map(|(_, basket)| basket.bytes()).sum();
        if self.gap.is_some() {
            let by_time =
                self.baskets.iter().map(|(key, basket)| ((basket.last, basket.serial), key.to_vec()));
            self.by_time = by_time.collect();
        }
        Ok(true)
    }
}
