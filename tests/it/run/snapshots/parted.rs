//! Several workers of a stage, as threads of one process: each has a snapshot of its own keys.

use super::{SOURCE, books, restarts, rows, write};
use crate::run::{Running, Sandbox, last_line, text, wait_for};
use nix::sys::signal::Signal;

const ROWS: usize = 16_000;
const RATE: &str = r#", rate = "4k/s""#;

/// A scaler and windows for each key, two workers of each, all in one process.
fn topology(rate: &str, every: &str) -> String {
    format!(
        r#"
name = "t"
[[stage]]
name = "numbers"
steps = [{{ {SOURCE}{rate} }}]
[[stage]]
name = "z"
process = "p"
from = "numbers"
workers = 2
operator = "standardize"
fields = ["x"]
prefix = "z_"
per = "k"
snapshot_every = {every}
[[stage]]
name = "tens"
process = "p"
from = "z"
workers = 2
operator = "window"
size = "10min"
per = "k"
fields = {{ n = "count()", z = "sum(z_x)" }}
snapshot_every = {every}
[[stage]]
name = "store"
from = "tens"
operator = "sqlite"
path = "out.db"
table = "out"
"#
    )
}

const WINDOWS: &str = "SELECT window_start, k, n, z FROM out ORDER BY 1, 2";

/// So much has come to the windows' workers together.
fn wait_until_at_work(room: &Sandbox, done: u64) {
    wait_for("windows to be at work", || {
        let done_now: u64 = books(room)?.of_stage(2).map(|worker| worker.account.done).sum();
        (done_now > done).then_some(())
    });
}

fn resumed(room: &Sandbox) -> Running {
    Running::of(room.command(&["run", "t.toml", "--json", "--resume"]).spawn().unwrap())
}

#[test]
fn workers_that_are_threads_are_stopped_and_resumed_as_one_run() {
    let (room, sound) = (Sandbox::new(), Sandbox::new());
    [&room, &sound].iter().for_each(|room| write(room, 0..ROWS));
    sound.run(&topology("", r#""1h""#));
    let running = room.start(&topology(RATE, r#""1h""#), &[]);
    wait_until_at_work(&room, 3_000);
    running.signal(Signal::SIGINT);
    let first = running.account();
    assert!(first["stages"][2]["waiting"].as_u64().unwrap() > 0);
    assert!(first["records"]["in"].as_u64().unwrap() < ROWS as u64);
    for file in ["1.0", "1.1", "2.0", "2.1"] {
        assert!(room.path(&format!("sluicebox/t/{file}.snapshot")).exists(), "{file}");
    }
    let output = resumed(&room).end();
    let told = text(&output.stderr);
    assert_eq!((output.status.code(), restarts(&told)), (Some(0), vec![]), "{told}");
    assert_eq!(last_line(&output)["records"]["in"], ROWS);
    let (found, due) = (rows(&room, WINDOWS), rows(&sound, WINDOWS));
    assert!(due.len() > 300 && found == due, "not the windows of a run without a stop");
}

/// All threads of a process fall together, and each goes on from its own snapshot.
#[test]
fn workers_that_are_threads_are_killed_together() {
    let room = Sandbox::new();
    write(&room, 0..ROWS);
    let running = room.start(&topology(RATE, "200"), &[]);
    wait_until_at_work(&room, 3_000);
    room.signal("z", Signal::SIGKILL);
    let output = running.end();
    let told = text(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{told}");
    let account = last_line(&output);
    assert_eq!((&account["balances"], &account["records"]["in"]), (&true.into(), &ROWS.into()), "{told}");
    assert_eq!(told.matches(" goes on as of record ").count(), 4, "{told}");
    let forgotten = |stage: usize| account["stages"][stage]["forgotten"].as_u64().unwrap_or(0) as usize;
    let since: usize = restarts(&told).iter().map(|(_, since)| since).sum();
    assert_eq!(forgotten(1) + forgotten(2), since, "all that is forgotten was told: {told}");
    let twice = "SELECT count(*) - count(DISTINCT window_start || '|' || k) FROM out";
    assert_eq!(room.query("out.db", twice), 0, "no window is out twice");
}
