//! How a worker comes up: its world is opened, its predecessor's books are settled, and a source waits for those who
//! will read it.

use super::Worker;
use crate::clock::mono_ns;
use crate::error::{Error, Result, say};
use crate::operator::PortId;
use crate::run::dir::RunDir;
use crate::run::wiring::downstream;
use crate::surroundings::is_child;
use crate::topology::plan::Plan;
use crate::wire::ledger::State;

/// How long a source waits for the rest of the topology to come up.
const READY_NS: u64 = 30_000_000_000;

/// It says so when it has waited for so long.
const TOLD_NS: u64 = 1_000_000_000;

impl Worker<'_> {
    /// Starts, and waits for those who will read a source.
    pub(super) fn come_up(&mut self, plan: &Plan, dir: &RunDir, stage: usize) -> Result<()> {
        self.start()?;
        if self.stage.is_source() { self.wait_for_downstream(plan, dir, stage) } else { Ok(()) }
    }

    /// Opens the operators' world, settles what a predecessor left, and says that this worker is ready.
    fn start(&mut self) -> Result<()> {
        self.steps.reset(&mut self.batch, 0);
        self.work(0)?;
        // A predecessor's crash took what it had received and not accounted for.
        let account = self.desk.account_mut();
        let held = std::mem::take(&mut account.held);
        if self.stage.is_source() {
            account.lost += held;
        } else {
            let inside = self.ledger.received_total().saturating_sub(account.done);
            self.ledger.set_lost_inside(inside);
        }
        self.snapshots.settle(mono_ns(), self.desk.account_mut());
        self.settle_offers();
        let account = self.desk.account_mut();
        self.outlets.write(account);
        self.ledger.publish(account);
        self.outlets.published();
        self.reports.due = self.next_report(mono_ns());
        self.outlets.beat(mono_ns())?;
        if let Some(inlets) = &mut self.inlets {
            inlets.attach(self.ledger);
        }
        self.ledger.set_state(State::Ready);
        Ok(())
    }

    /// What was accounted for and never offered can't be offered any more: it is offered in the books, and so it
    /// counts as lost on the link.
    fn settle_offers(&mut self) {
        for (at, due) in self.desk.account().ports.iter().enumerate() {
            self.outlets.settle(PortId(at as u8), *due);
        }
    }

    /// A source goes when every worker that it reaches is ready.
    fn wait_for_downstream(&mut self, plan: &Plan, dir: &RunDir, stage: usize) -> Result<()> {
        let mut missing = Vec::new();
        for at in downstream(plan, stage) {
            missing.push((at, dir.peer(at)?));
        }
        let (start, mut told) = (mono_ns(), false);
        loop {
            if self.tap.has_changed() {
                self.change_tap();
            }
            missing.retain(|(_, peer)| peer.state() < State::Ready);
            if missing.is_empty() || self.duty.stop_asked()? {
                return Ok(());
            }
            // One that a process has taken is on its way, and says itself when it can't go on.
            let absent = || missing.iter().filter(|(at, _)| !dir.is_claimed(*at));
            // A launcher has started all of them, and says itself what becomes of them.
            if !told && !is_child() && mono_ns() - start > TOLD_NS {
                told = true;
                let names: Vec<&str> =
                    missing.iter().map(|(at, _)| plan.stages[at.stage].name.as_str()).collect();
                say(&format!("waiting for {} to come up", names.join(", ")));
            }
            if mono_ns() - start > READY_NS && absent().next().is_some() {
                let names: Vec<&str> = absent().map(|(at, _)| plan.stages[at.stage].name.as_str()).collect();
                return Err(Error::failed(format!(
                    "waited 30 s for {}: start the missing stages, or see what they say: `sluicebox logs`",
                    names.join(", ")
                )));
            }
            self.duty.nap(mono_ns(), 1_000_000)?;
        }
    }
}
