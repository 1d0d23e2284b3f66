//! How a process is started that leaves with its parent: in its own process group, and dead as soon as who started it
//! is.

use crate::stop::is_ignored;
use nix::sys::prctl::set_pdeathsig;
use nix::sys::signal::{SigHandler, SigSet, Signal, signal};
use nix::unistd::{Pid, getppid};
use std::os::unix::process::CommandExt;
use std::process::Command;

/// What the command starts is in its own process group, dies with the thread that starts it, begins with the signals of
/// `held` held back and with no others, and can be waited for.
#[allow(unsafe_code, reason = "these must be called between fork and exec")]
pub(crate) fn leave_with_parent(command: &mut Command, held: SigSet) {
    heed_children();
    command.process_group(0);
    let parent = Pid::this();
    let before_exec = move || {
        set_pdeathsig(Signal::SIGKILL)?;
        held.thread_block()?;
        // The parent may have died before the request was made.
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
