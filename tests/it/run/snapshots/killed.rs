//! A kill at any record: the state is that of the snapshot and what came since the restart, and nothing else.

use super::{SOURCE, Sql, books, fall, line, restarts, rows, time, write, write_as};
use crate::link_laws::Dice;
use crate::run::{Sandbox, text};
use std::collections::BTreeMap;

pub(super) const ROWS: usize = 24_000;

/// Source, step and sink in one stage, so that no record is lost on the way and the store says which were handled.
fn alone(rate: &str, step: &str) -> String {
    format!(
        r#"
name = "t"
[[stage]]
name = "all"
snapshot_every = 700
steps = [
  {{ {SOURCE}{rate} }},
  {{ {step} }},
  {{ operator = "sqlite", path = "out.db", table = "out", commit = {{ records = 400, age = "15ms" }} }},
]
"#
    )
}

/// A run that is killed at some counts, and which records are in its state at the end, by what it said itself.
pub(super) struct Killed {
    pub room: Sandbox,
    pub forgotten: u64,
    /// How many were handled when the last process began.
    pub last: usize,
    pub kept: Vec<usize>,
    /// As of which record each process went on, and how many had been handled since.
    pub restarts: Vec<(usize, usize)>,
}

pub(super) fn killed(step: &str, seed: u64) -> Killed {
    killed_over(line, step, seed)
}

/// The same, where records are written by `line`; its first column is the number of the record.
pub(super) fn killed_over(line: fn(usize) -> String, step: &str, seed: u64) -> Killed {
    let room = Sandbox::new();
    write_as(&room, "n.csv", 0..ROWS, line);
    let running = room.start(&alone(r#", rate = "8k/s""#, step), &[]);
    let mut dice = Dice(seed);
    for part in 1..=3 {
        fall(&room, 0, (part * ROWS / 5 + dice.below(ROWS / 8)) as u64);
    }
    let output = running.end();
    let told = text(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{told}");
    let account = crate::run::last_line(&output);
    assert_eq!((&account["records"]["in"], &account["records"]["lost"]), (&ROWS.into(), &0.into()));
    assert_eq!(account["balances"], true);
    let restarts = restarts(&told);
    assert!(!restarts.is_empty(), "kills cost something: {told}");
    assert!(restarts.iter().any(|(as_of, _)| *as_of > 0), "a snapshot was gone on from: {told}");
    // Behind which record each record was learned.
    let mut behind: Vec<usize> = (0..ROWS).collect();
    for (as_of, since) in &restarts {
        if let Some(first) = behind.get_mut(as_of + since) {
            *first = *as_of;
        }
    }
    let mut kept = Vec::new();
    let mut at = ROWS;
    while at > 0 {
        kept.push(at - 1);
        at = behind[at - 1];
    }
    kept.reverse();
    let last = restarts.iter().map(|(as_of, since)| as_of + since).max().unwrap();
    Killed { room, forgotten: account["stages"][0]["forgotten"].as_u64().unwrap_or(0), last, kept, restarts }
}

/// A run over just the records that are in the state.
pub(super) fn undisturbed(step: &str, kept: &[usize]) -> Sandbox {
    undisturbed_over(line, step, kept)
}

pub(super) fn undisturbed_over(line: fn(usize) -> String, step: &str, kept: &[usize]) -> Sandbox {
    let room = Sandbox::new();
    write_as(&room, "n.csv", kept.iter().copied(), line);
    let account = room.run(&alone("", step));
    assert!(account["stages"][0].get("forgotten").is_none());
    room
}

#[test]
fn a_scaler_and_a_learner_are_a_run_over_what_they_say_they_have_seen() {
    for (step, sql) in [
        (r#"operator = "standardize", fields = ["x"], prefix = "z_", per = "k""#, "n, x, z_x"),
        (r#"operator = "standardize", fields = ["x"], prefix = "z_""#, "n, x, z_x"),
        (r#"operator = "kmeans", k = 5, features = ["x"]"#, "n, x, cluster, distance"),
        (r#"operator = "lag", fields = ["x"], n = 2, per = "k""#, "n, x, previous_x"),
    ] {
        let Killed { room, forgotten, last, kept, .. } = killed(step, 3);
        assert_eq!(forgotten, (ROWS - kept.len()) as u64, "{step}");
        let due = undisturbed(step, &kept);
        let sql = format!("SELECT {sql} FROM out WHERE n >= {last} ORDER BY n");
        let (found, due) = (rows(&room, &sql), rows(&due, &sql));
        assert_eq!(found.len(), ROWS - last, "{step}");
        assert!(found == due, "{step}: not the state of what it says it has seen");
        assert_eq!(room.query("out.db", "SELECT count(DISTINCT n) FROM out"), ROWS as i64, "none was lost");
    }
}

#[test]
fn a_window_goes_out_once_and_tells_of_what_was_not_forgotten() {
    for size in [r#"size = "10min""#, r#"size = "10min", slide = "4min""#] {
        let fields = r#"per = "k", fields = { n = "count()", x = "sum(x)" }"#;
        let step = format!(r#"operator = "window", {size}, {fields}"#);
        let Killed { room, forgotten, last, kept, .. } = killed(&step, 5);
        assert_eq!(forgotten, (ROWS - kept.len()) as u64);
        let twice = "SELECT count(*) - count(DISTINCT window_start || '|' || k) FROM out";
        assert_eq!(room.query("out.db", twice), 0, "no window goes out twice");
        // What time had come to when the last process began had gone out.
        let open = format!("WHERE window_end > '{}'", time(last - 1));
        let sql = format!("SELECT window_start, k, n, x FROM out {open} ORDER BY 1, 2");
        let (found, due) = (rows(&room, &sql), rows(&undisturbed(&step, &kept), &sql));
        assert!(found.len() > 13 && found == due, "not the state of what it says it has seen");
    }
}

/// Behind a link, too: what the sink has got before the kill and after it says which records the state is of.
#[test]
fn a_learner_behind_a_link_has_seen_what_went_through_it() {
    let linked = |rate: &str| {
        format!(
            r#"
name = "t"
engine = "direct"
[[stage]]
name = "numbers"
steps = [{{ {SOURCE}{rate} }}]
[[stage]]
name = "z"
from = "numbers"
operator = "standardize"
fields = ["x"]
prefix = "z_"
snapshot_every = 700
[[stage]]
name = "out"
from = "z"
operator = "sqlite"
path = "out.db"
table = "out"
"#
        )
    };
    let room = Sandbox::new();
    write(&room, 0..ROWS);
    let running = room.start(&linked(r#", rate = "8k/s""#), &[]);
    fall(&room, 1, 6_000);
    let output = running.end();
    let told = text(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{told}");
    let account = crate::run::last_line(&output);
    assert_eq!((&account["balances"], &account["records"]["in"]), (&true.into(), &ROWS.into()));
    let [(as_of, since)] = restarts(&told)[..] else { panic!("one restart: {told}") };
    assert!(as_of > 0, "{told}");
    assert_eq!(account["stages"][1]["forgotten"].as_u64().unwrap_or(0), since as u64);

    // All that it had sent when it began a snapshot has arrived, so what is missing of its first life lies behind that.
    let sql = "SELECT n, x, z_x FROM out ORDER BY rowid";
    let stored = rows(&room, sql);
    let handled = books(&room).unwrap().of_stage(1).next().unwrap().account.done as usize;
    let second = handled - (as_of + since);
    let (first, last) = stored.split_at(stored.len() - second);
    assert!(first.len() >= as_of && second > 0, "{} {as_of}", first.len());
    let number = |row: &Vec<Sql>| if let Sql::Integer(n) = row[0] { n as usize } else { panic!("n is i64") };
    let kept = first[..as_of].iter().chain(last).map(number);
    let due = Sandbox::new();
    write(&due, kept);
    due.run(&linked(""));
    assert!(rows(&due, sql)[as_of..] == *last, "not the state of what it has seen");
}

/// Over links records are lost too; but no window is out twice, and nothing is counted that was not there.
#[test]
fn windows_over_links_go_out_once_on_both_engines() {
    for engine in ["direct", "libzmq"] {
        let room = Sandbox::new();
        write(&room, 0..ROWS);
        let topology = format!(
            r#"
name = "t"
engine = "{engine}"
[[stage]]
name = "numbers"
steps = [{{ {SOURCE}, rate = "8k/s" }}]
[[stage]]
name = "tens"
from = "numbers"
operator = "window"
size = "10min"
per = "k"
fields = {{ n = "count()" }}
snapshot_every = 500
[[stage]]
name = "out"
from = "tens"
operator = "sqlite"
path = "out.db"
table = "out"
"#
        );
        let running = room.start(&topology, &[]);
        let mut dice = Dice(7);
        for part in 1..=2 {
            fall(&room, 1, (part * ROWS / 4 + dice.below(ROWS / 8)) as u64);
        }
        let output = running.end();
        let account = crate::run::last_line(&output);
        assert_eq!(account["balances"], true, "{}", text(&output.stderr));
        let (of, number) = (&account["stages"][1], |value: &serde_json::Value| value.as_i64().unwrap_or(0));
        let mut windows: BTreeMap<String, usize> = BTreeMap::new();
        for row in rows(&room, "SELECT window_start || '|' || k FROM out") {
            *windows.entry(format!("{row:?}")).or_default() += 1;
        }
        assert!(windows.values().all(|n| *n == 1), "{engine}: {windows:?}");
        let counted = room.query("out.db", "SELECT sum(n) FROM out");
        let (lost, forgotten) = (number(&account["records"]["lost"]), number(&of["forgotten"]));
        let closed = number(&of["ports"]["late"]);
        assert!(counted + closed <= ROWS as i64, "{engine}: {counted}");
        // Of what was lost on the way to the sink each row stands for many records.
        let rows_lost = number(&account["stages"][2]["lost"]);
        let most = lost + forgotten + rows_lost * 600;
        assert!(
            counted + closed + most >= ROWS as i64,
            "{engine}: {counted}, {lost} lost, {forgotten} forgotten"
        );
    }
}
