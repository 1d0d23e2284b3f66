//! Databases and disks that refuse: first back-pressure, then a clear failure, and never a half-stored batch.

use super::{Folder, Sink, look, numbers, numbers_input, once_it_waits, plan};
use rusqlite::Connection;
use sluicebox::operator::Account;
use std::process::Command;

fn count(path: &str) -> u64 {
    let connection = Connection::open(path).unwrap();
    connection.query_row("SELECT count(*) FROM clean", [], |row| row.get::<_, i64>(0)).unwrap() as u64
}

fn sqlite(path: &str, more: &str) -> sluicebox::operator::Planned {
    let params = format!("path = {path:?}\ncommit = {{ records = 10 }}\n{more}");
    plan("sqlite", &params, &[numbers_input("clean")]).unwrap()
}

#[test]
fn a_locked_database_is_waited_for_and_then_told() {
    let folder = Folder::new();
    let path = folder.path("x.db");
    let mut hasty = Sink::fresh(&sqlite(&path, "patience = \"30ms\""));
    let other = Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let told = hasty.call(0, &mut numbers(0..10)).unwrap_err().sentence;
    let expected = format!(
        "cannot write to {path}: database is locked (another program holds it: close that, or raise \"patience\")"
    );
    assert_eq!(told, expected);
    drop(hasty);
    assert_eq!(count(&path), 0);

    other.execute_batch("ROLLBACK").unwrap();
    let mut patient = Sink::start(&sqlite(&path, ""), "run-1", &Account::default()).unwrap();
    other.execute_batch("BEGIN EXCLUSIVE").unwrap();
    let release = move || other.execute_batch("COMMIT").unwrap();
    let (put, ()) = once_it_waits(release, || patient.call(0, &mut numbers(0..10)));
    put.unwrap();
    assert_eq!((patient.published.done, count(&path)), (10, 10));
}

#[test]
fn a_database_locked_at_the_start_is_waited_for() {
    let folder = Folder::new();
    let path = folder.path("x.db");
    let other = Connection::open(&path).unwrap();
    other.execute_batch("PRAGMA locking_mode = exclusive; CREATE TABLE t(x); BEGIN EXCLUSIVE").unwrap();
    let planned = sqlite(&path, "patience = \"30ms\"");
    for told in [
        look(&planned).unwrap_err(),
        Sink::start(&planned, "run-1", &Account::default()).err().unwrap().sentence,
    ] {
        assert!(told.contains("database is locked"), "{told}");
    }
    let (started, ()) = once_it_waits(|| drop(other), || Sink::fresh(&sqlite(&path, "")));
    drop(started);
    assert_eq!(count(&path), 0);
}

#[test]
fn two_sinks_and_a_reader_share_a_database() {
    let folder = Folder::new();
    let path = folder.path("x.db");
    // A table has one sink; a database may have several.
    let first = Sink::fresh(&sqlite(&path, "if_exists = \"append\""));
    let other = Sink::start(&sqlite(&path, "table = \"other\""), "run-2", &Account::default()).unwrap();
    let reader = Connection::open(&path).unwrap();
    reader.execute_batch("BEGIN; SELECT count(*) FROM clean").unwrap();
    std::thread::scope(|scope| {
        for mut sink in [first, other] {
            scope.spawn(move || {
                for at in 0..300 {
                    sink.call(0, &mut numbers(at * 10..at * 10 + 10)).unwrap();
                }
                sink.finish().unwrap();
                assert_eq!(sink.published.done, 3000);
            });
        }
    });
    assert_eq!(count(&path), 3000);
    drop(reader);
    let mut last =
        Sink::start(&sqlite(&path, "if_exists = \"append\""), "run-3", &Account::default()).unwrap();
    last.finish().unwrap();
    let connection = Connection::open(&path).unwrap();
    let mode: String = connection.query_row("PRAGMA journal_mode", [], |row| row.get(0)).unwrap();
    assert_eq!(mode, "delete", "who closes it last gives its mode back");
}

#[test]
fn a_file_that_is_no_database_is_told() {
    let folder = Folder::new();
    let path = folder.path("x.db");
    std::fs::write(&path, "a,b\n1,2\n").unwrap();
    let planned = sqlite(&path, "");
    let expected = format!("cannot write to {path}: it is not an SQLite database (choose another path)");
    assert_eq!(look(&planned).unwrap_err(), expected);
    let told = Sink::start(&planned, "run-1", &Account::default()).err().unwrap().sentence;
    assert_eq!(told, expected);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "a,b\n1,2\n", "it is left alone");
    for (path, why) in [(folder.path("x.db/y.db"), "not a directory"), (folder.path(""), "names a folder")] {
        let told = match plan("sqlite", &format!("path = {path:?}"), &[numbers_input("clean")]) {
            Ok(planned) => look(&planned).unwrap_err(),
            Err(problems) => problems[0].what.clone(),
        };
        assert!(told.contains(why), "{told}");
    }
}

#[test]
fn a_database_that_is_removed_is_followed_by_a_new_one() {
    let folder = Folder::new();
    let path = folder.path("out/x.db");
    let mut sink = Sink::fresh(&sqlite(&path, ""));
    sink.call(0, &mut numbers(0..20)).unwrap();
    std::fs::remove_file(&path).unwrap();
    sink.call(0, &mut numbers(20..40)).unwrap();
    assert_eq!(count(&path), 20);
    std::fs::remove_dir_all(folder.path("out")).unwrap();
    sink.call(0, &mut numbers(40..50)).unwrap();
    sink.finish().unwrap();
    let connection = Connection::open(&path).unwrap();
    let sound: String = connection.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
    assert_eq!((sound.as_str(), count(&path), sink.published.done), ("ok", 10, 50));
}

/// A disk of 1 MiB, unmounted after the test.
struct SmallDisk(Folder);

impl SmallDisk {
    /// `None`, said on stderr, where one may not mount.
    fn mount(options: &str) -> Option<SmallDisk> {
        let folder = Folder::new();
        let arguments = ["-t", "tmpfs", "-o", options, "none", &folder.path("")];
        let mounted = Command::new("mount").args(arguments).output();
        if !mounted.is_ok_and(|mounted| mounted.status.success()) {
            eprintln!("skipped: no right to mount a small disk");
            return None;
        }
        Some(SmallDisk(folder))
    }

    /// Leaves about so many bytes free, and proves that no more than that can be written.
    fn fill(&self, free: usize) {
        std::fs::write(self.0.path("filler"), vec![1; (1 << 20) - free]).unwrap();
        let refused = std::fs::write(self.0.path("more"), vec![1; free + 65536]).unwrap_err();
        assert_eq!(refused.kind(), std::io::ErrorKind::StorageFull, "the fault bites");
        std::fs::remove_file(self.0.path("more")).unwrap();
    }

    fn free(&self) {
        std::fs::remove_file(self.0.path("filler")).unwrap();
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let unmounted = Command::new("umount").arg(self.0.path("")).status();
        assert!(std::thread::panicking() || unmounted.is_ok_and(|status| status.success()));
    }
}

#[test]
fn a_full_disk_holds_a_database_up_and_fails_it_in_time() {
    let Some(disk) = SmallDisk::mount("size=1m") else { return };
    let path = disk.0.path("x.db");
    let mut sink = Sink::fresh(&sqlite(&path, "patience = \"30ms\""));
    disk.fill(200_000);
    let (mut at, told) = (0..)
        .map(|at| at * 500)
        .find_map(|at| {
            let put = sink.call(0, &mut numbers(at..at + 500));
            put.err().map(|error| (at, error.sentence))
        })
        .unwrap();
    assert!(
        told.contains(": the disk is full (free some space") || told.contains("disk I/O error"),
        "{told}"
    );
    let published = sink.published.clone();
    assert_eq!((published.done, count(&path)), (at as u64, at as u64), "whole transactions only");
    drop(sink);

    // The same refusal, overcome: nothing is lost.
    let mut sink = Sink::start(&sqlite(&path, ""), "run-1", &published).unwrap();
    let (put, ()) = once_it_waits(|| disk.free(), || sink.call(0, &mut numbers(at..at + 3000)));
    put.unwrap();
    at += 3000;
    sink.finish().unwrap();
    assert_eq!((sink.published.done, count(&path)), (at as u64, at as u64));
}

#[test]
fn a_full_disk_holds_a_file_up_and_fails_it_in_time() {
    let Some(disk) = SmallDisk::mount("size=1m") else { return };
    let path = disk.0.path("x.jsonl");
    let planned = |patience: &str| {
        let params = format!("path = {path:?}\npatience = {patience:?}");
        plan("jsonl", &params, &[numbers_input("clean")]).unwrap()
    };
    let lines = |path: &str| {
        let text = std::fs::read_to_string(path).unwrap();
        assert!(text.is_empty() || text.ends_with('\n'), "no record by half");
        text.lines().count() as u64
    };
    let mut sink = Sink::fresh(&planned("20ms"));
    disk.fill(100_000);
    let (mut at, told) = (0..)
        .map(|at| at * 777)
        .find_map(|at| {
            let put = sink.call(0, &mut numbers(at..at + 777));
            put.err().map(|error| (at, error.sentence))
        })
        .unwrap();
    let expected =
        format!("cannot write to {path}: no space left on device (free some space, or choose another path)");
    assert_eq!(told, expected);
    let published = sink.published.clone();
    drop(sink);
    assert_eq!((published.done, lines(&path)), (at as u64, at as u64));

    let mut sink = Sink::start(&planned("60s"), "run-1", &published).unwrap();
    let (put, ()) = once_it_waits(|| disk.free(), || sink.call(0, &mut numbers(at..at + 3000)));
    put.unwrap();
    at += 3000;
    sink.finish().unwrap();
    assert_eq!((sink.published.done, lines(&path)), (at as u64, at as u64));
}

#[test]
fn a_read_only_disk_is_told_before_anything_starts() {
    let Some(disk) = SmallDisk::mount("size=1m,ro") else { return };
    for (operator, name) in [("sqlite", "x.db"), ("jsonl", "x.jsonl"), ("csv", "deep/x.csv")] {
        let path = disk.0.path(name);
        let planned = plan(operator, &format!("path = {path:?}"), &[numbers_input("clean")]).unwrap();
        let expected = format!("cannot write to {path}: read-only file system (choose another path)");
        assert_eq!(look(&planned).unwrap_err(), expected);
        let told = Sink::start(&planned, "run-1", &Account::default()).err().unwrap().sentence;
        assert_eq!(told, expected);
    }
}
