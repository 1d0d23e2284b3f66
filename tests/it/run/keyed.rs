//! Keyed workers: each key has one owner, which stays its owner when it falls and rises again.

use super::{Running, Sandbox, wait_for};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use sluicebox::run::books::Books;
use sluicebox::run::dir::RunDir;
use xxhash_rust::xxh3::xxh3_64;

const KEYS: u32 = 14;
const WORKERS: usize = 3;

/// Key k comes 2^k times: so the sum of a set of whole keys tells which keys they are.
fn rows() -> Vec<u32> {
    let mut rows: Vec<u32> = (0..KEYS).flat_map(|key| std::iter::repeat_n(key, 1 << key)).collect();
    // Any order that mixes them: 7919 is prime, and the number of rows is not divided by it.
    let n = rows.len();
    rows = (0..n).map(|at| rows[at * 7919 % n]).collect();
    rows
}

/// As the manual says it: xxh3-64 of a byte 1 and the value, modulo the workers.
pub(super) fn owner(key: u32) -> usize {
    let bytes = [&[1][..], &i64::from(key).to_le_bytes()].concat();
    (xxh3_64(&bytes) % WORKERS as u64) as usize
}

fn due() -> [u64; WORKERS] {
    let mut due = [0; WORKERS];
    (0..KEYS).for_each(|key| due[owner(key)] += 1 << key);
    due
}

fn start(room: &Sandbox, rate: &str) -> Running {
    let lines: String = rows().iter().enumerate().map(|(n, key)| format!("{n},{key}\n")).collect();
    room.write("n.csv", &format!("n,x\n{lines}"));
    room.start(
        &format!(
            r#"
            name = "t"
            [[stage]]
            name = "numbers"
            operator = "csv"
            path = "n.csv"
            types = {{ x = "i64" }}
            {rate}
            [[stage]]
            name = "keyed"
            operator = "filter"
            from = "numbers"
            where = "n >= 0"
            workers = {WORKERS}
            by = "x"
            [[stage]]
            name = "store"
            operator = "sqlite"
            from = "keyed"
            path = "out.db"
            "#
        ),
        &[],
    )
}

pub(super) fn books(room: &Sandbox) -> Option<Books> {
    let dir = RunDir::at(room.path("sluicebox/t"));
    Books::read(&dir.plan().ok()?, &dir).ok()
}

/// Records offered to each worker of `keyed`.
fn offered(room: &Sandbox) -> Vec<u64> {
    let books = books(room).unwrap();
    let mut to = vec![0; WORKERS];
    let links = books.links.iter().filter(|book| book.link.to.stage == 1);
    links.for_each(|book| to[usize::from(book.link.to.worker)] += book.offered);
    to
}

#[test]
fn every_key_goes_to_one_worker_only() {
    assert!(due().iter().all(|n| *n > 0), "the keys are dealt to all workers: {:?}", due());
    let room = Sandbox::new();
    let account = start(&room, "").account();
    assert_eq!(account["records"]["lost"], 0);
    assert_eq!(offered(&room), due());
    let done: Vec<u64> = books(&room).unwrap().of_stage(1).map(|worker| worker.account.done).collect();
    assert_eq!(done, due());
    assert_eq!(room.query("out.db", "SELECT count(DISTINCT n) FROM keyed"), (1 << KEYS) - 1);
}

/// Kills a worker at its work and waits until it is back.
pub(super) fn fall(room: &Sandbox, stage: usize, worker: usize) {
    let look = || books(room)?.of_stage(stage).nth(worker).cloned();
    let fallen = wait_for("it to be at work", || look().filter(|worker| worker.account.done > 100));
    kill(Pid::from_raw(fallen.pid as i32), Signal::SIGKILL).unwrap();
    wait_for("it to be back", || look().filter(|worker| worker.epoch > fallen.epoch));
}

#[test]
fn a_key_keeps_its_worker_when_that_was_killed() {
    let room = Sandbox::new();
    let running = start(&room, r#"rate = "8k/s""#);
    fall(&room, 1, 1);
    let account = running.account();
    assert_eq!(account["balances"], true);
    assert_eq!(offered(&room), due(), "what came after the fall went where its key belongs");
    let stored = room.query("out.db", "SELECT count(*) FROM keyed");
    assert_eq!(stored, account["records"]["stored"].as_i64().unwrap());
}

#[test]
fn a_key_keeps_its_worker_when_the_sender_was_killed() {
    let room = Sandbox::new();
    let running = start(&room, r#"rate = "8k/s""#);
    fall(&room, 0, 0);
    let account = running.account();
    assert_eq!(account["records"]["in"], (1 << KEYS) - 1);
    assert_eq!(account["balances"], true);
    let due = due();
    assert_eq!(offered(&room).iter().sum::<u64>(), due.iter().sum::<u64>());
    // No owner got more than is its own, so what is missing at one did not go to another.
    for worker in books(&room).unwrap().of_stage(1) {
        assert!(worker.received <= due[usize::from(worker.id.worker)], "a worker got records of others");
    }
}

/// The workers of a report are counted within their stage, as everywhere else where a person sees them.
#[test]
fn a_report_counts_the_workers_of_its_own_stage() {
    let room = Sandbox::new();
    let lines: String = rows().iter().map(|key| format!("{key}\n")).collect();
    room.write("n.csv", &format!("x\n{lines}"));
    let topology = format!(
        r#"
        name = "t"
        [[stage]]
        name = "numbers"
        operator = "csv"
        path = "n.csv"
        types = {{ x = "i64" }}
        [[stage]]
        name = "clean"
        operator = "filter"
        from = "numbers"
        where = "x >= 0"
        workers = 2
        [[stage]]
        name = "groups"
        operator = "kmeans"
        from = "clean"
        k = 2
        workers = {WORKERS}
        by = "x"
        [[stage]]
        name = "store"
        operator = "sqlite"
        from = ["groups", "groups/report"]
        path = "out.db"
        "#
    );
    let account = room.start(&topology, &[]).account();
    let count = |sql: &str| room.query("out.db", sql);
    assert_eq!(count("SELECT count(DISTINCT worker) FROM groups_report"), WORKERS as i64);
    assert_eq!(count("SELECT min(worker) FROM groups_report"), 0);
    assert_eq!(count("SELECT max(worker) FROM groups_report"), WORKERS as i64 - 1);
    let told = count("SELECT count(*) FROM groups_report");
    assert_eq!(account["stages"][2]["ports"]["report"], told, "a port's rows are counted");
    assert_eq!(count("SELECT sum(size) FROM groups_report"), (1 << KEYS) - 1);
}
