//! Sinks killed for real (SIGKILL), again and again: at the end every record is there once, in order.

use super::{Folder, Sink, numbers, numbers_input, plan};
use rusqlite::Connection;
use sluicebox::operator::Account;
use std::process::{Child, Command, Stdio};

const RECORDS: i64 = 60_000;
const KILLS: u64 = 8;

/// The account that outlives a kill, as the ledger is to keep it.
fn ledger(path: &str) -> Account {
    std::fs::read(path).map_or_else(|_| Account::default(), |bytes| serde_json::from_slice(&bytes).unwrap())
}

/// Run by `spawn` as a process of its own, and nothing without its variables: goes on from the ledger to the last
/// record. What was taken in but not counted is taken in again, as a source would do that resumes at its position.
#[test]
fn child() {
    let (Ok(operator), Ok(path)) = (std::env::var("SINK"), std::env::var("SINK_PATH")) else { return };
    let more = if operator == "sqlite" { "commit = { records = 500 }" } else { "" };
    let planned = plan(&operator, &format!("path = {path:?}\n{more}"), &[numbers_input("clean")]).unwrap();
    let ledger_path = format!("{path}.ledger");
    let mut sink = Sink::start(&planned, "run-1", &ledger(&ledger_path)).unwrap();
    let publish = |account: &Account| {
        std::fs::write(format!("{ledger_path}.new"), serde_json::to_vec(account).unwrap()).unwrap();
        std::fs::rename(format!("{ledger_path}.new"), &ledger_path).unwrap();
    };
    publish(&sink.published);
    while (sink.desk.cx().done() as i64) < RECORDS {
        let from = sink.desk.cx().done() as i64;
        sink.call(0, &mut numbers(from..RECORDS.min(from + 37))).unwrap();
        publish(&sink.published);
    }
    sink.finish().unwrap();
    publish(&sink.published);
    std::process::exit(0);
}

fn spawn(operator: &str, path: &str) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "storage::crash::child", "--nocapture", "--test-threads=1"])
        .envs([("SINK", operator), ("SINK_PATH", path)])
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

fn survives(operator: &str) {
    let folder = Folder::new();
    let path = folder.path("x");
    for kill in 1..=KILLS {
        let mut child = spawn(operator, &path);
        // A file grows before the account is published: the kill shall fall between the two.
        let far = || match operator {
            "sqlite" => ledger(&format!("{path}.ledger")).done >= kill * 5000,
            _ => std::fs::metadata(&path).is_ok_and(|there| there.len() >= kill * 25_000),
        };
        while !far() {
            assert_eq!(child.try_wait().unwrap(), None, "it works until it is killed");
            std::thread::yield_now();
        }
        child.kill().unwrap();
        assert!(!child.wait().unwrap().success());
    }
    assert!(spawn(operator, &path).wait().unwrap().success());
    let lines: Vec<String> = match operator {
        "sqlite" => {
            let connection = Connection::open(&path).unwrap();
            let mut statement = connection.prepare("SELECT n FROM clean ORDER BY rowid").unwrap();
            let rows = statement.query_map([], |row| row.get::<_, i64>(0)).unwrap();
            rows.map(|n| n.unwrap().to_string()).collect()
        }
        _ => std::fs::read_to_string(&path).unwrap().lines().map(str::to_string).collect(),
    };
    let expected: Vec<String> = match operator {
        "sqlite" => (0..RECORDS).map(|n| n.to_string()).collect(),
        "csv" => std::iter::once("n".to_string()).chain((0..RECORDS).map(|n| n.to_string())).collect(),
        _ => (0..RECORDS).map(|n| format!("{{\"n\":{n}}}")).collect(),
    };
    assert!(lines == expected, "{operator}: {} lines, {} expected", lines.len(), expected.len());
    assert_eq!(ledger(&format!("{path}.ledger")).done, RECORDS as u64);
}

#[test]
fn sqlite_survives_kills() {
    survives("sqlite");
}

#[test]
fn jsonl_survives_kills() {
    survives("jsonl");
}

#[test]
fn csv_survives_kills() {
    survives("csv");
}
