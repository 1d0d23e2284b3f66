//! How fast `sqlite` is against the same table filled by hand, one INSERT a row. Printed, not asserted:
//! `cargo test --release --test it storage::speed -- --ignored --nocapture`

use super::{Folder, Sink, input, plan, push};
use rusqlite::{Connection, params};
use sluicebox::data::{Batch, Schema, Type, Value};
use std::time::Instant;

const ROWS: i64 = 2_000_000;
const BATCH: i64 = 1000;
const FIELDS: [(&str, Type); 4] = [("a", Type::I64), ("b", Type::I64), ("x", Type::F64), ("y", Type::F64)];

fn row(n: i64) -> (i64, i64, f64, f64) {
    (n, n * 7919 % 100_003, n as f64 * 0.37, n as f64 / 3.0)
}

fn by_hand(path: &str) -> f64 {
    let connection = Connection::open(path).unwrap();
    connection.execute_batch("PRAGMA journal_mode = wal; PRAGMA synchronous = normal").unwrap();
    connection.execute_batch("CREATE TABLE clean(a INTEGER, b INTEGER, x REAL, y REAL)").unwrap();
    let start = Instant::now();
    for from in (0..ROWS).step_by(10_000) {
        connection.execute_batch("BEGIN IMMEDIATE").unwrap();
        let mut statement = connection.prepare_cached("INSERT INTO clean VALUES (?, ?, ?, ?)").unwrap();
        for n in from..from + 10_000 {
            let (a, b, x, y) = row(n);
            statement.execute(params![a, b, x, y]).unwrap();
        }
        connection.execute_batch("COMMIT").unwrap();
    }
    ROWS as f64 / start.elapsed().as_secs_f64()
}

fn by_sink(operator: &str, path: &str) -> f64 {
    let planned = plan(operator, &format!("path = {path:?}"), &[input("clean", &FIELDS)]).unwrap();
    let mut sink = Sink::fresh(&planned);
    let mut batch = Batch::new(&Schema::of(&FIELDS));
    (0..BATCH).map(row).for_each(|(a, b, x, y)| {
        push(&mut batch, [Value::I64(a), Value::I64(b), Value::F64(x), Value::F64(y)]);
    });
    let start = Instant::now();
    for _ in 0..ROWS / BATCH {
        sink.call(0, &mut batch).unwrap();
    }
    sink.finish().unwrap();
    ROWS as f64 / start.elapsed().as_secs_f64()
}

#[test]
#[ignore = "a measurement"]
fn rows_per_second() {
    for round in 0..5 {
        let folder = Folder::new();
        println!(
            "round {round}: by hand {:.0}, sqlite {:.0}, jsonl {:.0}, csv {:.0} rows/s",
            by_hand(&folder.path("hand.db")),
            by_sink("sqlite", &folder.path("sink.db")),
            by_sink("jsonl", &folder.path("x.jsonl")),
            by_sink("csv", &folder.path("x.csv")),
        );
    }
}
