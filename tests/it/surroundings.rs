//! What a parent leaves, what a machine takes away, who does not read: no run is stopped, killed or held up by it.

mod limits;
mod silence;
mod stuck;
mod vanishing;
mod waiting;

use crate::run::{Running, Sandbox, last_line, text, three};
use nix::sys::signal::Signal;
use serde_json::Value;
use std::process::{Command, Output, Stdio};

/// A source without an end, and a sink that takes all.
const ENDLESS: &str = r#"
name = "t"
[[stage]]
name = "orders"
operator = "shop"
rate = "5k/s"
[[stage]]
name = "clean"
operator = "filter"
from = "orders"
where = "quantity > 0"
[[stage]]
name = "store"
operator = "null"
from = "clean"
"#;

/// A command that begins in what some lines of Python, `prepare`, leave behind; `None` after saying aloud that there
/// is no Python.
fn left_by(room: &Sandbox, prepare: &str, args: &[&str]) -> Option<Command> {
    if !has("python3") {
        return None;
    }
    let script = format!("import os, signal, sys\n{prepare}\nos.execvp(sys.argv[1], sys.argv[1:])");
    let mut command = Command::new("python3");
    command.args(["-c", &script, env!("CARGO_BIN_EXE_sluicebox")]).args(args);
    Some(at_home(room, command))
}

/// The same for a line of a shell, where `$0` is the program.
fn in_shell(room: &Sandbox, line: &str) -> Command {
    let mut command = Command::new("bash");
    command.args(["-c", line, env!("CARGO_BIN_EXE_sluicebox")]);
    at_home(room, command)
}

fn at_home(room: &Sandbox, mut command: Command) -> Command {
    command.current_dir(room.path(".")).env("XDG_RUNTIME_DIR", room.path("."));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn run(mut command: Command) -> Output {
    Running::of(command.spawn().unwrap()).end()
}

fn has(program: &str) -> bool {
    let known = Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    let known = known.is_ok();
    if !known {
        eprintln!("SKIPPED: there is no {program} on this machine");
    }
    known
}

/// Whether the test may do what only root may; says so aloud if not.
fn is_root() -> bool {
    let root = nix::unistd::geteuid().is_root();
    if !root {
        eprintln!("SKIPPED: it needs root");
    }
    root
}

/// Where all that came in is, and that it is all told.
fn balanced(account: &Value) -> &Value {
    assert_eq!(account["balances"], true, "{account}");
    let records = &account["records"];
    let n = |key: &str| records[key].as_u64().unwrap();
    assert_eq!(n("in"), n("stored") + n("filtered") + n("rejected") + n("lost"), "{account}");
    records
}

/// The code, the account, and the last line on standard error.
fn end_of(output: &Output) -> (Option<i32>, Value, String) {
    let said = text(&output.stderr);
    (output.status.code(), last_line(output), said.lines().last().unwrap_or_default().to_string())
}

/// A stage that fails.
const FAILS: &str = "types = { n = \"i64\", x = \"i64\" }";

#[test]
fn a_parent_that_ignores_its_children_hides_no_end() {
    let ignored = "signal.signal(signal.SIGCHLD, signal.SIG_IGN)";
    let room = Sandbox::new();
    room.numbers("n.csv", 100);
    for sink in ["", "if_exists = \"replace\""] {
        room.write("t.toml", &three("", sink));
        let Some(command) = left_by(&room, ignored, &["run", "t.toml", "--json"]) else { return };
        let output = run(command);
        let said = text(&output.stderr);
        assert_eq!((output.status.code(), said.as_str()), (Some(0), ""), "no stage was started again");
        assert_eq!(balanced(&last_line(&output))["stored"], 50);
    }
    room.write("n.csv", "n,x\n1,2\nno,no\n");
    room.write("t.toml", &three(FAILS, "if_exists = \"replace\""));
    for _ in 0..3 {
        let output = run(left_by(&room, ignored, &["run", "t.toml", "--json"]).unwrap());
        let (code, account, last) = end_of(&output);
        assert_eq!(code, Some(1), "{last}");
        assert!(!text(&output.stderr).contains("started again"), "{}", text(&output.stderr));
        assert!(last.starts_with("stage \"numbers\": ") && last.contains("rejected"), "{last}");
        assert_eq!(account["end"], "failed");
    }
}

#[test]
fn signals_that_a_parent_left_ignored_or_held_back_still_stop_a_run() {
    let ignored =
        "[signal.signal(s, signal.SIG_IGN) for s in (signal.SIGINT, signal.SIGTERM, signal.SIGQUIT)]";
    let held = "signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())";
    for (prepare, signal) in [
        (ignored, Signal::SIGINT),
        (ignored, Signal::SIGTERM),
        (held, Signal::SIGINT),
        (held, Signal::SIGHUP),
    ] {
        let room = Sandbox::new();
        room.write("t.toml", ENDLESS);
        let Some(mut command) = left_by(&room, prepare, &["run", "t.toml", "--json"]) else { return };
        let running = Running::of(command.spawn().unwrap());
        room.wait_worker("store", "has records", |worker| worker["in"].as_u64().unwrap() > 0);
        running.signal(signal);
        let account = running.account();
        assert_eq!(
            (&account["end"], &account["records"]["lost"]),
            (&"drained".into(), &0.into()),
            "{signal}"
        );
    }
    // A command that does not listen is ended by one.
    let room = Sandbox::new();
    room.write("t.toml", ENDLESS);
    let mut check = left_by(&room, held, &["check", "-"]).unwrap();
    let running = Running::of(check.stdin(Stdio::piped()).spawn().unwrap());
    crate::run::wait_for("it to read", || {
        let of = std::fs::read_to_string(format!("/proc/{}/status", running.pid())).unwrap();
        let blocked = of.lines().find_map(|line| line.strip_prefix("SigBlk:")).unwrap().trim().to_string();
        (of.contains("Name:\tsluicebox") && u64::from_str_radix(&blocked, 16).unwrap() & 1 << 14 == 0)
            .then_some(())
    });
    running.signal(Signal::SIGTERM);
    use std::os::unix::process::ExitStatusExt;
    assert_eq!(running.end().status.signal(), Some(Signal::SIGTERM as i32));
}

/// Files that their owner may not read would end a run whose stages find each other by files.
#[test]
fn a_mask_that_takes_the_owner_his_rights_takes_none() {
    use std::os::unix::fs::MetadataExt;
    let room = Sandbox::new();
    room.numbers("n.csv", 10);
    room.write("t.toml", &three("", ""));
    let output = run(in_shell(&room, "umask 0777; exec $0 run t.toml --json"));
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let mode = |path: &str| std::fs::metadata(room.path(path)).unwrap().mode() & 0o777;
    let modes = ["out.db", "sluicebox", "sluicebox/t/plan.json"].map(mode);
    assert!(modes.iter().all(|mode| mode & 0o677 == 0o600), "owner only: {modes:?}");
}

#[test]
fn who_quits_leaves_at_once_with_the_account() {
    let room = Sandbox::new();
    let running = room.start(ENDLESS, &[]);
    room.wait_worker("store", "has records", |worker| worker["in"].as_u64().unwrap() > 0);
    running.signal(Signal::SIGQUIT);
    let output = running.end();
    let (code, account, last) = end_of(&output);
    assert_eq!(code, Some(3), "{last}");
    assert!(text(&output.stderr).contains("asked to stop: leaving at once"), "{}", text(&output.stderr));
    assert!(last.starts_with("stopped before everything was drained: "), "{last}");
    assert_eq!(account["end"], "stopped");
    balanced(&account);
    let room = Sandbox::new();
    let running = room.start(ENDLESS, &[]);
    room.wait_worker("store", "has records", |worker| worker["in"].as_u64().unwrap() > 0);
    room.signal("clean", Signal::SIGQUIT);
    let (code, account, last) = end_of(&running.end());
    assert_eq!((code, &account["end"]), (Some(3), &"stopped".into()), "{last}");
    balanced(&account);
}

/// Rows on a terminal that stops who writes to it from the background: the sinks run in groups of their own.
#[test]
fn a_terminal_with_tostop_stops_nobody() {
    if !has("script") {
        return;
    }
    let sinks = ["operator = \"jsonl\"\npath = \"-\"", "operator = \"csv\"\npath = \"/dev/tty\""];
    let rooms = ["$0 run t.toml", "set -m; $0 run t.toml & wait $!", "$0 run t.toml 2>/dev/null"];
    for (sink, line) in sinks.iter().flat_map(|sink| rooms.map(|line| (sink, line))) {
        let room = Sandbox::new();
        room.numbers("n.csv", 100);
        room.write(
            "t.toml",
            &three("", "").replace("operator = \"sqlite\"", sink).replace("path = \"out.db\"", ""),
        );
        let line = line.replace("$0", env!("CARGO_BIN_EXE_sluicebox"));
        let mut command = Command::new("script");
        command.args(["-qec", &format!("stty tostop; bash -c '{line}'"), "/dev/null"]);
        let mut command = at_home(&room, command);
        command.env("TERM", "dumb");
        let output = run(command);
        let seen = text(&output.stdout);
        assert_eq!(output.status.code(), Some(0), "{line}: {seen}");
        assert!(
            seen.contains("98") && (line.contains("2>") || seen.contains("drained: the account balances")),
            "{seen}"
        );
    }
}
