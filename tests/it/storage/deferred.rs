//! Foreign keys that a database judges only when a transaction closes: no good record is rejected with a bad one.

use super::{Folder, Sink, input, look, plan, push};
use rusqlite::Connection;
use sluicebox::data::{Batch, Schema, Type, Value};

const FIELDS: [(&str, Type); 2] = [("k", Type::I64), ("p", Type::I64)];

/// Records of a key and what it refers to, into `c` by one inlet, then into `p` by another, in one transaction; how
/// many were rejected, and what `c` has.
fn stored(sql: &str, more: &str, c: &[(i64, i64)], p: &[i64]) -> Result<(u64, String), String> {
    let folder = Folder::new();
    let path = folder.path("x.db");
    Connection::open(&path).unwrap().execute_batch(sql).unwrap();
    let params = format!("path = {path:?}\nif_exists = \"append\"\n{more}");
    let planned = plan("sqlite", &params, &[input("c", &FIELDS), input("p", &[("k", Type::I64)])]).unwrap();
    look(&planned)?;
    let mut sink = Sink::fresh(&planned);
    let mut batch = Batch::new(&Schema::of(&FIELDS));
    c.iter().for_each(|(k, p)| push(&mut batch, [Value::I64(*k), Value::I64(*p)]));
    sink.call(0, &mut batch).unwrap();
    let mut batch = Batch::new(&Schema::of(&[("k", Type::I64)]));
    p.iter().for_each(|k| push(&mut batch, [Value::I64(*k)]));
    sink.call(1, &mut batch).unwrap();
    sink.finish().map_err(|e| e.sentence)?;
    let sql = "SELECT coalesce(group_concat(k || '>' || p, ' ' ORDER BY k), '') FROM c";
    let there = Connection::open(&path).unwrap().query_row(sql, [], |row| row.get(0)).unwrap();
    Ok((sink.published.rejected_total(), there))
}

const KEY: &str = "REFERENCES p(k) DEFERRABLE INITIALLY DEFERRED";

#[test]
fn what_a_record_refers_to_may_come_behind_it() {
    let sql = format!("CREATE TABLE p(k INTEGER PRIMARY KEY); CREATE TABLE c(k, p {KEY})");
    assert_eq!(stored(&sql, "", &[(1, 10), (2, 20)], &[10, 20]).unwrap(), (0, "1>10 2>20".into()));
    assert_eq!(stored(&sql, "", &[(1, 10), (2, 99), (3, 20)], &[10, 20]).unwrap(), (1, "1>10 3>20".into()));
}

#[test]
fn a_row_is_known_by_the_record_that_made_it_what_it_is() {
    let sql = format!(
        "CREATE TABLE p(k INTEGER PRIMARY KEY); CREATE TABLE c(k UNIQUE, p {KEY}); INSERT INTO p VALUES (10), (20); \
         INSERT INTO c VALUES (5, 10), (1, 10)"
    );
    let key = "key = [\"k\"]";
    assert_eq!(
        stored(&sql, key, &[(8, 20), (5, 99), (9, 20)], &[]).unwrap(),
        (1, "1>10 5>10 8>20 9>20".into())
    );
    // The last one counts.
    assert_eq!(stored(&sql, key, &[(5, 99), (5, 20), (7, 98)], &[]).unwrap(), (1, "1>10 5>20".into()));
}

#[test]
fn a_record_that_another_kept_out_comes_in_when_that_is_rejected() {
    let sql = format!(
        "CREATE TABLE p(k INTEGER PRIMARY KEY); CREATE TABLE c(k UNIQUE, p {KEY}); INSERT INTO p VALUES (10)"
    );
    assert_eq!(stored(&sql, "", &[(1, 99), (1, 10), (1, 10)], &[]).unwrap(), (2, "1>10".into()));
}

#[test]
fn where_rows_have_no_number_the_sink_says_why_it_fails_and_rejects_no_good_record() {
    let sql = format!(
        "CREATE TABLE p(k INTEGER PRIMARY KEY); INSERT INTO p VALUES (10); \
         CREATE TABLE c(k INTEGER PRIMARY KEY, p {KEY}) WITHOUT ROWID"
    );
    assert_eq!(stored(&sql, "", &[(1, 10), (2, 20)], &[20]).unwrap(), (0, "1>10 2>20".into()));
    let told = stored(&sql, "", &[(1, 10), (2, 99)], &[]).unwrap_err();
    assert!(
        told.contains("which record it is can't be told") && told.contains("without DEFERRABLE"),
        "{told}"
    );
}
