//! How a run stands, for a program: what `status --json` prints.

use super::activity::Activity;
use super::books::{LinkBook, Worker};
use super::dir::RunDir;
use super::summary::{Breakdown, by_port, by_step};
use crate::topology::plan::Plan;
use serde_json::{Value, json};

/// `{"name","pid","state","stages":[{"name","workers":[…]}]}`; `state` is how the run is called as a whole.
/// `failure` of a worker is the sentence with which it failed, null where it has not; `waits_for` names the link whose
/// event time the others are ahead of, null where there is none.
pub fn json(plan: &Plan, activity: Activity<'_>, dir: &RunDir, state: &str) -> Value {
    let pid = dir.leader().map(|leader| leader.pid());
    let stages: Vec<Value> = (0..plan.stages.len())
        .map(|stage| json!({ "name": plan.stages[stage].name, "workers": workers(plan, dir, activity, stage) }))
        .collect();
    json!({ "name": plan.name, "pid": pid, "state": state, "stages": stages })
}

fn workers(plan: &Plan, dir: &RunDir, activity: Activity<'_>, stage: usize) -> Vec<Value> {
    let all = activity.books.workers.iter().enumerate();
    all.filter(|(_, worker)| worker.id.stage == stage).map(|(i, _)| worker(plan, dir, activity, i)).collect()
}

/// How one worker stands, by its place in the books. `watch` is what a SUB of ZeroMQ connects to while it lives.
pub(crate) fn worker(plan: &Plan, dir: &RunDir, activity: Activity<'_>, i: usize) -> Value {
    let worker = &activity.books.workers[i];
    let into = activity.books.into(worker).iter();
    let lost = worker.lost_inside + into.clone().map(LinkBook::missing).sum::<u64>();
    let shed: u64 = into.map(|book| book.shed.total()).sum();
    let account = &worker.account;
    let shares = activity.shares(i);
    json!({
        "worker": worker.id.worker, "pid": worker.pid, "state": worker.state_name(),
        "watch": worker.alive.then(|| dir.watch_endpoint(plan, worker.id)),
        "in": worker.read(), "out": account.out(), "shed": shed, "lost": lost,
        "forgotten": account.forgotten, "watched": worker.watched, "missed": worker.missed,
        "refused": account.refused,
        "filtered": account.filtered, "rejected": rejected(worker),
        "steps": by_step(plan, worker.id.stage, std::iter::once(worker)),
        "ports": by_port(plan, worker),
        "waits_for": activity.waits_for(plan, worker).map(|waits| waits.text(plan)),
        "busy": shares.busy, "blocked": shares.blocked, "idle": shares.idle,
        "failure": worker.failed_with(),
        "restarts": worker.epoch.saturating_sub(1),
        "latency_us": Breakdown::of(activity.timings(i)),
    })
}

/// Records rejected, by reason.
fn rejected(worker: &Worker) -> Value {
    worker.account.rejected.iter().map(|(reason, n)| (reason.clone(), Value::from(*n))).collect()
}
