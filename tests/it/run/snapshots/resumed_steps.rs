//! Stop, `--resume`, go on, with each step that holds something back: what comes of it is what SQLite says of all
//! records.

use super::{SOURCE, record, restarts, write_as};
use crate::run::{Sandbox, last_line, text};
use nix::sys::signal::Signal;
use rusqlite::Connection;
use serde_json::Value;

const ROWS: usize = 10_000;

/// The left's records: seven seconds behind at most, and after fifty of them a pause.
fn left(n: usize) -> String {
    record(n, (n ^ 7) + n / 56 * 40)
}

/// The right's: their times are others.
fn right(n: usize) -> String {
    record(n, (n ^ 3) + (n + 5) / 56 * 40 + 2)
}

/// Name, whether it has two roles, and the step; and what SQLite says of `a` and `b`: number, second, key and x.
const STEPS: [(&str, bool, &str, &str); 9] = [
    (
        "sliding",
        false,
        r#"operator = "window", size = "60s", slide = "20s", per = "k", allowed_lateness = "10s", FIELDS"#,
        "WITH w (o) AS (VALUES (0), (20), (40))
         SELECT at(s - s % 20 - o), at(s - s % 20 - o + 60), k, count(*), sum(x), sum(n) FROM a, w
         GROUP BY s - s % 20 - o, k",
    ),
    (
        "session",
        false,
        r#"operator = "window", gap = "20s", per = "k", allowed_lateness = "10s", FIELDS"#,
        "WITH b AS (SELECT *, s - coalesce(lag(s) OVER (PARTITION BY k ORDER BY s), -99) >= 20 AS new FROM a),
         g AS (SELECT *, sum(new) OVER (PARTITION BY k ORDER BY s) AS g FROM b)
         SELECT at(min(s)), at(max(s) + 20), k, count(*), sum(x), sum(n) FROM g GROUP BY k, g",
    ),
    (
        "count",
        false,
        r#"operator = "window", count = 10, slide = 4, per = "k", FIELDS"#,
        "WITH m AS (SELECT *, row_number() OVER (PARTITION BY k ORDER BY n) - 1 AS i FROM a),
         w (o) AS (VALUES (0), (4), (8)),
         f AS (SELECT *, i - i % 4 - o AS f FROM m, w WHERE i < i - i % 4 - o + 10 AND i - i % 4 - o >= 0)
         SELECT f, max(i) + 1, k, count(*), sum(x), sum(n) FROM f GROUP BY f, k",
    ),
    (
        "inner",
        true,
        r#"operator = "join", by = "k", within = ["-9s", "5s"], allowed_lateness = "10s", prefix = "r_""#,
        "SELECT l.n, at(l.s), l.k, l.x, r.n, at(r.s), r.k, r.x FROM a l
         JOIN b r ON l.k = r.k AND r.s - l.s BETWEEN -9 AND 5",
    ),
    (
        "full",
        true,
        r#"operator = "join", kind = "full", by = "k", within = "3s", allowed_lateness = "10s", prefix = "r_""#,
        "SELECT l.n, at(l.s), l.k, l.x, r.n, at(r.s), r.k, r.x FROM a l
         FULL JOIN b r ON l.k = r.k AND r.s - l.s BETWEEN -3 AND 3",
    ),
    (
        "as_of",
        true,
        r#"operator = "as_of", by = "k", within = "30s", allowed_lateness = "10s", prefix = "r_""#,
        "SELECT l.n, at(l.s), l.k, l.x, r.n, at(r.s), r.k, r.x FROM a l LEFT JOIN b r ON r.n = (SELECT n FROM b
         WHERE b.k = l.k AND b.s BETWEEN l.s - 30 AND l.s ORDER BY s DESC, n DESC LIMIT 1)",
    ),
    ("sort", false, r#"operator = "sort", allowed_lateness = "10s""#, "SELECT n, at(s), k, x FROM a ORDER BY s, n"),
    (
        "dedupe",
        false,
        r#"operator = "dedupe", per = "k", within = "30s""#,
        "WITH RECURSIVE p(n, k, s) AS (SELECT min(n), k, s FROM a GROUP BY k UNION ALL
           SELECT r.n, r.k, r.s FROM p JOIN a r
           ON r.n = (SELECT min(n) FROM a WHERE k = p.k AND n > p.n AND abs(s - p.s) > 30))
         SELECT a.n, at(a.s), a.k, a.x FROM p JOIN a USING (n)",
    ),
    (
        "lag",
        false,
        r#"operator = "lag", fields = ["x"], per = "k""#,
        "SELECT n, at(s), k, x, lag(x) OVER (PARTITION BY k ORDER BY n) FROM a",
    ),
];

/// What each step stores lies in a file of its name.
fn topology(rate: &str) -> String {
    let stage = |name: &str, roles: bool, step: &str| {
        let step = step.replace("FIELDS", r#"fields = { c = "count()", s = "sum(x)", n = "sum(n)" }"#);
        let from = if roles { r#"{ left = "a", right = "b" }"# } else { r#""a""# };
        format!(
            r#"
[[stage]]
name = "{name}"
from = {from}
snapshot_every = "1h"
steps = [{{ {step} }}, {{ operator = "csv", path = "{name}.csv", if_exists = "replace" }}]
"#
        )
    };
    let source = |name: &str| {
        let of = SOURCE.replace("n.csv", &format!("{name}.in"));
        format!("[[stage]]\nname = \"{name}\"\nsteps = [{{ {of}{rate} }}]\n")
    };
    let clock = r#"operator = "window", size = "300ms", by_arrival = true, per = "k", FIELDS"#;
    let stages: String = STEPS.iter().map(|(name, roles, step, _)| stage(name, *roles, step)).collect();
    format!("name = \"t\"\n{}{}{stages}{}", source("a"), source("b"), stage("arrival", false, clock))
}

/// The records in SQLite, with `at(s)` for a time as it is written.
fn judge() -> Connection {
    let judge = Connection::open_in_memory().unwrap();
    judge.execute_batch("CREATE TABLE a (n, s, k, x); CREATE TABLE b (n, s, k, x)").unwrap();
    for (table, line) in [("a", left as fn(usize) -> String), ("b", right)] {
        let mut insert =
            judge.prepare(&format!("INSERT INTO {table} VALUES (?, unixepoch(?), ?, ?)")).unwrap();
        for n in 0..ROWS {
            let line = line(n);
            let cells: Vec<&str> = line.trim_end().split(',').collect();
            let number = |at: usize| cells[at].parse::<i64>().unwrap();
            insert.execute((number(0), cells[1], number(2), number(3))).unwrap();
        }
    }
    judge.execute_batch("CREATE INDEX ka ON a (k, n); CREATE INDEX kb ON b (k, s)").unwrap();
    judge
}

fn due(judge: &Connection, sql: &str) -> Vec<String> {
    let mut query = judge.prepare(&at(sql)).unwrap();
    let columns = query.column_count();
    let cell = |row: &rusqlite::Row<'_>, at: usize| match row.get_unwrap(at) {
        rusqlite::types::Value::Null => String::new(),
        rusqlite::types::Value::Integer(n) => n.to_string(),
        rusqlite::types::Value::Text(text) => text,
        other => panic!("{other:?}"),
    };
    let line =
        |row: &rusqlite::Row<'_>| Ok((0..columns).map(|at| cell(row, at)).collect::<Vec<_>>().join(","));
    query.query_map([], line).unwrap().map(Result::unwrap).collect()
}

/// `at(…)` becomes what SQLite calls it.
fn at(sql: &str) -> String {
    let mut whole = String::new();
    let mut parts = sql.split("at(");
    whole.push_str(parts.next().unwrap());
    for part in parts {
        let mut depth = 1;
        let end = part.find(|c: char| {
            depth += match c {
                '(' => 1,
                ')' => -1,
                _ => 0,
            };
            depth == 0
        });
        let (inner, rest) = part.split_at(end.unwrap());
        whole.push_str(&format!("strftime('%Y-%m-%dT%H:%M:%SZ', {inner}, 'unixepoch'{rest}"));
    }
    whole
}

fn lines(room: &Sandbox, name: &str) -> Vec<String> {
    let read = std::fs::read_to_string(room.path(&format!("{name}.csv"))).unwrap();
    read.lines().skip(1).map(str::to_string).collect()
}

/// Starts a run, or goes on with it, and stops it when a step has had so many.
fn part(room: &Sandbox, topology: &str, more: &[&str], done: u64) -> Value {
    let running = room.start(topology, more);
    room.wait_worker("inner", "has records", |worker| worker["in"].as_u64().unwrap() > done);
    running.signal(Signal::SIGINT);
    running.account()
}

#[test]
fn each_step_that_holds_something_back_goes_on_where_it_was() {
    let room = Sandbox::new();
    write_as(&room, "a.in", 0..ROWS, left);
    write_as(&room, "b.in", 0..ROWS, right);
    let topology = topology(r#", rate = "2500/s""#);
    let first = part(&room, &topology, &[], 3_000);
    for stage in first["stages"].as_array().unwrap() {
        let name = stage["name"].as_str().unwrap();
        let holds = stage["waiting"].as_u64().unwrap_or(0) > 0;
        let never = ["a", "b", "dedupe", "lag", "arrival"].contains(&name);
        assert!(holds || never, "{name} holds nothing: {stage}");
    }
    let read = first["records"]["in"].as_u64().unwrap();
    assert!(read < 2 * ROWS as u64, "it was stopped in the middle");
    part(&room, &topology, &["--resume"], 10_000);
    let output = room.start(&topology, &["--resume"]).end();
    let told = text(&output.stderr);
    assert_eq!((output.status.code(), restarts(&told)), (Some(0), vec![]), "{told}");
    let account = last_line(&output);
    assert_eq!((&account["balances"], &account["records"]["lost"]), (&true.into(), &0.into()), "{told}");
    assert_eq!(account["records"]["in"], 2 * ROWS, "the account is that of all parts");
    let judge = judge();
    for (name, _, _, sql) in STEPS {
        let (mut found, mut due) = (lines(&room, name), due(&judge, sql));
        if name != "sort" {
            found.sort_unstable();
            due.sort_unstable();
        }
        let wrong = found.iter().zip(&due).position(|(found, due)| found != due);
        let shown = wrong.map(|at| (&found[at], &due[at]));
        assert!(found == due, "{name}: {} lines, {} are due; {shown:?}", found.len(), due.len());
        assert!(due.len() > 1000, "{name}: {} lines", due.len());
    }
    // Which windows of the clock there are is the clock's: each record is in one.
    let of = |line: &String, at: usize| line.split(',').nth(at).unwrap().parse::<usize>().unwrap();
    let (counted, sum) =
        lines(&room, "arrival").iter().fold((0, 0), |all, line| (all.0 + of(line, 3), all.1 + of(line, 5)));
    assert_eq!((counted, sum), (ROWS, ROWS * (ROWS - 1) / 2));
}
