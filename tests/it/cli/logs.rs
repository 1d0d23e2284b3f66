//! `logs`: what stages said is kept, and shown while they run and after.

use super::{code_and_words, keys, room};
use crate::run::{Running, Sandbox, last_line, text, three, wait_for};
use nix::sys::signal::Signal;
use std::fs::{self, OpenOptions};
use std::io::{BufRead, BufReader, Lines, Write};
use std::process::{Child, ChildStdout};

const ROWS: usize = 100_000;

/// What a launcher does that hears a line, at this time.
fn say(room: &Sandbox, log: &str, time: &str, line: &str) {
    let path = room.path(&format!("sluicebox/t/{log}"));
    let mut file = OpenOptions::new().append(true).create(true).open(path).unwrap();
    file.write_all(format!("{time} {line}\n").as_bytes()).unwrap();
}

fn shown(room: &Sandbox, args: &[&str]) -> String {
    let output = room.sluicebox(&[&["logs"], args].concat());
    assert_eq!(code_and_words(&output), (Some(0), String::new()), "{args:?}");
    text(&output.stdout)
}

/// What stands behind the time of each line.
fn texts(shown: &str) -> Vec<&str> {
    shown.lines().map(|line| &line["1970-01-01T00:00:00.000Z ".len()..]).collect()
}

#[test]
fn what_a_stage_said_last_is_shown_after_the_run_and_gone_with_the_next() {
    let room = Sandbox::new();
    let lines: String = (0..20_000).map(|n| format!("{}{n}\n", if n < 10_000 { "" } else { "x" })).collect();
    room.write("n.csv", &format!("n\n{lines}"));
    let topology = three("types = { n = \"i64\" }", "if_exists = \"replace\"").replace("x % 2", "n % 2");
    let failed = text(&room.start(&topology, &[]).end().stderr);
    let sentence = failed.lines().last().unwrap();
    assert!(sentence.starts_with("stage \"numbers\": "), "{failed}");
    for args in [&[][..], &["t"], &["t.toml"], &["t", "--follow"], &["t", "--since", "10m"]] {
        assert_eq!(texts(&shown(&room, args)).last().unwrap(), &format!("numbers | {sentence}"), "{args:?}");
    }
    for args in [&["t", "numbers"][..], &["t", "numbers/0"], &["t", "numbers.0", "numbers"]] {
        assert_eq!(texts(&shown(&room, args)).last().unwrap(), &sentence, "one log needs no name: {args:?}");
    }
    let line = last_line(&room.sluicebox(&["logs", "t", "--json"]));
    assert_eq!(keys(&line), "time stage worker line");
    assert_eq!(
        (&line["stage"], &line["worker"], &line["line"]),
        (&"numbers".into(), &0.into(), &sentence.into())
    );
    for args in [&["t", "even"][..], &["t", "even", "--follow"]] {
        let output = room.sluicebox(&[&["logs"], args].concat());
        let (code, words) = code_and_words(&output);
        assert_eq!((code, text(&output.stdout).as_str()), (Some(0), ""));
        assert!(words.starts_with("nothing was said there yet"), "{words}");
    }
    room.write("n.csv", "n\n1\n");
    room.run(&topology);
    let said = text(&room.sluicebox(&["logs", "t"]).stdout);
    let all: Vec<&str> = said.lines().collect();
    let kept = "store | warning: nothing was stored: table \"even\" of out.db stays as it was";
    assert!(matches!(all[..], [one] if one.ends_with(kept)), "{said}");
}

#[test]
fn lines_of_several_stages_stand_in_order_of_time() {
    let room = room(10, "");
    let topology = three("", "").replace("where =", "workers = 2\nwhere =");
    room.run(&topology);
    for (log, second, line) in [
        ("0.0.log.1", 0, "a"),
        ("1.0.log", 1, "b"),
        ("0.0.log", 2, "c"),
        ("1.1.log", 3, "d"),
        ("1.0.log", 4, "e"),
        ("2.0.log", 4, "f"),
    ] {
        say(&room, log, &format!("2013-01-01T05:00:0{second}.250Z"), line);
    }
    let all = shown(&room, &["t"]);
    assert!(all.starts_with("2013-01-01T05:00:00.250Z numbers | a\n"), "{all}");
    assert_eq!(
        texts(&all),
        ["numbers | a", "even.0 | b", "numbers | c", "even.1 | d", "even.0 | e", "store | f"]
    );
    assert_eq!(texts(&shown(&room, &["t", "even"])), ["even.0 | b", "even.1 | d", "even.0 | e"]);
    assert_eq!(texts(&shown(&room, &["t", "even/1"])), ["d"]);
    let since = ["t", "--since", "2013-01-01T05:00:04Z"];
    assert_eq!(texts(&shown(&room, &since)), ["even.0 | e", "store | f"]);
    assert_eq!(shown(&room, &["t", "--since", "10m"]), "", "that was long ago");
    let json = text(&room.sluicebox(&["logs", "t", "even/1", "--json"]).stdout);
    let said = r#"{"time":"2013-01-01T05:00:03.250Z","stage":"even","worker":1,"line":"d"}"#;
    assert_eq!(json, format!("{said}\n"));
}

#[test]
fn threads_of_one_process_speak_with_one_voice() {
    let room = room(10, "");
    let topology = three("process = \"front\"", "").replace("where =", "process = \"front\"\nwhere =");
    room.run(&topology);
    say(&room, "0.0.log", "2013-01-01T05:00:00.000Z", "a");
    say(&room, "2.0.log", "2013-01-01T05:00:00.000Z", "b");
    assert_eq!(texts(&shown(&room, &["t"])), ["front | a", "store | b"]);
    for name in ["numbers", "even/0", "front"] {
        assert_eq!(texts(&shown(&room, &["t", name])), ["a"], "{name}");
    }
    let line = last_line(&room.sluicebox(&["logs", "t", "even", "--json"]));
    assert!(line["stage"] == "front" && line["worker"].is_null(), "{line}");
}

#[test]
fn what_is_not_there_is_told_with_the_nearest() {
    let room = room(10, "");
    room.run(&three("", ""));
    for (args, said) in [
        (&["tt"][..], "nothing is known of a run of tt: did you mean \"t\"?"),
        (&["t", "evn"], "topology \"t\" has no stage \"evn\": did you mean \"even\"?"),
        (&["t", "store", "even/7"], "topology \"t\" has no worker \"even/7\": it has even/0 to 0"),
    ] {
        let output = room.sluicebox(&[&["logs"], args].concat());
        let (code, words) = code_and_words(&output);
        assert_eq!((code, words.lines().count()), (Some(2), 1), "{words}");
        assert!(words.starts_with(said), "{words}");
    }
}

/// A run that goes on for long, and `logs --follow` of it.
fn followed(room: &Sandbox) -> (Running, Child, Lines<BufReader<ChildStdout>>) {
    let running = room.start(&three(r#"rate = "1k/s""#, ""), &[]);
    room.wait_worker("store", "runs", |worker| worker["state"] == "running");
    say(room, "0.0.log", "2013-01-01T05:00:00.000Z", "first");
    let mut child = room.command(&["logs", "--follow"]).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert_eq!(lines.next().unwrap().unwrap(), "2013-01-01T05:00:00.000Z numbers | first");
    (running, child, lines)
}

#[test]
fn following_goes_on_over_full_files_and_ends_with_the_run() {
    let room = room(ROWS, "");
    let (running, child, mut lines) = followed(&room);
    let mut next = || lines.next().map(|line| texts(&line.unwrap())[0].to_string());
    for n in 0..5 {
        say(&room, "0.0.log", "2013-01-01T05:00:01.000Z", &format!("before {n}"));
        let (full, before) = ("sluicebox/t/0.0.log", "sluicebox/t/0.0.log.1");
        fs::rename(room.path(full), room.path(before)).unwrap();
        say(&room, "0.0.log", "2013-01-01T05:00:02.000Z", &format!("after {n}"));
        assert_eq!(next().unwrap(), format!("numbers | before {n}"));
        assert_eq!(next().unwrap(), format!("numbers | after {n}"));
    }
    say(&room, "2.0.log", "2013-01-01T05:00:03.000Z", "the last");
    running.signal(Signal::SIGTERM);
    running.account();
    assert_eq!(next().unwrap(), "store | the last");
    assert_eq!(next(), None);
    assert_eq!(code_and_words(&Running::of(child).end()), (Some(0), String::new()));
}

#[test]
fn following_ends_quietly_by_ctrl_c_and_when_nobody_reads_it() {
    let room = room(ROWS, "");
    let (running, child, lines) = followed(&room);
    let child = Running::of(child);
    child.signal(Signal::SIGINT);
    assert_eq!(code_and_words(&child.end()), (Some(0), String::new()));
    drop(lines);
    let mut child = room.command(&["logs", "t", "--follow"]).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    lines.next().unwrap().unwrap();
    drop(lines);
    say(&room, "1.0.log", "2013-01-01T05:00:01.000Z", "to nobody");
    assert_eq!(code_and_words(&Running::of(child).end()), (Some(0), String::new()));
    running.signal(Signal::SIGTERM);
    running.account();
}

#[test]
fn a_name_is_needed_only_where_several_run() {
    let room = room(10, "");
    room.run(&three("", ""));
    room.run(&three("", "").replace("name = \"t\"", "name = \"u\"").replace("out.db", "u.db"));
    // What lies beside runs and is none disturbs nobody.
    room.write("sluicebox/notes", "");
    let (code, words) = code_and_words(&room.sluicebox(&["audit"]));
    assert_eq!(code, Some(2));
    assert_eq!(words, "no topology runs here now; say which of these you mean: t, u\n");
    let listed = room.sluicebox(&["status"]);
    assert_eq!(listed.status.code(), Some(0), "who asks how things stand is told of all");
    let listed = text(&listed.stdout);
    let names: Vec<&str> = listed.lines().filter_map(|line| line.split_whitespace().next()).collect();
    assert_eq!(names, ["topology", "t", "u"], "{listed}");
    assert!(listed.lines().skip(1).all(|line| line.contains(" drained ")), "{listed}");
    let (code, words) = code_and_words(&room.sluicebox(&["stop"]));
    assert_eq!((code, words.contains("no topology runs here now")), (Some(1), true), "{words}");
    room.numbers("n.csv", ROWS);
    let replace = three(r#"rate = "1k/s""#, "if_exists = \"replace\"");
    let running = room.start(&replace, &[]);
    let status = || {
        Some(text(&room.sluicebox(&["status"]).stdout)).filter(|said| said.starts_with("topology t: running"))
    };
    wait_for("the one that runs", status);
    assert_eq!(room.sluicebox(&["stop"]).status.code(), Some(0));
    assert_eq!(running.account()["end"], "drained");
}
