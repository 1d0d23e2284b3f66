//! Who comes in: rows with a time that are not late; the others leave by a port or are rejected.

use crate::data::{Batch, Values};
use crate::operator::{Cx, NO_TIME};

/// The sides, and the places in the plan of the ports by which their late rows leave.
pub(in crate::preprocess) const LEFT: usize = 0;
pub(in crate::preprocess) const RIGHT: usize = 1;

/// Judges the rows of a batch.
#[derive(Clone)]
pub(in crate::preprocess) struct Intake {
    /// The column of the event time of each side; `None`: rows go by their arrival.
    time: Option<[usize; 2]>,
    /// So far behind is not late yet.
    allowed: u64,
    /// Rows of the batch that come in, and when they are.
    pub rows: Vec<u32>,
    pub times: Vec<i64>,
    late_rows: Vec<u32>,
    /// How many came in so far.
    pub came: u64,
    /// Records that were late, and those of them that came after their time had closed though they were not.
    pub late: u64,
    pub closed: u64,
}

impl Intake {
    pub(in crate::preprocess) fn new(time: Option<[usize; 2]>, allowed: u64) -> Intake {
        let (rows, times, late_rows) = (Vec::new(), Vec::new(), Vec::new());
        Intake { time, allowed, rows, times, late_rows, came: 0, late: 0, closed: 0 }
    }

    /// How far time has come for who is not late, at a watermark.
    pub(in crate::preprocess) fn horizon(&self, watermark: i64) -> i64 {
        watermark.saturating_sub_unsigned(self.allowed)
    }

    /// Judges a batch of a side; what lies before `closed_to` has closed.
    pub(in crate::preprocess) fn take(&mut self, side: usize, batch: &Batch, closed_to: i64, cx: &mut Cx) {
        self.rows.clear();
        self.times.clear();
        self.late_rows.clear();
        let n = batch.len() as u64;
        match self.time.map(|time| &batch.columns[time[side]]) {
            None => {
                self.rows.extend(0..batch.len() as u32);
                self.times.extend((self.came..self.came + n).map(|at| at as i64));
            }
            Some(column) => {
                let Values::Time(times) = &column.values else { panic!("an event time is a time") };
                for (row, time) in times.iter().enumerate() {
                    if !column.valid.get(row) {
                        cx.reject(batch, row, NO_TIME);
                    } else if batch.late(row) > self.allowed || *time < closed_to {
                        self.closed += u64::from(batch.late(row) <= self.allowed);
                        self.late_rows.push(row as u32);
                    } else {
                        self.rows.push(row as u32);
                        self.times.push(*time);
                    }
                }
            }
        }
        self.came += self.rows.len() as u64;
        self.late += self.late_rows.len() as u64;
        cx.absorbed(self.rows.len() as u64);
        if !self.late_rows.is_empty() {
            cx.side(side, batch, &self.late_rows);
        }
    }
}
