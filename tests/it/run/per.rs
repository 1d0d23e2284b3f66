//! State for each key with real processes: it does not depend on the workers, and is bounded.

use super::keyed::{books, fall, owner};
use super::{Running, Sandbox, last_line, text};
use rusqlite::types::Value as Sql;
use std::collections::BTreeMap;

const ROWS: usize = 9_000;

/// Lines `n,a,b,x`: `a` one of eight keys, seven times as many of some as of others; `b` one of three.
fn write(room: &Sandbox) {
    let line = |n: usize| {
        let mixed = n * 7919 % 10_007;
        format!("{n},{},{},{}\n", (mixed % 20) * (mixed % 20) / 50, mixed / 20 % 3, mixed * 31 % 1009)
    };
    room.write("n.csv", &format!("n,a,b,x\n{}", (0..ROWS).map(line).collect::<String>()));
}

/// The records, with NULL for key 3; a stage `z` of these steps; its records and its reports in a database.
fn topology(rate: &str, z: &str, from: &str) -> String {
    format!(
        r#"
name = "t"
[[stage]]
name = "numbers"
steps = [
  {{ operator = "csv", path = "n.csv"{rate} }},
  {{ operator = "derive", fields = {{ a = "CASE WHEN a = 3 THEN NULL ELSE a END" }} }},
]
[[stage]]
name = "z"
from = "numbers"
{z}
[[stage]]
name = "store"
operator = "sqlite"
from = [{from}]
path = "out.db"
if_exists = "replace"
"#
    )
}

fn rows(room: &Sandbox, sql: &str) -> Vec<Vec<Sql>> {
    let connection = rusqlite::Connection::open(room.path("out.db")).unwrap();
    let mut found = connection.prepare(sql).unwrap();
    let columns = found.column_count();
    let row = |row: &rusqlite::Row<'_>| (0..columns).map(|at| row.get(at)).collect();
    found.query_map([], row).unwrap().map(Result::unwrap).collect()
}

/// The answers of `z` with so many workers, over an engine.
fn answers(room: &Sandbox, topology: &str, workers: usize, engine: &str, sql: &str) -> Vec<Vec<Sql>> {
    let sets = [format!("z.workers={workers}"), format!("engine={engine}")];
    let account = room.start(topology, &["--set", &sets[0], "--set", &sets[1]]).account();
    assert_eq!(account["balances"], true);
    assert_eq!((&account["records"]["lost"], &account["records"]["in"]), (&0.into(), &ROWS.into()));
    assert!(account["stages"][1].get("keys_gone").is_none(), "no key went");
    rows(room, sql)
}

/// The answers of one worker, which those of any number of workers over either engine must be.
fn the_same_whatever_the_workers(room: &Sandbox, topology: &str, sql: &str) -> Vec<Vec<Sql>> {
    let one = answers(room, topology, 1, "direct", sql);
    for (workers, engine) in [
        (2, "direct"),
        (3, "direct"),
        (4, "direct"),
        (1, "libzmq"),
        (2, "libzmq"),
        (3, "libzmq"),
        (4, "libzmq"),
    ] {
        let found = answers(room, topology, workers, engine, sql);
        assert!(found == one, "{workers} workers over {engine} answer otherwise: {sql}");
    }
    one
}

#[test]
fn scores_per_key_are_those_that_sqlite_computes_whatever_the_workers() {
    let room = Sandbox::new();
    write(&room);
    let z = "operator = \"standardize\"\nfields = [\"x\"]\nprefix = \"z_\"\nper = [\"a\", \"b\"]";
    let found = the_same_whatever_the_workers(
        &room,
        &topology("", z, "\"z\""),
        "SELECT n, a, b, x, z_x FROM z ORDER BY n",
    );
    assert_eq!(found.len(), ROWS);
    // From running sums in whole numbers: nothing of Welford's recurrence is in it.
    let sql =
        "WITH sums AS (SELECT z_x, x, count(*) OVER w AS m, sum(x) OVER w AS s, sum(x * x) OVER w AS q FROM z
           WINDOW w AS (PARTITION BY a, b ORDER BY n)),
         scores AS (SELECT z_x AS ours, CASE WHEN m * q - s * s = 0 THEN 0.0
           ELSE (m * x - s) / sqrt(CAST(m * q - s * s AS REAL)) END AS z FROM sums)
         SELECT count(*) FROM scores WHERE abs(z - ours) <= 1e-9 * max(1.0, abs(z))";
    assert_eq!(room.query("out.db", sql), ROWS as i64);
    assert_eq!(room.query("out.db", "SELECT count(*) FROM (SELECT DISTINCT a, b FROM z)"), 24);
    assert!(room.query("out.db", "SELECT count(*) FROM z WHERE a IS NULL") > 100, "NULL is a key");
}

#[test]
fn steps_with_different_keys_answer_the_same_whatever_the_workers() {
    let room = Sandbox::new();
    write(&room);
    let z = r#"steps = [
      { operator = "standardize", fields = ["x"], prefix = "z_", per = ["b", "a"] },
      { operator = "kmeans", k = 3, features = ["z_x", "x"], per = "a" },
    ]"#;
    let topology = topology("", z, "\"z\", \"z/report\"");
    the_same_whatever_the_workers(&room, &topology, "SELECT n, z_x, cluster, distance FROM z ORDER BY n");
    let report = "SELECT * FROM z_report ORDER BY a, cluster";
    let one = answers(&room, &topology, 1, "direct", report);
    assert_eq!(one.len(), 8 * 3);
    assert_eq!(answers(&room, &topology, 3, "direct", report), one, "also what it says of itself");
    assert!(room.query("out.db", "SELECT max(size) FROM z_report") > 1000 / 3, "centres were reseeded");
}

#[test]
fn the_keys_of_a_worker_that_was_killed_begin_anew_and_the_others_go_on() {
    let room = Sandbox::new();
    write(&room);
    let z = "operator = \"standardize\"\nfields = [\"x\"]\nprefix = \"z_\"\nper = \"b\"";
    let sql = "SELECT n, b, x, z_x FROM z ORDER BY n";
    let undisturbed = Sandbox::new();
    write(&undisturbed);
    let sound = answers(&undisturbed, &topology("", z, "\"z\""), 1, "direct", sql);
    let running = room.start(&topology(", rate = \"6k/s\"", z, "\"z\""), &["--set", "z.workers=3"]);
    let killed = owner(1);
    fall(&room, 1, killed);
    let account = running.account();
    assert_eq!(account["balances"], true);
    assert!(account["stages"][1]["forgotten"].as_u64().unwrap() > 0, "there was no snapshot yet");
    // By key: the numbers, the values, and the scores that came, each with the score of the undisturbed run.
    let whole = |value: &Sql| if let Sql::Integer(n) = value { *n } else { panic!("{value:?} is whole") };
    let real = |value: &Sql| if let Sql::Real(x) = value { *x } else { panic!("{value:?} is a number") };
    let mut of_key: BTreeMap<i64, Vec<(f64, f64, f64)>> = BTreeMap::new();
    for row in rows(&room, sql) {
        let was = &sound[whole(&row[0]) as usize];
        let (x, score) = (whole(&row[2]) as f64, real(&row[3]));
        of_key.entry(whole(&row[1])).or_default().push((x, score, real(&was[3])));
    }
    assert_eq!(of_key.len(), 3);
    for (key, rows) in of_key {
        let anew = rows.iter().position(|(_, score, was)| score != was);
        assert_eq!(anew.is_some(), owner(key as u32) == killed, "key {key}");
        let Some(anew) = anew else { continue };
        let values: Vec<f64> = rows[anew..].iter().map(|(x, ..)| *x).collect();
        for (at, (x, score, _)) in rows[anew..].iter().enumerate() {
            let seen = &values[..=at];
            let mean = seen.iter().sum::<f64>() / seen.len() as f64;
            let deviation = (seen.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / seen.len() as f64).sqrt();
            let due = if deviation == 0.0 { 0.0 } else { (x - mean) / deviation };
            assert!(
                (score - due).abs() < 1e-9,
                "key {key}, {at} records after it began anew: {score}, not {due}"
            );
        }
    }
}

/// What a process has in memory, in KiB.
fn memory(pid: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    status.lines().find_map(|line| line.strip_prefix("VmRSS:")?.trim().strip_suffix(" kB")?.parse().ok())
}

const KEYS: u64 = 1_000_000;
const KEYS_MAX: u64 = 1000;

/// Every record is of a key of its own.
fn a_million_keys(room: &Sandbox, workers: u64) -> Running {
    let lines: String = (0..KEYS).map(|n| format!("{n},{}\n", n % 1009)).collect();
    room.write("n.csv", &format!("n,x\n{lines}"));
    room.start(
        &format!(
            r#"
name = "t"
[[stage]]
name = "numbers"
operator = "csv"
path = "n.csv"
rate = "400k/s"
[[stage]]
name = "z"
from = "numbers"
operator = "standardize"
fields = ["x"]
per = "n"
keys_max = {KEYS_MAX}
workers = {workers}
[[stage]]
name = "out"
operator = "null"
from = "z"
"#
        ),
        &[],
    )
}

#[test]
fn a_million_keys_fit_in_the_memory_of_a_thousand() {
    let room = Sandbox::new();
    let running = a_million_keys(&room, 1);
    let look = |done: u64| {
        let worker = books(&room)?.of_stage(1).next().cloned()?;
        let memory = memory(worker.pid)?;
        (worker.account.done >= done).then_some((worker.account.done, memory))
    };
    let (_, early) = super::wait_for("the first tenth", || look(KEYS / 10));
    let (_, late) = super::wait_for("nine tenths", || look(KEYS / 10 * 9));
    assert!(late * 2 < early * 3, "{early} KiB after a tenth, {late} KiB after nine tenths");
    let output = running.end();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let account = last_line(&output);
    assert_eq!(account["stages"][1]["keys_gone"], KEYS - KEYS_MAX);
    let told = text(&output.stderr);
    assert_eq!(told.matches("keeps 1000 keys and there are more").count(), 1, "{told}");
}

#[test]
fn workers_share_the_bound_of_keys() {
    let room = Sandbox::new();
    let account = a_million_keys(&room, 2).account();
    assert_eq!(account["stages"][1]["keys_gone"], KEYS - KEYS_MAX);
    for worker in books(&room).unwrap().of_stage(1) {
        let account = &worker.account;
        assert_eq!(account.keys_gone, account.done - KEYS_MAX / 2, "each worker keeps half");
    }
}

#[test]
fn a_report_of_ten_thousand_keys_comes_whole() {
    const KEYS: usize = 10_000;
    let room = Sandbox::new();
    let lines: String = (0..2 * KEYS).map(|n| format!("{},{n}\n", n % KEYS)).collect();
    room.write("n.csv", &format!("a,x\n{lines}"));
    let z = "operator = \"kmeans\"\nk = 2\nfeatures = [\"x\"]\nper = \"a\"\nworkers = 2";
    let plain = topology("", z, "\"z/report\"").replace("CASE WHEN a = 3 THEN NULL ELSE a END", "a");
    let account = room.run(&plain);
    assert_eq!(account["balances"], true);
    assert_eq!(account["stages"][1]["ports"]["report"], 2 * KEYS);
    let sql = "SELECT count(*) FROM (SELECT a FROM z_report WHERE \"set\" = 0 AND size = 1 GROUP BY a \
               HAVING group_concat(cluster) IN ('0,1', '1,0') AND min(x) = a AND max(x) = a + 10000)";
    assert_eq!(room.query("out.db", sql), KEYS as i64);
}

/// What a user of `by` may have meant is told with what to write, and that does what was meant.
#[test]
fn a_model_for_each_worker_is_warned_of_and_the_advice_helps() {
    let room = Sandbox::new();
    write(&room);
    let plain = "operator = \"standardize\"\nfields = [\"x\"]\nprefix = \"z_\"";
    room.write("t.toml", &topology("", &format!("{plain}\nworkers = 3\nby = \"a\""), "\"z\""));
    let output = room.sluicebox(&["check", "t.toml"]);
    assert_eq!(output.status.code(), Some(0));
    let advice = "keeps one model for each worker, not for each a: its results depend on the number of workers \
                  (per = \"a\" keeps one for each)";
    let told = text(&output.stderr) + &text(&output.stdout);
    assert!(told.contains(advice), "{told}");
    let sql = "SELECT n, z_x FROM z ORDER BY n";
    let scores = |z: &str, workers| answers(&room, &topology("", z, "\"z\""), workers, "direct", sql);
    let by = format!("{plain}\nby = \"a\"");
    assert!(scores(&by, 2) != scores(&by, 3), "the warning is true");
    let per = format!("{plain}\nper = \"a\"");
    assert!(scores(&per, 2) == scores(&per, 5), "and so is the advice");
}
