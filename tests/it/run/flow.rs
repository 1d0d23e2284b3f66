//! Back-pressure and the shapes of graphs: slow sinks, two consumers, parts that meet again.

use super::{Sandbox, three};
use std::io::Read;

/// Resident memory of a process in KiB.
fn resident(pid: i64) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

#[test]
fn a_slow_sink_slows_the_source_loses_nothing_and_takes_no_memory() {
    const ROWS: usize = 400_000;
    let room = Sandbox::new();
    room.numbers("n.csv", ROWS);
    nix::unistd::mkfifo(&room.path("slow"), nix::sys::stat::Mode::S_IRWXU).unwrap();
    let topology = three("", "").replace("\"sqlite\"", "\"jsonl\"").replace("out.db", "slow");
    let running = room.start(&topology, &[]);
    let mut reader = std::fs::File::open(room.path("slow")).unwrap();
    let names = ["numbers", "even", "store"];
    let pids = names.map(|name| {
        room.wait_worker(name, "runs", |worker| worker["state"] == "running")["pid"].as_i64().unwrap()
    });
    let blocked =
        room.wait_worker("numbers", "is blocked", |worker| worker["blocked"].as_f64().unwrap() > 0.2);
    assert!((blocked["in"].as_u64().unwrap() as usize) < ROWS / 2, "the source waits: {blocked}");
    let status = String::from_utf8(room.sluicebox(&["status", "t"]).stdout).unwrap();
    assert!(status.contains("bottleneck: store, "), "{status}");
    // Half of the rows come out: at a tenth and at a half of those, all three still have much before them.
    let (mut lines, mut buffer) = (0, vec![0; 16 * 1024]);
    let (mut early, mut late) = (None, None);
    loop {
        let n = reader.read(&mut buffer).unwrap();
        if n == 0 {
            break;
        }
        lines += buffer[..n].iter().filter(|byte| **byte == b'\n').count();
        for (at, sizes) in [(ROWS / 20, &mut early), (ROWS / 4, &mut late)] {
            if lines > at {
                sizes.get_or_insert_with(|| pids.map(|pid| resident(pid).unwrap()));
            }
        }
    }
    for (early, late) in early.unwrap().into_iter().zip(late.unwrap()) {
        assert!(late < early + 4096, "memory grew from {early} to {late} KiB");
    }
    let account = running.account();
    assert_eq!(lines, ROWS / 2);
    assert_eq!(account["records"]["lost"], 0);
    assert_eq!(account["records"]["stored"], ROWS / 2);
}

#[test]
fn of_two_consumers_the_slow_one_rules_and_both_get_everything() {
    const ROWS: usize = 100_000;
    let room = Sandbox::new();
    room.numbers("n.csv", ROWS);
    nix::unistd::mkfifo(&room.path("slow"), nix::sys::stat::Mode::S_IRWXU).unwrap();
    let running = room.start(
        r#"
        name = "t"
        [[stage]]
        name = "numbers"
        operator = "csv"
        path = "n.csv"
        [[stage]]
        name = "fast"
        operator = "sqlite"
        from = "numbers"
        path = "out.db"
        [[stage]]
        name = "slow"
        operator = "jsonl"
        from = "numbers"
        path = "slow"
        "#,
        &[],
    );
    let mut reader = std::fs::File::open(room.path("slow")).unwrap();
    // The fast one gets no further than its credit.
    room.wait_worker("numbers", "is blocked", |worker| worker["blocked"].as_f64().unwrap() > 0.1);
    let ahead = room.worker("fast").unwrap()["in"].as_u64().unwrap();
    assert!(ahead < ROWS as u64, "the fast one waits for the slow one");
    let mut all = String::new();
    reader.read_to_string(&mut all).unwrap();
    let account = running.account();
    assert_eq!(all.lines().count(), ROWS);
    assert_eq!(room.query("out.db", "SELECT count(DISTINCT n) FROM numbers"), ROWS as i64);
    assert_eq!(account["records"]["lost"], 0);
}

/// Parts and meets again, with keyed and least-loaded workers, tiny credit, and two side streams.
#[test]
fn a_diamond_with_little_credit_does_not_deadlock() {
    const ROWS: usize = 50_000;
    let room = Sandbox::new();
    let lines: String = (0..ROWS).map(|n| format!("{n},{}\n", n % 10)).collect();
    room.write("n.csv", &format!("n,x\n{lines}bad,1\n"));
    let account = room.run(
        r#"
        name = "t"
        [[stage]]
        name = "numbers"
        operator = "csv"
        path = "n.csv"
        types = { n = "i64" }
        batch = { records_max = 100, bytes_max = "4KiB" }
        [[stage]]
        name = "left"
        operator = "filter"
        from = "numbers"
        workers = 3
        credit = 200
        where = "x < 5"
        [[stage]]
        name = "right"
        operator = "filter"
        from = "numbers"
        workers = 2
        by = "x"
        credit = 100
        where = "x >= 5"
        [[stage]]
        name = "all"
        operator = "filter"
        from = ["left", "right"]
        credit = 100
        where = "n >= 0"
        [[stage]]
        name = "store"
        operator = "sqlite"
        from = ["all", "numbers/rejected"]
        path = "out.db"
        "#,
    );
    assert_eq!(account["balances"], true);
    assert_eq!(account["records"]["lost"], 0);
    assert_eq!(account["records"]["rejected"], 1);
    assert_eq!(account["stages"][0]["rejected"]["type:n"], 1);
    assert_eq!(room.query("out.db", r#"SELECT count(DISTINCT n) FROM "all""#), ROWS as i64);
    assert_eq!(room.query("out.db", r#"SELECT count(*) FROM "all""#), ROWS as i64);
    let reason = "SELECT count(*) FROM numbers_rejected WHERE reason = 'type:n' AND record = 'bad,1'";
    assert_eq!(room.query("out.db", reason), 1);
}

/// A line that no frame may carry is refused by name; its text is cut, so that it fits into a frame itself.
#[test]
fn a_record_too_large_is_rejected_and_the_account_holds() {
    let room = Sandbox::new();
    let long = "y".repeat(200_000);
    room.write("n.csv", &format!("n,x\n1,a\n2,{long}\n3,c\n"));
    let account = room.run(
        r#"
        name = "t"
        max_message = "64KiB"
        [[stage]]
        name = "numbers"
        operator = "csv"
        path = "n.csv"
        max_rejects = "50%"
        [[stage]]
        name = "store"
        operator = "sqlite"
        from = ["numbers", "numbers/rejected"]
        path = "out.db"
        "#,
    );
    assert_eq!(account["stages"][0]["rejected"], serde_json::json!({ "too_large": 1 }));
    assert_eq!(account["records"]["lost"], 0);
    assert_eq!(room.query("out.db", "SELECT count(*) FROM numbers"), 2);
    let cut =
        "SELECT length(record) FROM numbers_rejected WHERE reason = 'too_large' AND record LIKE '{\"n\":2,%'";
    assert_eq!(room.query("out.db", cut), 16 * 1024);
}
