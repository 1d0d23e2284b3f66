//! A run that waits says for what; a stop that gives up, a reader that goes and a second signal follow one rule.

use super::{ENDLESS, balanced};
use crate::run::{Running, Sandbox, text, three, wait_for};
use nix::sys::signal::Signal;
use std::io::{BufRead, BufReader, Read};
use std::process::Stdio;

/// A run whose words are read as they come.
struct Heard {
    running: Running,
    said: std::sync::mpsc::Receiver<String>,
}

impl Heard {
    fn of(room: &Sandbox, args: &[&str], stdout: Stdio) -> Heard {
        let mut child = room.command(args).stdout(stdout).spawn().unwrap();
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let (sender, said) = std::sync::mpsc::channel();
        std::thread::spawn(move || lines.map_while(Result::ok).try_for_each(|line| sender.send(line)));
        Heard { running: Running::of(child), said }
    }

    fn wait(&self, words: &str) -> String {
        let mut all = Vec::new();
        wait_for(words, || {
            all.extend(self.said.try_iter());
            all.iter().find(|line| line.contains(words)).cloned()
        })
    }
}

#[test]
fn a_locked_database_is_told_while_it_is_waited_for() {
    let room = Sandbox::new();
    room.numbers("n.csv", 100);
    room.write("t.toml", &three("rate = \"50/s\"", ""));
    let heard = Heard::of(&room, &["run", "t.toml", "--json"], Stdio::piped());
    room.wait_worker("store", "is there", |worker| worker["state"] == "running");
    let other = rusqlite::Connection::open(room.path("out.db")).unwrap();
    other.busy_timeout(std::time::Duration::from_secs(30)).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let said = heard.wait("store | waiting for a store, no longer than 30s: cannot write to out.db: ");
    assert!(said.contains("another program holds it"), "{said}");
    other.execute_batch("COMMIT").unwrap();
    let account = heard.running.account();
    assert_eq!((&account["end"], &balanced(&account)["stored"]), (&"drained".into(), &50.into()));
}

#[test]
fn a_reader_that_does_not_read_or_is_not_there_is_told() {
    let room = Sandbox::new();
    let to = |path: &str| {
        ENDLESS.replace("operator = \"null\"", &format!("operator = \"jsonl\"\npath = \"{path}\""))
    };
    room.write("t.toml", &to("-"));
    let heard = Heard::of(&room, &["run", "t.toml"], Stdio::piped());
    heard.wait("store | waiting for the reader of stdout, which takes no more just now");
    drop(heard);
    nix::unistd::mkfifo(&room.path("pipe"), nix::sys::stat::Mode::S_IRWXU).unwrap();
    room.write("t.toml", &to("pipe"));
    let heard = Heard::of(&room, &["run", "t.toml", "--json"], Stdio::piped());
    heard.wait("waiting for a store, no longer than 30s: cannot write to pipe: nobody reads it");
    let mut reader = std::fs::File::open(room.path("pipe")).unwrap();
    reader.read_exact(&mut [0; 100]).unwrap();
    heard.wait("store | waiting for the reader of pipe");
}

#[test]
fn a_stage_started_by_hand_says_for_whom_it_waits() {
    let room = Sandbox::new();
    room.write("t.toml", ENDLESS);
    let heard = Heard::of(&room, &["stage", "t.toml", "--name", "orders"], Stdio::piped());
    heard.wait("waiting for clean, store to come up");
}

/// A stop SHALL say for whom it waits, and when it gives up what it was and what is lost.
#[test]
fn a_stop_that_waits_says_for_whom_and_names_the_limit_and_the_loss() {
    let room = Sandbox::new();
    let slow =
        ENDLESS.replace("operator = \"null\"", "operator = \"jsonl\"\npath = \"-\"").replace("5k/s", "1M/s");
    room.write("t.toml", &slow.replacen('\n', "\ndrain_timeout = \"2s\"\n", 1));
    let heard = Heard::of(&room, &["run", "t.toml"], Stdio::piped());
    room.wait_worker("orders", "is blocked", |worker| worker["blocked"].as_f64().unwrap() > 0.3);
    let stop = Running::of(room.command(&["stop", "t"]).spawn().unwrap());
    let said = heard.wait("still waiting for stage \"");
    assert!(
        said.ends_with("records are on their way to it (no longer than drain_timeout = \"2s\")"),
        "{said}"
    );
    let last = heard.wait("stopped before everything was drained: ");
    let stopped = stop.end();
    assert_eq!(stopped.status.code(), Some(3));
    assert_eq!(text(&stopped.stderr).trim_end(), last);
    let lost = last.split(' ').nth(5).unwrap().parse::<u64>().unwrap();
    assert!(lost > 0 && last.ends_with("(drain_timeout = \"2s\" is how long a stop waits)"), "{last}");
    assert_eq!(room.audit()["records"]["lost"], lost);
}

/// The rule: a run ends with 0 where its reader went away, with 3 where it was told to leave before it was drained,
/// whichever of both comes last; what was read and not stored is lost in both, and counted.
#[test]
fn a_reader_that_goes_and_a_second_signal_follow_one_rule() {
    let room = Sandbox::new();
    let both = ENDLESS.replace("operator = \"null\"", "operator = \"jsonl\"\npath = \"-\"");
    let other = "[[stage]]\nname = \"other\"\noperator = \"null\"\nfrom = \"clean\"\n";
    for signals in [0, 1, 2] {
        room.write("t.toml", &(both.clone() + other));
        let mut child = room.command(&["run", "t.toml"]).spawn().unwrap();
        let mut reader = BufReader::new(child.stdout.take().unwrap());
        reader.read_line(&mut String::new()).unwrap();
        let running = Running::of(child);
        if signals > 0 {
            // It has something to drain: a signal that comes when all have ended is none.
            room.signal("other", Signal::SIGSTOP);
        }
        if signals == 1 {
            // A terminal's Ctrl-C is for the reader too.
            running.signal(Signal::SIGINT);
        }
        drop(reader);
        if signals > 0 {
            room.wait_worker("orders", "has ended", |worker| worker["state"] != "running");
        }
        match signals {
            1 => room.signal("other", Signal::SIGCONT),
            2 => running.signal(Signal::SIGINT),
            _ => {}
        }
        let output = running.end();
        let said = text(&output.stderr);
        let code = if signals == 2 { 3 } else { 0 };
        assert_eq!(output.status.code(), Some(code), "{signals}: {said}");
        let audit = room.audit();
        assert_eq!(audit["end"], "stopped", "{signals}: {said}");
    }
}
