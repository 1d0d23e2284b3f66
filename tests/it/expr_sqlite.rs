//! Random expressions over random rows, answered by us and by the bundled SQLite: the answers are equal.

mod generate;
mod moments;
mod pairs;
mod samples;

use pairs::{Entropy, Pair};
use proptest::prelude::*;
use proptest::test_runner::{RngSeed, TestCaseError, TestRunner};
use rusqlite::Connection;
use rusqlite::functions::FunctionFlags;
use rusqlite::types::{Value as Stored, ValueRef};
use samples::{FLOATS, INTS, TEXTS};
use sluicebox::data::{Batch, Column, Schema, Type, Value};
use sluicebox::expr::Expr;

fn schema() -> Schema {
    Schema::of(&[
        ("b", Type::Bool),
        ("c", Type::Bool),
        ("i", Type::I64),
        ("a column", Type::I64),
        ("x", Type::F64),
        ("y", Type::F64),
        ("s", Type::Str),
        ("It's", Type::Str),
        ("w", Type::Time),
        ("v", Type::Time),
    ])
}

/// SQLite with a table of the same columns, and the functions in which the differences are named.
fn sqlite() -> Connection {
    let db = Connection::open_in_memory().unwrap();
    db.execute_batch(
        "CREATE TABLE t(b INTEGER, c INTEGER, i INTEGER, \"a column\" INTEGER, x REAL, y REAL, s TEXT, \"It's\" TEXT,
         w INTEGER, v INTEGER)",
    )
    .unwrap();
    let pure = FunctionFlags::SQLITE_DETERMINISTIC | FunctionFlags::SQLITE_UTF8;
    db.create_scalar_function("fit", 1, pure, |cx| match cx.get_raw(0) {
        ValueRef::Integer(i) => Ok(Some(i)),
        _ => Ok(None),
    })
    .unwrap();
    db.create_scalar_function("within", 1, pure, |cx| {
        let end = 9_223_372_036_854_775_808.0;
        Ok(cx.get::<Option<f64>>(0)?.filter(|x| (-end..end).contains(x)))
    })
    .unwrap();
    let form = regex::Regex::new(r"^\s*[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?\s*$").unwrap();
    db.create_scalar_function("number", 2, pure, move |cx| {
        let (text, whole) = (cx.get::<Option<String>>(0)?, cx.get::<bool>(1)?);
        let fine =
            |text: &String| if whole { text.trim().parse::<i64>().is_ok() } else { form.is_match(text) };
        Ok(text.filter(fine))
    })
    .unwrap();
    db.create_scalar_function("hour", 1, pure, |cx| {
        let hour = |ns: i64| ns.rem_euclid(86_400_000_000_000) / 3_600_000_000_000;
        Ok(cx.get::<Option<i64>>(0)?.map(hour))
    })
    .unwrap();
    db.create_scalar_function("regexp", 2, pure, |cx| {
        let pattern = regex::Regex::new(&cx.get::<String>(0)?).unwrap();
        Ok(cx.get::<Option<String>>(1)?.map(|text| pattern.is_match(&text)))
    })
    .unwrap();
    db
}

/// Random rows, many of them NULL, in a batch and in SQLite's table.
fn rows(e: &mut Entropy<'_>, count: usize, db: &Connection) -> Batch {
    let mut batch = Batch::new(&schema());
    db.execute("DELETE FROM t", []).unwrap();
    let mut insert = db.prepare_cached("INSERT INTO t VALUES (?,?,?,?,?,?,?,?,?,?)").unwrap();
    for row in 0..count {
        batch.id.push(row as u64);
        batch.born_ns.push(0);
        let mut stored = Vec::new();
        for column in &mut batch.columns {
            if e.below(4) == 1 {
                column.push_null();
                stored.push(Stored::Null);
                continue;
            }
            let random = (0..8).fold(0, |n, _| n << 8 | e.below(256) as i64);
            let int = if e.below(3) == 0 { e.below(20) as i64 - 5 } else { e.pick(INTS) };
            let value = match column.of() {
                Type::Bool => Value::Bool(e.below(2) == 0),
                Type::I64 => Value::I64(if e.below(4) == 0 { random } else { int }),
                Type::Time => Value::Time(if e.below(4) == 0 { 1_357_041_600_000_000_000 } else { random }),
                Type::F64 => Value::F64(match e.below(9) {
                    0 => f64::from_bits(random as u64),
                    1 => (random % 1_000_000) as f64 / 1000.0,
                    2 => random as f64 / 1e9,
                    3 => int as f64,
                    4 => e.pick(&[f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 0.5, -0.0]),
                    _ => e.pick(FLOATS),
                }),
                _ => Value::Str(e.pick(TEXTS)),
            };
            stored.push(match value {
                Value::Bool(x) => Stored::Integer(x.into()),
                Value::I64(x) | Value::Time(x) => Stored::Integer(x),
                Value::F64(x) => Stored::Real(x),
                Value::Str(x) => Stored::Text(x.to_string()),
                Value::Null | Value::List(_) => Stored::Null,
            });
            column.push(value);
        }
        insert.execute(rusqlite::params_from_iter(stored)).unwrap();
    }
    batch
}

fn ask(db: &Connection, theirs: &str) -> Result<Vec<Stored>, TestCaseError> {
    let asked = db.prepare(&format!("SELECT {theirs} FROM t ORDER BY rowid"));
    let mut asked = asked.map_err(|e| TestCaseError::fail(format!("SQLite refuses {theirs}: {e}")))?;
    let rows = asked.query_map([], |row| row.get(0)).and_then(Iterator::collect);
    rows.map_err(|e| TestCaseError::fail(format!("SQLite can't answer {theirs}: {e}")))
}

fn equal(ours: &Value<'_>, theirs: &Stored) -> bool {
    match (ours, theirs) {
        (Value::Null, Stored::Null) => true,
        (Value::Bool(a), Stored::Integer(b)) => i64::from(*a) == *b,
        (Value::I64(a) | Value::Time(a), Stored::Integer(b)) => a == b,
        (Value::F64(a), Stored::Real(b)) => a == b,
        (Value::Str(a), Stored::Text(b)) => a == b,
        _ => false,
    }
}

/// What we answer: twice, so that what an expression keeps from one batch does not show in the next.
fn answer(expr: &mut Expr, batch: &Batch) -> Result<Column, TestCaseError> {
    let Some(of) = expr.of() else {
        let mut nulls = Column::new(Type::I64);
        expr.eval(batch, &mut nulls).unwrap();
        return Ok(nulls);
    };
    let (mut first, mut again) = (Column::new(of), Column::new(of));
    expr.eval(batch, &mut first).unwrap();
    expr.eval(&Batch::new(&schema()), &mut again).unwrap();
    prop_assert!(again.is_empty());
    expr.eval(batch, &mut again).unwrap();
    prop_assert_eq!(format!("{first:?}"), format!("{again:?}"));
    prop_assert_eq!(first.valid.len(), batch.len());
    for row in (0..batch.len()).filter(|row| !first.valid.get(*row)) {
        let mut zero = Column::new(of);
        zero.push_null();
        let mut slot = Column::new(of);
        slot.extend(&first, row, row + 1);
        prop_assert_eq!(slot, zero, "the slot of a NULL is not zero");
    }
    Ok(first)
}

fn compare(pair: &Pair, batch: &Batch, db: &Connection) -> Result<(), TestCaseError> {
    let expr = Expr::parse(&pair.ours, &schema());
    let mut expr = expr.map_err(|problem| TestCaseError::fail(format!("{}: {problem:?}", pair.ours)))?;
    let ours = answer(&mut expr, batch)?;
    let theirs = ask(db, &pair.theirs)?;
    prop_assert_eq!(ours.len(), theirs.len());
    for (row, theirs) in theirs.iter().enumerate() {
        let cells: Vec<_> = batch.columns.iter().map(|column| column.value(row)).collect();
        let ours = ours.value(row);
        prop_assert!(
            equal(&ours, theirs),
            "{}\nasked: {}\nof {cells:?}\nours {ours:?}, SQLite's {theirs:?}",
            pair.ours,
            pair.theirs
        );
    }
    Ok(())
}

/// Runs a property over random bytes, the same ones each time.
fn over_bytes(cases: u32, bytes: usize, property: impl Fn(Vec<u8>) -> Result<(), TestCaseError>) {
    let config = ProptestConfig {
        cases,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(7),
        ..Default::default()
    };
    let bytes = prop::collection::vec(any::<u8>(), bytes);
    TestRunner::new(config).run(&bytes, property).unwrap_or_else(|failure| panic!("{failure}"));
}

#[test]
fn typed_expressions_answer_as_sqlite_does() {
    let db = sqlite();
    over_bytes(6_000, 900, |bytes| {
        let (for_rows, for_expr) = bytes.split_at(600);
        let batch = rows(&mut Entropy(for_rows.iter()), 8, &db);
        let mut e = Entropy(for_expr.iter());
        let depth = 1 + e.below(4);
        let make = e.pick(&[
            generate::truth as fn(&mut Entropy<'_>, usize) -> Pair,
            generate::int,
            generate::float,
            generate::text,
        ]);
        compare(&make(&mut e, depth), &batch, &db)
    });
}

/// Every pair of the odd numbers, under every operator.
#[test]
fn odd_numbers_meet_as_in_sqlite() {
    let db = sqlite();
    let mut batch = Batch::new(&schema());
    let mut insert = db.prepare("INSERT INTO t(i, \"a column\", x, y) VALUES (?,?,?,?)").unwrap();
    let near = INTS.iter().map(|i| *i as f64);
    let floats: Vec<f64> = FLOATS.iter().copied().chain(near).collect();
    for pair in 0..floats.len() * floats.len() {
        let (x, y) = (floats[pair / floats.len()], floats[pair % floats.len()]);
        let (i, j) = (INTS[pair % INTS.len()], INTS[pair / floats.len() % INTS.len()]);
        insert.execute((i, j, x, y)).unwrap();
        batch.id.push(pair as u64);
        batch.born_ns.push(0);
        let values = [Value::I64(i), Value::I64(j), Value::F64(x), Value::F64(y)];
        batch.columns[2..6].iter_mut().zip(values).for_each(|(column, value)| column.push(value));
        batch.columns[..2].iter_mut().for_each(Column::push_null);
        batch.columns[6..].iter_mut().for_each(Column::push_null);
    }
    for [left, right] in [["i", "x"], ["x", "i"], ["x", "y"], ["i", "\"a column\""]] {
        for op in ["+", "-", "*", "/", "%", "=", "<>", "<", "<=", ">", ">=", "IS", "IS NOT"] {
            let (ours, whole) =
                (format!("{left} {op} {right}"), left != "x" && right != "x" && op.len() == 1);
            let theirs = if whole && !"=<>".contains(op) { format!("fit({ours})") } else { ours.clone() };
            compare(&Pair { ours, theirs }, &batch, &db).unwrap();
        }
    }
}

#[test]
fn round_and_text_of_any_float_are_sqlites_to_the_last_digit() {
    let db = sqlite();
    over_bytes(3_000, 600, |bytes| {
        let mut e = Entropy(bytes.iter());
        let batch = rows(&mut e, 8, &db);
        let places = e.below(33) as i64 - 1;
        let both = |text: String| Pair { ours: text.clone(), theirs: text };
        compare(&both(format!("round(x, {places})")), &batch, &db)?;
        compare(&both(format!("round(y * 1000, {places})")), &batch, &db)?;
        compare(&both("CAST(x AS TEXT)".into()), &batch, &db)?;
        compare(&both("CAST(y / 3 AS TEXT)".into()), &batch, &db)
    });
}

/// Words thrown together without parentheses.
fn thrown(e: &mut Entropy<'_>) -> String {
    const OPERATORS: [&[&str]; 3] = [
        &[
            "+",
            "-",
            "*",
            "/",
            "%",
            "=",
            "==",
            "<>",
            "<",
            "<=",
            ">",
            ">=",
            "IS",
            "IS NOT",
            "BETWEEN 1 AND",
            "AND",
        ],
        &["=", "!=", "<", "IS", "IS NOT", "AND", "OR", "AND NOT", "IS DISTINCT FROM", "BETWEEN b AND"],
        &["||", "=", "<", "LIKE", "NOT LIKE", "IS NOT DISTINCT FROM", "NOT BETWEEN 'a' AND", "OR"],
    ];
    const OPERANDS: [&[&str]; 3] =
        [&["1", "2", "3", "2.5", "b"], &["b", "c", "TRUE"], &["'a'", "s", "\"It's\"", "c"]];
    let kind = e.below(3);
    let mut words = Vec::new();
    for _ in 0..3 + e.below(4) {
        if e.below(3) == 0 {
            words.push(e.pick(&["NOT", "-", "+"]));
        }
        words.push(e.pick(OPERANDS[kind]));
        if e.below(4) == 0 {
            words.push(e.pick(&[
                "IS NULL",
                "IS NOT NULL",
                "NOTNULL",
                "NOT NULL",
                "IS TRUE",
                "IN (1, 2)",
                "IN (b)",
            ]));
        }
        words.push(e.pick(OPERATORS[kind]));
    }
    words.pop();
    words.join(" ")
}

/// Where our types allow what was thrown together, SQLite reads it the same way.
#[test]
fn operators_bind_as_in_sqlite() {
    let db = sqlite();
    let asked = std::cell::Cell::new(0);
    over_bytes(2_000, 1_000, |bytes| {
        let (for_rows, for_exprs) = bytes.split_at(400);
        let batch = rows(&mut Entropy(for_rows.iter()), 4, &db);
        let mut e = Entropy(for_exprs.iter());
        while !e.spent() {
            let text = thrown(&mut e);
            if Expr::parse(&text, &schema()).is_ok() {
                asked.set(asked.get() + 1);
                compare(&Pair { ours: text.clone(), theirs: text }, &batch, &db)?;
            }
        }
        Ok(())
    });
    assert!(asked.get() > 5_000, "only {} of the texts had types", asked.get());
}
