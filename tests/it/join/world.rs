//! Two disordered streams as they reach a step of two roles, and what SQLite says of them.

use crate::link_laws::Dice;
use rusqlite::Connection;
use sluicebox::data::state::{Loader, Saver};
use sluicebox::data::{Batch, Schema, Type, Value, key};
use sluicebox::operator::{Account, Cx, Desk, Input, Next, Operator, Planned, PortId, Reads};
use sluicebox::registry;
use std::sync::Arc;

/// Number, key, time and how late it is, of a source; numbers are in the order in which that reads.
pub type Row = (i64, Option<i64>, Option<i64>, u64);

/// What comes out: the left's number, the right's, and the text that stands beside it.
pub type Out = (Option<i64>, Option<i64>, Option<String>);

pub const ROLES: [&str; 2] = ["left", "right"];

pub fn schema(side: usize) -> Schema {
    let (n, text) = [("n", "a"), ("m", "b")][side];
    Schema::of(&[(n, Type::I64), ("k", Type::I64), ("ts", Type::Time), (text, Type::Str)]).with_time(2)
}

/// Sources of each side, in the order in which each reads.
pub struct World {
    pub sources: Vec<(usize, Vec<Row>)>,
    judge: Connection,
}

impl World {
    /// Keys are few, so that there are many partners; times are close together and some equal; some of both are NULL.
    pub fn new(dice: &mut Dice, rows: usize, keys: usize, jitter: usize) -> World {
        let judge = Connection::open_in_memory().unwrap();
        judge
            .execute_batch(
                "CREATE TABLE raw (side INTEGER, source INTEGER, n INTEGER, k INTEGER, ts INTEGER, x TEXT)",
            )
            .unwrap();
        let mut sources = Vec::new();
        let mut n = 0;
        for source in 0..4 {
            let side = source % 2;
            let (mut now, mut greatest) = (dice.below(20) as i64 - 10, i64::MIN);
            let mut all = Vec::new();
            for _ in 0..dice.below(rows) {
                now += dice.below(4) as i64;
                let back = if dice.one_in(3) { dice.below(jitter) as i64 } else { 0 };
                let time = (!dice.one_in(40)).then_some(now - back);
                let k = (!dice.one_in(20)).then(|| dice.below(keys) as i64);
                let late = time.map_or(0, |time| if greatest > time { greatest.abs_diff(time) } else { 0 });
                greatest = greatest.max(time.unwrap_or(i64::MIN));
                all.push((n, k, time, late));
                let mut insert = judge.prepare_cached("INSERT INTO raw VALUES (?, ?, ?, ?, ?, ?)").unwrap();
                insert.execute((side as i64, source as i64, n, k, time, text(n))).unwrap();
                n += 1;
            }
            sources.push((side, all));
        }
        World { sources, judge }
    }

    /// The rows of a side that come in, by a running maximum over their source; and those that are late.
    fn judged(allowed: i64, late: bool) -> String {
        let wanted = if late { ">" } else { "<=" };
        format!(
            "WITH marked AS (SELECT *, max(0, coalesce(max(ts) OVER (PARTITION BY source ORDER BY n
                 ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) - ts, 0)) AS late FROM raw WHERE ts IS NOT NULL),
               l AS (SELECT * FROM marked WHERE side = 0 AND late {wanted} {allowed}),
               r AS (SELECT * FROM marked WHERE side = 1 AND late {wanted} {allowed})"
        )
    }

    /// What one query says of the rows `l` and `r` that are not late.
    pub fn due(&self, allowed: i64, select: &str) -> Vec<Out> {
        let sql = format!("{} {select} ORDER BY 1, 2", World::judged(allowed, false));
        let mut query = self.judge.prepare(&sql).unwrap();
        let rows = query.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).unwrap();
        let mut rows: Vec<Out> = rows.map(Result::unwrap).collect();
        rows.sort_unstable();
        rows
    }

    /// The numbers of those that SHALL be late, by side.
    pub fn late(&self, allowed: i64) -> [Vec<i64>; 2] {
        ["l", "r"].map(|side| {
            let sql = format!("{} SELECT n FROM {side} ORDER BY 1", World::judged(allowed, true));
            let mut query = self.judge.prepare(&sql).unwrap();
            query.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
        })
    }
}

pub fn text(n: i64) -> String {
    "x".repeat(n as usize % 5) + &n.to_string()
}

/// A step of two roles with its own desk.
pub struct Work {
    planned: Planned,
    pub operator: Box<dyn Operator>,
    pub desk: Desk,
    reads: [Arc<Reads>; 2],
    /// What it lets through, and where the time of the left stands in what it makes.
    pub through: i64,
    pub out: Vec<Out>,
    pub late: [Vec<i64>; 2],
    timed: bool,
}

impl Work {
    pub fn new(operator: &str, params: &str) -> Work {
        let (_, spec) = registry::find(operator, false).unwrap();
        let inputs = [0, 1].map(|side| Input {
            role: Some(ROLES[side].to_string()),
            ..Input::new(ROLES[side], schema(side))
        });
        let planned = (spec.plan)(params.parse().unwrap(), &inputs);
        let planned = planned.unwrap_or_else(|problems| panic!("{problems:?}"));
        let mut desk = Desk::new(Cx::new("run", "stage", Account::new(4, 0, 1)));
        if !planned.ports.is_empty() {
            desk.set_ports(vec![vec![PortId(2), PortId(3)]]);
            desk.keep([0, 1].map(|side| (PortId(2 + side as u8), Batch::new(&schema(side)))));
        }
        desk.cx().records_max = 7;
        let reads = [0, 1].map(|side| {
            Arc::new(Reads {
                operator: operator.to_string(),
                role: Some(ROLES[side].to_string()),
                schema: schema(side),
            })
        });
        let (operator, timed) = ((planned.make)(), planned.output.time().is_some());
        let (out, late) = (Vec::new(), [Vec::new(), Vec::new()]);
        let mut work = Work { planned, operator, desk, reads, through: i64::MIN, out, late, timed };
        work.call(0, &[], i64::MIN);
        work
    }

    /// A call with rows of a side, a watermark behind them, and calls for more.
    pub fn call(&mut self, side: usize, rows: &[Row], watermark: i64) {
        let mut batch = Batch::new(&schema(side));
        for (row, (n, k, time, late)) in rows.iter().enumerate() {
            batch.id.push(*n as u64);
            batch.born_ns.push(100);
            batch.columns[0].push(Value::I64(*n));
            batch.columns[1].push(k.map_or(Value::Null, Value::I64));
            batch.columns[2].push(time.map_or(Value::Null, Value::Time));
            batch.columns[3].push(Value::Str(&text(*n)));
            batch.late_ns.set(row, *late);
        }
        self.desk.account_mut().done += rows.len() as u64;
        self.desk.set_watermark(watermark);
        let mut next = Next::Again;
        while next == Next::Again {
            self.desk.enter(0, &self.reads[side]);
            next = self.operator.process(&mut batch, self.desk.cx()).unwrap();
            self.take(&batch);
            self.through = self.through.max(watermark.min(self.desk.holds().to));
            batch.reset(&schema(side));
        }
    }

    fn take(&mut self, batch: &Batch) {
        let whole = |at: usize, row: usize| match batch.columns[at].value(row) {
            Value::I64(x) | Value::Time(x) => Some(x),
            Value::Null => None,
            other => panic!("{other:?}"),
        };
        assert!(batch.len() <= 7 + 1, "{} rows in one batch", batch.len());
        for row in 0..batch.len() {
            let time = whole(2, row);
            assert!(
                !self.timed || time.is_none_or(|time| time >= self.through),
                "a row lies behind the watermark"
            );
            let beside = match batch.columns[7].value(row) {
                Value::Str(text) => Some(text.to_string()),
                _ => None,
            };
            self.out.push((whole(0, row), whole(4, row), beside));
        }
        for (side, late) in self.late.iter_mut().enumerate().filter(|_| !self.planned.ports.is_empty()) {
            let port = self.desk.parts().sides[2 + side].as_mut().unwrap();
            late.extend((0..port.len()).map(|row| port.id[row] as i64));
            port.clear();
        }
    }

    pub fn finish(&mut self) {
        let mut next = Next::Again;
        while next == Next::Again {
            let mut batch = Batch::default();
            next = self.operator.finish(&mut batch, self.desk.cx()).unwrap();
            self.take(&batch);
        }
    }

    /// What of its report stands in a column.
    pub fn report(&mut self, name: &str) -> i64 {
        let schema = self.planned.report.clone().unwrap();
        let mut out = Batch::new(&schema);
        self.operator.report(&mut out, self.desk.cx()).unwrap();
        match out.columns[schema.index(name).unwrap()].value(0) {
            Value::I64(n) => n,
            other => panic!("{other:?}"),
        }
    }

    /// Saves its state, with `between` at work between two pieces, and goes on from that as another process would.
    pub fn saved(&mut self, mut between: impl FnMut(&mut Work)) -> Vec<u8> {
        let mut state = Vec::new();
        while self.operator.save(&mut Saver::new(&mut state)).unwrap() == Next::Again {
            between(self);
        }
        state
    }

    pub fn load(&mut self, state: &[u8]) {
        self.operator = (self.planned.make)();
        let mut from = Loader::new(state);
        self.operator.load(&mut from).unwrap();
        from.end().unwrap();
    }
}

/// How rows come.
pub struct Way {
    pub workers: usize,
    /// Rows a batch has at most.
    pub cut: usize,
    /// One in so many batches stops the worker, which goes on from what it saved; 0: none does.
    pub restarts: usize,
}

pub const WAYS: [Way; 5] = [
    Way { workers: 1, cut: 1000, restarts: 0 },
    Way { workers: 1, cut: 1, restarts: 0 },
    Way { workers: 3, cut: 7, restarts: 0 },
    Way { workers: 1, cut: 5, restarts: 3 },
    Way { workers: 2, cut: 40, restarts: 2 },
];

/// Rows of one number each, at times of that number.
pub fn rows(range: std::ops::Range<i64>, key: impl Fn(i64) -> i64) -> Vec<Row> {
    range.map(|n| (n, Some(key(n)), Some(n), 0)).collect()
}

/// All pieces of a state SHALL be of the moment at which saving began, though the step works on; `begin` gives it what
/// it has by then. How many rows came out since.
pub fn saved_at_work(operator: &str, params: &str, begin: impl Fn(&mut Work)) -> usize {
    let mut work = Work::new(operator, params);
    begin(&mut work);
    let since: Vec<(usize, Vec<Row>, i64)> = (0..40)
        .map(|at| {
            let from = 9000 + 300 * at as i64;
            (at % 2, rows(from..from + 300, |n| n % 60), from)
        })
        .collect();
    work.out.clear();
    let mut next = since.iter();
    let state = work.saved(|work| {
        let (side, rows, watermark) = next.next().unwrap();
        work.call(*side, rows, *watermark);
    });
    let fed = since.len() - next.len();
    assert!(fed > 3, "the state came in {fed} pieces");
    let mut other = Work::new(operator, params);
    other.load(&state);
    since[..fed].iter().for_each(|(side, rows, watermark)| other.call(*side, rows, *watermark));
    for work in [&mut work, &mut other] {
        work.finish();
        work.out.sort_unstable();
    }
    assert_eq!(work.out, other.out);
    work.out.len()
}

/// All that came out and was late, sorted, over all workers.
pub fn run(
    world: &World,
    operator: &str,
    params: &str,
    way: &Way,
    dice: &mut Dice,
) -> (Vec<Out>, [Vec<i64>; 2]) {
    let mut works: Vec<Work> = (0..way.workers).map(|_| Work::new(operator, params)).collect();
    let mut at = vec![0; world.sources.len()];
    let mut read = vec![i64::MIN; world.sources.len()];
    loop {
        let open: Vec<usize> = (0..at.len()).filter(|of| at[*of] < world.sources[*of].1.len()).collect();
        if open.is_empty() {
            break;
        }
        let source = open[dice.below(open.len())];
        let (side, rows) = &world.sources[source];
        let end = (at[source] + 1 + dice.below(way.cut)).min(rows.len());
        let taken = &rows[at[source]..end];
        at[source] = end;
        read[source] = taken.iter().filter_map(|row| row.2).fold(read[source], i64::max);
        let watermark = (0..at.len())
            .map(|of| if at[of] < world.sources[of].1.len() { read[of] } else { i64::MAX })
            .min()
            .unwrap();
        for (worker, work) in works.iter_mut().enumerate() {
            let mine: Vec<Row> =
                taken.iter().filter(|row| owner(row.1, way.workers) == worker).copied().collect();
            // Now and then time comes on without a record, or a record without the time behind it.
            work.call(*side, &mine, if dice.one_in(3) { i64::MIN } else { watermark });
            if way.restarts > 0 && dice.one_in(way.restarts) {
                let state = work.saved(|_| {});
                work.load(&state);
            }
        }
    }
    let (mut out, mut late) = (Vec::new(), [Vec::new(), Vec::new()]);
    for work in &mut works {
        work.finish();
        let account = work.desk.account();
        assert_eq!(account.made, work.out.len() as u64);
        assert_eq!(account.done, account.absorbed + account.moved + account.rejected_total(), "{account:?}");
        out.append(&mut work.out);
        (0..2).for_each(|side| late[side].append(&mut work.late[side]));
    }
    out.sort_unstable();
    late.iter_mut().for_each(|late| late.sort_unstable());
    (out, late)
}

fn owner(k: Option<i64>, workers: usize) -> usize {
    key::hash(&k.unwrap_or(-1).to_le_bytes()) as usize % workers
}
