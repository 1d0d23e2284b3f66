//! What takes rows apart, brings them together or leaves some out gives what SQLite gives for the same rows, however
//! they are cut into batches.

use super::{Row, asked, batch, case, rows_and_cuts, same, schema, told, work};
use crate::case::Case;
use proptest::prelude::*;
use sluicebox::data::{Batch, Schema, Type, Value};
use sluicebox::operator::Next;

/// The parts of `s` between commas, as SQL: the place of each, from 1 on, and its text.
const PARTS: &str = "WITH RECURSIVE p (id, k, x, n, at, part, rest) AS (
    SELECT id, k, x, n, 0, NULL, s || ',' FROM t WHERE s IS NOT NULL
    UNION ALL
    SELECT id, k, x, n, at + 1, substr(rest, 1, instr(rest, ',') - 1), substr(rest, instr(rest, ',') + 1)
    FROM p WHERE rest <> '')";

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_first_records_are_those_of_sqlite((rows, cuts) in rows_and_cuts(), n in 0..6u64, skip in 0..4u64) {
        let limit = format!("n = {n}\nskip = {skip}");
        for (per, query) in [
            ("", format!("SELECT k, x, n, s FROM t ORDER BY id LIMIT {n} OFFSET {skip}")),
            ("per = \"k\"", format!(
                "SELECT k, x, n, s FROM (SELECT *, row_number() OVER (PARTITION BY k ORDER BY id) AS at FROM t) \
                 WHERE at > {skip} AND at <= {skip} + {n} ORDER BY id")),
        ] {
            let case = case("limit", &format!("{limit}\n{per}"), schema());
            let run = work(&case, &batch(&rows), &cuts);
            same(&told(&run.out), &asked(&rows, &query))?;
            prop_assert_eq!(run.desk.account().filtered as usize, rows.len() - run.out.len());
        }
    }

    #[test]
    fn parts_become_records_as_in_sqlite((rows, cuts) in rows_and_cuts()) {
        let text = "field = \"s\"\nseparator = \",\"\nposition = \"at\"";
        let parts = format!("{PARTS} SELECT k, x, n, part, at FROM p WHERE at > 0 ORDER BY id, at");
        let case = case("explode", text, schema());
        let run = work(&case, &batch(&rows), &cuts);
        same(&told(&run.out), &asked(&rows, &parts))?;
        let without = rows.iter().filter(|row| row.3.is_none()).count();
        prop_assert_eq!(run.desk.account().filtered as usize, without);
        let mut ids = run.out.id.clone();
        ids.sort_unstable();
        ids.dedup();
        prop_assert_eq!(ids.len(), run.out.len(), "each record has an id of its own");
    }

    #[test]
    fn records_without_a_part_stay_where_that_is_said((rows, cuts) in rows_and_cuts()) {
        let text = "field = \"s\"\nseparator = \",\"\nkeep_empty = true\ninto = \"part\"\ntrim = true";
        let parts = format!("{PARTS}, all_rows AS (SELECT id, k, x, n, trim(part) AS part, at FROM p WHERE at > 0 \
                             UNION ALL SELECT id, k, x, n, NULL, 0 FROM t WHERE s IS NULL) \
                             SELECT k, x, n, part FROM all_rows ORDER BY id, at");
        let case = case("explode", text, schema());
        same(&told(&work(&case, &batch(&rows), &cuts).out), &asked(&rows, &parts))?;
    }

    #[test]
    fn parts_become_columns_as_in_sqlite((rows, cuts) in rows_and_cuts()) {
        // The third column has the rest, or only its part.
        let part = |at: usize| format!("(SELECT part FROM p WHERE p.id = t.id AND p.at = {at})");
        let rest = "(SELECT substr(t.s, length(t.s) - length(rest) + 2 - length(part) - 1) FROM p \
                    WHERE p.id = t.id AND p.at = 2)";
        for (how, last) in [("drop", part(2)), ("keep", rest.to_string())] {
            let params = format!("field = \"s\"\nseparator = \",\"\ninto = [\"a\", \"b\"]\nrest = \"{how}\"");
            let case = case("split", &params, schema());
            let query = format!("{PARTS} SELECT k, x, n, s, {}, {last} FROM t ORDER BY id", part(1));
            same(&told(&work(&case, &batch(&rows), &cuts).out), &asked(&rows, &query))?;
        }
        let case = case("split", "field = \"s\"\nseparator = \",\"\ninto = \"all\"\nkeep = false", schema());
        let query = format!("{PARTS} SELECT k, x, n, (SELECT json_group_array(part ORDER BY at) FROM p \
                             WHERE p.id = t.id AND p.at > 0 HAVING count(*) > 0) FROM t ORDER BY id");
        same(&told(&work(&case, &batch(&rows), &cuts).out), &asked(&rows, &query))?;
    }

    #[test]
    fn merged_columns_are_those_of_sqlite((rows, cuts) in rows_and_cuts()) {
        let params = "fields = [\"k\", \"n\", \"x\", \"s\"]\ninto = \"m\"\nseparator = \", \"";
        let case = case("merge_fields", params, schema());
        let query = "SELECT k, x, n, s, concat_ws(', ', k, n, x, s) FROM t ORDER BY id";
        same(&told(&work(&case, &batch(&rows), &cuts).out), &asked(&rows, query))?;
    }

    #[test]
    fn columns_of_categories_are_those_of_sqlite((rows, cuts) in rows_and_cuts()) {
        let params = "fields = { k = [\"a\", \"c\"], n = [\"-1\", \"3\"] }\nother = true\nkeep = false";
        let case = case("one_hot", params, schema());
        let is = |column: &str, value: &str| format!("coalesce({column} = {value}, 0)");
        let other = |column: &str, a: &str, b: &str| format!("coalesce({column} NOT IN ({a}, {b}), 0)");
        let query = format!(
            "SELECT x, s, {}, {}, {}, {}, {}, {} FROM t ORDER BY id",
            is("k", "'a'"), is("k", "'c'"), other("k", "'a'", "'c'"),
            is("n", "-1"), is("n", "3"), other("n", "-1", "3"),
        );
        same(&told(&work(&case, &batch(&rows), &cuts).out), &asked(&rows, &query))?;
    }

    #[test]
    fn a_sample_by_key_has_as_many_of_each_as_there_may_be((rows, cuts) in rows_and_cuts(), n in 1..5usize) {
        let case = case("sample", &format!("n = {n}\nper = \"k\""), schema());
        let run = work(&case, &batch(&rows), &cuts);
        let query = |of: &str| format!("SELECT {of} FROM t GROUP BY k ORDER BY k");
        let counts: Vec<i64> = asked(&rows, &query(&format!("min(count(*), {n})"))).iter().map(|row| match row[0] {
            rusqlite::types::Value::Integer(n) => n,
            _ => panic!("a count"),
        }).collect();
        prop_assert_eq!(run.out.len() as i64, counts.iter().sum::<i64>());
        let all = told(&batch(&rows));
        prop_assert!(told(&run.out).iter().all(|row| all.contains(row)), "each is a record that came");
        let whole = work(&case, &batch(&rows), &[1000]);
        prop_assert_eq!(told(&run.out), told(&whole.out), "whatever the batches");
    }
}

/// So many rows of one list, and a text beside it.
fn lists(n: usize, list: &[&str], beside: &str) -> (Schema, Batch) {
    let schema = Schema::of(&[("beside", Type::Str), ("items", Type::List)]);
    let mut rows = Batch::new(&schema);
    for at in 0..n {
        rows.id.push((1 << 32) + at as u64);
        rows.born_ns.push(1);
        rows.columns[0].push(Value::Str(beside));
        rows.columns[1].push(Value::List(list.to_vec()));
    }
    (schema, rows)
}

/// Has rows worked on in one batch: how many records come out at each call.
fn pieces(case: &Case, rows: &Batch) -> Vec<usize> {
    let (mut steps, mut desk) = (case.steps(), case.desk(&case.account()));
    let (mut piece, mut sizes) = (Batch::default(), Vec::new());
    let mut call = |n: usize| {
        steps.reset(&mut piece, 0);
        piece.extend(rows, 0, n);
        steps.process(0, &mut piece, &mut desk).map_err(|failed| failed.error.to_string()).unwrap();
        (piece.len(), steps.wish(0))
    };
    assert_eq!(call(0), (0, Next::Wait));
    let mut next = call(rows.len());
    loop {
        sizes.push(next.0);
        if next.1 != Next::Again {
            return sizes;
        }
        next = call(0);
    }
}

/// However long lists are, no batch SHALL have more than 10,000 records of them, or more than 16 MiB but for the
/// last of them, and none is lost.
#[test]
fn long_lists_come_out_piece_by_piece() {
    let list: Vec<String> = (0..25_001).map(|at| at.to_string()).collect();
    let list: Vec<&str> = list.iter().map(String::as_str).collect();
    let (schema, rows) = lists(3, &list, "b");
    let case = case("explode", "field = \"items\"", schema);
    assert_eq!(pieces(&case, &rows), [10_000, 10_000, 10_000, 10_000, 10_000, 10_000, 10_000, 5_003]);
    let run = work(&case, &rows, &[3]);
    let texts: Vec<Value<'_>> = (0..run.out.len()).map(|row| run.out.columns[1].value(row)).collect();
    let expected: Vec<Value<'_>> = (0..3).flat_map(|_| list.iter().map(|item| Value::Str(item))).collect();
    assert!(texts == expected, "each item once, in order");
    let (_, rows) = lists(1, &list[..40], &"b".repeat(1 << 20));
    assert_eq!(pieces(&case, &rows), [16, 16, 8]);
}

/// A sample by chance SHALL be the same however records are shared out, and have about its part of them.
#[test]
fn a_sample_by_chance_depends_on_ids_alone() {
    let rows: Vec<Row> =
        (0..20_000).map(|at| (Some(["a", "b", "c"][at % 3]), None, Some((at / 4) as i64), None)).collect();
    let all = batch(&rows);
    let case_of = |params: &str| case("sample", params, schema());
    let by_id = case_of("rate = \"10%\"\nseed = 7");
    let whole = work(&by_id, &all, &[1000]).out;
    assert!((1850..2150).contains(&whole.len()), "{}", whole.len());
    let mut halves = [0, 1]
        .map(|half| {
            let mut part = Batch::new(&schema());
            (0..all.len()).filter(|row| row % 2 == half).for_each(|row| part.extend(&all, row, row + 1));
            work(&by_id, &part, &[17]).out.id
        })
        .concat();
    halves.sort_unstable();
    assert_eq!(halves, whole.id);
    assert_ne!(work(&case_of("rate = \"10%\"\nseed = 8"), &all, &[1000]).out.id, whole.id);
    // Records alike in `n` stay or go as one: four of each.
    let together = work(&case_of("rate = \"10%\"\ntogether = \"n\""), &all, &[1000]).out;
    assert!(!together.is_empty() && together.len().is_multiple_of(4));
    let Value::I64(first) = together.columns[2].value(0) else { panic!() };
    assert_eq!(
        (0..4).map(|row| together.columns[2].value(row)).collect::<Vec<_>>(),
        vec![Value::I64(first); 4]
    );
    assert_eq!(work(&case_of("rate = 1"), &all, &[9]).out.len(), all.len());
    assert_eq!(work(&case_of("rate = 0.0"), &all, &[9]).out.len(), 0);
}

/// What features two records have in common SHALL be on average what their hashed columns say (Weinberger et al. 2009).
#[test]
fn hashed_features_keep_what_records_have_in_common() {
    let list = |from: usize, to: usize| (from..to).map(|at| format!("w{at}")).collect::<Vec<_>>();
    let (a, b) = (list(0, 30), list(20, 60));
    let schema = Schema::of(&[("words", Type::List)]);
    let mut rows = Batch::new(&schema);
    for words in [&a, &b] {
        rows.id.push(0);
        rows.born_ns.push(1);
        rows.columns[0].push(Value::List(words.iter().map(String::as_str).collect()));
    }
    let (mut common, mut own, seeds) = (0.0, 0.0, 400);
    let mut taken = vec![0.0; 64];
    for seed in 0..seeds {
        let case =
            case("hash_features", &format!("fields = \"words\"\nn = 64\nseed = {seed}"), schema.clone());
        let out = work(&case, &rows, &[1]).out;
        let cell = |column: usize, row: usize| out.columns[1 + column].number(row).unwrap();
        common += (0..64).map(|at| cell(at, 0) * cell(at, 1)).sum::<f64>() / f64::from(seeds);
        own += (0..64).map(|at| cell(at, 0) * cell(at, 0)).sum::<f64>() / f64::from(seeds);
        (0..64).for_each(|at| taken[at] += cell(at, 1).abs());
    }
    // Ten words are common, thirty are the first record's. A product has a deviation of √(30·40/64) = 4.3, the mean of
    // all of 0.22.
    assert!((common - 10.0).abs() < 1.1, "{common}");
    assert!((own - 30.0).abs() < 1.8, "{own}");
    let (least, most) =
        taken.iter().fold((f64::MAX, 0.0f64), |(least, most), x| (least.min(*x), most.max(*x)));
    assert!(least > 0.6 * most, "each column gets its part: {least} to {most}");
    // Unsigned, each word counts one.
    let case = case("hash_features", "fields = \"words\"\nn = 8\nsigned = false", schema);
    let out = work(&case, &rows, &[2]).out;
    let total = |row: usize| (1..9).map(|at| out.columns[at].number(row).unwrap()).sum::<f64>();
    assert_eq!((total(0), total(1)), (30.0, 40.0));
}
