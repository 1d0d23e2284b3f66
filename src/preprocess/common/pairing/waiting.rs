//! Rows of one side that wait: columns that grow at their end, and close up when more have gone than are there.

use super::saving::Saving;
use crate::data::{Batch, Schema, Values};

/// A row is known by its place, which holds until `close_up` says where it has gone.
#[derive(Clone, Default)]
pub(in crate::preprocess) struct Waiting {
    pub rows: Batch,
    /// When each is; of rows without event time how many rows had come before.
    pub times: Vec<i64>,
    /// What is said of each.
    pub(super) flags: Vec<u8>,
    live: usize,
    /// Bytes of texts in rows that wait, and in those that have gone.
    bytes: usize,
    dead_bytes: usize,
    /// Where the columns of texts are.
    texts: Vec<usize>,
    /// Where each row is after closing up, while that is told; and which stay.
    now: Vec<u32>,
    keep: Vec<bool>,
    pub(super) saving: Saving,
}

/// It has come, and was not looked at yet.
pub(super) const COMES: u8 = 1;
/// It waits.
pub(super) const WAITS: u8 = 2;
/// It has found a partner.
pub(super) const MATCHED: u8 = 4;
/// A row that has gone.
const GONE: u32 = u32::MAX;
/// So many rows, and bytes, that have gone may lie about in any case.
const ROWS_SPARE: usize = 1024;
const BYTES_SPARE: usize = 1 << 20;

impl Waiting {
    pub(in crate::preprocess) fn new(schema: &Schema) -> Waiting {
        let rows = Batch::new(schema);
        let is_text = |at: &usize| matches!(rows.columns[*at].values, Values::Str(_) | Values::List(_));
        Waiting { texts: (0..rows.columns.len()).filter(is_text).collect(), rows, ..Waiting::default() }
    }

    /// Bytes of texts in those that wait.
    pub(in crate::preprocess) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Places of rows, those that have gone included.
    pub(in crate::preprocess) fn places(&self) -> usize {
        self.flags.len()
    }

    /// Adds rows of a batch; the times of those that are added come with it, in their order.
    pub(in crate::preprocess) fn add(&mut self, batch: &Batch, rows: &[u32], times: &[i64]) {
        match rows.len() == batch.len() {
            true => self.rows.extend(batch, 0, batch.len()),
            false => self.rows.gather(batch, rows),
        }
        self.rows.late_ns.truncate(0);
        self.times.extend_from_slice(times);
        self.flags.resize(self.rows.len(), COMES);
        self.live += rows.len();
    }

    /// The last row of `rows` was read from a state: what is said of it, and when it is.
    pub(super) fn read_back(&mut self, time: i64, flags: u8) {
        self.times.push(time);
        self.flags.push(flags);
        self.live += 1;
        self.bytes += self.bytes_of(self.rows.len() - 1);
    }

    fn bytes_of(&self, row: usize) -> usize {
        let text = |at: &usize| match &self.rows.columns[*at].values {
            Values::Str(v) => v.bytes_of(row),
            Values::List(v) => v.get(row).map(|item| item.len() + size_of::<u32>()).sum(),
            _ => 0,
        };
        self.texts.iter().map(text).sum()
    }

    /// It was looked at, and waits.
    pub(in crate::preprocess) fn stays(&mut self, row: u32) {
        let flags = &mut self.flags[row as usize];
        *flags = *flags & !COMES | WAITS;
        self.bytes += self.bytes_of(row as usize);
    }

    pub(in crate::preprocess) fn is_there(&self, row: u32) -> bool {
        self.flags[row as usize] & (COMES | WAITS) != 0
    }

    /// It has found a partner.
    #[inline]
    pub(in crate::preprocess) fn matched(&mut self, row: u32) {
        self.flags[row as usize] |= MATCHED;
    }

    pub(in crate::preprocess) fn is_matched(&self, row: u32) -> bool {
        self.flags[row as usize] & MATCHED != 0
    }

    /// It goes. What it holds can be read until the rest closes up.
    pub(in crate::preprocess) fn go(&mut self, row: u32) {
        debug_assert!(self.is_there(row), "it goes once");
        let bytes = self.bytes_of(row as usize);
        let flags = &mut self.flags[row as usize];
        self.bytes -= if *flags & WAITS != 0 { bytes } else { 0 };
        *flags &= MATCHED;
        self.live -= 1;
        self.dead_bytes += bytes;
    }

    /// Whether more has gone than is there.
    pub(in crate::preprocess) fn is_loose(&self) -> bool {
        self.places() - self.live > self.live + ROWS_SPARE || self.dead_bytes > self.bytes + BYTES_SPARE
    }

    /// Gives the memory of those that have gone to those that will come. Then `now` says where a row has gone.
    pub(in crate::preprocess) fn close_up(&mut self) {
        self.save_rest();
        self.keep.clear();
        self.keep.extend(self.flags.iter().map(|flags| flags & (COMES | WAITS) != 0));
        self.now.clear();
        let mut at = 0;
        self.now.extend(self.keep.iter().map(|keep| {
            at += u32::from(*keep);
            if *keep { at - 1 } else { GONE }
        }));
        self.rows.retain(&self.keep);
        let Waiting { keep, times, flags, .. } = self;
        let (mut time, mut flag) = (keep.iter(), keep.iter());
        times.retain(|_| *time.next().expect("a flag a row"));
        flags.retain(|_| *flag.next().expect("a flag a row"));
        self.dead_bytes = 0;
    }

    /// Where a row is after `close_up`.
    pub(in crate::preprocess) fn now(&self, row: u32) -> Option<u32> {
        self.now.get(row as usize).copied().filter(|row| *row != GONE)
    }
}
