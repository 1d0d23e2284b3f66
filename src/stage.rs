//! What a stage process does: take, work, send, wait. No async, no actors, no locks.

mod bodies;
mod clocking;
mod duty;
mod inlets;
mod judge;
mod outlet;
mod outlets;
pub mod process;
mod route;
mod run;
mod snapshots;
mod steps;
mod stopwatch;
mod tap;
mod waiter;
mod watch;
mod watching;

pub use run::run;
pub(crate) use snapshots::check_snapshots;
pub use steps::{Failed, Made, Place, Steps};
