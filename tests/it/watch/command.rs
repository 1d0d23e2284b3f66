//! The command `watch`.

use super::*;
use nix::sys::signal::Signal;
use std::io::{BufRead, BufReader, Read};

#[test]
fn it_shows_what_was_asked_for_and_ends_when_it_has() {
    let room = Sandbox::new();
    room.numbers("n.csv", 40_000);
    let run = started(&room, &paced("2k/s"), "store");
    let shown = |args: &[&str]| {
        let output = Running::of(watching(&room, args)).end();
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        (text(&output.stdout), told(&output))
    };
    let (json, counted) = shown(&["even", "--format", "json", "--count", "5"]);
    let rows: Vec<Value> = json.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((rows.len(), counted), (5, (5, 0)));
    let n: Vec<u64> = rows.iter().map(|row| row["n"].as_u64().unwrap()).collect();
    assert!(n.windows(2).all(|pair| pair[0] < pair[1] && pair[0] % 2 == 0), "{n:?}");

    let (csv, _) =
        shown(&["numbers", "--format", "csv", "--fields", "x,n", "--where", "x > 7", "--count", "3"]);
    let lines: Vec<&str> = csv.lines().collect();
    assert_eq!(lines.len(), 4);
    assert_eq!(lines[0], "x,n");
    assert!(lines[1..].iter().all(|line| line.starts_with(['8', '9'])), "{csv}");

    let (table, _) = shown(&["even", "--latency", "--count", "2"]);
    assert!(table.lines().next().unwrap().contains("_age_us"), "{table}");
    assert_eq!(table.lines().count(), 4, "a header, a rule and two records\n{table}");

    let (several, _) = shown(&["numbers", "even", "--format", "json", "--count", "200"]);
    let streams: std::collections::BTreeSet<String> = several
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["_stream"].to_string())
        .collect();
    assert_eq!(Vec::from_iter(streams), ["\"even\"", "\"numbers\""]);

    let output = Running::of(watching(&room, &["*", "--rate", "--for", "1500ms", "--format", "json"])).end();
    let chart = text(&output.stdout);
    let first: Value = serde_json::from_str(chart.lines().next().expect("a line a second")).unwrap();
    assert!(first["records_per_s"].as_f64().unwrap() > 0.0, "{chart}");
    run.signal(Signal::SIGTERM);
    run.account();
}

#[test]
fn what_it_can_not_watch_it_says() {
    let room = Sandbox::new();
    room.numbers("n.csv", 40_000);
    let run = started(&room, &paced("2k/s"), "store");
    let refused = |args: &[&str], code, words: &[&str]| {
        let output = Running::of(watching(&room, args)).end();
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(code), "{said}");
        words.iter().for_each(|word| assert!(said.contains(word), "{word} is not in {said}"));
    };
    refused(&[], 2, &["numbers, numbers/rejected, even", "'*'"]);
    refused(&["even", "--rate", "--format", "csv"], 2, &["it has no CSV"]);
    refused(&["evem"], 2, &["no stream \"evem\"", "did you mean \"even\""]);
    refused(&["x*"], 2, &["nothing that fits \"x*\""]);
    refused(&["even", "--fields", "m"], 2, &["stream \"even\"", "no column \"m\""]);
    refused(&["even", "--where", "m > 1"], 2, &["--where", "m"]);
    refused(&["*", "*/rejected", "--format", "csv"], 2, &["different columns"]);
    run.signal(Signal::SIGTERM);
    run.account();
    refused(&["even"], 1, &["does not run now", "--follow"]);
}

#[test]
fn it_ends_with_the_run_and_a_closed_pipe_ends_it_well() {
    let room = Sandbox::new();
    room.numbers("n.csv", 4_000);
    let run = started(&room, &paced("2k/s"), "store");
    let mut head = watching(&room, &["even", "--format", "json"]);
    let mut first = String::new();
    BufReader::new(head.stdout.take().unwrap()).read_line(&mut first).unwrap();
    assert!(first.starts_with("{\"n\":"), "{first}");
    let output = Running::of(head).end();
    assert_eq!(output.status.code(), Some(0), "its reader has gone: {}", text(&output.stderr));

    let whole = watching(&room, &["even", "--format", "json"]);
    let account = run.account();
    let output = Running::of(whole).end();
    assert_eq!(output.status.code(), Some(0));
    let last = text(&output.stdout).lines().last().unwrap().to_string();
    assert_eq!(last, "{\"n\":3998,\"x\":8}", "it has seen the end");
    assert_eq!(sum(&account, "stored"), 2000);
}

#[test]
fn it_follows_over_runs_and_a_signal_ends_it_well() {
    let room = Sandbox::new();
    room.numbers("n.csv", 3_000);
    room.write("t.toml", &paced("1k/s"));
    let mut child = watching(&room, &["store", "--format", "json", "--follow"]);
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut next = || {
        let line: Value = serde_json::from_str(&lines.next().expect("it goes on").unwrap()).unwrap();
        line["n"].as_u64().unwrap()
    };
    let first = room.start(&paced("1k/s"), &[]);
    let mut n = next();
    while n < 1_000 {
        n = next();
    }
    first.account();
    let second = room.start(&paced("1k/s"), &[]);
    // The file is read from its beginning again.
    wait_for("a record of the next run", || (next() < n).then_some(()));
    second.signal(Signal::SIGINT);
    let stopped = sum(&second.account(), "in");
    assert!(stopped < 3_000, "it must be stopped in the middle");
    // The same run goes on, under the same name.
    let third = room.start(&paced("1k/s"), &["--resume"]);
    wait_for("a record of the run that goes on", || (next() >= stopped).then_some(()));
    third.account();
    let follower = Running::of(child);
    follower.signal(Signal::SIGINT);
    let output = follower.end();
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert!(text(&output.stderr).contains("waiting for its next run"));
    told(&output);
}

#[test]
fn one_who_does_not_read_holds_up_nobody_and_knows_what_it_missed() {
    let room = Sandbox::new();
    room.numbers("n.csv", 1_000_000);
    let run = started(&room, &paced("400k/s"), "store");
    let mut slow = watching(&room, &["numbers", "--format", "json"]);
    // Nobody reads what it writes: its pipe is full soon.
    let account = run.account();
    assert_eq!((sum(&account, "in"), sum(&account, "lost")), (1_000_000, 0));
    let mut out = slow.stdout.take().unwrap();
    let mut all = String::new();
    out.read_to_string(&mut all).unwrap();
    let output = Running::of(slow).end();
    let n = |line: &str| serde_json::from_str::<Value>(line).unwrap()["n"].as_u64().unwrap();
    let seen: Vec<u64> = all.lines().map(n).collect();
    assert!(seen.windows(2).all(|pair| pair[0] < pair[1]), "each once, in order");
    let missed = 1_000_000 - seen[0] - seen.len() as u64;
    assert!(missed > 0, "the fault must bite: it has seen {}", seen.len());
    assert_eq!(told(&output), (seen.len() as u64, missed), "{}", text(&output.stderr));
}
