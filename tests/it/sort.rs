//! The steps `sort` and `dedupe`: what SQLite says of the same rows, whatever happens on the way, and their bounds.

use crate::link_laws::Dice;
use rusqlite::Connection;
use sluicebox::data::state::{Loader, Saver};
use sluicebox::data::{Batch, Schema, Type, Value};
use sluicebox::operator::{Account, Cx, Desk, Input, Next, Operator, Planned, PortId};
use sluicebox::registry;

fn schema() -> Schema {
    Schema::of(&[("k", Type::I64), ("ts", Type::Time), ("text", Type::Str)]).with_time(1)
}

/// What stands beside a key.
fn text(k: i64) -> String {
    "x".repeat(k as usize % 7)
}

/// Number, key, time, and how late it is.
type Row = (i64, i64, i64, u64);

struct Work {
    planned: Planned,
    operator: Box<dyn Operator>,
    desk: Desk,
    through: i64,
    out: Vec<(i64, i64)>,
    late: Vec<i64>,
}

impl Work {
    fn new(operator: &str, params: &str) -> Work {
        let (_, spec) = registry::find(operator, false).unwrap();
        let planned = (spec.plan)(params.parse().unwrap(), &[Input::new("input", schema())]);
        let planned = planned.unwrap_or_else(|problems| panic!("{problems:?}"));
        let mut desk = Desk::new(Cx::new("run", "stage", Account::new(3, 0, 1)));
        desk.cx().records_max = 7;
        if !planned.ports.is_empty() {
            desk.set_ports(vec![vec![PortId(2)]]);
            desk.keep([(PortId(2), Batch::new(&schema()))]);
        }
        let operator = (planned.make)();
        Work { planned, operator, desk, through: i64::MIN, out: Vec::new(), late: Vec::new() }
    }

    fn call(&mut self, rows: &[Row], watermark: i64) {
        let mut batch = Batch::new(&schema());
        for (row, (n, k, time, late)) in rows.iter().enumerate() {
            batch.id.push(*n as u64);
            batch.born_ns.push(1);
            batch.columns[0].push(Value::I64(*k));
            batch.columns[1].push(Value::Time(*time));
            batch.columns[2].push(Value::Str(&text(*k)));
            batch.late_ns.set(row, *late);
        }
        self.desk.set_watermark(watermark);
        let mut next = Next::Again;
        while next == Next::Again {
            next = self.operator.process(&mut batch, self.desk.cx()).unwrap();
            self.take(&batch);
            self.through = self.through.max(watermark.min(self.desk.holds().to));
            batch.reset(&schema());
        }
    }

    fn take(&mut self, batch: &Batch) {
        for row in 0..batch.len() {
            let Value::Time(time) = batch.columns[1].value(row) else { panic!("a time is there") };
            assert!(time >= self.through || batch.late(row) > 0, "a row lies behind the watermark");
            self.out.push((time, batch.id[row] as i64));
        }
        if !self.planned.ports.is_empty() {
            let late = self.desk.parts().sides[2].as_mut().unwrap();
            self.late.extend(late.id.iter().map(|id| *id as i64));
            late.clear();
        }
    }

    fn finish(&mut self) {
        let mut next = Next::Again;
        while next == Next::Again {
            let mut batch = Batch::default();
            next = self.operator.finish(&mut batch, self.desk.cx()).unwrap();
            self.take(&batch);
        }
    }

    fn save(&mut self) -> Vec<u8> {
        let mut state = Vec::new();
        while self.operator.save(&mut Saver::new(&mut state)).unwrap() == Next::Again {}
        state
    }

    fn restart(&mut self) {
        let state = self.save();
        self.operator = (self.planned.make)();
        self.operator.load(&mut Loader::new(&state)).unwrap();
    }

    fn report(&mut self, name: &str) -> i64 {
        let schema = self.planned.report.clone().unwrap();
        let mut out = Batch::new(&schema);
        self.operator.report(&mut out, self.desk.cx()).unwrap();
        match out.columns[schema.index(name).unwrap()].value(0) {
            Value::I64(n) => n,
            other => panic!("{other:?}"),
        }
    }
}

/// Rows as their source reads them, and how far time has come behind each.
fn rows(dice: &mut Dice, jitter: usize) -> Vec<Row> {
    let (mut now, mut greatest) = (0, i64::MIN);
    (0..300)
        .map(|n| {
            now += dice.below(3) as i64;
            let time = now - if dice.one_in(3) { dice.below(jitter) as i64 } else { 0 };
            let late = if greatest > time { greatest.abs_diff(time) } else { 0 };
            greatest = greatest.max(time);
            (n, dice.below(20) as i64, time, late)
        })
        .collect()
}

/// The rows in SQLite: number, key, time, and the greatest time before each.
fn judge(rows: &[Row]) -> Connection {
    let judge = Connection::open_in_memory().unwrap();
    judge.execute_batch("CREATE TABLE raw (n INTEGER, k INTEGER, ts INTEGER)").unwrap();
    for (n, k, ts, _) in rows {
        judge.execute("INSERT INTO raw VALUES (?, ?, ?)", (n, k, ts)).unwrap();
    }
    let late =
        "CREATE VIEW marked AS SELECT *, max(0, coalesce(max(ts) OVER (ORDER BY n ROWS BETWEEN UNBOUNDED
        PRECEDING AND 1 PRECEDING) - ts, 0)) AS late FROM raw";
    judge.execute_batch(late).unwrap();
    judge
}

fn pairs(judge: &Connection, sql: &str) -> Vec<(i64, i64)> {
    let mut query = judge.prepare(sql).unwrap();
    query.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap().map(Result::unwrap).collect()
}

#[test]
fn rows_are_in_the_order_that_one_query_says() {
    let mut all_late = 0;
    for seed in 0..60 {
        let mut dice = Dice(seed);
        let (jitter, allowed) = (1 + dice.below(25), dice.below(12) as u64);
        let rows = rows(&mut dice, jitter);
        let judge = judge(&rows);
        let due = pairs(&judge, &format!("SELECT ts, n FROM marked WHERE late <= {allowed} ORDER BY ts, n"));
        let late = pairs(&judge, &format!("SELECT n, n FROM marked WHERE late > {allowed} ORDER BY n"));
        all_late += late.len();
        for (cut, restarts) in [(300, 0), (1, 0), (9, 4)] {
            let mut work = Work::new("sort", &format!("allowed_lateness = \"{allowed}ns\""));
            let mut at = 0;
            while at < rows.len() {
                let end = (at + 1 + dice.below(cut)).min(rows.len());
                let greatest = rows[..end].iter().map(|row| row.2).max().unwrap();
                work.call(&rows[at..end], if dice.one_in(3) { i64::MIN } else { greatest });
                at = end;
                if restarts > 0 && dice.one_in(restarts) {
                    work.restart();
                }
            }
            work.finish();
            assert_eq!(work.out, due, "seed {seed}, cut {cut}");
            assert_eq!(work.late, late.iter().map(|late| late.0).collect::<Vec<_>>());
        }
    }
    assert!(all_late > 500, "{all_late} were late");
}

/// A watermark that stands still: what waits is bounded, and the earliest go on.
#[test]
fn what_waits_to_be_sorted_is_bounded() {
    let mut work = Work::new("sort", "rows_max = 50");
    let rows: Vec<Row> = (0..20_000).map(|n| (n, 0, n ^ 7, 0)).collect();
    for rows in rows.chunks(100) {
        work.call(rows, i64::MIN);
        assert!(work.report("waiting") <= 50);
    }
    assert_eq!(work.report("early"), 19_950);
    work.finish();
    assert_eq!(work.out.len(), 20_000);
    assert!(work.out.is_sorted(), "what is not further apart than what waits is in order all the same");
}

/// Texts are bounded by their bytes, whatever the number of records.
#[test]
fn texts_that_wait_to_be_sorted_are_bounded() {
    let mut work = Work::new("sort", "memory = \"64KiB\"");
    let rows: Vec<Row> = (0..100_000).map(|n| (n, n, n, 0)).collect();
    for rows in rows.chunks(500) {
        work.call(rows, i64::MIN);
    }
    let waiting = work.report("waiting");
    let bytes: usize = (0..100_000).rev().take(waiting as usize).map(|n| text(n).len()).sum();
    assert!(bytes <= 65_536 && bytes > 60_000, "{bytes} bytes of {waiting}");
    assert_eq!(work.report("early"), 100_000 - waiting);
    work.finish();
    assert!(work.out.len() == 100_000 && work.out.is_sorted());
}

#[test]
fn what_went_on_sorted_does_not_go_on_again() {
    let mut work = Work::new("sort", "");
    let rows: Vec<Row> = (0..100).map(|n| (n, 0, n, 0)).collect();
    work.call(&rows, 10);
    let state = work.save();
    work.call(&[], 60);
    work.operator = (work.planned.make)();
    work.operator.load(&mut Loader::new(&state)).unwrap();
    work.finish();
    assert_eq!(work.out, (0..100).map(|n| (n, n)).collect::<Vec<_>>());
}

/// The first of each key, as SQLite has it; and with `within` as a walk over the rows of each key says.
#[test]
fn the_first_of_each_key_passes() {
    for seed in 0..40 {
        let mut dice = Dice(seed);
        let rows = rows(&mut dice, 20);
        let judge = judge(&rows);
        let due = pairs(
            &judge,
            "SELECT ts, n FROM raw r WHERE n = (SELECT min(n) FROM raw WHERE k = r.k) ORDER BY n",
        );
        // A chain of records, each the first that lies further than 9 from the one before.
        let chain = "WITH RECURSIVE passed(n, k, ts) AS (
            SELECT min(n), k, ts FROM raw GROUP BY k
            UNION ALL
            SELECT r.n, r.k, r.ts FROM passed p JOIN raw r ON r.n = (
                SELECT min(n) FROM raw WHERE k = p.k AND n > p.n AND abs(ts - p.ts) > 9))
            SELECT ts, n FROM passed ORDER BY n";
        let within = pairs(&judge, chain);
        assert!(within.len() > due.len());
        for (params, due) in [("per = \"k\"", due), ("per = \"k\"\nwithin = \"9ns\"", within)] {
            for (cut, restarts) in [(300, 0), (1, 0), (9, 4)] {
                let mut work = Work::new("dedupe", params);
                let mut at = 0;
                while at < rows.len() {
                    let end = (at + 1 + dice.below(cut)).min(rows.len());
                    work.call(&rows[at..end], i64::MIN);
                    at = end;
                    if restarts > 0 && dice.one_in(restarts) {
                        work.restart();
                    }
                }
                work.finish();
                assert_eq!(work.out, due, "seed {seed}, {params}, cut {cut}");
                assert_eq!(work.report("dropped") as usize, rows.len() - due.len());
            }
        }
    }
}

/// Very many keys: as many as are said are remembered, and what goes is counted.
#[test]
fn keys_that_are_remembered_are_bounded() {
    let mut work = Work::new("dedupe", "keys_max = 100");
    for from in (0..50_000).step_by(500) {
        let rows: Vec<Row> = (from..from + 500).map(|n| (n, n, n, 0)).collect();
        work.call(&rows, i64::MIN);
    }
    assert_eq!((work.report("keys"), work.desk.account().keys_gone), (100, 49_900));
}
