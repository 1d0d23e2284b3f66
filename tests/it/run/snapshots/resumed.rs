//! Stop, `--resume`, go on: as if nothing had been.

use super::{SOURCE, restarts, write};
use crate::run::{Running, Sandbox, last_line, text};
use nix::sys::signal::Signal;
use serde_json::Value;

const ROWS: usize = 20_000;

/// A learner, and windows of three keys, each into a file of its own; rows of both into a database.
pub(super) fn topology(rate: &str, windows: &str) -> String {
    format!(
        r#"
name = "t"
[[stage]]
name = "numbers"
steps = [{{ {SOURCE}{rate} }}]
[[stage]]
name = "learn"
from = "numbers"
snapshot_every = 500
steps = [
  {{ operator = "standardize", fields = ["x"], prefix = "z_" }},
  {{ operator = "kmeans", k = 4, features = ["z_x"] }},
]
[[stage]]
name = "tens"
from = "learn"
operator = "window"
size = "10min"
per = "cluster"
fields = {{ n = "count()", x = "sum(x)", far = "max(distance)" }}
{windows}
[[stage]]
name = "learned"
from = "learn"
operator = "csv"
path = "learned.csv"
if_exists = "replace"
[[stage]]
name = "counted"
from = "tens"
operator = "csv"
path = "counted.csv"
if_exists = "replace"
[[stage]]
name = "store"
from = ["learn", "tens"]
operator = "sqlite"
path = "out.db"
if_exists = "replace"
"#
    )
}

const RATE: &str = r#", rate = "5k/s""#;

/// Starts a run, or goes on with it, and stops it when the windows have counted so many.
fn part(room: &Sandbox, topology: &str, more: &[&str], done: u64) -> (Value, String) {
    let running = room.start(topology, more);
    room.wait_worker("tens", "has records", |worker| worker["in"].as_u64().unwrap() > done);
    running.signal(Signal::SIGINT);
    ended(running)
}

fn ended(running: Running) -> (Value, String) {
    let output = running.end();
    let told = text(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{told}");
    (last_line(&output), told)
}

#[test]
fn a_run_that_was_stopped_twice_and_resumed_is_one_run() {
    let kept = topology(RATE, r#"snapshot_every = "1h""#);
    let (room, sound) = (Sandbox::new(), Sandbox::new());
    [&room, &sound].iter().for_each(|room| write(room, 0..ROWS));
    sound.run(&topology("", ""));

    let (first, told) = part(&room, &kept, &[], 3_000);
    let waiting = first["stages"][2]["waiting"].as_u64().unwrap();
    assert!(waiting > 0, "windows are open in the middle of a run: {told}");
    let read = first["records"]["in"].as_u64().unwrap();
    assert!(read < ROWS as u64, "it was stopped in the middle");

    let (second, _) = part(&room, &kept, &["--resume"], 9_000);
    assert!(second["records"]["in"].as_u64().unwrap() > read);

    let (account, told) = ended(room.start(&kept, &["--resume"]));
    assert_eq!(restarts(&told), [], "nothing was forgotten");
    assert_eq!((&account["balances"], &account["records"]["lost"]), (&true.into(), &0.into()));
    assert_eq!(account["records"]["in"], ROWS, "the account is that of all parts");
    for stage in account["stages"].as_array().unwrap() {
        assert!(stage.get("waiting").is_none() && stage.get("forgotten").is_none(), "{stage}");
    }
    for file in ["learned.csv", "counted.csv"] {
        let read = |room: &Sandbox| std::fs::read_to_string(room.path(file)).unwrap();
        assert!(read(&room) == read(&sound), "{file} is not that of a run without a stop");
    }
    for table in ["learn", "tens"] {
        let count = |room: &Sandbox| room.query("out.db", &format!("SELECT count(*) FROM {table}"));
        assert_eq!(count(&room), count(&sound), "the rows of all parts are there");
    }
    room.audit();
}

/// Where nobody asked for snapshots, a stop lets windows out as they are. What comes of them later is another row.
#[test]
fn windows_that_a_stop_has_let_out_do_not_go_out_again() {
    let plain = topology(RATE, "");
    let room = Sandbox::new();
    write(&room, 0..ROWS);
    let (first, _) = part(&room, &plain, &[], 3_000);
    assert!(first["stages"][2].get("waiting").is_none());
    let open = first["stages"][2]["made"].as_u64().unwrap();
    let (account, told) = ended(room.start(&plain, &["--resume"]));
    assert_eq!(restarts(&told), []);
    assert!(account["stages"][2]["made"].as_u64().unwrap() > open);
    let counted = room.query("out.db", "SELECT sum(n) FROM tens");
    assert_eq!(counted, ROWS as i64, "each record is in one row");
}

#[test]
fn a_run_that_came_to_its_end_has_nothing_more() {
    let room = Sandbox::new();
    write(&room, 0..2_000);
    let plain = topology("", r#"snapshot_every = 100"#);
    room.run(&plain);
    let read = |file: &str| std::fs::read_to_string(room.path(file)).unwrap();
    let before = [read("learned.csv"), read("counted.csv")];
    let (account, _) = ended(room.start(&plain, &["--resume"]));
    assert_eq!((&account["records"]["in"], &account["balances"]), (&2_000.into(), &true.into()));
    assert!([read("learned.csv"), read("counted.csv")] == before);
}

/// Everything was killed, the launcher first: the next one goes on from the snapshots.
#[test]
fn a_run_that_was_killed_as_a_whole_is_resumed() {
    let room = Sandbox::new();
    write(&room, 0..ROWS);
    let kept = topology(RATE, "snapshot_every = 500");
    let running = room.start(&kept, &[]);
    room.wait_worker("tens", "has records", |worker| worker["in"].as_u64().unwrap() > 3_000);
    running.signal(Signal::SIGKILL);
    running.end();
    crate::run::wait_for("its stages to go", || {
        let all = super::books(&room)?;
        all.workers.iter().all(|worker| !worker.alive).then_some(())
    });
    let (account, told) = ended(room.start(&kept, &["--resume"]));
    assert_eq!((&account["records"]["in"], &account["balances"]), (&ROWS.into(), &true.into()), "{told}");
    let windows = "SELECT count(*) - count(DISTINCT window_start || '|' || cluster) FROM tens";
    assert_eq!(room.query("out.db", windows), 0, "no window is out twice");
    let forgotten = |stage: usize| account["stages"][stage]["forgotten"].as_u64().unwrap_or(0) as usize;
    let told: usize = restarts(&told).iter().map(|(_, since)| since).sum();
    assert_eq!(forgotten(1) + forgotten(2), told, "all that is forgotten was told");
}
