//! The samples of all keys: records as bytes, within a bound of memory.

use super::Totals;
use crate::data::key::{KeyOf, hash};
use crate::data::state::{Loader, Saver};
use crate::data::{Batch, Column, Schema};
use crate::error::Result;
use crate::numeric::SplitMix64;
use crate::operator::{Cx, Keyed, Next};
use crate::preprocess::common::{pack, unpack};
use serde::{Deserialize, Serialize};

/// What a record takes besides its bytes.
const BESIDE: usize = 48;

/// A sample of one key.
#[derive(Clone, Default, Serialize, Deserialize)]
struct Sample {
    /// How many records have come, and how many before this sample began.
    came: u64,
    from: u64,
    /// It may hold so many records fewer than it was to.
    lacks: usize,
    /// Records, each with which one of all it was.
    rows: Vec<(u64, Vec<u8>)>,
}

/// Where records go out.
pub(super) struct Out<'a> {
    pub rows: &'a mut Batch,
    pub born_ns: u64,
    pub totals: &'a mut Totals,
    pub cx: &'a mut Cx,
}

impl Sample {
    fn bytes(&self) -> usize {
        self.rows.iter().map(|(_, row)| row.len() + BESIDE).sum()
    }

    /// The place of the next record among those that are kept, or behind them, if it is to be.
    #[inline]
    fn place(&mut self, n: usize, seed: u64) -> Option<usize> {
        let (at, seen) = (self.came, self.came - self.from + 1);
        self.came += 1;
        let room = n - self.lacks;
        if self.lacks == 0 && self.rows.len() < room {
            return Some(self.rows.len());
        }
        let place = SplitMix64::at(seed, at).below(seen) as usize;
        (place < room.min(self.rows.len())).then_some(place)
    }

    /// Puts the newest record in its place; says how many bytes went for it.
    fn put(&mut self, place: usize, packed: &[u8]) -> usize {
        // A copy takes just its bytes: what it was packed in may have grown for another record, far larger.
        let new = (self.came - 1, packed.to_vec());
        match self.rows.get_mut(place) {
            Some(row) => std::mem::replace(row, new).1.len() + BESIDE,
            None => {
                self.rows.push(new);
                0
            }
        }
    }

    /// Lets all records out, and begins anew. Answers how many bytes that frees.
    fn let_out(&mut self, out: &mut Out<'_>) -> usize {
        let bytes = self.bytes();
        self.rows.sort_unstable_by_key(|(at, _)| *at);
        for (_, row) in self.rows.drain(..) {
            unpack(&row, &mut out.rows.columns).expect("the row was packed of these columns");
            out.rows.id.push(out.cx.new_id());
            out.rows.born_ns.push(out.born_ns);
            out.totals.kept += 1;
        }
        (self.from, self.lacks) = (self.came, 0);
        bytes
    }
}

#[derive(Clone)]
pub(super) struct Reservoirs {
    n: usize,
    seed: u64,
    key: KeyOf,
    keyed: Keyed<Sample>,
    /// How many keys all workers of the stage have together.
    keys_max: usize,
    bytes_max: usize,
    /// What all records take.
    bytes: usize,
    /// Columns as those of the records, to read one back.
    scratch: Vec<Column>,
    /// A record's bytes, before it has its place. No more room stays than all records may take.
    packed: Vec<u8>,
}

impl Reservoirs {
    pub(super) fn new(
        (n, seed): (usize, u64),
        per: Vec<usize>,
        (keys_max, bytes_max): (usize, usize),
        schema: &Schema,
    ) -> Reservoirs {
        Reservoirs {
            n,
            seed,
            key: KeyOf::new(per),
            keyed: Keyed::new(keys_max, Sample::default()),
            keys_max,
            bytes_max,
            bytes: 0,
            scratch: schema.fields.iter().map(|field| Column::new(field.of)).collect(),
            packed: Vec::new(),
        }
    }

    /// Begins a call, as `Each::begin` does.
    pub(super) fn begin(&mut self, cx: &Cx) -> u64 {
        self.keyed.set_keys_max(cx.share(self.keys_max));
        self.keyed.gone()
    }

    pub(super) fn tell_gone(&self, before: u64, cx: &mut Cx) {
        cx.keys_gone(self.keyed.gone() - before, self.keys_max);
    }

    /// How many records there are.
    pub(super) fn rows(&self) -> u64 {
        self.keyed.iter().map(|(_, sample)| sample.rows.len() as u64).sum()
    }

    /// Takes a record. What has to go for it goes out, and so does its sample after `every` records.
    #[inline]
    pub(super) fn add(&mut self, batch: &Batch, row: usize, every: Option<u64>, out: &mut Out<'_>) {
        let Reservoirs { n, seed, key, keyed, bytes, bytes_max, packed, .. } = self;
        let key = key.of(batch, row);
        let seed = *seed ^ hash(key);
        let sample = keyed.touch(key, |_, sample| {
            out.totals.early += u64::from(!sample.rows.is_empty());
            *bytes -= sample.let_out(out);
        });
        if let Some(place) = sample.place(*n, seed) {
            packed.clear();
            pack(batch, row, packed);
            let size = packed.len() + BESIDE;
            if size > *bytes_max {
                // All others would go for it, and then it as well.
                out.totals.early += 1;
            } else {
                *bytes += size;
                *bytes -= sample.put(place, packed);
            }
            if packed.capacity() > *bytes_max {
                *packed = Vec::new();
            }
        }
        if every.is_some_and(|every| sample.came - sample.from >= every) {
            *bytes -= sample.let_out(out);
        }
        if self.bytes > self.bytes_max {
            self.make_room(out);
        }
    }

    /// Lets samples out until the others take no more than they may.
    #[cold]
    fn make_room(&mut self, out: &mut Out<'_>) {
        while self.bytes > self.bytes_max {
            let Reservoirs { keyed, bytes, seed, .. } = self;
            let oldest = keyed.iter().next().map(|(key, _)| key.to_vec()).unwrap_or_default();
            if keyed.len() > 1 {
                if let Some(sample) = keyed.remove(&oldest) {
                    out.totals.early += u64::from(!sample.rows.is_empty());
                    *bytes -= sample.let_out(out);
                }
                continue;
            }
            let sample = keyed.touch(&oldest, |_, _| {});
            let at = SplitMix64::at(!*seed, sample.came).below(sample.rows.len() as u64) as usize;
            let (_, row) = sample.rows.swap_remove(at);
            *bytes -= row.len() + BESIDE;
            sample.lacks = self.n - sample.rows.len();
            out.totals.early += 1;
        }
    }

    /// Lets all samples out, the least recently touched first.
    pub(super) fn empty(&mut self, out: &mut Out<'_>) {
        self.keyed.each_unreported(|_, sample| {
            sample.let_out(out);
        });
        self.bytes = 0;
    }

    pub(super) fn is_saving(&self) -> bool {
        self.keyed.is_saving()
    }

    /// # Errors
    /// As `Keyed::save`.
    pub(super) fn save(&mut self, version: u16, out: &mut Saver<'_>) -> Result<Next> {
        self.keyed.save(version, out)
    }

    /// Goes on from what was saved; false when it can't be.
    ///
    /// # Errors
    /// As `Keyed::load`; the samples are then as they were.
    pub(super) fn load(&mut self, version: u16, from: &mut Loader<'_>) -> Result<bool> {
        let Reservoirs { n, keyed, scratch, .. } = self;
        let taken = keyed.load(version, from, |_, sample| {
            let reads = |(at, row): &(u64, Vec<u8>)| {
                scratch.iter_mut().for_each(Column::clear);
                (sample.from..sample.came).contains(at) && unpack(row, scratch).is_some()
            };
            sample.rows.len() + sample.lacks <= *n && sample.rows.iter().all(reads)
        })?;
        self.bytes = self.keyed.iter().map(|(_, sample)| sample.bytes()).sum();
        Ok(taken)
    }
}

#[cfg(test)]
mod tests;
