//! What a stage process does: take, work, send, wait. No async, no actors, no locks.

mod bodies;
pub mod books;
pub mod dir;
mod inlets;
mod look;
mod outlet;
mod outlets;
pub mod process;
mod route;
mod row;
pub mod stage;
mod stopwatch;
pub mod summary;
mod watch;
pub mod wiring;
