//! Live results: what a run lets out, seen while it does, by whoever wants to look.

mod glob;
mod lines;
mod rates;
mod stats;
mod streams;
mod watch;

pub use lines::{Format, Lines, Wanted};
pub use rates::Rates;
pub use streams::{Stream, choose};
pub use watch::{Seen, Watch};
