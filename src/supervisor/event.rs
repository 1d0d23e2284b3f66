//! What happens in a run, for who shows it.

use crate::run::books::Books;
use crate::topology::plan::Plan;
use std::rc::Rc;
use std::time::Duration;

/// What happens in a run, for who shows it.
pub enum Event<'a> {
    /// A stage wrote a line to its standard error.
    Said { stage: &'a str, line: &'a str },
    /// A process crashed and will be started again.
    Restart { who: &'a str, how: &'a str, after: Duration },
    /// One more stage failed; the first failure is the run's own, and its error tells it.
    Failed { sentence: &'a str },
    /// Something that was asked for can't be had; the run goes on without it.
    Note { sentence: &'a str },
    /// Sources stop and the rest is drained, or all leave at once.
    Stopping { why: &'a str, at_once: bool },
    /// How things stand.
    Books { plan: &'a Plan, books: &'a Rc<Books> },
}
