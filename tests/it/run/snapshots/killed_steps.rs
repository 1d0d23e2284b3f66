//! A kill at any record, of steps that let records wait or drop them: none is in two rows but where the page says so,
//! and none is missing that is not forgotten.

use super::killed::{Killed, ROWS, killed, killed_over, undisturbed, undisturbed_over};
use super::{Sql, record, rows, time};
use crate::run::Sandbox;
use std::collections::{BTreeMap, BTreeSet};

/// As they are read, records are up to seven seconds behind.
fn disordered(n: usize) -> String {
    record(n, n ^ 7)
}

/// Fifty seconds with a record each, then forty without.
fn with_pauses(n: usize) -> String {
    record(n, seconds(n))
}

fn seconds(n: usize) -> usize {
    n + n / 50 * 40
}

fn whole(value: &Sql) -> usize {
    match value {
        Sql::Integer(n) => *n as usize,
        other => panic!("{other:?} is no number"),
    }
}

fn numbers(room: &Sandbox, sql: &str) -> Vec<usize> {
    rows(room, sql).iter().map(|row| whole(&row[0])).collect()
}

#[test]
fn what_waits_to_be_sorted_is_that_of_the_snapshot_and_goes_on_once_in_order() {
    let step = r#"operator = "sort", allowed_lateness = "10min""#;
    let Killed { room, forgotten, kept, .. } = killed_over(disordered, step, 11);
    assert_eq!(forgotten, (ROWS - kept.len()) as u64);
    let order = numbers(&room, "SELECT n FROM out ORDER BY rowid");
    assert!(order.iter().map(|n| n ^ 7).is_sorted(), "they go on in the order of their time");
    let there: BTreeSet<usize> = order.iter().copied().collect();
    assert_eq!(there.len(), order.len(), "none goes on twice");
    assert!(kept.iter().all(|n| there.contains(n)), "what the state has seen goes on");
    let missing = ROWS - there.len();
    assert!(missing > 0 && missing as u64 <= forgotten, "{missing} are missing, {forgotten} are forgotten");
}

#[test]
fn a_key_that_was_forgotten_passes_again() {
    let step = r#"operator = "dedupe", per = "x""#;
    let Killed { room, forgotten, last, kept, .. } = killed(step, 12);
    assert_eq!(forgotten, (ROWS - kept.len()) as u64);
    let sql = format!("SELECT n FROM out WHERE n >= {last} ORDER BY n");
    let found = numbers(&room, &sql);
    assert!(
        !found.is_empty() && found == numbers(&undisturbed(step, &kept), &sql),
        "not the state of what it saw"
    );
    let passed = numbers(&room, "SELECT n FROM out ORDER BY n");
    let kept: BTreeSet<usize> = kept.into_iter().collect();
    // The one of its key that passed before is 10,007 back.
    let again: Vec<usize> =
        passed.iter().filter(|n| passed.binary_search(&n.wrapping_sub(10_007)).is_ok()).copied().collect();
    assert!(!again.is_empty() && again.len() as u64 <= forgotten, "{} passed again", again.len());
    assert!(again.iter().all(|n| !kept.contains(&(n - 10_007))), "who is in the state passes once");
    assert_eq!(room.query("out.db", "SELECT count(DISTINCT x) FROM out"), 10_007, "each has passed");
}

#[test]
fn a_session_misses_what_was_forgotten_and_nothing_else() {
    let step =
        r#"operator = "window", gap = "20s", per = "k", fields = { n = "count()", seen = "collect(n)" }"#;
    let Killed { room, forgotten, last, kept, restarts } = killed_over(with_pauses, step, 13);
    assert_eq!(forgotten, (ROWS - kept.len()) as u64);
    // In how many rows each record is.
    let mut times: BTreeMap<usize, usize> = BTreeMap::new();
    for row in rows(&room, "SELECT seen, n FROM out") {
        let Sql::Text(seen) = &row[0] else { panic!("{row:?}") };
        let seen: Vec<String> = serde_json::from_str(seen).unwrap();
        assert_eq!(seen.len(), whole(&row[1]));
        seen.iter().for_each(|n| *times.entry(n.parse().unwrap()).or_default() += 1);
    }
    assert!(kept.iter().all(|n| times.contains_key(n)), "what the state has seen is in a row");
    let missing = ROWS - times.len();
    assert!(missing > 0 && missing as u64 <= forgotten, "{missing} are in no row, {forgotten} forgotten");
    // A session that may have gone on since the snapshot goes out as it was there, though it had gone out.
    for (n, many) in times.iter().filter(|(_, many)| **many > 1) {
        let was_open =
            |(as_of, _): &(usize, usize)| n < as_of && seconds(*as_of) <= seconds(*n) + 50 + 40 + 20;
        assert!(*many <= 1 + restarts.len() && restarts.iter().any(was_open), "{n} is in {many} rows");
    }
    let sql = format!(
        "SELECT window_start, window_end, k, n, seen FROM out WHERE window_start > '{}' ORDER BY 1, 3",
        time(seconds(last))
    );
    let (found, due) = (rows(&room, &sql), rows(&undisturbed_over(with_pauses, step, &kept), &sql));
    assert!(found.len() > 13 && found == due, "not the state of what it says it has seen");
}
