//! A run that failed is gone on with: what failed tries again, and the others go on where they were.

use super::{SOURCE, write};
use crate::run::{Sandbox, last_line, text};
use nix::sys::signal::Signal;
use serde_json::Value;

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
    let output =
        crate::run::Running::of(room.command(&["run", "t.toml", "--json", "--resume"]).spawn().unwrap());
    let output = output.end();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    last_line(&output)
}

/// A source that was given up had more: nothing closes because of it.
#[test]
fn windows_wait_for_a_source_that_was_given_up() {
    let room = Sandbox::new();
    write(&room, 0..ROWS);
    let running = room.start(&topology(r#", rate = "3k/s""#), &[]);
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
