//! How fast is the user's own topology? `bench` is `run` with a clock in its hand.
//!
//! | part | module |
//! |---|---|
//! | what is asked for, and the order of runs | `settings`, `bench` |
//! | the topology with its rate, record size and private results | `rewrite`, `place` |
//! | one run of ours, watched from outside; how it is believed | `run`, `probe`, `checks`, `process`, `proc` |
//! | the same over bare libzmq: its processes, and who leads them | `bare`, `parts`, `chain` |
//! | what runs come to: figures, stages, medians, ratios, promises | `figures`, `hops`, `stats`, `verdict` |
//! | the highest rate that holds | `sweep` |
//! | the machine and its limits | `manifest`, `limits` |
//! | what is told: JSON, a table, HdrHistogram's file | `report`, `table`, `hgrm` |
//!
//! An age counts from when a record SHOULD have been sent, so a stall counts for all that it delays; the warm-up is
//! taken out of the histograms record for record; and no percentile is told that the sample can't support.

pub mod bare;
mod bench;
mod chain;
mod checks;
mod figures;
pub mod hgrm;
mod hops;
mod limits;
mod manifest;
mod parts;
mod place;
mod probe;
mod proc;
mod process;
pub mod report;
mod rewrite;
pub mod run;
mod settings;
mod stats;
mod sweep;
mod table;
mod verdict;

pub use bench::{Outcome, bench};
pub use settings::{Mode, Settings};
pub use table::table;

/// What happens meanwhile, for who shows it.
pub enum Event<'a> {
    /// What is being done, and how long it still takes; 0: not known.
    Left { what: &'a str, ns: u64 },
    /// What came of a part of it: for who watches.
    Step(&'a str),
    /// Something to read: what a stage says.
    Line(&'a str),
}

/// Tells what happens.
pub struct Tell<'a> {
    show: &'a mut dyn FnMut(Event<'_>),
    what: String,
}

impl<'a> Tell<'a> {
    fn new(show: &'a mut dyn FnMut(Event<'_>)) -> Tell<'a> {
        Tell { show, what: String::new() }
    }

    /// What is done from now on.
    fn now(&mut self, what: String) {
        self.what = what;
    }

    fn left(&mut self, ns: u64) {
        (self.show)(Event::Left { what: &self.what, ns });
    }

    fn step(&mut self, line: &str) {
        (self.show)(Event::Step(line));
    }

    fn line(&mut self, line: &str) {
        (self.show)(Event::Line(line));
    }
}
