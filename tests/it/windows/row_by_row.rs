//! `lag`, `change` and `rank` say what SQLite's window functions say, row by row.

use super::judge::{Judge, cell, compare};
use super::world::{WAYS, Way, rows_of_one, run};
use rusqlite::types::Value;

/// What the step adds, and an expression of SQLite for it over `raw`, by key in the order of arrival.
fn holds(operator: &str, params: &str, added: usize, due: &str) {
    let rows = rows_of_one(added as u64 + due.len() as u64, 300, 30);
    let judge = Judge::new(&rows);
    let due = judge.rows(due);
    assert!(due.len() > 20, "{operator}: {} rows", due.len());
    for way in WAYS {
        let mut got = run(operator, params, &rows, way).rows;
        got.sort();
        compare(&due, &got, &format!("{operator} {params}, {way:?}"));
    }
}

const ALL: &str = "k, ts, x, m, s";

#[test]
fn lag_is_that_of_sqlite() {
    for n in [1, 2, 17] {
        let of = "OVER (PARTITION BY k ORDER BY n)";
        let due = format!("SELECT {ALL}, lag(x, {n}) {of}, lag(s, {n}) {of}, lag(m, {n}) {of} FROM raw");
        holds("lag", &format!("fields = [\"x\", \"s\", \"m\"]\nn = {n}\nper = \"k\""), 3, &due);
    }
}

#[test]
fn change_is_that_of_sqlite() {
    let of = "OVER (PARTITION BY k ORDER BY n)";
    let due = format!("SELECT {ALL}, x - lag(x) {of}, m - lag(m) {of} FROM raw");
    holds("change", "fields = [\"x\", \"m\"]\nper = \"k\"", 2, &due);
    let due =
        format!("SELECT {ALL}, x / nullif(lag(x) {of}, 0.0), 1.0 * m / nullif(lag(m) {of}, 0) FROM raw");
    holds("change", "fields = [\"x\", \"m\"]\nas = \"ratio\"\nper = \"k\"", 2, &due);
    let due = format!("SELECT {ALL}, x / nullif(lag(x) {of}, 0.0) - 1 FROM raw");
    holds("change", "fields = \"x\"\nas = \"relative\"\nper = \"k\"", 1, &due);
    let due = format!(
        "SELECT {ALL} FROM (SELECT *, lag(s) {of} AS was, row_number() {of} AS nth FROM raw) \
         WHERE nth = 1 OR s IS NOT was"
    );
    holds("change", "fields = \"s\"\nas = \"nothing\"\nonly_changed = true\nper = \"k\"", 0, &due);
}

#[test]
fn rank_is_that_of_sqlite() {
    for last in [1, 5, 300] {
        for (order, better) in [("descending", ">"), ("ascending", "<")] {
            let numbered = "WITH v AS (SELECT *, row_number() OVER (PARTITION BY k ORDER BY n) AS nth FROM raw \
                            WHERE x IS NOT NULL)";
            let among = format!(
                "SELECT count(*) FROM v u WHERE u.k IS v.k AND u.nth BETWEEN v.nth - {last} + 1 AND v.nth"
            );
            let due = format!(
                "{numbered} SELECT {ALL}, ({among} AND u.x {better} v.x) + 1, ({among}) FROM v \
                 UNION ALL SELECT {ALL}, NULL, NULL FROM raw WHERE x IS NULL"
            );
            holds(
                "rank",
                &format!("field = \"x\"\nlast = {last}\norder = \"{order}\"\nper = \"k\""),
                2,
                &due,
            );
            let best = format!(
                "{numbered} SELECT {ALL}, ({among} AND u.x {better} v.x) + 1 AS place, ({among}) FROM v \
                 WHERE place <= 2"
            );
            let params = format!("field = \"x\"\nlast = {last}\norder = \"{order}\"\ntop = 2\nper = \"k\"");
            holds("rank", &params, 2, &best);
        }
    }
    let among = "SELECT count(*) FROM raw u WHERE u.m IS NOT NULL AND u.n <= raw.n AND u.ts > raw.ts - 60 \
                 AND u.ts <= raw.ts AND u.k IS raw.k";
    let due = format!(
        "SELECT {ALL}, CASE WHEN m IS NOT NULL THEN ({among} AND u.m > raw.m) + 1 END, \
         CASE WHEN m IS NOT NULL THEN ({among}) END FROM raw"
    );
    holds("rank", "field = \"m\"\nwithin = \"60s\"\nlast = 1000\nper = \"k\"", 2, &due);
}

#[test]
fn the_greatest_numbers_have_their_order_too() {
    let way = Way { workers: 1, cut: 10, stops: false, seed: 1 };
    let mut rows = rows_of_one(1, 6, 0);
    let values = [i64::MAX, i64::MAX - 1, i64::MIN, 0, i64::MIN + 1, i64::MAX];
    for (row, m) in rows.iter_mut().zip(values) {
        (row.m, row.s) = (Some(m), None);
    }
    let mut ranks: Vec<(String, String)> = run("rank", "field = \"m\"", &rows, way)
        .rows
        .into_iter()
        .map(|row| (row[3].clone(), row[5].clone()))
        .collect();
    ranks.sort();
    let due = [(i64::MIN + 1, 4), (i64::MIN, 3), (0, 3), (i64::MAX - 1, 2), (i64::MAX, 1), (i64::MAX, 1)];
    let mut due: Vec<_> = due.map(|(m, rank)| (cell(Value::Integer(m)), rank.to_string())).into();
    due.sort();
    assert_eq!(ranks, due);
}
