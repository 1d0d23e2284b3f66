//! The step `window` by itself: what it lets through, what makes room, what comes too late, what it remembers.

use crate::link_laws::Dice;
use sluicebox::data::state::{Loader, Saver};
use sluicebox::data::{Batch, Schema, Type, Value};
use sluicebox::operator::{Account, Cx, Desk, Input, Operator, PortId};
use sluicebox::registry;

fn schema() -> Schema {
    Schema::of(&[("k", Type::I64), ("ts", Type::Time)]).with_time(1)
}

/// A window at work, its ports read.
struct Work {
    operator: Box<dyn Operator>,
    report: Schema,
    desk: Desk,
    /// What it lets through.
    through: i64,
    /// Start, key and count of each window that has gone on.
    rows: Vec<(i64, i64, i64)>,
    born: Vec<u64>,
    /// Times of what came too late.
    late: Vec<i64>,
}

/// Windows of ten nanoseconds, by key.
fn work(more: &str) -> Work {
    let (_, spec) = registry::find("window", false).unwrap();
    let params = format!("size = \"10ns\"\nper = \"k\"\nfields = {{ n = \"count()\" }}\n{more}");
    let planned = (spec.plan)(params.parse().unwrap(), &[Input::new("input", schema())]);
    let planned = planned.unwrap_or_else(|problems| panic!("{problems:?}"));
    let mut desk = Desk::new(Cx::new("run", "stage", Account::new(3, 0, 1)));
    desk.set_ports(vec![vec![PortId(2)]]);
    desk.keep([(PortId(2), Batch::new(&schema()))]);
    let (operator, report) = ((planned.make)(), planned.report.unwrap());
    let (rows, born, late) = (Vec::new(), Vec::new(), Vec::new());
    Work { operator, report, desk, through: i64::MIN, rows, born, late }
}

impl Work {
    /// A call with rows of key, time and lateness, and a watermark behind them.
    fn call(&mut self, rows: &[(i64, i64, u64)], watermark: i64) {
        let mut batch = Batch::new(&schema());
        for (row, (key, time, late)) in rows.iter().enumerate() {
            batch.id.push(row as u64);
            batch.born_ns.push(100 + row as u64);
            batch.columns[0].push(Value::I64(*key));
            batch.columns[1].push(Value::Time(*time));
            batch.late_ns.set(row, *late);
        }
        self.desk.account_mut().done += rows.len() as u64;
        self.desk.set_watermark(watermark);
        self.operator.process(&mut batch, self.desk.cx()).unwrap();
        self.take(&batch);
        self.through = self.through.max(watermark.min(self.desk.holds().to));
    }

    fn take(&mut self, batch: &Batch) {
        let whole = |at: usize, row: usize| match batch.columns[at].value(row) {
            Value::I64(x) | Value::Time(x) => x,
            other => panic!("{other:?}"),
        };
        for row in 0..batch.len() {
            assert!(whole(0, row) >= self.through, "a row lies behind the watermark that was let through");
            assert_eq!((batch.late(row), whole(1, row)), (0, whole(0, row) + 10));
            self.rows.push((whole(0, row), whole(2, row), whole(3, row)));
            self.born.push(batch.born_ns[row]);
        }
        let late = self.desk.parts().sides[2].as_mut().unwrap();
        self.late.extend((0..late.len()).map(|row| match late.columns[1].value(row) {
            Value::Time(time) => time,
            other => panic!("{other:?}"),
        }));
        late.clear();
    }

    fn finish(&mut self) {
        let mut batch = Batch::default();
        self.operator.finish(&mut batch, self.desk.cx()).unwrap();
        self.take(&batch);
        let account = self.desk.account();
        let rows = self.rows.len() as u64;
        assert_eq!((account.made, account.done), (rows, account.absorbed + account.moved), "{account:?}");
    }

    /// Windows that are open, that had to go, records that were late, and those whose window had just closed.
    fn report(&mut self) -> [i64; 4] {
        let mut out = Batch::new(&self.report);
        self.operator.report(&mut out, self.desk.cx()).unwrap();
        [0, 1, 2, 3].map(|at| match out.columns[at].value(0) {
            Value::I64(n) => n,
            other => panic!("{other:?}"),
        })
    }
}

#[test]
fn windows_close_by_start_and_key_and_nothing_is_let_through_that_can_still_be_written() {
    let mut work = work("allowed_lateness = \"5ns\"");
    work.call(&[(2, 11, 0), (1, 12, 0), (1, 3, 9), (1, -1, 5)], 12);
    assert_eq!((work.rows.clone(), work.through), (vec![(-10, 1, 1)], 0), "0 to 10 is open until 15");
    work.call(&[], 14);
    assert_eq!((work.rows.len(), work.through), (1, 0));
    work.call(&[(9, 15, 0), (9, 14, 1)], 15);
    assert_eq!((work.rows[1..].to_vec(), work.through), (vec![(0, 1, 1)], 10));
    assert_eq!(work.born[1], 101, "a row is born with the record that closed its window");
    work.call(&[], 30);
    assert_eq!(work.rows[2..], [(10, 1, 1), (10, 2, 1), (10, 9, 2)]);
    assert_eq!(work.report(), [0, 0, 0, 0]);
}

#[test]
fn what_its_source_had_passed_is_late_and_what_has_closed_is_too() {
    let mut work = work("");
    work.call(&[(1, 25, 0), (1, 19, 6), (1, 20, 5), (1, 9, 16)], 3);
    assert_eq!(
        (work.late.clone(), work.report()),
        (vec![19, 9], [1, 0, 2, 0]),
        "before any window has closed"
    );
    work.call(&[(1, 20, 5), (1, 12, 0)], 30);
    assert_eq!(work.rows, [(10, 1, 1), (20, 1, 3)]);
    work.call(&[(1, 29, 0), (1, 30, 0)], 31);
    assert_eq!((work.late.clone(), work.report()), (vec![19, 9, 29], [1, 0, 3, 1]));
    work.finish();
    assert_eq!(work.rows[2..], [(30, 1, 1)]);
}

#[test]
fn a_window_that_makes_room_goes_out_first_and_is_counted() {
    let mut work = work("keys_max = 2");
    work.call(&[(1, 5, 0), (2, 5, 0), (1, 6, 0), (3, 5, 0), (2, 5, 0)], 6);
    assert_eq!((work.rows.clone(), work.report()), (vec![(0, 2, 1), (0, 1, 2)], [2, 2, 0, 0]));
    assert_eq!(work.desk.account().keys_gone, 2);
    work.finish();
    assert_eq!(work.rows[2..], [(0, 2, 1), (0, 3, 1)]);
}

/// However records are cut into batches, with watermarks between them, and whenever the state is saved and loaded, the
/// same rows go on and the same records are late.
#[test]
fn any_cutting_and_any_restart_from_a_saved_state_give_the_same() {
    for seed in 0..200 {
        let mut dice = Dice(seed);
        let mut greatest = -50;
        let records: Vec<(i64, i64, u64, i64)> = (0..150)
            .map(|_| {
                let time =
                    greatest + dice.below(9) as i64 - if dice.one_in(3) { dice.below(25) as i64 } else { 0 };
                let late = u64::try_from(greatest - time).unwrap_or(0);
                greatest = greatest.max(time);
                (dice.below(3) as i64, time, late, greatest)
            })
            .collect();
        let mut run = |most: usize, restarts: bool| {
            let mut at_work = work("allowed_lateness = \"3ns\"");
            let mut from = 0;
            while from < records.len() {
                let to = (from + 1 + dice.below(most)).min(records.len());
                let rows: Vec<_> =
                    records[from..to].iter().map(|(key, time, late, _)| (*key, *time, *late)).collect();
                at_work.call(&rows, if dice.one_in(3) { at_work.through } else { records[to - 1].3 });
                from = to;
                if restarts && dice.one_in(5) {
                    let mut state = Vec::new();
                    at_work.operator.save(&mut Saver::new(&mut state)).unwrap();
                    at_work.operator = work("allowed_lateness = \"3ns\"").operator;
                    at_work.operator.load(&mut Loader::new(&state)).unwrap();
                }
            }
            at_work.finish();
            at_work.rows.sort_unstable();
            (at_work.rows.clone(), at_work.late.clone(), at_work.report())
        };
        let once = run(1, false);
        assert!(once.0.len() > 10 && once.2[3] == 0, "{once:?}");
        for (most, restarts) in [(150, false), (7, false), (3, true)] {
            assert_eq!(run(most, restarts), once, "seed {seed}, batches of up to {most}");
        }
    }
}

#[test]
fn a_state_of_other_windows_is_refused() {
    let mut first = work("");
    first.call(&[(1, 5, 0)], 5);
    let mut state = Vec::new();
    first.operator.save(&mut Saver::new(&mut state)).unwrap();
    for (more, fits) in [("", true), ("keys_max = 7", true), ("offset = \"1ns\"", false)] {
        assert_eq!(work(more).operator.load(&mut Loader::new(&state)).is_ok(), fits, "{more}");
    }
}
