//! Runs the tests that a topology carries: the stages of a path in this process, by the rows of steps that a stage
//! runs, with nothing outside.
//!
//! Rows go through one by one, as a slow source would give them, each through the whole path before the next. The clock
//! stands still. Sinks are not run: what one would get comes out. The place of a source is taken by the rows.

mod align;
mod cells;
mod compare;
mod given;
mod junit;
mod node;
mod picture;
mod walk;

pub use compare::{Differs, Failure, Pair};
pub use junit::{Suite, junit};

use crate::topology::plan::Plan;
use crate::topology::{Case, Rooms};
use std::time::{Duration, Instant};

/// What came of a test.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// Everything that is otherwise than expected; empty: it holds.
    pub failures: Vec<Failure>,
    pub took: Duration,
}

impl Verdict {
    pub fn holds(&self) -> bool {
        self.failures.is_empty()
    }
}

/// Runs a test of a topology whose operators are of these rooms.
pub fn run(rooms: &Rooms, plan: &Plan, case: &Case) -> Verdict {
    let start = Instant::now();
    let wanted = case.wanted.iter().map(|wanted| given::wanted(rooms, wanted)).collect();
    let done = |wanted: Vec<_>| Ok((wanted, walk::go(rooms, plan, case)?));
    let failures = match Result::and_then(wanted, done) {
        Ok((wanted, outcome)) => compare::all(case, &wanted, &outcome),
        Err(error) => vec![Failure::Stopped(error.sentence)],
    };
    Verdict { failures, took: start.elapsed() }
}

/// The operators of its stages that a test does not run: sources, in whose place it gives rows, and sinks.
pub fn left_out<'a>(plan: &'a Plan, case: &Case) -> Vec<&'a str> {
    let mut names = Vec::new();
    for stage in case.path.iter().map(|stage| &plan.stages[*stage]) {
        let source = stage.steps.first().filter(|_| stage.is_source());
        let sink = stage.steps.last().filter(|_| stage.sink);
        names.extend([source, sink].into_iter().flatten().map(|step| step.operator.as_str()));
    }
    names
}

/// Whether a test is meant by a name in which `*` stands for anything.
pub fn is_meant(case: &Case, only: &str) -> bool {
    crate::wild::fits(only.as_bytes(), case.name.as_bytes())
}

#[cfg(test)]
mod tests;
