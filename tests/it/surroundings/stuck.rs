//! A stage that can't do as it is told: stopped, held by a debugger, before a disk that does not answer. The launcher
//! keeps `drain_timeout` and the second signal all the same, and tells the account.

use super::{ENDLESS, balanced, end_of, has, is_root};
use crate::run::{Running, Sandbox, text, three, wait_for};
use nix::sys::signal::Signal;
use std::process::{Child, Command, Stdio};

fn begun(drain: &str) -> (Sandbox, Running) {
    let room = Sandbox::new();
    let running = room.start(&ENDLESS.replacen('\n', &format!("\ndrain_timeout = \"{drain}\"\n"), 1), &[]);
    room.wait_worker("store", "has records", |worker| worker["in"].as_u64().unwrap() > 0);
    (room, running)
}

/// One signal SHALL be enough, whatever a stage does.
#[test]
fn a_stage_that_is_stopped_keeps_a_stop_no_longer_than_drain_timeout() {
    for stage in ["orders", "clean", "store"] {
        let (room, running) = begun("100ms");
        room.signal(stage, Signal::SIGSTOP);
        running.signal(Signal::SIGTERM);
        let output = running.end();
        let (code, account, last) = end_of(&output);
        let said = text(&output.stderr);
        assert_eq!(code, Some(3), "{stage}: {said}");
        let hurried = format!(
            "drain_timeout = \"100ms\" is over, and stage \"{stage}\" has not ended: leaving at once"
        );
        assert!(said.contains(&hurried), "{said}");
        assert!(
            last.contains("records are lost (drain_timeout") || last.contains("nothing was lost"),
            "{last}"
        );
        assert_eq!(account["end"], "stopped");
        balanced(&account);
        room.audit();
    }
}

/// `stop`, and the time of `--for`, are kept as a signal is.
#[test]
fn stop_ends_as_a_run_did_that_gave_up() {
    let (room, running) = begun("100ms");
    room.signal("store", Signal::SIGSTOP);
    let stop = room.sluicebox(&["stop", "t"]);
    let said = text(&stop.stderr);
    assert_eq!(stop.status.code(), Some(3), "{said}");
    assert!(said.contains("stopped before everything was drained: "), "{said}");
    assert!(
        text(&stop.stdout).contains("stopped: the account balances on 2 links"),
        "{}",
        text(&stop.stdout)
    );
    assert_eq!(running.end().status.code(), Some(3));
    let room = Sandbox::new();
    let endless = ENDLESS.replacen('\n', "\ndrain_timeout = \"100ms\"\n", 1);
    let running = room.start(&endless, &["--for", "2s"]);
    room.wait_worker("store", "has records", |worker| worker["in"].as_u64().unwrap() > 0);
    room.signal("store", Signal::SIGSTOP);
    let (code, account, last) = end_of(&running.end());
    assert_eq!((code, &account["end"]), (Some(3), &"stopped".into()), "{last}");
    balanced(&account);
}

#[test]
fn two_stages_that_are_stopped_and_a_failure_end_too() {
    let room = Sandbox::new();
    room.write("n.csv", &format!("n,x\n{}{}", "1,2\n".repeat(100), "no,no\n".repeat(100)));
    let topology = three("types = { n = \"i64\", x = \"i64\" }\nrate = \"50/s\"", "");
    let running = room.start(&topology.replacen('\n', "\ndrain_timeout = \"100ms\"\n", 1), &[]);
    room.wait_worker("store", "has records", |worker| worker["in"].as_u64().unwrap() > 0);
    room.signal("even", Signal::SIGSTOP);
    room.signal("store", Signal::SIGSTOP);
    let output = running.end();
    let (code, account, last) = end_of(&output);
    assert_eq!((code, &account["end"]), (Some(1), &"failed".into()), "{}", text(&output.stderr));
    assert!(last.starts_with("stage \"numbers\": ") && last.contains("rejected"), "{last}");
    balanced(&account);
}

/// A debugger that takes hold of a process, and hears of its end before its launcher does; it lets go when its
/// standard input ends. `None` where it may not.
fn traced(room: &Sandbox, stage: &str) -> Option<Child> {
    let pid = room.worker(stage).unwrap()["pid"].to_string();
    let script = "import ctypes,sys\n\
        libc=ctypes.CDLL(None,use_errno=True)\n\
        libc.ptrace.argtypes=[ctypes.c_long]*4\n\
        sys.exit(9) if libc.ptrace(0x4206,int(sys.argv[1]),0,0) else sys.stdin.read()";
    let mut python = Command::new("python3");
    let mut child = python.args(["-c", script, &pid]).stdin(Stdio::piped()).spawn().unwrap();
    let holds = || {
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
        (!status.contains("TracerPid:\t0"))
            .then_some(true)
            .or_else(|| child.try_wait().unwrap().map(|_| false))
    };
    let held = wait_for("the debugger", holds);
    if !held {
        eprintln!("SKIPPED: no process may be traced here");
    }
    held.then_some(child)
}

#[test]
fn a_process_that_can_not_be_reaped_is_left_behind() {
    if !has("python3") {
        return;
    }
    for stage in ["store", "clean"] {
        let (room, running) = begun("10s");
        room.signal(stage, Signal::SIGSTOP);
        let Some(mut debugger) = traced(&room, stage) else { return };
        running.signal(Signal::SIGINT);
        room.wait_worker("orders", "stops", |of| of["state"] != "running" || of["idle"].as_f64().is_some());
        running.signal(Signal::SIGINT);
        let output = running.end();
        let (code, account, _) = end_of(&output);
        let said = text(&output.stderr);
        assert_eq!(code, Some(3), "{said}");
        assert!(said.contains(&format!("stage \"{stage}\" does not end though it was killed: ")), "{said}");
        balanced(&account);
        drop(debugger.stdin.take());
        debugger.wait().unwrap();
        wait_for("it to go", || {
            let output = room.sluicebox(&["audit", "t.toml", "--json"]);
            (output.status.code() == Some(0)).then_some(())
        });
    }
}

/// Who looks on (strace, a debugger) hears of an end before the launcher, which SHALL NOT take that for a crash.
#[test]
fn a_stage_that_is_traced_ends_as_it_does() {
    if !has("python3") {
        return;
    }
    let room = Sandbox::new();
    // It comes to its end without a signal, at which a debugger would stop it.
    let running = room.start(&ENDLESS.replace("rate =", "count = 10_000\nrate ="), &[]);
    room.wait_worker("store", "has records", |worker| worker["in"].as_u64().unwrap() > 0);
    let Some(mut debugger) = traced(&room, "clean") else { return };
    room.wait_worker("store", "has ended", |of| of["state"] == "finished");
    // Its end is known to the debugger alone until that goes.
    drop(debugger.stdin.take());
    debugger.wait().unwrap();
    let output = running.end();
    let (code, account, last) = end_of(&output);
    assert_eq!((code, &account["end"]), (Some(0), &"drained".into()), "{last}");
    assert!(!text(&output.stderr).contains("started again"), "{}", text(&output.stderr));
    assert_eq!(balanced(&account)["lost"], 0);
}

/// A file system that is frozen: what writes to it can't be killed.
#[test]
fn a_disk_that_does_not_answer_does_not_keep_the_launcher() {
    if !is_root() || !has("fsfreeze") {
        return;
    }
    let room = Sandbox::new();
    let line = "truncate -s 32M img && mkfs.ext4 -q img && mkdir disk && mount -o loop img disk";
    if !super::in_shell(&room, line).status().is_ok_and(|status| status.success()) {
        return eprintln!("SKIPPED: no file system can be mounted from a file here");
    }
    let disk = Disk(&room);
    let sink = "operator = \"jsonl\"\npath = \"disk/o.jsonl\"";
    room.write("t.toml", &ENDLESS.replace("operator = \"null\"", sink));
    // Who hangs keeps its end of a pipe.
    let file = |name: &str| std::fs::File::create(room.path(name)).unwrap();
    let mut command = room.command(&["run", "t.toml", "--json"]);
    let running = Running::of(command.stdout(file("out")).stderr(file("err")).spawn().unwrap());
    room.wait_worker("store", "has records", |worker| worker["in"].as_u64().unwrap() > 0);
    assert!(disk.shell("fsfreeze -f disk"));
    let pid = room.worker("store").unwrap()["pid"].to_string();
    wait_for("it to hang", || {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
        stat.contains(") D ").then_some(())
    });
    running.signal(Signal::SIGINT);
    running.signal(Signal::SIGINT);
    let code = running.end().status.code();
    let read = |name: &str| std::fs::read_to_string(room.path(name)).unwrap();
    assert_eq!(code, Some(3), "{}", read("err"));
    assert!(read("err").contains("stage \"store\" does not end though it was killed: "), "{}", read("err"));
    balanced(&serde_json::from_str(&read("out")).unwrap());
}

/// It is thawed and taken away, whatever becomes of the test.
struct Disk<'a>(&'a Sandbox);

impl Disk<'_> {
    fn shell(&self, line: &str) -> bool {
        super::in_shell(self.0, line).status().is_ok_and(|status| status.success())
    }
}

impl Drop for Disk<'_> {
    fn drop(&mut self) {
        self.shell("fsfreeze -u disk; until umount disk; do :; done");
    }
}
