//! The step `join`: its pairs are those of one query, whatever happens on the way; and what waits is bounded.

use crate::link_laws::Dice;
pub mod world;
use world::{Row, WAYS, Work, World, rows, run, saved_at_work};

const ON: &str = "l.k = r.k AND r.ts - l.ts BETWEEN";

/// Kind, `within` and its ends, and how late a record may be.
const CASES: [(&str, &str, [i64; 2], i64); 7] = [
    ("inner", "\"9ns\"", [-9, 9], 5),
    ("left", "[\"-3ns\", \"12ns\"]", [-3, 12], 0),
    ("full", "\"5ns\"", [-5, 5], 40),
    ("full", "[\"-9ns\", \"-2ns\"]", [-9, -2], 3),
    ("left", "[\"2ns\", \"30ns\"]", [2, 30], 7),
    ("full", "\"0s\"", [0, 0], 1),
    ("inner", "[\"1h\", \"2h\"]", [3_600_000_000_000, 7_200_000_000_000], 2),
];

#[test]
fn pairs_are_what_one_query_says() {
    let (mut pairs, mut late) = (0, 0);
    for seed in 0..60 {
        let mut dice = Dice(seed);
        let (keys, jitter) = (1 + dice.below(12), 1 + dice.below(30));
        let world = World::new(&mut dice, 120, keys, jitter);
        let (kind, within, [from, to], allowed) = CASES[seed as usize % CASES.len()];
        let params = format!(
            "by = \"k\"\nkind = \"{kind}\"\nwithin = {within}\nallowed_lateness = \"{allowed}ns\"\nprefix = \"r_\""
        );
        let select = format!("SELECT l.n, r.n, r.x FROM l {kind} JOIN r ON {ON} {from} AND {to}");
        let due = (world.due(allowed, &select), world.late(allowed));
        (pairs, late) = (pairs + due.0.len(), late + due.1[0].len() + due.1[1].len());
        for (at, way) in WAYS.iter().enumerate() {
            let found = run(&world, "join", &params, way, &mut dice);
            assert_eq!(found, due, "seed {seed}, way {at}, {kind} within {within}");
        }
    }
    assert!(pairs > 10_000 && late > 1000, "{pairs} pairs, {late} late");
}

/// Without `within` all of a key are partners, in whatever order they come, those without a time too.
#[test]
fn without_a_time_all_of_a_key_are_partners() {
    for seed in 0..20 {
        let mut dice = Dice(seed);
        let world = World::new(&mut dice, 60, 8, 30);
        let kind = ["inner", "left", "full"][seed as usize % 3];
        let params = format!("by = {{ left = \"k\", right = [\"k\"] }}\nkind = \"{kind}\"\nprefix = \"r_\"");
        let all = |side: i64| format!("(SELECT * FROM raw WHERE side = {side})");
        let select = format!("SELECT l.n, r.n, r.x FROM {} l {kind} JOIN {} r ON l.k = r.k", all(0), all(1));
        let due = (world.due(0, &select), [vec![], vec![]]);
        for (at, way) in WAYS.iter().enumerate() {
            assert_eq!(run(&world, "join", &params, way, &mut dice), due, "seed {seed}, way {at}, {kind}");
        }
    }
}

#[test]
fn pieces_are_of_one_moment() {
    let params = "by = \"k\"\nwithin = \"1us\"\nkind = \"full\"\nprefix = \"r_\"";
    let out = saved_at_work("join", params, |work| {
        work.call(0, &rows(0..4000, |n| n % 50), 0);
        work.call(1, &rows(4000..9000, |n| n % 70), 3000);
    });
    assert!(out > 1000);
}

#[test]
fn what_went_out_alone_does_not_go_out_of_an_older_state() {
    let params = "by = \"k\"\nwithin = \"10ns\"\nkind = \"left\"\nprefix = \"r_\"";
    let mut work = Work::new("join", params);
    work.call(0, &rows(0..30, |n| n), 0);
    let state = work.saved(|_| {});
    work.call(1, &[], 25);
    assert_eq!(work.out.len(), 15, "those before 15 can have no partner");
    work.load(&state);
    work.call(1, &[(99, Some(20), Some(25), 0)], 25);
    work.finish();
    assert_eq!(work.out.len(), 15 + 15);
    assert_eq!(work.out[15], (Some(20), Some(99), Some("xxxx99".to_string())));
}

/// Other kinds, columns or keys: refused.
#[test]
fn a_state_of_another_join_is_refused() {
    let params = |more: &str| format!("by = \"k\"\nwithin = \"10ns\"\nprefix = \"r_\"\n{more}");
    let mut work = Work::new("join", &params(""));
    work.call(0, &rows(0..30, |n| n), 0);
    let state = work.saved(|_| {});
    for (more, fits) in [("", true), ("rows_max = 7", true), ("kind = \"full\"", false)] {
        let mut other = Work::new("join", &params(more));
        let mut from = sluicebox::data::state::Loader::new(&state);
        assert_eq!(other.operator.load(&mut from).is_ok(), fits, "{more}");
    }
}

/// A watermark that stands still, as one side says nothing: the other fills `rows_max` and no more, and what goes is
/// counted and goes on alone.
#[test]
fn what_waits_is_bounded() {
    for (kind, alone) in [("inner", 0), ("left", 49_900)] {
        let params =
            format!("by = \"k\"\nwithin = \"1h\"\nkind = \"{kind}\"\nrows_max = 100\nprefix = \"r_\"");
        let mut work = Work::new("join", &params);
        for from in (0..50_000).step_by(500) {
            work.call(0, &rows(from..from + 500, |n| n), -1_000_000);
            assert!(work.report("left") <= 100);
        }
        assert_eq!((work.report("left"), work.report("gone")), (100, 49_900));
        assert_eq!((work.out.len(), work.report("unmatched")), (alone, alone as i64));
        assert!(work.out.iter().enumerate().all(|(n, out)| out.0 == Some(n as i64)), "the earliest go first");
    }
}

#[test]
fn texts_are_bounded_too() {
    let params = "by = \"k\"\nwithin = \"1h\"\nmemory = \"64KiB\"\nprefix = \"r_\"";
    let mut work = Work::new("join", params);
    let big: Vec<Row> = (0..100_000).map(|n| (n, Some(n), Some(n), 0)).collect();
    big.chunks(500).for_each(|rows| work.call(0, rows, -1_000_000));
    let bytes: usize =
        (0..100_000).rev().take(work.report("left") as usize).map(|n| world::text(n).len()).sum();
    assert!(bytes <= 65_536 && bytes > 60_000 && work.report("gone") > 80_000, "{bytes}");
}

/// One key with very many records: what is looked at is not much more than what is found.
#[test]
fn a_skewed_key_costs_what_it_finds() {
    let mut work = Work::new("join", "by = \"k\"\nwithin = \"10ns\"\nprefix = \"r_\"");
    work.desk.cx().records_max = 7;
    for from in (0..40_000).step_by(100) {
        work.call(0, &rows(from..from + 100, |_| 1), i64::MIN);
        work.call(1, &rows(from..from + 100, |_| 1), i64::MIN);
    }
    let pairs = work.report("pairs");
    assert_eq!((pairs, work.out.len() as i64), (21 * 40_000 - 110, pairs));
    assert!(work.report("visited") < 5 * pairs, "{} visited", work.report("visited"));
}

/// One key has all records of both sides, and time stands still: none looks at more than may wait.
#[test]
fn one_key_with_all_records_is_bounded() {
    for (kind, within) in [("inner", "within = \"1h\""), ("full", "within = \"1h\""), ("full", "")] {
        let params = format!("by = \"k\"\nkind = \"{kind}\"\n{within}\nrows_max = 50\nprefix = \"r_\"");
        let mut work = Work::new("join", &params);
        for from in (0..8000).step_by(100) {
            work.call(from as usize / 100 % 2, &rows(from..from + 100, |_| 1), -1_000_000);
            assert!(work.report("left") + work.report("right") <= 50);
        }
        let (pairs, gone) = (work.report("pairs"), work.report("gone"));
        assert_eq!(gone, 8000 - 50, "{kind} {within}");
        assert!(
            pairs > 8000 && pairs <= 50 * 8000 && work.report("visited") <= pairs,
            "{kind}: {pairs} pairs"
        );
        work.finish();
        assert_eq!(work.out.len() as i64, pairs + work.report("unmatched"));
        if kind == "full" {
            let mut there = vec![false; 8000];
            let both = work.out.iter().flat_map(|out| [out.0, out.1]).flatten();
            both.for_each(|n| there[n as usize] = true);
            assert!(there.iter().all(|there| *there), "each goes on, with another or alone");
        }
    }
}

/// A side says nothing any more, and comes to its end: what waited for it goes on alone, and what comes then at once.
#[test]
fn a_side_that_stops_is_waited_for_until_it_ends() {
    let mut work = Work::new("join", "by = \"k\"\nwithin = \"10ns\"\nkind = \"left\"\nprefix = \"r_\"");
    work.call(1, &rows(0..20, |n| n), 0);
    for from in (0..2000).step_by(100) {
        work.call(0, &rows(from..from + 100, |n| n), 19);
    }
    assert_eq!((work.out.len(), work.report("left")), (20, 2000 - 9), "those before 19 - 10 have gone");
    work.call(1, &[], 2000);
    assert_eq!((work.out.len(), work.report("left")), (1990, 10));
    work.call(0, &rows(2000..2100, |n| n), i64::MAX);
    assert_eq!((work.out.len(), work.report("left"), work.report("gone")), (2100, 0, 0));
}
