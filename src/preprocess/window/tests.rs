//! The step as it is called: what goes out, and what is held, in cases that a run does not show.

use super::*;
use crate::data::{Schema, Values};
use crate::operator::{Account, Desk, Ending, PortId};

mod bounds;
mod cut;
mod kept;
mod pieces;
mod sessions;

const SECOND: i64 = 1_000_000_000;

fn schema() -> Schema {
    Schema::of(&[("k", Type::Str), ("ts", Type::Time), ("x", Type::I64)]).with_time(1)
}

/// A worker of the step, and the rows that have come of it: key, start, end, count, sum, and whether it is restated.
struct Work {
    planned: Planned,
    step: Box<dyn Operator>,
    desk: Desk,
    rows: Vec<String>,
    /// The most rows of one call, and how many calls there were.
    most: usize,
    calls: usize,
}

/// Key, seconds, x, and by how many seconds it is late.
type Came<'a> = (&'a str, i64, i64, i64);

impl Work {
    fn new(params: &str) -> Work {
        let params = format!("{params}\nper = \"k\"\nfields = {{ n = \"count()\", s = \"sum(x)\" }}");
        let planned = plan(params.parse().expect("TOML"), &[Input::new("input", schema())]);
        let planned = planned.unwrap_or_else(|problems| panic!("{problems:?}"));
        let mut desk = Desk::new(Cx::new("run", "stage", Account::new(2 + planned.ports.len(), 0, 1)));
        let ports: Vec<PortId> = (2..).map(PortId).take(planned.ports.len()).collect();
        desk.keep(ports.iter().map(|port| (*port, Batch::new(&schema()))));
        desk.set_ports(vec![ports]);
        desk.cx().records_max = 10;
        let step = (planned.make)();
        Work { planned, step, desk, rows: Vec::new(), most: 0, calls: 0 }
    }

    fn took(&mut self, batch: &Batch) {
        self.most = self.most.max(batch.len());
        self.calls += 1;
        for row in 0..batch.len() {
            let cell = |column: &crate::data::Column| match column.value(row) {
                Value::Time(at) => (at / SECOND).to_string(),
                Value::I64(n) => n.to_string(),
                Value::Str(text) => text.to_string(),
                Value::Bool(is) => is.to_string(),
                Value::Null => "NULL".to_string(),
                other => format!("{other:?}"),
            };
            self.rows.push(batch.columns.iter().map(cell).collect::<Vec<_>>().join(" "));
        }
    }

    /// A batch, and a watermark in seconds behind it.
    fn call(&mut self, came: &[Came<'_>], watermark: i64) {
        let mut batch = Batch::new(&schema());
        for (row, (k, seconds, x, late)) in came.iter().enumerate() {
            batch.id.push(row as u64);
            batch.born_ns.push(1);
            batch.columns[0].push(Value::Str(k));
            batch.columns[1].push(Value::Time(seconds * SECOND));
            batch.columns[2].push(Value::I64(*x));
            batch.late_ns.set(row, (late * SECOND) as u64);
        }
        self.desk.set_watermark(watermark.saturating_mul(SECOND));
        while self.step.process(&mut batch, self.desk.cx()).expect("it works") == Next::Again {
            self.took(&batch);
            batch = Batch::new(&schema());
        }
        self.took(&batch);
    }

    fn finish(&mut self, ending: Ending) {
        self.desk.set_ending(ending);
        let mut batch = Batch::default();
        while self.step.finish(&mut batch, self.desk.cx()).expect("it ends") == Next::Again {
            self.took(&batch);
            batch = Batch::default();
        }
        self.took(&batch);
    }

    /// Open and closed, as the report says.
    fn told(&mut self) -> [i64; 2] {
        let mut out = Batch::new(self.planned.report.as_ref().expect("it has a report"));
        self.step.report(&mut out, self.desk.cx()).expect("it reports");
        [0, 3].map(|at| match out.columns[at].value(0) {
            Value::I64(n) => n,
            other => panic!("{other:?}"),
        })
    }

    fn saved(&mut self) -> Vec<u8> {
        let mut state = Vec::new();
        while self.step.save(&mut Saver::new(&mut state)).expect("it is saved") == Next::Again {}
        state
    }

    /// Another process goes on from an older state; the position is that of the last call.
    fn killed(&mut self, state: &[u8]) {
        self.step = (self.planned.make)();
        self.step.load(&mut Loader::new(state)).expect("it is loaded");
    }

    /// The sum of the counts of all rows.
    fn counted(&self) -> i64 {
        let n = |row: &String| row.split(' ').nth(3).and_then(|n| n.parse::<i64>().ok());
        self.rows.iter().filter_map(n).sum()
    }
}

/// Keys, each with a record: ten of them a second where there are many, so that not all close at once.
struct Keys(Vec<String>);

impl Keys {
    fn new(n: usize) -> Keys {
        Keys((0..n).map(|n| format!("k{n}")).collect())
    }

    fn came(&self) -> Vec<Came<'_>> {
        let at = |n: usize| if self.0.len() > 60 { 5 + n as i64 / 10 } else { 5 };
        self.0.iter().enumerate().map(|(n, k)| (&k[..], at(n), 1, 0)).collect()
    }
}

/// What is open is asked for with each batch: it is kept, and it is what a walk over all keys would say.
#[test]
fn the_open_windows_of_records_are_counted() {
    for slide in [1, 2, 3, 7] {
        let mut work = Work::new(&format!("count = 7\nslide = {slide}\nkeys_max = 5"));
        let mut came = std::collections::BTreeMap::new();
        for n in 0..200i64 {
            let k = ["a", "b", "c"][(n * n % 7 % 3) as usize];
            work.call(&[(k, 0, 1, 0)], i64::MIN);
            *came.entry(k).or_insert(0i64) += 1;
            let open = |n: i64| (0..n).step_by(slide).filter(|start| start + 7 > n).count() as i64;
            assert_eq!(work.told()[0], came.values().map(|n| open(*n)).sum::<i64>(), "{slide}");
        }
        let (state, open) = (work.saved(), work.told());
        work.killed(&state);
        assert_eq!(work.told(), open);
        // Two more keys than may be.
        work.call(&["p", "q", "r", "s"].map(|k| (k, 0, 1, 0)), i64::MIN);
        work.finish(Ending::Drained);
        assert_eq!(work.told()[0], 0);
    }
}

/// Windows that have gone out, and wait for late records, are not gone along once more when time jumps or ends.
#[test]
fn windows_that_only_wait_are_not_gone_along() {
    let keys: Vec<String> = (0..5000).map(|n| format!("k{n}")).collect();
    let came: Vec<Came<'_>> = keys.iter().map(|k| (&k[..], 5, 1, 0)).collect();
    let params = "size = \"2s\"\nslide = \"1s\"\nallowed_lateness = \"1h\"\nlate = \"restate\"";
    for far in [10, 2000, 3606] {
        let mut work = Work::new(params);
        work.call(&came, 3);
        work.call(&[], 10);
        work.call(&[], far);
        work.finish(Ending::Drained);
        assert_eq!(work.counted(), 5000 * 2);
        assert!(work.calls <= 8, "{} calls", work.calls);
    }
}

/// A window that had gone out, and was given a record, goes out again before it has to go: that record is in a row.
#[test]
fn what_has_to_go_out_again_does_so_before_it_goes() {
    let mut work = Work::new("size = \"10s\"\nallowed_lateness = \"100s\"\nlate = \"restate\"\nkeys_max = 2");
    work.call(&[("a", 1, 1, 0), ("b", 21, 1, 0), ("b", 21, 1, 0)], 21);
    assert_eq!(work.rows, ["0 10 a 1 1 false"]);
    work.call(&[("a", 2, 4, 19), ("c", 22, 1, 0), ("d", 23, 1, 0)], 23);
    assert!(work.rows.contains(&"0 10 a 2 5 true".to_string()), "{:?}", work.rows);
    // What it was is forgotten: what comes now is a part of its own, and the next row takes that one's place.
    work.call(&[("a", 3, 8, 20)], 23);
    assert_eq!(work.rows.last().expect("a row"), "0 10 a 1 8 false");
    work.call(&[("a", 4, 16, 19)], 23);
    assert_eq!(work.rows.last().expect("a row"), "0 10 a 2 24 true");
}

/// Where there is room for fewer keys than before, several go for a new one: so it is with each of them.
#[test]
fn what_has_to_go_out_again_does_so_before_several_go() {
    let mut work = Work::new("size = \"10s\"\nallowed_lateness = \"100s\"\nlate = \"restate\"\nkeys_max = 4");
    work.call(&[("a", 1, 1, 0), ("b", 21, 1, 0), ("c", 22, 1, 0)], 21);
    work.desk.be_worker(0, 4, 0);
    work.call(&[("a", 2, 4, 19), ("d", 23, 1, 0)], 23);
    assert_eq!(work.rows, ["0 10 a 1 1 false", "0 10 a 2 5 true", "20 30 b 1 1 false", "20 30 c 1 1 false"]);
}

/// The row of a late record takes the place of that of its window, which had none: only before a key's first window,
/// where it has no rows, is there nothing to take the place of.
#[test]
fn a_late_record_restates_an_empty_window() {
    let params = "size = \"10s\"\nallowed_lateness = \"100s\"\nlate = \"restate\"\nempty = true";
    let mut work = Work::new(params);
    work.call(&[("a", 11, 1, 0)], 35);
    assert_eq!(work.rows, ["10 20 a 1 1 false", "20 30 a 0 NULL false"]);
    let state = work.saved();
    for killed in [false, true] {
        if killed {
            work.killed(&state);
        }
        work.rows.clear();
        work.call(&[("a", 22, 2, 13), ("a", 3, 4, 32), ("b", 24, 8, 11)], 35);
        assert_eq!(work.rows, ["0 10 a 1 4 false", "20 30 a 1 2 true", "20 30 b 1 8 false"]);
        work.call(&[("a", 4, 16, 31)], 35);
        assert_eq!(work.rows[3..], ["0 10 a 2 20 true"]);
    }
}

/// Windows of the clock without records have rows when the clock has come to their end, and so they wake the step.
#[test]
fn empty_windows_of_the_clock_wait_for_it() {
    let mut work = Work::new("size = \"10s\"\nby_arrival = true\nempty = true");
    work.call(&[("a", 0, 1, 0)], i64::MIN);
    let mut rows = 0;
    for _ in 0..5 {
        let mut batch = Batch::new(&schema());
        let Next::At(at) = work.step.process(&mut batch, work.desk.cx()).expect("it works") else {
            panic!("it waits for the clock");
        };
        rows += batch.len();
        work.desk.cx().now_ns = at;
    }
    assert!(rows >= 3, "{rows} rows");
}

/// No record is late for a window of records, so nobody is told to read where none comes.
#[test]
fn windows_of_records_have_no_late_ones() {
    assert_eq!(Work::new("count = 7").planned.ports.len(), 0);
    assert_eq!(Work::new("size = \"7s\"").planned.ports.len(), 1);
}
