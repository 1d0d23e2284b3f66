//! Event time in a row of steps: how late each record is, and how far time has come behind each step.

use crate::data::{Batch, Schema, Values};
use crate::operator::{Desk, EventTime, Reads, TIME_AHEAD};
use std::sync::Arc;

/// Event time behind one step.
pub(super) struct StepTime {
    /// It begins with this step.
    clock: Option<Clock>,
    /// The columns that leave the step have one marked as the event time.
    timed: bool,
    /// The watermark that it lets through.
    pub through: i64,
    /// So many things of known time are still to come of the step.
    open: usize,
}

impl StepTime {
    /// Of a step by what it leaves, and the event time that begins with it.
    pub(super) fn new(operator: &str, output: &Schema, of: Option<EventTime>) -> StepTime {
        let clock = of.map(|of| Clock { of, reads: Reads::of(operator, output), keep: Vec::new() });
        StepTime { clock, timed: output.time().is_some(), through: i64::MIN, open: 0 }
    }

    /// Whether what leaves the step has an event time.
    pub(super) fn is_there(&self) -> bool {
        self.timed
    }

    pub(super) fn idle_after_ns(&self) -> Option<u64> {
        self.clock.as_ref().and_then(|clock| clock.of.idle_after).map(|span| span.ns)
    }

    pub(super) fn holds_nothing(&self) -> bool {
        self.open == 0
    }

    /// The step has worked on a batch, and `came` holds behind what it got: says what holds behind what it left.
    pub(super) fn pass(&mut self, step: usize, came: i64, batch: &mut Batch, desk: &mut Desk) {
        let holds = desk.holds();
        self.open = holds.open;
        if !self.timed {
            // How late a record is goes with the column that said so.
            return batch.late_ns.truncate(0);
        }
        let passed = match &mut self.clock {
            Some(clock) => clock.mark(step, batch, desk),
            None => came.min(holds.to),
        };
        self.through = self.through.max(passed);
    }
}

/// Measures how late records are, where event time begins.
struct Clock {
    of: EventTime,
    /// The step, as what it rejects tells of it: by the columns that it leaves.
    reads: Arc<Reads>,
    /// By row of the batch: whether its time is not too far ahead.
    keep: Vec<bool>,
}

impl Clock {
    /// Says of each row how far its time lies behind the greatest before it, and rejects what is too far beyond that.
    /// Answers how far time has come.
    fn mark(&mut self, step: usize, batch: &mut Batch, desk: &mut Desk) -> i64 {
        let ahead_max = self.of.ahead_max.map_or(u64::MAX, |span| span.ns);
        let (partition, account) = (desk.partition(), desk.account());
        let mut greatest = partition.map_or(account.time_max, |at| account.partition_times[at]);
        let Batch { columns, late_ns, .. } = batch;
        let column = &columns[self.of.column];
        let Values::Time(times) = &column.values else { panic!("an event time is a time") };
        late_ns.truncate(0);
        self.keep.clear();
        let mut all = true;
        for (row, time) in times.iter().enumerate() {
            let mut keep = true;
            if column.valid.get(row) {
                if *time <= greatest {
                    late_ns.set(row, greatest.abs_diff(*time));
                } else if greatest > i64::MIN && time.abs_diff(greatest) > ahead_max {
                    (keep, all) = (false, false);
                } else {
                    greatest = *time;
                }
            }
            self.keep.push(keep);
        }
        let account = desk.account_mut();
        account.time_max = account.time_max.max(greatest);
        if let Some(at) = partition {
            account.partition_times[at] = greatest;
        }
        if !all {
            desk.enter(step, &self.reads);
            for row in (0..self.keep.len()).filter(|row| !self.keep[*row]) {
                desk.cx().reject(batch, row, TIME_AHEAD);
            }
            batch.retain(&self.keep);
        }
        desk.account().time_read()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Type, Value};
    use crate::operator::{Account, Cx};
    use crate::units::Span;

    /// Times, in nanoseconds, as batches of a size, with another process after each `kill` of them: how late each is
    /// that is not rejected, what was rejected, and the watermark in the end.
    fn marked(
        times: &[Option<i64>],
        size: usize,
        kill: usize,
        ahead_max: Option<u64>,
    ) -> (Vec<u64>, u64, i64) {
        let schema = Schema::of(&[("x", Type::I64), ("ts", Type::Time)]).with_time(1);
        let of = EventTime { column: 1, ahead_max: ahead_max.map(|ns| Span { ns }), idle_after: None };
        let new = |account: &Account| {
            (StepTime::new("source", &schema, Some(of)), Desk::new(Cx::new("run", "stage", account.clone())))
        };
        let (mut step, mut desk) = new(&Account::default());
        let mut late = Vec::new();
        for (at, times) in times.chunks(size).enumerate() {
            let mut batch = Batch::new(&schema);
            for time in times {
                batch.id.push(0);
                batch.born_ns.push(0);
                batch.columns[0].push(Value::I64(1));
                batch.columns[1].push(time.map_or(Value::Null, Value::Time));
            }
            step.pass(0, i64::MIN, &mut batch, &mut desk);
            late.extend((0..batch.len()).map(|row| batch.late(row)));
            if at % kill == kill - 1 {
                (step, desk) = new(desk.account());
                step.pass(0, i64::MIN, &mut Batch::new(&schema), &mut desk);
            }
        }
        (late, desk.account().rejected_total(), step.through)
    }

    #[test]
    fn lateness_is_of_the_record_and_not_of_its_batch_or_process() {
        let times =
            [Some(-5), Some(10), None, Some(10), Some(4), Some(12), Some(i64::MIN), Some(12), Some(11)];
        let far = 12u64.wrapping_sub(i64::MIN as u64);
        for size in 1..=times.len() {
            for kill in 1..4 {
                let found = marked(&times, size, kill, None);
                assert_eq!(found, (vec![0, 0, 0, 0, 6, 0, far, 0, 1], 0, 12), "batches of {size}");
            }
        }
        let in_order = marked(&times[..4], 4, 9, None);
        assert_eq!(in_order, (vec![0; 4], 0, 10));
    }

    #[test]
    fn a_time_too_far_ahead_is_rejected_and_moves_nothing() {
        let times = [Some(100), Some(111), Some(i64::MAX), Some(110), Some(120), Some(105)];
        for size in 1..=times.len() {
            assert_eq!(marked(&times, size, 9, Some(10)), (vec![0, 0, 0, 15], 2, 120), "batches of {size}");
        }
    }

    #[test]
    fn of_partitions_each_is_measured_alone_and_the_least_is_the_watermark() {
        let schema = Schema::of(&[("ts", Type::Time)]).with_time(0);
        let of = EventTime { column: 0, ahead_max: None, idle_after: None };
        let mut desk = Desk::new(Cx::new("run", "stage", Account::default()));
        let mut step = StepTime::new("source", &schema, Some(of));
        for (partition, time, late, through) in [
            (0, 50, 0, i64::MIN),
            (1, 10, 0, 10),
            (0, 45, 5, 10),
            (1, 40, 0, 40),
            (1, 90, 0, 50),
            (0, 49, 1, 50),
        ] {
            let mut batch = Batch::new(&schema);
            batch.id.push(0);
            batch.born_ns.push(0);
            batch.columns[0].push(Value::Time(time));
            desk.cx().set_partition(partition, 2).unwrap();
            step.pass(0, i64::MIN, &mut batch, &mut desk);
            assert_eq!((batch.late(0), step.through), (late, through), "{time} of {partition}");
        }
        assert_eq!(desk.account().time_max, 90);
        let mut again = StepTime::new("source", &schema, Some(of));
        let mut desk = Desk::new(Cx::new("run", "stage", desk.account().clone()));
        again.pass(0, i64::MIN, &mut Batch::new(&schema), &mut desk);
        assert_eq!(again.through, 50, "another process goes on with the least of them");
    }

    #[test]
    fn a_batch_in_order_carries_nothing_and_an_ended_time_neither() {
        let schema = Schema::of(&[("ts", Type::Time)]);
        let mut batch = Batch::new(&schema);
        batch.id.push(0);
        batch.born_ns.push(0);
        batch.columns[0].push(Value::Time(1));
        batch.late_ns.set(0, 7);
        let mut desk = Desk::new(Cx::new("run", "stage", Account::default()));
        let mut step = StepTime::new("select", &schema, None);
        step.pass(0, 5, &mut batch, &mut desk);
        assert!(batch.late_ns.is_empty() && step.through == i64::MIN);
    }
}
