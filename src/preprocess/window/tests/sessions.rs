//! Sessions: what had gone on, what may begin, and what stays.

use super::*;

/// Of an older state a session that had gone on since does not go out with its end then, and is not lost either.
#[test]
fn a_session_that_had_gone_on_is_not_lost() {
    let mut work = Work::new("gap = \"30s\"");
    work.call(&[("a", 0, 1, 0), ("a", 10, 2, 0), ("b", 11, 4, 0)], 11);
    let state = work.saved();
    work.call(&[("a", 35, 8, 0), ("b", 50, 16, 0)], 50);
    assert_eq!(work.rows, ["11 41 b 1 4"]);
    work.killed(&state);
    work.call(&[], 50);
    work.finish(Ending::Drained);
    // That of b begins behind that of a, which was open: it can't be known that it had gone out.
    assert_eq!(work.rows, ["11 41 b 1 4", "0 40 a 2 3", "11 41 b 1 4"]);
    let mut work = Work::new("gap = \"30s\"");
    work.call(&[("b", 0, 4, 0), ("a", 1, 1, 0)], 1);
    let state = work.saved();
    work.call(&[("a", 30, 8, 0)], 32);
    work.killed(&state);
    work.call(&[], 32);
    work.finish(Ending::Drained);
    assert_eq!(work.rows, ["0 30 b 1 4", "1 31 a 1 1"], "what lies before all that was open had gone out");
}

/// A record that no source had passed, and that lies before what was let through, begins no session there.
#[test]
fn no_session_begins_before_what_was_let_through() {
    let mut work = Work::new("gap = \"30s\"\nallowed_lateness = \"5s\"");
    work.call(&[("a", 90, 1, 0), ("a", 110, 1, 0)], 100);
    let through = work.desk.holds().to;
    work.call(&[("b", 80, 1, 0), ("a", 80, 1, 0), ("a", 91, 1, 0), ("b", 95, 1, 0)], 100);
    assert!(work.desk.holds().to >= through);
    assert_eq!(work.told(), [2, 2], "open and closed");
    work.finish(Ending::Drained);
    assert_eq!(work.rows, ["90 140 a 3 3", "95 125 b 1 1"]);
}

/// A session that closes is no record for those of its key that stay.
#[test]
fn what_closes_makes_no_early_row_of_what_stays() {
    let mut work = Work::new("gap = \"10s\"\nallowed_lateness = \"100s\"\nevery = 3");
    work.call(&[("a", 0, 1, 0), ("a", 50, 1, 0), ("b", 50, 1, 0)], 0);
    assert_eq!(work.rows.len(), 3);
    work.call(&[], 120);
    work.call(&["c"; 3].map(|k| (k, 120, 1, 0)), 120);
    let early: Vec<_> = work.rows[3..].iter().filter(|row| row.ends_with("true")).collect();
    assert_eq!(early, ["120 130 c 3 3 true"]);
}

/// To make room is no record for what stays of a key.
#[test]
fn what_makes_room_makes_no_early_row_of_what_stays() {
    let mut work = Work::new("gap = \"10s\"\nkeys_max = 2\nevery = 2");
    work.call(&[("a", 0, 1, 0), ("a", 50, 1, 0)], -100);
    assert_eq!(work.rows.len(), 2, "{:?}", work.rows);
    work.call(&[("b", 100, 1, 0), ("b", 101, 1, 0)], -100);
    assert_eq!(work.rows[2..], ["0 10 a 1 1 false", "100 111 b 2 2 true"]);
}
