//! Starts a run's processes, watches them, starts them again, and ends them. The only place that names actix.
//!
//! One actor for each child process, one for signals, one that looks at the ledgers, one that leads; all on the
//! main thread, because a child's parent-death signal fires when the thread that forked it ends.

mod child;
pub mod event;
pub mod launch;
mod lead;
pub mod machine;
mod messages;
pub mod outcome;
mod processes;
pub mod restart;
pub mod spawn;
mod stdin;
