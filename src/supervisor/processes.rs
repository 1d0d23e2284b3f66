//! The processes of a run: who is a thread of which, how sentences call them, and what their ledgers say of their end.

use super::event::Running;
use crate::error::{Error, Exit};
use crate::topology::plan::{STDIN, WorkerId};
use crate::wire::ledger::{Ledger, State};

pub(super) struct Processes {
    running: Running,
    /// The workers of each process.
    pub all: Vec<Vec<WorkerId>>,
}

impl Processes {
    pub(super) fn of(running: &Running) -> Processes {
        Processes { all: running.plan.processes(), running: running.clone() }
    }

    /// A process goes by the name of its worker, or by its own where it has several.
    pub(super) fn name(&self, of: usize) -> String {
        self.running.plan.process_name(self.all[of][0])
    }

    /// The same as sentences call it.
    pub(super) fn who(&self, of: usize) -> String {
        let kind = match self.running.plan.stages[self.all[of][0].stage].placement.process {
            Some(_) => "process",
            None => "stage",
        };
        format!("{kind} \"{}\"", self.name(of))
    }

    pub(super) fn may_restart(&self, of: usize) -> bool {
        self.all[of].iter().all(|at| self.running.plan.stages[at.stage].upkeep.restart)
    }

    /// Whether a source in it reads standard input.
    pub(super) fn reads_stdin(&self, of: usize) -> bool {
        let sources = self.all[of].iter().map(|at| &self.running.plan.stages[at.stage]);
        let mut places =
            sources.filter(|stage| stage.is_source()).filter_map(|stage| stage.says(0, |card| card.place));
        places.any(|said| said.as_str() == Some(STDIN))
    }

    fn ledgers(&self, of: usize) -> impl Iterator<Item = (WorkerId, &Ledger)> {
        self.all[of].iter().map(|at| (*at, self.running.reader.ledger(*at)))
    }

    /// Tells the neighbours of a process that it will not come back: nobody need wait for it.
    pub(super) fn abandon(&self, of: usize) {
        let left = self.ledgers(of).filter(|(_, ledger)| ledger.state() != State::Finished);
        left.for_each(|(_, ledger)| ledger.set_state(State::GivenUp));
    }

    /// The first worker of a process that can't go on, as its ledger says; the process may be there for long all the
    /// same, while who reads from it is slow or other threads drain.
    pub(super) fn failed(&self, of: usize) -> Option<WorkerId> {
        let failed = |ledger: &Ledger| ledger.failure().is_some_and(|error| error.exit == Exit::Failed);
        self.ledgers(of).find(|(_, ledger)| failed(ledger)).map(|(at, _)| at)
    }

    /// The first worker of a process that has said itself that it can't go on, or need not.
    pub(super) fn ended_early(&self, of: usize) -> Option<WorkerId> {
        self.ledgers(of).find(|(_, ledger)| ledger.state() == State::GivenUp).map(|(at, _)| at)
    }

    /// With which sentence a process ended so; `None` when it had none, or no ledger to tell it in.
    pub(super) fn sentence(&self, of: usize, exit: Option<Exit>) -> Option<String> {
        let failures = self.ledgers(of).filter_map(|(_, ledger)| ledger.failure());
        let mut so = failures.filter(|Error { exit: of, .. }| Some(*of) == exit);
        so.next().map(|error| error.sentence)
    }

    /// Whether a line is such a sentence: who tells of the end tells it too.
    pub(super) fn is_sentence(&self, of: usize, line: &str) -> bool {
        self.ledgers(of).any(|(_, ledger)| ledger.has_failed_with(line))
    }
}
