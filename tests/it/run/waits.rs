//! Whatever a command waits for, a signal ends it; what another process keeps is told of, and left as it is.

use super::neighbours::hold;
use super::{Running, Sandbox, text, three, wait_for};
use nix::fcntl::{FcntlArg, fcntl};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Write};
use std::os::fd::AsFd;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Stdio};

/// More than a pipe holds.
const MUCH: usize = 300_000;

fn room() -> Sandbox {
    let room = Sandbox::new();
    room.numbers("n.csv", 20_000);
    room.write("t.toml", &three("rate = \"5k/s\"", "if_exists = \"replace\""));
    room
}

/// The first line that a process says on standard error.
fn first_word(child: &mut Child) -> String {
    let mut line = String::new();
    BufReader::new(child.stderr.as_mut().unwrap()).read_line(&mut line).unwrap();
    line.trim_end().to_string()
}

#[test]
fn a_stage_by_hand_that_reads_its_topology_is_ended_by_a_signal() {
    let room = room();
    let mut stage = room.command(&["stage", "-", "--name", "even"]).stdin(Stdio::piped()).spawn().unwrap();
    // It takes more than a pipe holds, so it reads by now.
    stage.stdin.as_mut().unwrap().write_all("# more to come\n".repeat(MUCH / 10).as_bytes()).unwrap();
    let open = stage.stdin.take();
    let stage = Running::of(stage);
    stage.signal(Signal::SIGTERM);
    assert_eq!(stage.end().status.signal(), Some(Signal::SIGTERM as i32));
    drop(open);
}

#[test]
fn who_waits_for_another_that_prepares_the_run_says_so_and_is_ended_by_a_signal() {
    let room = room();
    room.start(&three("", "if_exists = \"replace\""), &[]).account();
    let frozen = File::open(room.path("sluicebox/t/freeze")).unwrap();
    frozen.lock().unwrap();
    let start = |args: &[&str]| room.command(args).spawn().unwrap();
    let mut waiting = [start(&["stage", "t.toml", "--name", "even"]), start(&["run", "t.toml"])];
    for child in &mut waiting {
        assert_eq!(first_word(child), "waiting for another process, which prepares topology \"t\"");
    }
    for running in waiting.map(Running::of) {
        running.signal(Signal::SIGINT);
        assert_eq!(running.end().status.signal(), Some(Signal::SIGINT as i32));
    }
    assert_eq!(room.status().unwrap()["state"], "drained", "nothing was touched");
    drop(frozen);
    assert_eq!(room.sluicebox(&["run", "t.toml", "--for", "20ms"]).status.code(), Some(0));
}

#[test]
fn logs_that_nobody_reads_are_left_by_the_second_signal() {
    let room = room();
    let running = room.start(&three("rate = \"1k/s\"", ""), &[]);
    room.wait_worker("store", "runs", |worker| worker["state"] == "running");
    let line = format!("2013-01-01T05:00:00.000Z {}\n", "x".repeat(100));
    fs::write(room.path("sluicebox/t/0.0.log"), line.repeat(MUCH / 100)).unwrap();
    let (_unread, full) = std::io::pipe().unwrap();
    let ours = full.try_clone().unwrap();
    let child = room.command(&["logs", "t", "--follow"]).stdout(full).spawn().unwrap();
    let is_full = || {
        let mut fds = [PollFd::new(ours.as_fd(), PollFlags::POLLOUT)];
        (poll(&mut fds, PollTimeout::ZERO).unwrap() == 0).then_some(())
    };
    wait_for("the pipe to be full", is_full);
    assert_eq!(signalled(child), Some(3));
    running.signal(Signal::SIGTERM);
    running.account();
}

#[test]
fn a_measurement_whose_result_nobody_reads_is_left_by_the_second_signal() {
    let room = room();
    let (_unread, mut full) = std::io::pipe().unwrap();
    let room_in_it = fcntl(&full, FcntlArg::F_GETPIPE_SZ).unwrap();
    full.write_all(&vec![b'x'; room_in_it as usize]).unwrap();
    let args = ["bench", "t.toml", "--for", "300ms", "--warmup", "0s"];
    let mut bench = room.command(&args);
    let bench = bench.env("TMPDIR", room.path(".")).stdout(full).spawn().unwrap();
    let folder = || {
        let mut all = fs::read_dir(room.path(".")).unwrap().flatten();
        all.find(|entry| entry.file_name().to_string_lossy().starts_with("sluicebox-results"))
    };
    wait_for("it to listen", folder);
    assert_eq!(signalled(bench), Some(3));
    assert!(folder().is_none(), "it has cleared up all the same");
}

/// Sends signals until it ends, and gives its exit code.
fn signalled(mut child: Child) -> Option<i32> {
    let pid = Pid::from_raw(child.id() as i32);
    let status = wait_for("it to end", || {
        kill(pid, Signal::SIGTERM).unwrap();
        child.try_wait().unwrap()
    });
    status.code()
}

/// While one waits for what a killed launcher has left, another may begin: who launches that SHALL stay known.
#[test]
fn who_waits_for_the_run_before_leaves_alone_what_the_next_launcher_says() {
    let room = room();
    let running = room.start(&three("rate = \"5k/s\"", "if_exists = \"replace\""), &[]);
    room.wait_worker("store", "has records", |worker| worker["in"].as_u64().unwrap() > 0);
    running.signal(Signal::SIGKILL);
    running.end();
    let gone = || room.status().filter(|status| status["state"] != "running").map(|_| ());
    wait_for("its stages to die", gone);
    let dying = hold(&room.path("sluicebox/t/1.0.ledger"));
    let mut again = room.command(&["run", "t.toml"]).spawn().unwrap();
    assert!(first_word(&mut again).starts_with("waiting for stage \"even\" of the run before"));
    let led = hold(&room.path("sluicebox/t/lock"));
    let me = std::process::id().to_string();
    fs::write(room.path("sluicebox/t/pid"), &me).unwrap();
    let output = Running::of(again).end();
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("topology \"t\" is running already, from "), "{said}");
    assert_eq!(fs::read_to_string(room.path("sluicebox/t/pid")).unwrap(), me);
    drop((dying, led));
}
