//! Who does not read what a run says holds up nothing: not a restart, not a signal, not its end.

use super::{ENDLESS, balanced, has};
use crate::run::{Running, Sandbox, last_line, text, wait_for};
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::sys::signal::Signal;
use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::process::{Command, Stdio};

/// A pipe that takes no more; who holds its other end does not read.
fn full() -> (OwnedFd, OwnedFd) {
    let (read, write) = nix::unistd::pipe().unwrap();
    let mut to = File::from(write.try_clone().unwrap());
    fcntl(&write, FcntlArg::F_SETFL(OFlag::O_NONBLOCK)).unwrap();
    while to.write(&[b'x'; 4096]).is_ok() {}
    while to.write(b"x").is_ok() {}
    fcntl(&write, FcntlArg::F_SETFL(OFlag::empty())).unwrap();
    (read, write)
}

fn start(room: &Sandbox, stdout: impl Into<Stdio>, stderr: impl Into<Stdio>) -> Running {
    room.write("t.toml", ENDLESS);
    let mut command = room.command(&["run", "t.toml", "--json"]);
    let running = Running::of(command.stdout(stdout).stderr(stderr).spawn().unwrap());
    room.wait_worker("store", "has records", |worker| worker["in"].as_u64().unwrap() > 0);
    running
}

#[test]
fn a_full_pipe_at_standard_error_holds_up_no_restart_and_no_stop() {
    let room = Sandbox::new();
    let (held, pipe) = full();
    let running = start(&room, Stdio::piped(), pipe);
    for stage in ["clean", "orders", "store"] {
        room.signal(stage, Signal::SIGKILL);
        room.wait_worker(stage, "is there again", |of| of["restarts"] == 1 && of["state"] == "running");
    }
    let stop = room.sluicebox(&["stop", "t"]);
    assert_eq!(stop.status.code(), Some(0), "{}", text(&stop.stderr));
    let account = running.account();
    assert_eq!(account["end"], "drained");
    balanced(&account);
    drop(held);
}

#[test]
fn a_full_pipe_hears_the_second_signal_too() {
    let room = Sandbox::new();
    let (held, pipe) = full();
    let running = start(&room, Stdio::piped(), pipe);
    room.signal("store", Signal::SIGSTOP);
    running.signal(Signal::SIGINT);
    room.wait_worker("orders", "stops", |of| of["state"] != "running" || of["idle"].as_f64().is_some());
    running.signal(Signal::SIGTERM);
    let output = running.end();
    assert_eq!(output.status.code(), Some(3));
    balanced(&last_line(&output));
    drop(held);
}

/// The account waits for its reader, but not for ever for one that was asked to end.
#[test]
fn an_account_that_nobody_reads_does_not_keep_a_run_that_was_stopped() {
    let room = Sandbox::new();
    let (held, pipe) = full();
    let running = start(&room, pipe, Stdio::piped());
    running.signal(Signal::SIGINT);
    let output = running.end();
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.lines().last().unwrap().starts_with("nobody reads standard output, "), "{said}");
    assert_eq!(room.status().unwrap()["state"], "drained", "it is kept");
    drop(held);
}

/// A stream that another program has made one that does not wait gets the whole account.
#[test]
fn streams_that_do_not_wait_get_all_of_it() {
    let room = Sandbox::new();
    room.write("t.toml", ENDLESS);
    let (read, pipe) = nix::unistd::pipe().unwrap();
    let mut to = File::from(pipe.try_clone().unwrap());
    fcntl(&pipe, FcntlArg::F_SETFL(OFlag::O_NONBLOCK)).unwrap();
    let mut filled = 0;
    while to.write(b"\n").is_ok() {
        filled += 1;
    }
    let mut command = room.command(&["run", "t.toml", "--json", "--for", "1ms"]);
    let mut child = command.stdout(pipe).stderr(Stdio::piped()).spawn().unwrap();
    drop((command, to));
    wait_for("the run to be over", || (room.status()?["state"] == "drained").then_some(()));
    let mut got = Vec::new();
    File::from(read).read_to_end(&mut got).unwrap();
    assert!(child.wait().unwrap().success());
    let got = String::from_utf8(got[filled..].to_vec()).unwrap();
    assert_eq!(serde_json::from_str::<serde_json::Value>(&got).unwrap()["end"], "drained");
}

/// Words that found no room are counted, and the others come in their order.
#[test]
fn what_can_not_be_said_is_told_when_there_is_a_reader_again() {
    let room = Sandbox::new();
    let (held, pipe) = full();
    // Each life of a stage says why it came back.
    let running = start(&room, Stdio::piped(), pipe);
    room.signal("clean", Signal::SIGKILL);
    room.wait_worker("clean", "is there again", |of| of["restarts"] == 1 && of["state"] == "running");
    let reader = std::thread::spawn(move || {
        let mut said = String::new();
        File::from(held).read_to_string(&mut said).unwrap();
        said
    });
    running.signal(Signal::SIGINT);
    running.account();
    let said = reader.join().unwrap();
    let words = said.trim_start_matches('x');
    assert!(words.starts_with("stage \"clean\" was ended by signal 9; it is started again in "), "{words}");
    assert!(words.contains("\nasked to stop: sources stop, the rest is drained"), "{words}");
}

/// A terminal that was halted (Ctrl-S) with the picture on it.
#[test]
fn a_halted_terminal_holds_up_no_stop() {
    if !has("python3") {
        return;
    }
    let room = Sandbox::new();
    room.write("t.toml", ENDLESS);
    let script = "import os,pty,subprocess,sys,time\n\
        r,w=pty.openpty()\n\
        os.set_blocking(w,False)\n\
        try:\n    \x20while True: os.write(w,b'x'*512)\n\
        except BlockingIOError: pass\n\
        os.set_blocking(w,True)\n\
        sys.exit(subprocess.run(sys.argv[1:],stderr=w,env=dict(os.environ,TERM='xterm')).returncode)";
    let mut command = Command::new("python3");
    command.args(["-c", script, env!("CARGO_BIN_EXE_sluicebox"), "run", "t.toml", "--json"]);
    let running = Running::of(super::at_home(&room, command).spawn().unwrap());
    room.wait_worker("store", "has records", |worker| worker["in"].as_u64().unwrap() > 0);
    room.signal("orders", Signal::SIGKILL);
    room.wait_worker("orders", "is there again", |of| of["restarts"] == 1 && of["state"] == "running");
    let stop = room.sluicebox(&["stop", "t"]);
    assert_eq!(stop.status.code(), Some(0), "{}", text(&stop.stderr));
    balanced(&running.account());
}
