//! `bench` on small topologies: what it counts, what it refuses, what it leaves alone. Never how fast anything is.

mod files;
mod rates;
mod wrong;

use crate::run::{Sandbox, last_line, text, wait_for};
use serde_json::Value;
use std::path::Path;
use std::process::Output;

/// Orders go through a filter into a sink.
pub fn shop(source: &str, sink: &str) -> String {
    format!(
        r#"
name = "t"
[[stage]]
name = "orders"
operator = "shop"
{source}
[[stage]]
name = "clean"
from = "orders"
operator = "filter"
where = "quantity > 0"
[[stage]]
name = "store"
from = "clean"
{sink}
"#
    )
}

pub const NULL: &str = "operator = \"null\"";
pub const SQLITE: &str = "operator = \"sqlite\"\npath = \"out/t.db\"";

pub fn room(topology: &str) -> Sandbox {
    let room = Sandbox::new();
    room.write("t.toml", topology);
    room
}

/// Runs `bench t.toml --json -` and what more is said.
pub fn bench(room: &Sandbox, more: &[&str]) -> Output {
    room.sluicebox(&[&["bench", "t.toml", "--json", "-"], more].concat())
}

/// The report of a measurement that must be a good one.
pub fn report(room: &Sandbox, more: &[&str]) -> Value {
    let output = bench(room, more);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    last_line(&output)
}

/// How a measurement that must not be a good one ends, and what it says.
pub fn refused(room: &Sandbox, more: &[&str], code: i32) -> String {
    let output = bench(room, more);
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{said}");
    said
}

/// The keys of an object, in order.
fn keys(value: &Value) -> String {
    value.as_object().unwrap().keys().map(String::as_str).collect::<Vec<_>>().join(" ")
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is no number"))
}

#[test]
fn a_paced_topology_is_measured_and_every_record_is_accounted_for() {
    let room = room(&shop("", SQLITE));
    let report = report(&room, &["--rate", "2k/s", "--for", "500ms", "--warmup", "100ms", "--repeat", "2"]);
    assert_eq!(
        keys(&report),
        "name valid reasons stopped manifest settings runs median spread stages baseline ratio ratio_interval slo \
         sweep sparse checked notes"
    );
    assert_eq!((&report["valid"], &report["stopped"]), (&Value::Bool(true), &Value::Bool(false)));
    let settings = &report["settings"];
    assert_eq!(keys(settings), "mode rate paced for_s warmup_s repeat payload");
    assert_eq!((number(&settings["rate"]["orders"]), &settings["paced"]), (2000.0, &Value::Bool(true)));
    let manifest = "date sluicebox libzmq engine topology file hash seeds seed cpu cores governor shallow kernel \
        limits load idle \
                    busy_threads warnings";
    assert_eq!(keys(&report["manifest"]), manifest);
    let runs = report["runs"].as_array().unwrap();
    assert_eq!(runs.len(), 2);
    for run in runs {
        assert_eq!(keys(run), "p50 p90 p99 p999 max records records_s cpu_us memory_bytes sent");
        assert!(number(&run["p50"]) <= number(&run["p90"]) && number(&run["p90"]) <= number(&run["max"]));
        assert!(number(&run["cpu_us"]) > 0.0 && number(&run["memory_bytes"]) > 1e6);
        assert!(number(&run["sent"]) >= 0.99);
    }
    let stages = report["stages"].as_array().unwrap();
    let names: Vec<&str> = stages.iter().map(|stage| stage["stage"].as_str().unwrap()).collect();
    assert_eq!(names, ["orders", "clean", "store"]);
    assert_eq!(keys(&stages[1]), "stage records_s bytes link service age cpu_us");
    assert!(stages[0]["link"]["p50"].is_null() && number(&stages[1]["link"]["p50"]) > 0.0);
    let checked = report["checked"].as_str().unwrap();
    assert!(checked.starts_with("every record in order and once on 2 links, none lost"), "{checked}");
    assert!(checked.contains("stored") && !checked.contains("filtered 0"), "{checked}");
    assert!(!room.path("out").exists(), "the user's results are left alone");
}

#[test]
fn the_warm_up_is_taken_out_record_for_record() {
    let room = room(&shop("", NULL));
    let report = report(&room, &["--rate", "1k/s", "--for", "300ms", "--warmup", "1500ms", "--repeat", "1"]);
    let run = &report["runs"][0];
    let all = report["checked"].as_str().unwrap().split("stored ").nth(1).unwrap();
    let all: f64 = all.split(' ').next().unwrap().replace(',', "").parse().unwrap();
    let records = number(&run["records"]);
    // What was stored in 1.5 s of warm-up was not timed.
    assert!(records >= 20.0 && all - records >= 1400.0, "{records} of {all}");
}

#[test]
fn what_a_user_sees_is_a_table_and_nothing_is_left_behind() {
    let room = room(&shop("rate = \"1k/s\"", NULL));
    let before = left_behind();
    let output = room.sluicebox(&["bench", "t.toml", "--for", "300ms", "--warmup", "0s", "--repeat", "1"]);
    let (said, words) = (text(&output.stdout), text(&output.stderr));
    assert_eq!((output.status.code(), words.as_str()), (Some(0), ""), "no progress outside a terminal");
    assert!(said.starts_with("t: orders at 1,000/s; 1 run of 0.3 s after 0 s of warm-up\n"), "{said}");
    for line in ["end to end", "p50 ", "stage  ", "store  ", "checked: every record in order"] {
        assert!(said.lines().any(|of| of.starts_with(line)), "{line}: {said}");
    }
    let mine = |left: &Vec<String>| left.iter().filter(|name| !before.contains(name)).count();
    assert_eq!(mine(&left_behind()), 0, "{:?} and before {before:?}", left_behind());
}

/// Private folders of measurements that nobody holds any more.
fn left_behind() -> Vec<String> {
    let folders = [Path::new("/dev/shm"), &std::env::temp_dir()].map(std::fs::read_dir);
    let entries = folders.into_iter().flatten().flatten().flatten().map(|entry| entry.path());
    let held = |path: &Path| {
        let lock = std::fs::File::open(path.join("lock"));
        lock.is_ok_and(|lock| lock.try_lock_shared().is_err())
    };
    let ours = |path: &Path| {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        name.starts_with("sluicebox-bench-") || name.starts_with("sluicebox-results-")
    };
    entries.filter(|path| ours(path) && !held(path)).map(|path| path.display().to_string()).collect()
}

#[test]
fn a_topology_of_the_same_name_goes_on_meanwhile() {
    let room = room(&shop("rate = \"1k/s\"", NULL));
    let running = room.start(&shop("rate = \"1k/s\"", NULL), &[]);
    room.wait_worker("store", "runs", |worker| worker["in"].as_u64() > Some(0));
    report(&room, &["--for", "200ms", "--warmup", "0s", "--repeat", "1"]);
    let state = wait_for("the topology", || room.status())["state"].clone();
    assert_eq!(state, "running");
    running.signal(nix::sys::signal::Signal::SIGTERM);
    assert_eq!(running.account()["end"], "drained");
}
