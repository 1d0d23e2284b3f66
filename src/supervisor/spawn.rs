//! Starts one stage process: in its own process group, and dead as soon as its launcher is.
//!
//! It begins with the signals of a stop held back, and hears them when it listens: one that is stopped while it starts
//! is not killed by it.

use crate::offspring;
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

/// What the command starts, one of our own programs, leaves with this process and begins with the signals of a stop
/// held back.
pub(crate) fn leave_with_parent(command: &mut std::process::Command) {
    command.env(crate::surroundings::CHILD, "1");
    offspring::leave_with_parent(command, crate::stop::signals());
}
