//! Operators on rows, judged by SQLite over the same rows, by other libraries, and by what they must refuse.

mod cleaning;
mod libraries;
mod refusals;
mod shaping;

use crate::case::Case;
use crate::drive::Run;
use crate::page::{Example, Feed, Rows};
use proptest::prelude::*;
use rusqlite::types::Value as Sql;
use sluicebox::data::{Batch, Schema, Type, Value};
use sluicebox::registry;

/// A row of the table that all these tests work on: key, number, whole number, text.
pub type Row = (Option<&'static str>, Option<f64>, Option<i64>, Option<&'static str>);

pub fn schema() -> Schema {
    Schema::of(&[("k", Type::Str), ("x", Type::F64), ("n", Type::I64), ("s", Type::Str)])
}

/// Rows, and where they are cut into batches.
pub fn rows_and_cuts() -> impl Strategy<Value = (Vec<Row>, Vec<usize>)> {
    let key = prop::sample::select(vec![None, Some("a"), Some("b"), Some("c")]);
    let number = prop::option::weighted(0.7, (-40..40i32).prop_map(|x| f64::from(x) / 4.0));
    let text = prop::sample::select(vec![None, Some(""), Some("x"), Some("a,b"), Some("a,,b, c")]);
    let row = (key, number, prop::option::weighted(0.7, -9..9i64), text);
    (prop::collection::vec(row, 0..60), prop::collection::vec(1..9usize, 1..20))
}

pub fn batch(rows: &[Row]) -> Batch {
    let mut batch = Batch::new(&schema());
    for (at, (k, x, n, s)) in rows.iter().enumerate() {
        // No record that an operator makes has such an id.
        batch.id.push((1 << 32) + at as u64);
        batch.born_ns.push(at as u64 + 1);
        let values = [
            k.map_or(Value::Null, Value::Str),
            x.map_or(Value::Null, Value::F64),
            n.map_or(Value::Null, Value::I64),
            s.map_or(Value::Null, Value::Str),
        ];
        batch.columns.iter_mut().zip(values).for_each(|(column, value)| column.push(value));
    }
    batch
}

/// An operator planned for rows of these columns.
pub fn case(operator: &str, params: &str, schema: Schema) -> Case {
    let (room, spec) = registry::find(operator, false).unwrap();
    let rows = Rows { batch: Batch::new(&schema), schema };
    let feed = Feed { role: None, rows, ends: Vec::new() };
    let params = params.parse().unwrap();
    let example = Example {
        params,
        file: None,
        inputs: vec![feed],
        output: Rows::default(),
        ports: Vec::new(),
        stored: None,
    };
    Case::plan(room, spec, &example).unwrap()
}

/// Has all rows worked on, in batches of these sizes again and again, to the end.
pub fn work<'a>(case: &'a Case, batch: &Batch, cuts: &[usize]) -> Run<'a> {
    let mut run = case.start().unwrap();
    let (mut from, mut cuts) = (0, cuts.iter().cycle());
    while from < batch.len() {
        let to = (from + cuts.next().unwrap()).min(batch.len());
        run.feed(0, batch, from, to).unwrap();
        from = to;
    }
    run.finish().unwrap();
    run.adds_up().unwrap();
    run
}

/// A batch as SQLite would hold it; a list as the JSON of its items.
pub fn told(batch: &Batch) -> Vec<Vec<Sql>> {
    let cell = |value: Value<'_>| match value {
        Value::Null => Sql::Null,
        Value::Bool(x) => Sql::Integer(i64::from(x)),
        Value::I64(x) | Value::Time(x) => Sql::Integer(x),
        Value::F64(x) => Sql::Real(x),
        Value::Str(x) => Sql::Text(x.to_string()),
        Value::List(x) => Sql::Text(serde_json::to_string(&x).unwrap()),
    };
    (0..batch.len()).map(|row| batch.columns.iter().map(|column| cell(column.value(row))).collect()).collect()
}

/// What SQLite answers when table `t` holds the rows, in order, with their place as `id`.
pub fn asked(rows: &[Row], query: &str) -> Vec<Vec<Sql>> {
    let db = rusqlite::Connection::open_in_memory().unwrap();
    db.execute_batch("CREATE TABLE t (id INTEGER PRIMARY KEY, k TEXT, x REAL, n INTEGER, s TEXT)").unwrap();
    for (id, (k, x, n, s)) in rows.iter().enumerate() {
        db.execute("INSERT INTO t VALUES (?1, ?2, ?3, ?4, ?5)", (id as i64, k, x, n, s)).unwrap();
    }
    let mut query = db.prepare(query).unwrap();
    let width = query.column_count();
    let row = |row: &rusqlite::Row<'_>| (0..width).map(|at| row.get(at)).collect();
    query.query_map([], row).unwrap().collect::<rusqlite::Result<_>>().unwrap()
}

/// Equal, f64 to 1e-9.
pub fn same(ours: &[Vec<Sql>], theirs: &[Vec<Sql>]) -> Result<(), TestCaseError> {
    let near = |a: &Sql, b: &Sql| match (a, b) {
        (Sql::Real(a), Sql::Real(b)) => (a - b).abs() <= 1e-9 * a.abs().max(1.0),
        _ => a == b,
    };
    let fits = ours.len() == theirs.len()
        && ours
            .iter()
            .zip(theirs)
            .all(|(a, b)| a.len() == b.len() && a.iter().zip(b).all(|(a, b)| near(a, b)));
    prop_assert!(fits, "ours:   {ours:?}\nSQLite: {theirs:?}");
    Ok(())
}
