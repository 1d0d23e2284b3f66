//! The step `as_of`: its answers are those of one query, whatever happens on the way; and what it holds is bounded.

use crate::join::world::{Row, WAYS, Work, World, rows, run, saved_at_work, text};
use crate::link_laws::Dice;

#[test]
fn answers_are_what_one_query_says() {
    let (mut found, mut unmatched) = (0, 0);
    for seed in 0..40 {
        let mut dice = Dice(seed);
        let (keys, jitter) = (1 + dice.below(9), 1 + dice.below(30));
        let world = World::new(&mut dice, 120, keys, jitter);
        let allowed = [0, 3, 40][seed as usize % 3];
        let within = [None, Some(7)][seed as usize % 2];
        let said = within.map_or(String::new(), |ns| format!("within = \"{ns}ns\"\n"));
        let params = format!("by = \"k\"\nallowed_lateness = \"{allowed}ns\"\nprefix = \"r_\"\n{said}");
        let most = within.unwrap_or(i64::from(u32::MAX));
        let select = format!(
            "SELECT l.n, r.n, r.x FROM l LEFT JOIN r ON r.n = (SELECT n FROM r AS of WHERE of.k = l.k AND of.ts <= l.ts
             AND l.ts - of.ts <= {most} ORDER BY of.ts DESC, of.n DESC LIMIT 1)"
        );
        let due = (world.due(allowed, &select), world.late(allowed));
        found += due.0.iter().filter(|out| out.1.is_some()).count();
        unmatched += due.0.iter().filter(|out| out.1.is_none()).count();
        for (at, way) in WAYS.iter().enumerate() {
            let got = run(&world, "as_of", &params, way, &mut dice);
            assert_eq!(got, due, "seed {seed}, way {at}, within {within:?}, {allowed} late");
        }
    }
    assert!(found > 1000 && unmatched > 300, "{found} found, {unmatched} not");
}

#[test]
fn pieces_are_of_one_moment() {
    let out = saved_at_work("as_of", "by = \"k\"\nprefix = \"r_\"", |work| {
        work.call(1, &rows(0..6000, |n| n % 3000), 1000);
        work.call(0, &rows(1000..5000, |n| n % 70), 1000);
    });
    assert!(out > 4000);
}

#[test]
fn what_went_on_does_not_go_on_out_of_an_older_state() {
    let mut work = Work::new("as_of", "by = \"k\"\nprefix = \"r_\"");
    work.call(0, &rows(0..30, |_| 1), 0);
    work.call(1, &[(99, Some(1), Some(7), 0)], 0);
    let state = work.saved(|_| {});
    work.call(1, &[], 20);
    assert_eq!(work.out.len(), 20);
    work.load(&state);
    work.finish();
    assert_eq!(work.out.len(), 30);
    assert!(work.out[20..].iter().all(|out| out.1 == Some(99)), "what the right had said is still known");
}

/// Very many keys, of which all have a record: the oldest go, and are counted.
#[test]
fn keys_are_bounded() {
    for order in ["time", "arrival"] {
        let params = format!("by = \"k\"\nrows_max = 100\nprefix = \"r_\"\norder = \"{order}\"");
        let mut work = Work::new("as_of", &params);
        for from in (0..50_000).step_by(100) {
            work.call(1, &rows(from..from + 100, |n| n), from + 90);
            assert!(work.report("keys") + work.report("right") <= 100);
        }
        assert!(work.report("gone") >= 49_800, "{}", work.report("gone"));
        work.call(0, &[(-1, Some(49_989), Some(49_999), 0), (-2, Some(3), Some(49_999), 0)], i64::MIN);
        work.finish();
        let found: Vec<_> = work.out.iter().map(|out| (out.0, out.1)).collect();
        assert_eq!(found, [(Some(-1), Some(49_989)), (Some(-2), None)], "{order}");
    }
}

/// A watermark that stands still, as one side says nothing: what waits is bounded, the rest goes on, counted.
#[test]
fn what_waits_is_bounded() {
    let mut work = Work::new("as_of", "by = \"k\"\nrows_max = 100\nprefix = \"r_\"");
    work.call(1, &rows(0..50, |n| n), 50);
    for from in (50..50_050).step_by(100) {
        work.call(0, &rows(from..from + 100, |n| n % 50), -1);
        assert!(work.report("left") + work.report("keys") + work.report("right") <= 100);
    }
    let before = work.out.len() as i64;
    assert!(before >= 49_900 && work.report("gone") >= before, "{before} went on early");
    work.finish();
    assert_eq!(work.out.len(), 50_000, "each record of the left goes on once");
}

/// One key alone, and the right far ahead: what each record costs does not grow with what waits.
#[test]
fn one_key_keeps_one_record() {
    let mut work = Work::new("as_of", "by = \"k\"\nprefix = \"r_\"");
    for from in (0..40_000).step_by(100) {
        work.call(1, &rows(from..from + 100, |_| 1), from);
    }
    assert_eq!((work.report("keys"), work.report("right")), (1, 100), "the rest was superseded");
}

/// By arrival nothing waits, and records keep their order and their number.
#[test]
fn by_arrival_nothing_waits() {
    let mut work = Work::new("as_of", "by = \"k\"\norder = \"arrival\"\nprefix = \"r_\"");
    work.call(0, &rows(0..3, |n| n), -100);
    work.call(1, &[(10, Some(1), None, 0), (11, Some(1), Some(-5), 90), (12, None, Some(9), 0)], -100);
    work.call(0, &rows(3..5, |n| n - 3), -100);
    let state = work.saved(|_| {});
    work.load(&state);
    work.call(0, &rows(5..7, |n| n - 5), -100);
    work.call(0, &[(7, None, Some(9), 0)], -100);
    let found: Vec<_> = work.out.iter().map(|out| (out.0.unwrap(), out.1)).collect();
    let due =
        [(0, None), (1, None), (2, None), (3, None), (4, Some(11)), (5, None), (6, Some(11)), (7, None)];
    assert_eq!(found, due);
    assert_eq!((work.report("found"), work.report("unmatched"), work.report("null_keys")), (2, 6, 2));
}

/// One key has all records of both sides, and time stands still: `rows_max` holds, and each of the left goes on once.
#[test]
fn one_key_with_all_records_is_bounded() {
    let mut work = Work::new("as_of", "by = \"k\"\nrows_max = 50\nprefix = \"r_\"");
    for from in (0..8000).step_by(100) {
        work.call(from as usize / 100 % 2, &rows(from..from + 100, |_| 1), -1_000_000);
        assert!(work.report("left") + work.report("right") + work.report("keys") <= 50);
    }
    assert_eq!(work.report("keys"), 1, "what is known is not what had to go");
    assert!(work.report("gone") > 6000, "{} had to go", work.report("gone"));
    work.finish();
    let left: std::collections::BTreeSet<_> = work.out.iter().map(|out| out.0).collect();
    assert_eq!((left.len(), work.out.len()), (4000, 4000));
    assert!(work.out.iter().all(|out| out.1.is_none_or(|right| right <= out.0.unwrap())), "none is younger");
}

/// A side says nothing any more, and comes to its end: what waited for it is answered.
#[test]
fn a_side_that_stops_is_waited_for_until_it_ends() {
    let mut work = Work::new("as_of", "by = \"k\"\nprefix = \"r_\"");
    work.call(1, &rows(0..20, |_| 1), 0);
    for from in (0..2000).step_by(100) {
        work.call(0, &rows(from..from + 100, |_| 1), 19);
    }
    assert_eq!((work.out.len(), work.report("left")), (19, 2000 - 19));
    work.call(0, &rows(2000..2100, |_| 1), i64::MAX);
    assert_eq!((work.out.len(), work.report("left"), work.report("gone")), (2100, 0, 0));
    assert!(work.out[19..].iter().all(|out| out.1 == Some(19)), "the last that was said is still known");
}

/// Texts are bounded by their bytes, those that wait and those that are known.
#[test]
fn texts_are_bounded_too() {
    let mut work = Work::new("as_of", "by = \"k\"\nmemory = \"64KiB\"\nprefix = \"r_\"");
    let all: Vec<Row> = (0..100_000).map(|n| (n, Some(n), Some(n), 0)).collect();
    for rows in all.chunks(500) {
        work.call(1, rows, rows[0].1.unwrap());
    }
    let known = work.report("keys") + work.report("right");
    let bytes: usize = (0..100_000).rev().take(known as usize).map(|n| text(n).len()).sum();
    assert!(bytes <= 65_536 && bytes > 60_000, "{bytes} bytes of {known} keys");
    assert_eq!(work.report("gone"), 100_000 - known);
}
