//! Windows of each kind: one behind the other, those that overlap, sessions, and those of so many records.

use super::judge::{Judge, compare, fields};
use super::world::{WAYS, rows, rows_of_one, run};

/// A record belongs to each window that holds it and that its own source had not passed.
fn holding(size: i64, slide: i64, offset: i64, allowed: i64) -> String {
    format!(
        "WITH RECURSIVE starts (start) AS (SELECT -1000 * {slide} + {offset} UNION ALL \
         SELECT start + {slide} FROM starts WHERE start < 5000) SELECT start, start + {size} AS finish, n, ts AS at \
         FROM starts JOIN raw \
         ON ts >= start AND ts < start + {size} \
         WHERE NOT (late > 0 AND start + {size} + {allowed} <= ts + late)"
    )
}

#[test]
fn windows_that_overlap_or_not_are_what_one_query_says() {
    for (size, slide, offset, allowed, jitter) in [
        (60, 60, 0, 0, 50),
        (60, 20, 5, 10, 90),
        (50, 20, 0, 30, 200),
        (45, 7, 3, 0, 20),
        (30, 30, 0, 500, 400),
    ] {
        let rows = rows(size as u64 + slide as u64, 400, jitter);
        let judge = Judge::new(&rows);
        let due = judge.windows(&holding(size, slide, offset, allowed));
        let late = judge.numbers("SELECT n FROM raw WHERE n NOT IN (SELECT n FROM member) ORDER BY n");
        assert!(due.len() > 40, "{} windows", due.len());
        assert_eq!(
            late.is_empty(),
            jitter as i64 <= size - slide + allowed,
            "{} late of {size} {slide}",
            late.len()
        );
        let slides = if slide < size { format!("slide = \"{slide}s\"\n") } else { String::new() };
        let params = format!(
            "size = \"{size}s\"\n{slides}offset = \"{offset}s\"\nallowed_lateness = \"{allowed}s\"\nper = \"k\"\n{}",
            fields()
        );
        for way in WAYS {
            let out = run("window", &params, &rows, way);
            let what = format!("{size} by {slide}, {allowed} allowed, {way:?}");
            compare(&due, &out.rows, &what);
            assert_eq!(out.late, late, "{what}");
            assert_eq!(out.report[3], 0, "{what}: nothing closed too early");
        }
    }
}

/// Records of a key that lie no gap apart belong together; each that is not later than is allowed counts.
#[test]
fn sessions_are_what_one_query_says() {
    for (gap, allowed, jitter) in [(12, 60, 50), (25, 10, 90), (9, 0, 20), (400, 100, 100), (1, 30, 30)] {
        let rows = rows(gap as u64 * 7 + allowed as u64, 400, jitter);
        let judge = Judge::new(&rows);
        let members = format!(
            "WITH ours AS (SELECT n, k, ts FROM raw WHERE late <= {allowed}), \
             marked AS (SELECT *, ts - lag(ts) OVER (PARTITION BY k ORDER BY ts, n) >= {gap} AS begins FROM ours), \
             named AS (SELECT *, sum(coalesce(begins, 1)) OVER (PARTITION BY k ORDER BY ts, n) AS nth FROM marked) \
             SELECT min(ts) OVER (PARTITION BY k, nth) AS start, max(ts) OVER (PARTITION BY k, nth) + {gap} AS finish, \
             n, ts AS at FROM named"
        );
        let due = judge.windows(&members);
        let late = judge.numbers(&format!("SELECT n FROM raw WHERE late > {allowed} ORDER BY n"));
        assert!(due.len() > 3 && (!late.is_empty() || allowed >= jitter as i64), "{} sessions", due.len());
        let params =
            format!("gap = \"{gap}s\"\nallowed_lateness = \"{allowed}s\"\nper = \"k\"\n{}", fields());
        for way in WAYS {
            let out = run("window", &params, &rows, way);
            let what = format!("a gap of {gap}, {allowed} allowed, {way:?}");
            compare(&due, &out.rows, &what);
            assert_eq!(out.late, late, "{what}");
        }
    }
}

/// Windows of records go by the order of arrival, so there is one source, and no shuffling.
#[test]
fn windows_of_records_are_what_one_query_says() {
    for (count, slide) in [(10, 10), (10, 3), (7, 1), (1, 1), (64, 20), (1000, 400)] {
        let rows = rows_of_one(count as u64 + 11, 500, 40);
        let judge = Judge::new(&rows);
        let members = format!(
            "WITH RECURSIVE numbered AS (SELECT n, k, row_number() OVER (PARTITION BY k ORDER BY n) - 1 AS number, \
             count(*) OVER (PARTITION BY k) AS many FROM raw), \
             starts (start) AS (SELECT 0 UNION ALL SELECT start + {slide} FROM starts WHERE start < 1000) \
             SELECT start, min(start + {count}, many) AS finish, n, number AS at FROM starts JOIN numbered \
             ON number >= start AND number < start + {count}"
        );
        let due = judge.windows(&members);
        let slides = if slide < count { format!("slide = {slide}\n") } else { String::new() };
        let params = format!("count = {count}\n{slides}per = \"k\"\n{}", fields());
        for way in WAYS {
            let out = run("window", &params, &rows, way);
            compare(&due, &out.rows, &format!("{count} by {slide}, {way:?}"));
        }
    }
}

/// Without `per` all records are of one key.
#[test]
fn one_window_for_all_is_what_one_query_says() {
    let rows = rows(3, 300, 60);
    let judge = Judge::new(&rows);
    judge.0.execute_batch("UPDATE raw SET k = 'all'").unwrap();
    let mut due = judge.windows(&holding(100, 40, 0, 20));
    due.iter_mut().for_each(|row| drop(row.remove(2)));
    due.sort();
    let params = format!("size = \"100s\"\nslide = \"40s\"\nallowed_lateness = \"20s\"\n{}", fields());
    for way in WAYS.iter().filter(|way| way.workers == 1) {
        compare(&due, &run("window", &params, &rows, *way).rows, &format!("{way:?}"));
    }
}
