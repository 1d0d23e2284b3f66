//! Records of disordered sources, and workers that get them in any cut, with watermarks between.

use crate::link_laws::Dice;
use sluicebox::data::state::{Loader, Saver};
use sluicebox::data::{Batch, Schema, Type, Value};
use sluicebox::operator::{Account, Cx, Desk, Input, Operator, Planned, PortId};
use sluicebox::registry;

/// A second, in nanoseconds.
pub const SECOND: i64 = 1_000_000_000;

#[derive(Clone, Debug)]
pub struct Row {
    pub n: i64,
    pub source: usize,
    pub k: Option<&'static str>,
    /// In seconds.
    pub ts: i64,
    pub x: Option<f64>,
    pub m: Option<i64>,
    pub s: Option<&'static str>,
    pub late: i64,
}

pub fn schema() -> Schema {
    let fields = [("k", Type::Str), ("ts", Type::Time), ("x", Type::F64), ("m", Type::I64), ("s", Type::Str)];
    Schema::of(&fields).with_time(1)
}

/// Records of two sources; some lie up to `jitter` seconds back.
pub fn rows(seed: u64, many: usize, jitter: usize) -> Vec<Row> {
    let mut dice = Dice(seed);
    let mut now = [-300i64, -240];
    let mut greatest = [i64::MIN; 2];
    let mut row = |n: usize| {
        let source = dice.below(2);
        now[source] += dice.below(9) as i64;
        let ts = now[source] - if dice.one_in(3) { dice.below(jitter + 1) as i64 } else { 0 };
        let late = if greatest[source] > ts { greatest[source] - ts } else { 0 };
        greatest[source] = greatest[source].max(ts);
        let k = [Some("p"), Some("q"), Some("r"), None][dice.below(4)];
        let x = (!dice.one_in(8)).then(|| dice.below(1600) as f64 / 8.0 - 100.0);
        let m = (!dice.one_in(8)).then(|| dice.below(40) as i64 - 20);
        let s = [Some("ant"), Some("bee"), Some("cat"), Some("dog"), Some("elk"), None][dice.below(6)];
        Row { n: n as i64, source, k, ts, x, m, s, late }
    };
    (0..many).map(&mut row).collect()
}

/// The same of one source.
pub fn rows_of_one(seed: u64, many: usize, jitter: usize) -> Vec<Row> {
    let mut rows = rows(seed, many, jitter);
    let mut greatest = i64::MIN;
    for row in &mut rows {
        row.source = 0;
        row.late = if greatest > row.ts { greatest - row.ts } else { 0 };
        greatest = greatest.max(row.ts);
    }
    rows
}

pub type Cells = Vec<String>;

/// What has come out: rows, ids of those that came too late, and the report.
#[derive(Debug, Default)]
pub struct Out {
    pub rows: Vec<Cells>,
    /// The rows as they went out, those of a key in their order.
    pub in_order: Vec<Cells>,
    pub late: Vec<i64>,
    pub report: Vec<i64>,
}

/// A worker of the step.
pub struct Worker {
    planned: Planned,
    operator: Box<dyn Operator>,
    desk: Desk,
    pending: Batch,
    through: i64,
    pub out: Out,
}

pub fn cell(value: &Value<'_>) -> String {
    match value {
        Value::Null => "NULL".to_string(),
        Value::I64(x) => x.to_string(),
        Value::F64(x) => format!("{x:.6}").replace("-0.000000", "0.000000"),
        Value::Time(x) => (x / SECOND).to_string(),
        Value::Str(x) => (*x).to_string(),
        Value::Bool(x) => x.to_string(),
        Value::List(items) => items.join(","),
    }
}

impl Worker {
    pub fn new(operator: &str, params: &str) -> Worker {
        let (_, spec) = registry::find(operator, false).unwrap();
        let planned = (spec.plan)(params.parse().unwrap(), &[Input::new("input", schema())]);
        let planned = planned.unwrap_or_else(|problems| panic!("{problems:?}"));
        let ports = planned.ports.len();
        let mut desk = Desk::new(Cx::new("run", "stage", Account::new(2 + ports, 0, 1)));
        desk.set_ports(vec![(0..ports).map(|at| PortId(2 + at as u8)).collect()]);
        desk.keep((0..ports).map(|at| (PortId(2 + at as u8), Batch::new(&schema()))));
        let operator = (planned.make)();
        let pending = Batch::new(&schema());
        Worker { planned, operator, desk, pending, through: i64::MIN, out: Out::default() }
    }

    pub fn push(&mut self, row: &Row) {
        let batch = &mut self.pending;
        let at = batch.len();
        batch.id.push(row.n as u64);
        batch.born_ns.push(1);
        let text = |text: Option<&'static str>| text.map_or(Value::Null, Value::Str);
        let values = [
            text(row.k),
            Value::Time(row.ts * SECOND),
            row.x.map_or(Value::Null, Value::F64),
            row.m.map_or(Value::Null, Value::I64),
            text(row.s),
        ];
        batch.columns.iter_mut().zip(values).for_each(|(column, value)| column.push(value));
        batch.late_ns.set(at, (row.late * SECOND) as u64);
    }

    /// Gives what is pending to the step, and a watermark behind it.
    pub fn turn(&mut self, watermark: i64) {
        let mut batch = std::mem::replace(&mut self.pending, Batch::new(&schema()));
        self.desk.account_mut().done += batch.len() as u64;
        self.desk.set_watermark(watermark);
        let timed = self.planned.output.time().is_some();
        for _ in 0..100_000 {
            let next = self.operator.process(&mut batch, self.desk.cx()).unwrap();
            self.take(&batch);
            if timed {
                self.through = self.through.max(watermark.min(self.desk.holds().to));
            }
            if next != sluicebox::operator::Next::Again {
                return;
            }
            batch = Batch::new(&schema());
        }
        panic!("it always says Again");
    }

    /// The same at a time of the clock, without a watermark; what the step wants next.
    pub fn turn_at(&mut self, now_ns: u64) -> sluicebox::operator::Next {
        self.desk.cx().now_ns = now_ns;
        let mut batch = std::mem::replace(&mut self.pending, Batch::new(&schema()));
        self.desk.account_mut().done += batch.len() as u64;
        let next = self.operator.process(&mut batch, self.desk.cx()).unwrap();
        self.take(&batch);
        next
    }

    fn take(&mut self, batch: &Batch) {
        let timed = self.planned.output.time();
        for row in 0..batch.len() {
            // What passes may be late; what a step makes is not.
            if let Some(Value::Time(time)) =
                timed.filter(|_| self.planned.absorbs).map(|at| batch.columns[at].value(row))
            {
                assert!(
                    time >= self.through,
                    "a row of {time} lies behind {}, which was let through",
                    self.through
                );
            }
            self.out.rows.push(batch.columns.iter().map(|column| cell(&column.value(row))).collect());
        }
        for side in self.desk.parts().sides.iter_mut().skip(2).flatten() {
            self.out.late.extend(side.id.iter().map(|id| *id as i64));
            side.clear();
        }
    }

    /// How many windows are open.
    pub fn open(&mut self) -> i64 {
        let mut rows = Batch::new(self.planned.report.as_ref().unwrap());
        self.operator.report(&mut rows, self.desk.cx()).unwrap();
        match rows.columns[0].value(0) {
            Value::I64(n) => n,
            other => panic!("{other:?}"),
        }
    }

    pub fn stop_and_go_on(&mut self) {
        let mut state = Vec::new();
        while self.operator.save(&mut Saver::new(&mut state)).unwrap() == sluicebox::operator::Next::Again {}
        self.operator = (self.planned.make)();
        let mut from = Loader::new(&state);
        self.operator.load(&mut from).unwrap();
        from.end().unwrap();
    }

    pub fn finish(&mut self) {
        self.turn(i64::MAX);
        let mut batch = Batch::default();
        self.operator.finish(&mut batch, self.desk.cx()).unwrap();
        self.take(&batch);
        let account = self.desk.account();
        if self.planned.absorbs {
            assert_eq!(account.made, self.out.rows.len() as u64);
            assert_eq!(
                account.done,
                account.absorbed + account.moved + account.rejected_total(),
                "{account:?}"
            );
        }
        if let Some(report) = &self.planned.report {
            let mut rows = Batch::new(report);
            self.operator.report(&mut rows, self.desk.cx()).unwrap();
            self.out.report = rows
                .columns
                .iter()
                .map(|column| match column.value(0) {
                    Value::I64(n) => n,
                    other => panic!("{other:?}"),
                })
                .collect();
        }
    }
}

/// How records come to workers.
#[derive(Clone, Copy, Debug)]
pub struct Way {
    pub workers: usize,
    /// The most records of a batch.
    pub cut: usize,
    pub stops: bool,
    pub seed: u64,
}

pub const WAYS: [Way; 5] = [
    Way { workers: 1, cut: 1000, stops: false, seed: 1 },
    Way { workers: 1, cut: 1, stops: false, seed: 2 },
    Way { workers: 3, cut: 7, stops: false, seed: 3 },
    Way { workers: 2, cut: 30, stops: true, seed: 4 },
    Way { workers: 1, cut: 5, stops: true, seed: 5 },
];

/// Runs the step over the rows; those of each source come in their order, the sources as it happens.
pub fn run(operator: &str, params: &str, rows: &[Row], way: Way) -> Out {
    let mut dice = Dice(way.seed);
    let mut workers: Vec<Worker> = (0..way.workers).map(|_| Worker::new(operator, params)).collect();
    let of: [Vec<&Row>; 2] = [0, 1].map(|source| rows.iter().filter(|row| row.source == source).collect());
    let (mut at, mut read) = ([0, 0], [i64::MIN; 2]);
    while let Some(left) = (0..2).find(|source| at[*source] < of[*source].len()) {
        let source = Some(dice.below(2)).filter(|source| at[*source] < of[*source].len()).unwrap_or(left);
        let to = (at[source] + 1 + dice.below(way.cut)).min(of[source].len());
        for row in &of[source][at[source]..to] {
            let owner = row.k.map_or(1, |k| k.as_bytes()[0] as usize) % way.workers;
            workers[owner].push(row);
            read[source] = read[source].max(row.ts);
        }
        at[source] = to;
        // A source that has come to its end holds nothing back.
        let ahead = (0..2).filter(|source| at[*source] < of[*source].len()).map(|source| read[source]).min();
        let watermark = ahead.unwrap_or(read[0].max(read[1])).saturating_mul(SECOND);
        for worker in &mut workers {
            if !dice.one_in(3) {
                worker.turn(watermark);
            }
            if way.stops && dice.one_in(4) {
                worker.turn(watermark);
                worker.stop_and_go_on();
            }
        }
    }
    let mut out = Out::default();
    for worker in &mut workers {
        worker.finish();
        out.rows.append(&mut worker.out.rows);
        out.late.append(&mut worker.out.late);
        let report = std::mem::take(&mut worker.out.report);
        out.report.resize(report.len(), 0);
        out.report.iter_mut().zip(report).for_each(|(sum, n)| *sum += n);
    }
    out.in_order.clone_from(&out.rows);
    out.rows.sort();
    out.late.sort_unstable();
    out
}
