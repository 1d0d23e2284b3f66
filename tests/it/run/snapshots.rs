//! What a stage remembers outlives a kill, and a stop: its snapshots, and `run --resume`.

mod failed;
mod killed;
mod killed_pairs;
mod killed_steps;
mod learners;
mod parted;
mod refused;
mod resumed;
mod resumed_steps;

use super::keyed::books;
use super::{Sandbox, wait_for};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use rusqlite::types::Value as Sql;

/// The time of a record, in seconds: one a second.
fn time(n: usize) -> String {
    format!("1970-01-01T{:02}:{:02}:{:02}Z", n / 3600, n / 60 % 60, n % 60)
}

/// A record of a time: the keys take turns, and there are 10,007 different x.
fn record(n: usize, seconds: usize) -> String {
    format!("{n},{},{},{}\n", time(seconds), n * 7919 % 13, n * 7919 % 10_007)
}

/// One a second.
fn line(n: usize) -> String {
    record(n, n)
}

/// Lines `n,ts,k,x` for these numbers, in their order.
fn write(room: &Sandbox, numbers: impl Iterator<Item = usize>) {
    write_as(room, "n.csv", numbers, line);
}

fn write_as(room: &Sandbox, file: &str, numbers: impl Iterator<Item = usize>, line: fn(usize) -> String) {
    room.write(file, &format!("n,ts,k,x\n{}", numbers.map(line).collect::<String>()));
}

const SOURCE: &str = r#"operator = "csv", path = "n.csv", time = "ts", types = { ts = "time" }"#;

fn rows(room: &Sandbox, sql: &str) -> Vec<Vec<Sql>> {
    let connection = rusqlite::Connection::open(room.path("out.db")).unwrap();
    let mut found = connection.prepare(sql).unwrap();
    let columns = found.column_count();
    let row = |row: &rusqlite::Row<'_>| (0..columns).map(|at| row.get(at)).collect();
    found.query_map([], row).unwrap().map(Result::unwrap).collect()
}

/// Kills a worker when it has handled so many records, and waits until another process is it.
fn fall(room: &Sandbox, stage: usize, done: u64) {
    let look = || books(room)?.of_stage(stage).next().cloned();
    let fallen = wait_for("it to be at work", || look().filter(|worker| worker.account.done >= done));
    kill(Pid::from_raw(fallen.pid as i32), Signal::SIGKILL).unwrap();
    wait_for("it to be back", || look().filter(|worker| worker.epoch > fallen.epoch));
}

/// What restarts have said, one after the other: as of which record, and how many since.
fn restarts(stderr: &str) -> Vec<(usize, usize)> {
    let number = |text: &str, behind: &str| -> Option<usize> {
        let digits = text.split_once(behind)?.1.split(|c: char| c != ',' && !c.is_ascii_digit()).next()?;
        digits.replace(',', "").parse().ok()
    };
    let told = |line: &str| match number(line, "goes on as of record ") {
        Some(as_of) => Some((as_of, number(line, "; the ")?)),
        None => Some((0, number(line, "begins anew; the ")?)),
    };
    stderr.lines().filter_map(told).collect()
}
