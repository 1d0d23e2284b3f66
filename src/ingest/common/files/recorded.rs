//! Records at the pace at which they were made, by the column that says when: each is due as long after the first as
//! it was made after it, so many times faster. One that was made before those in front of it is due at once, and so is
//! one without a time.
//!
//! One record is read ahead. It is not counted as read, nor does the position go beyond it, before it is due.

use super::super::input::Input;
use super::super::lines::{Filled, Lines};
use super::super::pace::Pace;
use super::super::sequence::Sequence;
use super::super::shape::Shape;
use crate::data::{Batch, Schema, Value};
use crate::error::Result;
use crate::operator::{Cx, Next};

pub(super) struct Recorded {
    /// How many times as fast.
    times: f64,
    /// The column that says when.
    column: usize,
    schema: Schema,
    /// When the first record was given out, and what time it tells.
    start: Option<(u64, i64)>,
    /// The record that is not due yet, and when it is.
    ahead: Batch,
    due: Option<u64>,
    /// Memory for one record.
    one: Batch,
}

impl Recorded {
    pub(super) fn new(times: f64, column: usize, schema: &Schema) -> Recorded {
        let (ahead, one) = (Batch::default(), Batch::default());
        Recorded { times, column, schema: schema.clone(), start: None, ahead, due: None, one }
    }

    /// Reads records that are due into the batch; what the source wants next, `None` where it has nothing just now.
    pub(super) fn fill<S: Shape>(
        &mut self,
        files: &mut Sequence<S>,
        lines: &mut Lines,
        pace: &mut Pace,
        batch: &mut Batch,
        cx: &mut Cx,
    ) -> Result<Option<Next>> {
        for _ in 0..cx.records_max {
            if let Some(due) = self.due {
                if due > cx.now_ns {
                    return Ok(Some(Next::At(due)));
                }
                self.due = None;
                self.ahead.born_ns[0] = due;
                batch.extend(&self.ahead, 0, 1);
                cx.read(1);
                files.keep(cx, None)?;
                continue;
            }
            let Some((records, called)) = files.records() else { break };
            let before = records.position();
            self.one.reset(&self.schema);
            lines.begin(cx);
            lines.now_in(|| called);
            let filled = lines.fill(records, pace, 1, &mut self.one, cx);
            let filled = filled.map_err(|e| Input::failure(called, &e));
            lines.end(&mut self.one);
            let due = (!self.one.is_empty()).then(|| self.due_of(cx.now_ns));
            if let Some(due) = due.filter(|due| *due > cx.now_ns) {
                cx.unread(1);
                std::mem::swap(&mut self.one, &mut self.ahead);
                self.due = Some(due);
                files.keep(cx, Some(before))?;
                return Ok(Some(Next::At(due)));
            }
            if let Some(due) = due {
                self.one.born_ns[0] = due;
                batch.extend(&self.one, 0, 1);
            }
            files.keep(cx, None)?;
            match filled? {
                Filled::Enough => {}
                Filled::Nothing => return Ok(None),
                Filled::End if files.next(cx)? => {}
                Filled::End if batch.is_empty() => return Ok(Some(Next::End)),
                Filled::End => break,
            }
        }
        Ok(Some(Next::Again))
    }

    /// When the record that was read is due.
    fn due_of(&mut self, now_ns: u64) -> u64 {
        let Value::Time(time) = self.one.columns[self.column].value(0) else { return now_ns };
        let (start, first) = *self.start.get_or_insert((now_ns, time));
        let after = (time.saturating_sub(first).max(0) as f64 / self.times) as u64;
        start.saturating_add(after)
    }
}
