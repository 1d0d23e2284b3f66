//! Closed pipes, signals, and runs that are ended from outside.

use super::{TO_STDOUT, code_and_words, room};
use crate::run::{Running, last_line, text, three, wait_for};
use nix::sys::signal::Signal;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

const ROWS: usize = 300_000;

/// The rows have no end, so nothing but the closed pipe ends the run.
#[test]
fn a_reader_that_has_seen_enough_ends_the_run_well() {
    let endless = TO_STDOUT.replace("\"n.csv\"", "\"n.csv\"\nrepeat = \"forever\"");
    for args in [&["run", "t.toml"][..], &["run", "t.toml", "--json"]] {
        let room = room(1000, &endless);
        let mut child = room.command(args).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        assert_eq!(lines.next().unwrap().unwrap(), "{\"n\":0,\"x\":0}");
        drop(lines);
        let (code, words) = code_and_words(&Running::of(child).end());
        assert_eq!(code, Some(0), "{words}");
        assert_eq!(words.matches("nobody reads standard output any more").count(), 1, "{words}");
        let audit = room.audit();
        assert_eq!(audit["end"], "stopped");
    }
}

#[test]
fn a_closed_pipe_is_success_for_the_account_and_for_lists() {
    let room = room(10, &three("", "if_exists = \"replace\""));
    for args in
        [&["list"][..], &["list", "--json"], &["check", "t.toml"], &["run", "t.toml"], &["status", "t"]]
    {
        let mut child = room.command(args).spawn().unwrap();
        drop(child.stdout.take());
        let (code, words) = code_and_words(&Running::of(child).end());
        assert_eq!((code, words.as_str()), (Some(0), ""), "{args:?}");
    }
}

#[test]
fn nobody_at_stderr_stdin_or_stdout_is_no_failure() {
    let room = room(10, &three("", "if_exists = \"replace\""));
    for closed in ["2>&-", "<&-", ">&-", "<&- >&- 2>&-"] {
        let mut shell = Command::new("sh");
        shell.args(["-c", &format!("exec \"$0\" run t.toml {closed}"), env!("CARGO_BIN_EXE_sluicebox")]);
        shell.current_dir(room.path(".")).env("XDG_RUNTIME_DIR", room.path("."));
        assert_eq!(shell.output().unwrap().status.code(), Some(0), "{closed}");
        assert_eq!(room.audit()["records"]["stored"], 5, "{closed}");
    }
}

/// Records that nobody can ever read are not stored.
#[test]
fn records_need_a_standard_output() {
    let room = room(10, &three("", "").replace("\"sqlite\"", "\"csv\"").replace("out.db", "-"));
    for (stream, code) in [(">&-", 1), (">/dev/null", 0), (">o.csv", 0)] {
        let output = room.behind(&format!("exec {stream}"), &["run", "t.toml"]).output().unwrap();
        let (ended, words) = code_and_words(&output);
        assert_eq!(ended, Some(code), "{stream}: {words}");
        assert_eq!(words.contains("cannot write to standard output: it was closed"), code == 1, "{words}");
    }
    assert_eq!(std::fs::read_to_string(room.path("o.csv")).unwrap().lines().count(), 6);
}

#[test]
fn a_full_disk_behind_standard_output_is_a_failure() {
    let room = room(10, &three("", ""));
    let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
    let (code, words) = code_and_words(&room.command(&["run", "t.toml"]).stdout(full).output().unwrap());
    assert_eq!(code, Some(1));
    assert_eq!(words, "cannot write the results: no space left on device\n");
}

/// Stopped while its stages start, it kills none of them and starts none again.
#[test]
fn a_stop_in_start_up_is_a_clean_end() {
    for time in ["0ms", "1ms", "5ms", "10ms", "20ms"] {
        let room = room(ROWS, "");
        let running = room.start(&three("rate = \"10k/s\"", ""), &["--for", time]);
        let output = running.end();
        let (code, words) = code_and_words(&output);
        assert_eq!(code, Some(0), "{time}: {words}");
        let said = "the time is up: sources stop, the rest is drained (Ctrl-C leaves at once)\n";
        assert_eq!(words, said, "{time}");
        let account = last_line(&output);
        assert_eq!((&account["end"], &account["records"]["lost"]), (&"drained".into(), &0.into()), "{time}");
        assert!(account["records"]["in"].as_u64().unwrap() < ROWS as u64, "{time}: it was stopped");
    }
}

#[test]
fn a_hang_up_drains() {
    let room = room(ROWS, "");
    let running = room.start(&three("rate = \"10k/s\"", ""), &[]);
    room.wait_worker("store", "has records", |worker| worker["in"].as_u64().unwrap() > 0);
    running.signal(Signal::SIGHUP);
    let account = running.account();
    assert_eq!((&account["end"], &account["records"]["lost"]), (&"drained".into(), &0.into()));
    assert!(account["records"]["in"].as_u64().unwrap() < ROWS as u64);
}

#[test]
fn under_nohup_a_run_outlives_its_terminal() {
    let room = room(ROWS, &three("rate = \"10k/s\"", ""));
    let mut shell = Command::new("sh");
    shell.args(["-c", "trap '' HUP; exec \"$0\" run t.toml --json", env!("CARGO_BIN_EXE_sluicebox")]);
    shell.current_dir(room.path(".")).env("XDG_RUNTIME_DIR", room.path("."));
    shell.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let running = Running::of(shell.spawn().unwrap());
    let records = || room.worker("store").and_then(|worker| worker["in"].as_u64());
    let so_far = wait_for("records", || records().filter(|n| *n > 0));
    running.signal(Signal::SIGHUP);
    wait_for("more records", || records().filter(|n| *n > so_far + 2000));
    running.signal(Signal::SIGTERM);
    assert_eq!(running.account()["records"]["lost"], 0);
}

#[test]
fn a_run_whose_launcher_was_killed_is_still_accounted_for() {
    let room = room(ROWS, "");
    let running = room.start(&three("rate = \"20k/s\"", ""), &[]);
    room.wait_worker("store", "has records", |worker| worker["out"].as_u64().unwrap() > 0);
    running.signal(Signal::SIGKILL);
    running.end();
    let status = wait_for("all to be gone", || room.status().filter(|status| status["state"] != "running"));
    assert_eq!(status["state"], "killed");
    let audit = room.audit();
    let records = &audit["records"];
    let number = |key: &str| records[key].as_i64().unwrap();
    assert_eq!(number("in"), number("stored") + number("filtered") + number("lost"));
    assert_eq!(room.query("out.db", "SELECT count(*) FROM even"), number("stored"));
    let said = text(&room.sluicebox(&["status", "t"]).stdout);
    assert!(said.contains("killed: the account balances on 2 links"), "{said}");
}
