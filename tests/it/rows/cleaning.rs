//! What cleans rows gives what SQLite gives for the same rows, however they are cut into batches.

use super::{asked, batch, case, rows_and_cuts, same, schema, told, work};
use proptest::prelude::*;
use sluicebox::data::{Batch, Schema, Type, Value};

/// What `fill` does, as SQL: `of` restricts the rows before to those of the same key.
fn fill_query(of: &str) -> String {
    let last = |column: &str, of: &str| {
        format!(
            "coalesce({column}, (SELECT u.{column} FROM t u WHERE u.id < t.id AND u.{column} IS NOT NULL {of} \
             ORDER BY u.id DESC LIMIT 1))"
        )
    };
    let mean = format!("coalesce(x, (SELECT avg(u.x) FROM t u WHERE u.id < t.id {of}))");
    format!("SELECT k, {mean}, {}, coalesce(s, 'none') FROM t ORDER BY id", last("n", of))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn filled_values_are_those_of_sqlite((rows, cuts) in rows_and_cuts()) {
        let fields = "fields = { x = \"mean\", n = \"last\", s = \"none\" }";
        for (per, of) in [("", ""), ("per = \"k\"", "AND u.k IS t.k")] {
            let case = case("fill", &format!("{fields}\n{per}"), schema());
            let mut run = work(&case, &batch(&rows), &cuts);
            same(&told(&run.out), &asked(&rows, &fill_query(of)))?;
            let missing = |column: usize, query: &str| {
                let before = rows.iter().filter(|row| [row.1.is_none(), row.2.is_none(), row.3.is_none()][column]);
                let after = asked(&rows, query);
                let after = after.iter().filter(|row| row[column + 1] == rusqlite::types::Value::Null).count();
                (before.count() - after, after)
            };
            let report = told(&run.report().unwrap().batch);
            for (name, column) in [("n", 1), ("s", 2), ("x", 0)] {
                let (filled, left) = missing(column, &fill_query(of));
                let row = report.iter().find(|row| row[0] == name.to_string().into()).unwrap();
                prop_assert_eq!(&row[1..], &[(filled as i64).into(), (left as i64).into()][..], "{}", name);
            }
        }
    }

    #[test]
    fn records_with_something_missing_go_as_in_sqlite((rows, cuts) in rows_and_cuts()) {
        for (params, condition) in [
            ("", "k IS NOT NULL AND x IS NOT NULL AND n IS NOT NULL AND s IS NOT NULL"),
            ("how = \"all\"", "NOT (k IS NULL AND x IS NULL AND n IS NULL AND s IS NULL)"),
            ("fields = [\"x\", \"s\"]", "x IS NOT NULL AND s IS NOT NULL"),
            ("fields = [\"x\", \"s\"]\nhow = \"all\"", "x IS NOT NULL OR s IS NOT NULL"),
            ("fields = \"n\"", "n IS NOT NULL"),
        ] {
            let case = case("drop_missing", params, schema());
            let run = work(&case, &batch(&rows), &cuts);
            same(&told(&run.out), &asked(&rows, &format!("SELECT k, x, n, s FROM t WHERE {condition} ORDER BY id")))?;
            prop_assert_eq!(run.desk.account().filtered as usize, rows.len() - run.out.len());
        }
    }

    #[test]
    fn clipped_values_are_those_of_sqlite((rows, cuts) in rows_and_cuts()) {
        let case = case("clip", "fields = { x = { min = -2.5, max = 4 }, n = { max = 3 } }", schema());
        let mut run = work(&case, &batch(&rows), &cuts);
        let query = "SELECT k, min(max(x, -2.5), 4.0), min(n, 3), s FROM t ORDER BY id";
        same(&told(&run.out), &asked(&rows, query))?;
        let counts = "SELECT 'n', 0, count(*) FILTER (WHERE n > 3) FROM t UNION ALL \
                      SELECT 'x', count(*) FILTER (WHERE x < -2.5), count(*) FILTER (WHERE x > 4) FROM t";
        same(&told(&run.report().unwrap().batch), &asked(&rows, counts))?;
    }

    #[test]
    fn broken_conditions_are_those_of_sqlite((rows, cuts) in rows_and_cuts()) {
        let conditions = "conditions = { low = \"x < 2 OR n > 3\", known = \"s IN ('x', '')\" }";
        let [low, known] = ["x < 2 OR n > 3", "s IN ('x', '')"];
        let broken = |condition: &str| format!("coalesce(NOT ({condition}), 0)");
        let any = format!("({} OR {})", broken(low), broken(known));
        let counts = |name: &str, of: &str| format!(
            "SELECT '{name}', count(*), coalesce(sum({0}), 0), count(*) FILTER (WHERE ({of}) IS NULL), \
             avg({0}) FROM t", broken(of));
        let query = format!("{} UNION ALL {}", counts("low", low), counts("known", known));
        for (on_fail, stays) in [("report", "1".to_string()), ("route", format!("NOT {any}"))] {
            let case = case("expect", &format!("{conditions}\non_fail = \"{on_fail}\""), schema());
            let mut run = work(&case, &batch(&rows), &cuts);
            same(&told(&run.out), &asked(&rows, &format!("SELECT k, x, n, s FROM t WHERE {stays} ORDER BY id")))?;
            same(&told(&run.report().unwrap().batch), &asked(&rows, &query))?;
            let which = format!(
                "SELECT k, x, n, s, CASE WHEN {0} AND {1} THEN '[\"low\",\"known\"]' WHEN {0} THEN '[\"low\"]' \
                 ELSE '[\"known\"]' END FROM t WHERE {any} ORDER BY id", broken(low), broken(known));
            same(&told(&run.side("failed").unwrap().batch), &asked(&rows, &which))?;
        }
    }
}

/// A run of `expect` over so many records, each of which holds where `holds` says so: how it ended.
fn judged(params: &str, n: i64, holds: impl Fn(i64) -> bool) -> Result<(), String> {
    let schema = Schema::of(&[("n", Type::I64)]);
    let case = case("expect", &format!("conditions = {{ good = \"n > 0\" }}\n{params}"), schema.clone());
    let mut rows = Batch::new(&schema);
    for at in 0..n {
        rows.id.push(at as u64);
        rows.born_ns.push(1);
        rows.columns[0].push(Value::I64(if holds(at) { 1 } else { -at }));
    }
    let mut run = case.start().unwrap();
    for from in (0..rows.len()).step_by(700) {
        run.feed(0, &rows, from, rows.len().min(from + 700))?;
    }
    run.finish()
}

/// A stage SHALL fail when more than `max_share` of a block of 10,000 records, or of all, breaks a condition.
#[test]
fn a_stage_fails_where_too_many_break_a_condition_and_not_before() {
    let stop = "on_fail = \"stop\"";
    assert_eq!(judged(stop, 5000, |_| true), Ok(()));
    let told = judged(stop, 5000, |at| at != 4200).unwrap_err();
    let expected = "expect: a record breaks \"good\" (n > 0): {\"n\":-4200} (clean it before";
    assert!(told.contains(expected), "{told}");

    let share = "max_share = \"1%\"";
    // A hundred of the first block are as many as may be; so are those of the second.
    assert_eq!(judged(share, 20_000, |at| at % 10_000 >= 100), Ok(()));
    for late in [100, 9_999, 10_100, 19_999] {
        let told = judged(share, 20_000, |at| at % 10_000 >= 100 && at != late).unwrap_err();
        assert!(
            told.contains("101 of 10000 records in a row, more than max_share 1%, break \"good\""),
            "{told}"
        );
    }
    // Of few records the part is that of all, at the end.
    let told = judged(share, 50, |at| at != 3).unwrap_err();
    assert!(told.contains("1 of all 50 records, more than max_share 1%, break \"good\""), "{told}");
    assert_eq!(judged(share, 100, |at| at != 3), Ok(()));
    assert_eq!(judged("", 100, |_| false), Ok(()), "without max_share nothing fails");
}

/// What is remembered of a column SHALL have a bound: of a longer text nothing is.
#[test]
fn a_text_that_is_too_long_is_not_filled_in() {
    let schema = Schema::of(&[("s", Type::Str)]);
    let case = case("fill", "fields = { s = \"last\" }", schema.clone());
    let mut rows = Batch::new(&schema);
    let (fits, long) = ("a".repeat(64 << 10), "b".repeat((64 << 10) + 1));
    for text in [Some("short"), Some(&long), None, Some(&fits), None] {
        rows.id.push(0);
        rows.born_ns.push(1);
        rows.columns[0].push(text.map_or(Value::Null, Value::Str));
    }
    let mut run = work(&case, &rows, &[1]);
    assert_eq!(run.out.columns[0].value(2), Value::Null, "not the short one, which is older");
    assert_eq!(run.out.columns[0].value(4), Value::Str(&fits));
    assert!(run.saved().unwrap().len() < (64 << 10) + 500);
}
