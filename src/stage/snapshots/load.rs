//! A snapshot given back to the steps that it is of.

use crate::clock::mono_ns;
use crate::data::state::Loader;
use crate::error::{Error, Result};
use crate::operator::Account;
use crate::run::dir::RunDir;
use crate::run::snapshot::Snapshot;
use crate::stage::steps::Steps;
use crate::topology::Rooms;
use crate::topology::plan::{Plan, WorkerId};
use crate::wire::ledger::Ledger;

/// What a snapshot took when it was loaded.
pub(super) struct Cost {
    pub bytes: usize,
    pub ns: u64,
}

/// Whether every worker of a run can go on from its last snapshot, if it has one.
///
/// # Errors
/// One sentence, when there is one that can't be used.
pub(crate) fn check_snapshots(rooms: &Rooms, plan: &Plan, dir: &RunDir) -> Result<()> {
    for me in plan.workers() {
        let stage = &plan.stages[me.stage];
        if stage.stateful {
            load(plan, dir, me, &mut Steps::make(rooms, stage)?, &dir.ledger(me)?)?;
        }
    }
    Ok(())
}

/// Gives steps that are made of a plan the state of the worker's last snapshot: its books, and what that took; `None`
/// when there is none.
///
/// # Errors
/// One sentence, when there is one that can't be used. Some steps may have taken their state then.
pub(super) fn load(
    plan: &Plan,
    dir: &RunDir,
    me: WorkerId,
    steps: &mut Steps,
    ledger: &Ledger,
) -> Result<Option<(Account, Cost)>> {
    let begin = mono_ns();
    let Some(Snapshot { head, states }) = Snapshot::read(plan, dir, me)? else { return Ok(None) };
    let path = dir.snapshot_path(me);
    let refuse = |e: Error| dir.named(e.by(format!("the snapshot {} can't be used", path.display())));
    if head.account.done > ledger.account().done || head.account.forgotten > head.account.done {
        return Err(refuse(Error::failed("it tells of more records than its worker has handled")));
    }
    for (at, state) in states.iter().enumerate() {
        let mut from = Loader::new(state);
        let loaded = match state.is_empty() {
            true => Ok(()),
            false => steps.operator(at).load(&mut from).and_then(|()| from.end()),
        };
        loaded.map_err(|e| {
            refuse(e.by(format!("operator \"{}\"", plan.stages[me.stage].steps[at].operator)))
        })?;
    }
    let cost = Cost { bytes: states.iter().map(Vec::len).sum(), ns: mono_ns() - begin };
    Ok(Some((head.account, cost)))
}
