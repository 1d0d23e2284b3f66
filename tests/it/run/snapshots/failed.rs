//! A run that failed is gone on with: what failed tries again, and the others go on where they were.

use super::{SOURCE, write};
use crate::run::{Running, Sandbox, last_line, text};
use nix::sys::signal::Signal;
use serde_json::Value;
use std::collections::BTreeSet;
use std::time::Duration;

const ROWS: usize = 12_000;

/// Windows behind a source that is not started again.
fn topology(rate: &str) -> String {
    format!(
        r#"
name = "t"
[[stage]]
name = "numbers"
restart = false
steps = [{{ {SOURCE}{rate} }}]
[[stage]]
name = "tens"
from = "numbers"
operator = "window"
size = "10min"
per = "k"
fields = {{ n = "count()" }}
snapshot_every = "1h"
[[stage]]
name = "store"
from = ["tens", "tens/late"]
operator = "sqlite"
path = "out.db"
"#
    )
}

fn resumed(room: &Sandbox) -> Value {
    let output = Running::of(room.command(&["run", "t.toml", "--json", "--resume"]).spawn().unwrap());
    let output = output.end();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    last_line(&output)
}

/// A source that was given up had more: nothing closes because of it.
#[test]
fn windows_wait_for_a_source_that_was_given_up() {
    let room = Sandbox::new();
    write(&room, 0..ROWS);
    let running = room.start(&topology(r#", rate = "2k/s""#), &[]);
    room.wait_worker("tens", "has records", |worker| worker["in"].as_u64().unwrap() > 2_000);
    room.signal("numbers", Signal::SIGKILL);
    let output = running.end();
    assert_eq!(output.status.code(), Some(4), "{}", text(&output.stderr));
    let waiting = last_line(&output)["stages"][1]["waiting"].as_u64().unwrap_or(0);
    assert!(waiting > 0, "windows are open in the middle of a run");

    let account = resumed(&room);
    assert_eq!((&account["balances"], &account["records"]["in"]), (&true.into(), &ROWS.into()));
    let late = room.query("out.db", "SELECT count(*) FROM tens_late");
    assert_eq!(late, 0, "no window had closed too early");
    let twice = "SELECT count(*) - count(DISTINCT window_start || '|' || k) FROM tens";
    assert_eq!(room.query("out.db", twice), 0, "no window has gone out in two parts");
    let counted = room.query("out.db", "SELECT sum(n) FROM tens");
    assert_eq!(counted + account["records"]["lost"].as_i64().unwrap(), ROWS as i64);
}

/// Has SQLite do something to the database that a run writes.
fn change(room: &Sandbox, sql: &str) {
    let connection = rusqlite::Connection::open(room.path("out.db")).unwrap();
    connection.busy_timeout(Duration::from_secs(60)).unwrap();
    connection.execute_batch(sql).unwrap();
}

/// A sink failed, so the run was stopped: each window goes out once, to the sink or with what that lost.
#[test]
fn a_run_whose_sink_failed_goes_on() {
    let room = Sandbox::new();
    write(&room, 0..ROWS);
    let running = room.start(&topology(r#", rate = "2k/s""#), &[]);
    room.wait_worker("store", "has rows", |worker| worker["in"].as_u64().unwrap() > 13);
    change(&room, "ALTER TABLE tens RENAME TO away");
    let output = running.end();
    let told = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert!(told.contains("no such table"), "{told}");
    let first = last_line(&output);
    assert!(first["records"]["in"].as_u64().unwrap() < ROWS as u64, "its source was stopped");

    change(&room, "ALTER TABLE away RENAME TO tens");
    let account = resumed(&room);
    assert_eq!((&account["balances"], &account["records"]["in"]), (&true.into(), &ROWS.into()));
    let due: BTreeSet<(usize, usize)> = (0..ROWS).map(|n| (n / 600, n * 7919 % 13)).collect();
    let stored = room.query("out.db", "SELECT count(DISTINCT window_start || '|' || k) FROM tens");
    assert_eq!(room.query("out.db", "SELECT count(*) FROM tens"), stored, "no window is out twice");
    assert_eq!(stored + account["records"]["lost"].as_i64().unwrap(), due.len() as i64);
    assert_eq!(room.query("out.db", "SELECT count(*) FROM tens_late"), 0);
}

/// A file that was cut off is whole again when the run is resumed.
#[test]
fn a_run_whose_source_failed_goes_on() {
    let room = Sandbox::new();
    write(&room, 0..7 * ROWS);
    let whole = std::fs::read(room.path("n.csv")).unwrap();
    let rows = whole.iter().filter(|byte| **byte == b'\n').count() - 1;
    let gz = crate::csv::gzip(&whole);
    std::fs::write(room.path("n.csv.gz"), &gz[..gz.len() / 2]).unwrap();
    let topology = topology("").replace("n.csv", "n.csv.gz");
    let output = room.start(&topology, &[]).end();
    let told = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert!(told.contains("n.csv.gz"), "{told}");
    let first = last_line(&output);
    let read = first["records"]["in"].as_u64().unwrap();
    assert!((1..rows as u64).contains(&read), "{read}");
    assert!(first["stages"][1]["waiting"].as_u64().unwrap() > 0);

    std::fs::write(room.path("n.csv.gz"), &gz).unwrap();
    let account = resumed(&room);
    assert_eq!((&account["balances"], &account["records"]["in"]), (&true.into(), &rows.into()));
    assert_eq!(account["records"]["lost"], 0);
    let counted = room.query("out.db", "SELECT sum(n) FROM tens");
    assert_eq!(counted, rows as i64, "each record is in a window");
    let due: BTreeSet<(usize, usize)> = (0..rows).map(|n| (n / 600, n * 7919 % 13)).collect();
    assert_eq!(
        room.query("out.db", "SELECT count(*) FROM tens"),
        due.len() as i64,
        "each window is out once"
    );
}
