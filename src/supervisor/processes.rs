//! The processes of a run: who is a thread of which, and how sentences call them.

use crate::run::dir::RunDir;
use crate::topology::plan::{Plan, WorkerId};
use crate::wire::ledger::State;

pub(super) struct Processes {
    plan: Plan,
    dir: RunDir,
    /// The workers of each process.
    pub all: Vec<Vec<WorkerId>>,
}

impl Processes {
    pub(super) fn of(plan: &Plan, dir: &RunDir) -> Processes {
        Processes { all: plan.processes(), plan: plan.clone(), dir: dir.clone() }
    }

    /// A process goes by the name of its worker, or by its own where it has several.
    pub(super) fn name(&self, of: usize) -> String {
        let first = self.all[of][0];
        let own = self.plan.stages[first.stage].placement.process.clone();
        own.unwrap_or_else(|| self.plan.worker_name(first))
    }

    /// The same as sentences call it.
    pub(super) fn who(&self, of: usize) -> String {
        let kind = match self.plan.stages[self.all[of][0].stage].placement.process {
            Some(_) => "process",
            None => "stage",
        };
        format!("{kind} \"{}\"", self.name(of))
    }

    pub(super) fn may_restart(&self, of: usize) -> bool {
        self.all[of].iter().all(|at| self.plan.stages[at.stage].upkeep.restart)
    }

    /// Tells the neighbours of a process that it will not come back: nobody need wait for it.
    pub(super) fn abandon(&self, of: usize) {
        for at in &self.all[of] {
            if let Ok(ledger) = self.dir.ledger(*at)
                && ledger.state() != State::Finished
            {
                ledger.set_state(State::GivenUp);
            }
        }
    }

    /// The first worker of a process that has said itself that it can't go on, or need not.
    pub(super) fn ended_early(&self, of: usize) -> Option<WorkerId> {
        let given_up = |at: &WorkerId| self.dir.ledger(*at).is_ok_and(|l| l.state() == State::GivenUp);
        self.all[of].iter().copied().find(given_up)
    }

    /// Whether a line is the sentence of an error, by the name of a stage.
    pub(super) fn is_sentence(&self, of: usize, line: &str) -> bool {
        let by = |at: &WorkerId| format!("stage \"{}\": ", self.plan.worker_name(*at));
        self.all[of].iter().any(|at| line.starts_with(&by(at)))
    }
}
