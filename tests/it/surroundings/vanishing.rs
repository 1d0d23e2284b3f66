//! A run directory that goes away or fills up while a run goes on: the account is told all the same.

use super::{ENDLESS, balanced, end_of, is_root};
use crate::run::{Running, Sandbox, last_line, text, three};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::process::{Command, Stdio};

const ROWS: usize = 20_000;

/// A run of so many records at so many a second, some of which are stored.
fn begun(topology: &str) -> (Sandbox, Running) {
    let room = Sandbox::new();
    room.numbers("n.csv", ROWS);
    let running = room.start(topology, &[]);
    room.wait_worker("store", "has records", |worker| worker["in"].as_u64().unwrap() > 100);
    (room, running)
}

/// As a logout does it.
fn take_away(room: &Sandbox) {
    std::fs::remove_dir_all(room.path("sluicebox")).unwrap();
}

#[test]
fn a_run_whose_directory_is_gone_ends_with_its_account() {
    for sink in ["", "workers"] {
        let topology = three("rate = \"20k/s\"", "");
        let topology = match sink {
            "workers" => topology.replace("from = \"numbers\"", "from = \"numbers\"\nworkers = 3"),
            _ => topology,
        };
        let (room, running) = begun(&topology);
        take_away(&room);
        let output = running.end();
        let (code, account, last) = end_of(&output);
        assert_eq!(code, Some(0), "{last}");
        let records = balanced(&account);
        assert_eq!((&records["in"], &records["lost"]), (&ROWS.into(), &0.into()));
        assert!(last.starts_with("the account is told here and not kept: cannot write "), "{last}");
        assert!(last.ends_with("this run can't be looked at or resumed any more)"), "{last}");
        assert_eq!(room.query("out.db", "SELECT count(*) FROM even"), ROWS as i64 / 2);
    }
}

#[test]
fn a_stop_and_a_failure_are_as_ever_without_a_directory() {
    let (room, running) = begun(&three("rate = \"5k/s\"", ""));
    take_away(&room);
    running.signal(Signal::SIGINT);
    let (code, account, last) = end_of(&running.end());
    assert_eq!((code, &account["end"]), (Some(0), &"drained".into()), "{last}");
    assert_eq!(balanced(&account)["lost"], 0);
    // The source fails where its file does, long after the directory has gone.
    let room = Sandbox::new();
    let lines: String = (0..ROWS).map(|n| format!("{n},2\n")).collect();
    room.write("n.csv", &format!("n,x\n{lines}{}", "no,no\n".repeat(ROWS)));
    let running = room.start(&three("rate = \"20k/s\"\ntypes = { n = \"i64\", x = \"i64\" }", ""), &[]);
    room.wait_worker("store", "has records", |worker| worker["in"].as_u64().unwrap() > 0);
    take_away(&room);
    let output = running.end();
    let (code, account, _) = end_of(&output);
    assert_eq!((code, &account["end"]), (Some(1), &"failed".into()));
    let said = text(&output.stderr);
    assert!(
        said.lines().any(|line| line.starts_with("stage \"numbers\": ") && line.contains("rejected")),
        "{said}"
    );
    balanced(&account);
}

#[test]
fn a_stage_that_falls_when_the_directory_is_gone_says_why_it_can_not_come_back() {
    for stage in ["numbers", "even", "store"] {
        let (room, running) = begun(&three("rate = \"5k/s\"", ""));
        let pid = room.worker(stage).unwrap()["pid"].as_i64().unwrap();
        take_away(&room);
        kill(Pid::from_raw(pid as i32), Signal::SIGKILL).unwrap();
        let output = running.end();
        let (code, account, last) = end_of(&output);
        let said = text(&output.stderr);
        assert_eq!(code, Some(1), "{stage}: {said}");
        let sentence = format!("stage \"{stage}\" can't come back: the run directory ");
        assert!(last.starts_with(&sentence) && last.contains("is gone (a logout clears it"), "{said}");
        assert_eq!(account["end"], "failed");
        balanced(&account);
    }
}

/// A run directory on a file system of its own that is full from then on.
#[test]
fn a_full_run_directory_is_a_warning_and_stop_ends_as_the_run_did() {
    if !is_root() {
        return;
    }
    let room = Sandbox::new();
    room.write("t.toml", ENDLESS);
    let line = "mount -t tmpfs -o size=4m tmpfs full || exit 77; chmod 700 full; export XDG_RUNTIME_DIR=$PWD/full\n\
        $0 run t.toml --json & \n\
        until $0 status t 2>/dev/null | grep -q 'store *running'; do :; done\n\
        dd if=/dev/zero of=full/fill bs=4k 2>/dev/null\n\
        $0 stop t > stopped 2>&1; echo $? >> stopped; wait $!";
    std::fs::create_dir(room.path("full")).unwrap();
    let mut command = Command::new("unshare");
    command.args(["-m", "bash", "-c", line, env!("CARGO_BIN_EXE_sluicebox")]).current_dir(room.path("."));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let Ok(child) = command.spawn() else {
        return eprintln!("SKIPPED: there is no unshare on this machine");
    };
    let output = Running::of(child).end();
    let said = text(&output.stderr);
    if output.status.code() == Some(77) || said.contains("unshare failed") {
        return eprintln!("SKIPPED: nothing can be mounted here: {said}");
    }
    assert_eq!(output.status.code(), Some(0), "{said}");
    let account = last_line(&output);
    assert_eq!((&account["end"], &balanced(&account)["lost"]), (&"drained".into(), &0.into()));
    assert!(said.contains("account.json: no space left on device (`sluicebox status` tells it"), "{said}");
    let stopped = std::fs::read_to_string(room.path("stopped")).unwrap();
    assert!(stopped.ends_with("drained: the account balances on 2 links and in 3 stages\n0\n"), "{stopped}");
}
