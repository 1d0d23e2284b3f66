//! What the launcher's actors say to each other.

use super::restart::{Ending, Verdict};
use actix::prelude::*;
use nix::sys::signal::Signal;

/// A process said something.
#[derive(Message)]
#[rtype(result = "()")]
pub(super) struct Said {
    /// Which process.
    pub of: usize,
    pub line: String,
}

/// A process ended.
#[derive(Message)]
#[rtype(result = "()")]
pub(super) struct Ended {
    pub of: usize,
    pub verdict: Verdict,
    pub how: How,
}

/// How a process ended, or that there is none.
#[derive(Clone, Debug)]
pub(super) enum How {
    Ended(Ending),
    /// It could not be started, and why.
    NotStarted(String),
    /// It is not started again after a crash, since the run is left.
    NotAgain,
}

/// Stop was asked for, for the `times`th time.
#[derive(Message)]
#[rtype(result = "()")]
pub(super) struct Stop {
    pub times: u32,
}

/// Start the processes.
#[derive(Message)]
#[rtype(result = "()")]
pub(super) struct Begin;

/// Look at the ledgers and tell.
#[derive(Message)]
#[rtype(result = "()")]
pub(super) struct Tick;

/// Pass a signal on to the process.
#[derive(Message)]
#[rtype(result = "()")]
pub(super) struct Tell {
    pub signal: Signal,
    /// Don't start it again.
    pub leave: bool,
}
