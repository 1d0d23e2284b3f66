//! Rows that go out before the end of their window, or again behind it, and those of windows without records.

use super::judge::{Judge, compare, fields};
use super::world::{Cells, Out, WAYS, rows, rows_of_one, run};
use std::collections::BTreeMap;

fn holding(size: i64, slide: i64, allowed: i64) -> String {
    format!(
        "WITH RECURSIVE starts (start) AS (SELECT -1000 * {slide} UNION ALL SELECT start + {slide} FROM starts \
         WHERE start < 5000) SELECT start, start + {size} AS finish, n, ts AS at FROM starts JOIN raw \
         ON ts >= start AND ts < start + {size} \
         WHERE NOT (late > 0 AND start + {size} + {allowed} <= ts + late)"
    )
}

/// Rows with one mark, without it; the mark is the last column.
fn marked(out: &Out, mark: &str) -> Vec<Cells> {
    let rows = out.rows.iter().filter(|row| row.last().unwrap() == mark);
    rows.map(|row| row[..row.len() - 1].to_vec()).collect()
}

#[test]
fn early_rows_change_nothing_of_those_at_the_end() {
    for (kind, size, slide) in [("size = \"60s\"", 60, 60), ("size = \"60s\"\nslide = \"20s\"", 60, 20)] {
        let rows = rows(77, 300, 50);
        let judge = Judge::new(&rows);
        let due = judge.windows(&holding(size, slide, 10));
        let params = format!("{kind}\nallowed_lateness = \"10s\"\nevery = 9\nper = \"k\"\n{}", fields());
        for way in WAYS {
            let out = run("window", &params, &rows, way);
            compare(&due, &marked(&out, "false"), &format!("{way:?}"));
            let early = marked(&out, "true");
            assert!(early.len() > 40, "{} early rows", early.len());
            // Each tells less than its window in the end, or all of it.
            let last: BTreeMap<_, _> =
                due.iter().map(|row| (row[..3].to_vec(), row[3].parse::<i64>().unwrap())).collect();
            for row in early {
                assert!(row[3].parse::<i64>().unwrap() <= last[&row[..3]], "{row:?}");
            }
        }
    }
}

#[test]
fn early_rows_of_sessions_and_of_records_are_marked() {
    let rows = rows_of_one(5, 200, 20);
    for kind in ["gap = \"20s\"\nallowed_lateness = \"60s\"", "count = 10\nslide = 4"] {
        let plain = format!("{kind}\nper = \"k\"\n{}", fields());
        let params = format!("every = 7\n{plain}");
        for way in WAYS {
            let out = run("window", &params, &rows, way);
            compare(&run("window", &plain, &rows, way).rows, &marked(&out, "false"), kind);
            assert!(marked(&out, "true").len() > 20, "{kind}");
        }
    }
}

/// Whatever goes before it, the last row of each window is the one that waiting would have given, and the first comes
/// without what came later.
#[test]
fn what_is_restated_comes_to_the_same_in_the_end() {
    for (size, slide) in [(60, 60), (60, 20), (50, 20)] {
        let rows = rows(13, 400, 150);
        let judge = Judge::new(&rows);
        let due = judge.windows(&holding(size, slide, 100));
        let late = judge.numbers("SELECT n FROM raw WHERE n NOT IN (SELECT n FROM member) ORDER BY n");
        let slides = if slide < size { format!("slide = \"{slide}s\"\n") } else { String::new() };
        let params = format!(
            "size = \"{size}s\"\n{slides}allowed_lateness = \"100s\"\nlate = \"restate\"\nper = \"k\"\n{}",
            fields()
        );
        let mut again = 0;
        for way in WAYS {
            let out = run("window", &params, &rows, way);
            assert_eq!(out.late, late, "{way:?}");
            let mut last: BTreeMap<Vec<String>, Cells> = BTreeMap::new();
            for row in &out.in_order {
                let before = last.insert(row[..3].to_vec(), row[..row.len() - 1].to_vec());
                let again = row.last().unwrap() == "true";
                assert!(again || before.is_none(), "what takes the place of another row says so: {row:?}");
            }
            compare(&due, &last.into_values().collect::<Vec<_>>(), &format!("{size} by {slide}, {way:?}"));
            let firsts = marked(&out, "false");
            let mut names: Vec<_> = firsts.iter().map(|row| row[..3].to_vec()).collect();
            names.dedup();
            assert_eq!(names.len(), firsts.len(), "a window comes to its end once");
            again += marked(&out, "true").len();
        }
        assert!(again > 50, "{again} rows were restated");
    }
}

/// Between two windows of a key that have records each has a row, and none but those before the last.
#[test]
fn windows_without_records_have_rows_on_demand() {
    for (size, slide) in [(10, 10), (12, 4)] {
        let rows = rows(31, 150, 15);
        let judge = Judge::new(&rows);
        let due = judge.windows(&holding(size, slide, 20));
        let slides = if slide < size { format!("slide = \"{slide}s\"\n") } else { String::new() };
        let params = format!(
            "size = \"{size}s\"\n{slides}allowed_lateness = \"20s\"\nempty = true\nper = \"k\"\n{}",
            fields()
        );
        for way in WAYS {
            let out = run("window", &params, &rows, way);
            let is_empty = |row: &&Cells| row[3] == "0";
            let full: Vec<Cells> = out.rows.iter().filter(|row| !is_empty(row)).cloned().collect();
            compare(&due, &full, &format!("{way:?}"));
            let mut of: BTreeMap<&str, Vec<(i64, bool)>> = BTreeMap::new();
            for row in &out.rows {
                of.entry(&row[2]).or_default().push((row[0].parse().unwrap(), row[3] == "0"));
            }
            let mut empty = 0;
            for (key, starts) in &mut of {
                starts.sort_unstable();
                empty += starts.iter().filter(|(_, empty)| *empty).count();
                assert!(!starts[0].1, "{key} begins with a record");
                for pair in starts.windows(2) {
                    assert_eq!(
                        pair[1].0 - pair[0].0,
                        slide,
                        "{key}: a window is missing, or there twice, {way:?}"
                    );
                }
            }
            assert!(empty > 5, "{empty} windows are empty");
        }
    }
}

/// Windows of the clock: what has come belongs where the clock is, and goes out when that has come to the end.
#[test]
fn by_arrival_windows_close_by_the_clock() {
    use super::world::{SECOND, Worker};
    use sluicebox::operator::Next;
    for (kind, length) in
        [("size = \"10s\"", 10), ("gap = \"10s\"", 10), ("size = \"10s\"\nslide = \"5s\"", 10)]
    {
        let params = format!("{kind}\nby_arrival = true\nper = \"k\"\nfields = {{ n = \"count()\" }}");
        let mut worker = Worker::new("window", &params);
        let start = sluicebox::clock::mono_ns();
        rows(1, 40, 5).iter().for_each(|row| worker.push(row));
        let Next::At(mut at) = worker.turn_at(start) else { panic!("it waits for the clock") };
        assert!(at > start && at <= start + 10 * SECOND as u64, "{kind}: {}", at - start);
        assert_eq!((worker.turn_at(at - 1), worker.out.rows.len()), (Next::At(at), 0), "{kind}");
        let mut calls = 0;
        while let Next::At(next) = worker.turn_at(at) {
            (at, calls) = (next, calls + 1);
            assert!(calls < 5, "{kind}: nothing is open, and it waits");
        }
        let of = |at: usize, row: &Cells| row[at].parse::<i64>().unwrap();
        let windows = if kind.contains("slide") { 2 } else { 1 };
        assert_eq!(worker.out.rows.iter().map(|row| of(3, row)).sum::<i64>(), 40 * windows, "{kind}");
        assert!(worker.out.rows.iter().all(|row| (of(1, row) - of(0, row) - length).abs() <= 1), "{kind}");
        worker.finish();
        assert!(worker.out.late.is_empty());
    }
}

/// In 1970 clocks in Kathmandu were 5 hours and a half ahead of UTC.
#[test]
fn windows_of_a_zone_are_those_of_its_clocks() {
    let rows = rows(8, 400, 60);
    let params =
        |more: &str| format!("size = \"1h\"\nallowed_lateness = \"20s\"\nper = \"k\"\n{more}\n{}", fields());
    for way in WAYS {
        let there = run("window", &params("time_zone = \"Asia/Kathmandu\""), &rows, way);
        assert!(there.rows.len() > 3);
        compare(
            &run("window", &params("offset = \"30min\""), &rows, way).rows,
            &there.rows,
            &format!("{way:?}"),
        );
    }
}
