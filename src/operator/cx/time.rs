//! What an operator may know of event time, and must say of it.

use super::{Cx, Ending, Holds};
use crate::data::{Batch, Schema};
use crate::error::{Error, Result};
use crate::operator::PARTITIONS_MAX;

impl Cx {
    /// How far event time has come: behind the records of the batch, none comes that is earlier and not late.
    /// `i64::MIN` before that is known, `i64::MAX` when nothing comes any more.
    pub fn watermark(&self) -> i64 {
        self.watermark
    }

    /// Whether what a sink gets of these columns is to be seen while it comes, also where it takes the place of what
    /// was there before: a source before it goes on for ever, or it is what was rejected, which is wanted just where a
    /// run fails by it.
    pub(crate) fn shows_at_once(&self, of: &Schema) -> bool {
        !self.ends || *of == Cx::rejected_schema()
    }

    /// The same for what it reads now.
    pub(crate) fn shows_what_it_reads(&self) -> bool {
        self.shows_at_once(&self.reads.schema)
    }

    /// Who reads this step is told no watermark beyond `to`, the earliest time it may still make; `open` such things
    /// (windows, say) are waiting in it. Say so in every call.
    pub(crate) fn hold_back(&mut self, to: i64, open: usize) {
        self.holds = Holds { to, open };
    }

    /// What a source reads from now on is of its partition `at` of `of`; they are numbered within the worker, and the
    /// same after a restart. How late a record is goes by what was read before it of the same partition, and the
    /// watermark is the least over all of them: the order in which they are read is of no account.
    ///
    /// # Errors
    /// When there are more than `PARTITIONS_MAX`.
    pub fn set_partition(&mut self, at: usize, of: usize) -> Result<()> {
        assert!(at < of, "a partition is one of all");
        if of > PARTITIONS_MAX {
            return Err(Error::failed(format!(
                "it reads {of} partitions, and the times of {PARTITIONS_MAX} are kept: let more workers share them"
            )));
        }
        let times = &mut self.account.partition_times;
        if times.len() < of {
            times.resize(of, i64::MIN);
        }
        self.partition = Some(at);
        Ok(())
    }

    /// Why `finish` is called.
    pub(crate) fn ending(&self) -> Ending {
        self.ending
    }

    /// `n` records of this step wait in what a stop has left open.
    pub(crate) fn wait_open(&mut self, n: u64) {
        self.account.waiting += n;
    }

    /// Whether a record of this event time is late for what closes at `closes` (its end, and the lateness allowed): its
    /// own source had read that far before it. The same however records are batched, shared out or waited for.
    #[inline]
    pub fn is_late(&self, batch: &Batch, row: usize, time: i64, closes: i64) -> bool {
        self.read_before(batch, row, time).is_some_and(|passed| closes <= passed)
    }

    /// How far its own source had read before a record of this event time; `None` where that is not beyond it.
    #[inline]
    pub(crate) fn read_before(&self, batch: &Batch, row: usize, time: i64) -> Option<i64> {
        let late = batch.late(row);
        (late > 0).then(|| time.saturating_add_unsigned(late))
    }
}
