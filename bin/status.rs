//! `status`: how a topology stands, or how it ended.

use crate::args::Named;
use crate::table::Before;
use crate::{print, table, target};
use sluicebox::error::Result;
use sluicebox::runtime::books::{Books, Worker};
use sluicebox::runtime::dir::RunDir;
use sluicebox::runtime::summary::{Breakdown, Summary};
use sluicebox::topology::plan::Plan;
use std::time::Duration;

/// Between the two looks from which rates and shares come.
const LOOK: Duration = Duration::from_millis(200);

pub fn status(args: &Named) -> Result<()> {
    let dir = target::dir(&args.target)?;
    let plan = target::plan(&args.target, &dir)?;
    let mut books = target::books(&plan, &dir)?;
    let running = dir.is_locked() || !books.at_rest();
    let mut before = None;
    if running {
        // How things stand now, not on average since the start.
        std::thread::sleep(LOOK);
        before = Some(std::mem::replace(&mut books, target::books(&plan, &dir)?));
    }
    let before = before.as_ref().map(|before| (before, LOOK.as_secs_f64()));
    let state = if running { "running".to_string() } else { target::end(&dir, &books) };
    if args.json {
        return print(&format!("{}\n", json(&plan, &books, before, &dir, &state)));
    }
    let mut text = format!("topology {}: {state}, from {}\n", plan.name, plan.file.display());
    text += &table::stages(&plan, &books, before);
    if let Some(line) = table::bottleneck(&plan, &books, before).filter(|_| running) {
        text += &format!("{line}\n");
    }
    if !running {
        text += &table::account(&plan, &books, &Summary::of(&plan, &books, &state));
    }
    print(&text)
}

fn json(plan: &Plan, books: &Books, before: Before<'_>, dir: &RunDir, state: &str) -> serde_json::Value {
    let pid: Option<u32> = dir.get("pid").and_then(|text| String::from_utf8(text).ok()?.trim().parse().ok());
    let stages: Vec<_> = (0..plan.stages.len())
        .map(|stage| {
            let workers = workers_json(books, before, stage);
            serde_json::json!({ "name": plan.stages[stage].name, "workers": workers })
        })
        .collect();
    serde_json::json!({ "name": plan.name, "pid": pid.filter(|_| dir.is_locked()), "state": state, "stages": stages })
}

fn workers_json(books: &Books, before: Before<'_>, stage: usize) -> Vec<serde_json::Value> {
    let workers = books.workers.iter().enumerate().filter(|(_, worker)| worker.stage == stage);
    workers.map(|(i, worker)| worker_json(books, worker, i, before)).collect()
}

fn worker_json(books: &Books, worker: &Worker, i: usize, before: Before<'_>) -> serde_json::Value {
    let into = books.links.iter().filter(|link| link.way.of.to == (worker.stage, worker.worker));
    let lost = worker.lost_inside + into.map(|link| link.missing()).sum::<u64>();
    let account = &worker.account;
    let [busy, blocked, idle] = table::shares(table::since(worker, before, i));
    let received = if worker.received > 0 { worker.received } else { account.done };
    serde_json::json!({
        "worker": worker.worker, "pid": worker.pid, "state": table::state(worker), "watch": null,
        "in": received, "out": account.passed() + account.made, "lost": lost,
        "busy": busy, "blocked": blocked, "idle": idle, "restarts": worker.epoch.saturating_sub(1),
        "latency_us": Breakdown::of(table::timings(worker, before)),
    })
}
