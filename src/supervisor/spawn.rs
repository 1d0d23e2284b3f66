//! Starts one stage process: in its own process group, and dead as soon as its launcher is.
//!
//! It begins with the signals of a stop held back, and hears them when it listens: one that is stopped while it starts
//! is not killed by it.

use crate::stop::is_ignored;
use nix::sys::prctl::set_pdeathsig;
use nix::sys::signal::{SigHandler, Signal, signal};
use nix::unistd::{Pid, getppid};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Stdio;
use tokio::process::{Child, Command};

/// Starts `program ARGS`. Its standard error is piped; standard output is the launcher's, for sinks that write
/// there; `stdin` is what it reads.
pub fn spawn(program: &Path, args: &[String], run_dir: &Path, stdin: Stdio) -> std::io::Result<Child> {
    let mut command = Command::new(program);
    command.args(args).env(crate::run::dir::RUN_DIR, run_dir).stdin(stdin).stderr(Stdio::piped());
    leave_with_parent(command.as_std_mut());
    command.spawn()
}

/// What the command starts is in its own process group, dies with the thread that starts it, begins with the signals of
/// a stop held back, and can be waited for.
#[allow(unsafe_code, reason = "these must be called between fork and exec")]
pub(crate) fn leave_with_parent(command: &mut std::process::Command) {
    heed_children();
    command.process_group(0).env(crate::surroundings::CHILD, "1");
    let parent = Pid::this();
    let before_exec = move || {
        set_pdeathsig(Signal::SIGKILL)?;
        crate::stop::signals().thread_block()?;
        // The launcher may have died before the request was made.
        if getppid() == parent { Ok(()) } else { Err(std::io::ErrorKind::BrokenPipe.into()) }
    };
    // Safety: prctl, pthread_sigmask and getppid are async-signal-safe, and nothing is allocated.
    unsafe { command.pre_exec(before_exec) };
}

/// A parent that ignored SIGCHLD has left it so, and then nobody learns how a child has ended.
#[allow(unsafe_code, reason = "what happens at a signal can be set by no safe call")]
fn heed_children() {
    if is_ignored(Signal::SIGCHLD) {
        // Safety: no handler is set, so nothing runs in the middle of anything.
        let _ = unsafe { signal(Signal::SIGCHLD, SigHandler::SigDfl) };
    }
}
