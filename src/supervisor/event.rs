//! What happens in a run, and who is told of it: progress, a page, metrics.

use crate::run::books::Books;
use crate::run::dir::RunDir;
use crate::run::reader::Reader;
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
    Stopping { why: &'a str, at_once: bool, hurry: &'static str },
    /// How things stand.
    Books(&'a Rc<Books>),
}

/// A run that begins: what an observer may look at whenever it likes.
#[derive(Clone)]
pub struct Running {
    pub plan: Rc<Plan>,
    pub dir: RunDir,
    pub reader: Rc<Reader>,
}

/// Who is told of a run. It is told on the launcher's one thread, between other things: it must not wait, and an
/// error of its own is its own affair.
pub trait Observer {
    /// The run directory is there, and no process yet.
    fn started(&mut self, _running: &Running) {}

    fn event(&mut self, _event: &Event<'_>) {}
}
