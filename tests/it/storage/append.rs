//! Records that are added to a table which somebody else has made: column by column, by name.

use super::{Folder, Sink, input, look, plan, push};
use rusqlite::Connection;
use sluicebox::data::{Batch, Schema, Type, Value};
use sluicebox::operator::Account;

const FIELDS: [(&str, Type); 4] =
    [("ok", Type::Bool), ("at", Type::Time), ("price", Type::F64), ("name", Type::Str)];

/// Adds one record to a table that `sql` makes. What was rejected, and the record as the table has it.
fn added(sql: &str, row: [Value<'_>; 4]) -> Result<(Account, String), String> {
    let folder = Folder::new();
    let path = folder.path("x.db");
    Connection::open(&path).unwrap().execute_batch(sql).unwrap();
    let params = format!("path = {path:?}\nif_exists = \"append\"");
    let planned = plan("sqlite", &params, &[input("t", &FIELDS)]).unwrap();
    look(&planned)?;
    let mut sink = Sink::fresh(&planned);
    let mut batch = Batch::new(&Schema::of(&FIELDS));
    push(&mut batch, row);
    sink.call(0, &mut batch).unwrap();
    sink.finish().unwrap();
    let connection = Connection::open(&path).unwrap();
    let sql = "SELECT coalesce(max(quote(ok) || ' ' || quote(at) || ' ' || quote(price) || ' ' || quote(name)), '') \
        FROM t";
    Ok((sink.published.clone(), connection.query_row(sql, [], |row| row.get(0)).unwrap()))
}

fn usual() -> [Value<'static>; 4] {
    [Value::Bool(true), Value::Time(1_357_017_300_000_000_000), Value::F64(2.0), Value::Str("a")]
}

#[test]
fn usual_types_defaults_and_another_order_are_fine() {
    let all = "1 '2013-01-01T05:15:00Z' 2.0 'a'";
    for (columns, there) in [
        ("ok boolean, at text, price real, name text", all),
        ("ok bool, at datetime, price double precision, name varchar(20)", all),
        ("ok tinyint, at date, price float, name nvarchar(9)", all),
        ("ok integer, at timestamp, price decimal(10,2), name clob", "1 '2013-01-01T05:15:00Z' 2 'a'"),
        ("ok, at, price, name", all),
        ("NAME text, Price numeric, AT text, Ok int", "1 '2013-01-01T05:15:00Z' 2 'a'"),
        (
            "id integer primary key, ok int, at text, price real, name text, more text default 'x' not null",
            all,
        ),
        ("ok int, at text, price real, name text, twice real generated always as (price * 2) stored", all),
        (
            "ok int, at text, price real generated always as (7.5), name text",
            "1 '2013-01-01T05:15:00Z' 7.5 'a'",
        ),
    ] {
        let (account, row) = added(&format!("CREATE TABLE t({columns})"), usual()).unwrap();
        assert_eq!((account.out(), row.as_str()), (1, there), "{columns}");
    }
    let (_, row) = added("CREATE TABLE t(ok int, at text, price real, name any) STRICT", usual()).unwrap();
    assert_eq!(row, all);
}

#[test]
fn what_would_change_or_miss_a_value_is_refused_and_no_advice_destroys_anything() {
    for (columns, why) in [
        ("ok int, at text, name text", "it has no column \"price\""),
        (
            "ok text, at text, price real, name text",
            "its column \"ok\" is TEXT, the records have bool: cast it before",
        ),
        (
            "ok int, at text, price varchar(9), name text",
            "its column \"price\" is varchar(9), the records have f64",
        ),
        ("ok int, at integer, price real, name text", "its column \"at\" is INTEGER, the records have time"),
        ("ok int, at text, price real, name text, z int not null", "its column \"z\" must have a value"),
        (
            "k text primary key not null, ok int, at text, price real, name text",
            "its column \"k\" must have a value",
        ),
    ] {
        let told = added(&format!("CREATE TABLE t({columns})"), usual()).unwrap_err();
        assert!(
            told.starts_with("the records don't fit table \"t\" of ") && told.contains(why),
            "{columns}: {told}"
        );
        assert!(!told.contains("replace"), "{told}");
    }
}

#[test]
fn a_column_without_a_value_takes_the_type_of_the_table() {
    let sql = "CREATE TABLE t(ok int, at text, price real, name REAL)";
    let mut row = usual();
    row[3] = Value::Null;
    let (account, there) = added(sql, row).unwrap();
    assert_eq!((account.out(), there.ends_with(" NULL")), (1, true), "{there}");
    // A text would become a number, or stay where numbers are.
    let (account, there) = added(sql, usual()).unwrap();
    assert_eq!((account.rejected, there.as_str()), (vec![("type:name".to_string(), 1)], ""));
}

/// One value into a column that is declared so: why it was rejected, and what the table has.
fn put_in(declared: &str, of: Type, value: Value<'_>) -> (Vec<(String, u64)>, String) {
    let folder = Folder::new();
    let path = folder.path("x.db");
    Connection::open(&path).unwrap().execute_batch(&format!("CREATE TABLE t(v {declared})")).unwrap();
    let planned =
        plan("sqlite", &format!("path = {path:?}\nif_exists = \"append\""), &[input("t", &[("v", of)])])
            .unwrap();
    look(&planned).unwrap();
    let mut sink = Sink::fresh(&planned);
    let mut batch = Batch::new(&Schema::of(&[("v", of)]));
    push(&mut batch, [value]);
    sink.call(0, &mut batch).unwrap();
    sink.finish().unwrap();
    let sql = "SELECT coalesce(max(typeof(v) || ' ' || quote(v)), '') FROM t";
    let there = Connection::open(&path).unwrap().query_row(sql, [], |row| row.get(0)).unwrap();
    (sink.published.rejected.clone(), there)
}

#[test]
fn a_value_is_rejected_rather_than_changed() {
    let rejected = || (vec![("type:v".to_string(), 1)], String::new());
    for n in [(1 << 53) + 1, -(1 << 53) - 1, i64::MAX] {
        assert_eq!(put_in("REAL", Type::I64, Value::I64(n)), rejected(), "{n}");
        assert_eq!(put_in("NUMERIC", Type::I64, Value::I64(n)), (vec![], format!("integer {n}")));
    }
    for n in [0, 1 << 53, -(1 << 53), (1 << 53) + 2, i64::MIN] {
        assert_eq!(put_in("DOUBLE", Type::I64, Value::I64(n)).0, [], "{n}");
    }
    for text in ["0930", "1", "-5", "+.5", " 20130101 ", "1e3", "5.", "00"] {
        for declared in ["TIME", "DATE", "DATETIME"] {
            assert_eq!(put_in(declared, Type::Str, Value::Str(text)), rejected(), "{text} in {declared}");
        }
        assert_eq!(put_in("TEXT", Type::Str, Value::Str(text)).1, format!("text '{text}'"));
    }
    for text in ["09:30", "2013-01-01", "", "inf", "NaN", "0x10", "1e", "1 2", "."] {
        assert_eq!(put_in("TIME", Type::Str, Value::Str(text)), (vec![], format!("text '{text}'")));
    }
}

#[test]
fn an_index_over_an_expression_makes_no_key_of_the_columns_beside_it() {
    let folder = Folder::new();
    for (at, index) in ["k, lower(v)", "lower(v), k", "lower(k)", "k, v"].iter().enumerate() {
        let path = folder.path(&format!("{at}.db"));
        let sql = format!("CREATE TABLE t(k TEXT, v TEXT); CREATE UNIQUE INDEX u ON t({index})");
        Connection::open(&path).unwrap().execute_batch(&sql).unwrap();
        let inputs = [input("t", &[("k", Type::Str), ("v", Type::Str)])];
        let params = format!("path = {path:?}\nif_exists = \"append\"\nkey = [\"k\"]");
        let told = look(&plan("sqlite", &params, &inputs).unwrap()).unwrap_err();
        assert!(told.contains("\"k\" is no key of it"), "{index}: {told}");
    }
    let path = folder.path("referred.db");
    let sql = "CREATE TABLE t(k TEXT, v TEXT); CREATE UNIQUE INDEX u ON t(k, lower(v)); \
        CREATE TABLE c(k REFERENCES t(k))";
    Connection::open(&path).unwrap().execute_batch(sql).unwrap();
    let inputs = [input("t", &[("v", Type::Str)])];
    look(&plan("sqlite", &format!("path = {path:?}\nif_exists = \"replace\""), &inputs).unwrap()).unwrap();
}
