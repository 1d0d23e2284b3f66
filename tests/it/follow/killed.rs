//! A log that is written and rotated while its source is killed again and again: none twice, and what is missing is
//! what the account calls lost.
//!
//! `FOLLOW_SECONDS=60` writes 50,000 lines a second for so long; without it there are as many as a quick test takes.

use crate::run::{Running, Sandbox, last_line, text, wait_for};
use nix::sys::signal::Signal;
use serde_json::Value;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

const LINES: u64 = 120_000;
const EACH_SECOND: u64 = 50_000;
const KEPT: usize = 40;

fn lines() -> (u64, bool) {
    let seconds = std::env::var("FOLLOW_SECONDS").ok().and_then(|text| text.parse::<u64>().ok());
    seconds.map_or((LINES, false), |seconds| (seconds * EACH_SECOND, true))
}

const TOPOLOGY: &str = r#"
name = "t"
[[stage]]
name = "log"
operator = "csv"
path = "app.log"
follow = true
types = { n = "i64", word = "str" }
[[stage]]
name = "all"
operator = "filter"
from = "log"
where = "n >= 0"
[[stage]]
name = "store"
operator = "sqlite"
from = "all"
path = "out.db"
"#;

/// Puts `app.log` aside as who rotates logs by number does, and begins it anew.
fn rotate(folder: &Path) -> File {
    let name = |n: usize| folder.join(if n == 0 { "app.log".to_string() } else { format!("app.log.{n}") });
    for n in (0..KEPT).rev() {
        if name(n).exists() {
            fs::rename(name(n), name(n + 1)).unwrap();
        }
    }
    let mut file = File::options().append(true).create_new(true).open(name(0)).unwrap();
    file.write_all(b"n,word\n").unwrap();
    file
}

/// Writes the lines `from..to` in pieces that don't end with lines, at their rate if there is one.
fn write(folder: PathBuf, (from, to): (u64, u64), paced: bool, written: Arc<AtomicU64>) -> JoinHandle<()> {
    std::thread::spawn(move || {
        let (start, each) = (Instant::now(), (to - from) / 12 + 1);
        let mut file = rotate(&folder);
        let mut rest = String::new();
        for n in from..to {
            rest += &format!("{n},\"word {n}\"\n");
            if n % 50 == 0 {
                let half = rest.len() - 5;
                file.write_all(&rest.as_bytes()[..half]).unwrap();
                rest.drain(..half);
                written.store(n, Ordering::Relaxed);
                let due = Duration::from_nanos((n - from) * 1_000_000_000 / EACH_SECOND);
                if paced && start.elapsed() < due {
                    std::thread::park_timeout(due - start.elapsed());
                }
            }
            if (n - from) % each == each - 1 {
                // What is begun is ended in the file that it was begun in, also when that has another name by now.
                let new = rotate(&folder);
                file.write_all(rest.as_bytes()).unwrap();
                (file, rest) = (new, String::new());
            }
        }
        file.write_all(rest.as_bytes()).unwrap();
        written.store(to, Ordering::Relaxed);
    })
}

fn read(worker: &Value) -> u64 {
    worker["in"].as_u64().unwrap_or(0)
}

fn finish(room: &Sandbox, running: Running, total: u64) -> Value {
    room.wait_worker("log", "has read all", |worker| read(worker) == total);
    running.signal(Signal::SIGINT);
    let output = running.end();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    last_line(&output)
}

#[test]
fn five_kills_over_rotation_lose_what_the_account_says_and_read_none_twice() {
    let room = Sandbox::new();
    let (total, paced) = lines();
    let written = Arc::new(AtomicU64::new(0));
    let running = room.start(TOPOLOGY, &[]);
    room.wait_worker("log", "runs", |worker| worker["state"] == "running");
    let writer = write(room.path("."), (0, total), paced, written.clone());
    for kill in 1..=5 {
        let before = room.wait_worker("log", "reads on", |worker| read(worker) > total * kill / 7);
        room.signal("log", Signal::SIGKILL);
        room.wait_worker("log", "was started again", |worker| {
            worker["state"] == "running" && worker["pid"] != before["pid"]
        });
    }
    wait_for("the log to be written", || writer.is_finished().then_some(()));
    writer.join().unwrap();
    let account = finish(&room, running, total);
    let stored = room.query("out.db", "SELECT count(*) FROM \"all\"");
    assert_eq!(room.query("out.db", "SELECT count(DISTINCT n) FROM \"all\""), stored, "none twice");
    assert_eq!(account["records"]["in"].as_u64(), Some(total), "{account}");
    assert_eq!(account["records"]["lost"].as_i64(), Some(total as i64 - stored), "{account}");
    assert_eq!(account["records"]["rejected"], 0, "{account}");
    assert_eq!(room.query("out.db", "SELECT count(*) FROM \"all\" WHERE word <> 'word ' || n"), 0);
    room.audit();
}

#[test]
fn a_stop_and_a_start_in_between_lose_none() {
    let room = Sandbox::new();
    let total = LINES / 4;
    let running = room.start(TOPOLOGY, &[]);
    room.wait_worker("log", "runs", |worker| worker["state"] == "running");
    let half = total / 2;
    let written = Arc::new(AtomicU64::new(0));
    let writer = write(room.path("."), (0, half), false, written.clone());
    room.wait_worker("log", "reads", |worker| read(worker) > half / 3);
    running.signal(Signal::SIGINT);
    let output = running.end();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    writer.join().unwrap();
    // It is rotated and written on while nobody reads.
    write(room.path("."), (half, total), false, written).join().unwrap();
    let account = finish(&room, room.start(TOPOLOGY, &["--resume"]), total);
    let stored = room.query("out.db", "SELECT count(*) FROM \"all\"");
    assert_eq!(room.query("out.db", "SELECT count(DISTINCT n) FROM \"all\""), stored);
    assert_eq!((stored as u64, &account["records"]["lost"]), (total, &Value::from(0)), "{account}");
}

/// A folder of a thousand logs SHALL be followed, with few of them open twice, and be gone on with after a kill.
#[test]
fn a_folder_of_a_thousand_logs_is_followed_over_a_kill() {
    const FILES: u64 = 1_100;
    let room = Sandbox::new();
    fs::create_dir(room.path("logs")).unwrap();
    let append = |n: u64, text: &str| {
        let path = room.path("logs").join(format!("{n:04}.log"));
        File::options().append(true).create(true).open(path).unwrap().write_all(text.as_bytes()).unwrap();
    };
    (0..FILES).for_each(|n| append(n, &format!("n,word\n{n},first\n")));
    let running = room.start(&TOPOLOGY.replace("\"app.log\"", "\"logs/*.log\""), &[]);
    let stored = |records: u64| room.wait_worker("store", "to have all", |worker| worker["in"] == records);
    stored(FILES);
    (0..FILES).for_each(|n| append(n, &format!("{n},second\n{n},\"half")));
    stored(2 * FILES);
    let pid = room.worker("log").unwrap()["pid"].clone();
    let open = fs::read_dir(format!("/proc/{pid}/fd")).unwrap().count() as u64;
    assert!((FILES..FILES + 120).contains(&open), "{open} descriptors");
    room.signal("log", Signal::SIGKILL);
    (0..FILES).for_each(|n| append(n, "\"\n"));
    stored(3 * FILES);
    running.signal(Signal::SIGINT);
    let account = last_line(&running.end());
    assert_eq!(account["records"]["lost"], 0, "{account}");
    let once = "SELECT count(DISTINCT n || word) FROM \"all\" WHERE word IN ('first', 'second', 'half')";
    assert_eq!(room.query("out.db", once) as u64, 3 * FILES);
    assert_eq!(room.query("out.db", "SELECT count(*) FROM \"all\"") as u64, 3 * FILES);
}
