//! Checks a topology as it was written, and makes the plan of it.
//!
//! Everything wrong is told, in one round, and nothing that only follows from it: where columns can't be known because
//! of a problem before, what depends on them is left alone, and all else is checked.

mod apart;
mod arrival;
mod cases;
mod event_time;
mod flow;
mod graph;
mod keyed;
mod names;
mod open;
mod ports;
mod roles;
mod rooms;
mod step;
mod streams;
mod unread;
mod unseen;
mod upkeep;
mod wished;
mod workers;

use super::keys::{self, Draft};
use super::layers::Written;
use super::places::Findings;
use super::plan::{Inlet, Plan, Stage};
use super::problem::{Finding, Problems};
use super::{Checked, Rooms};
use cases::Stages;
use flow::Known;
use std::path::PathBuf;

/// So many worker processes may a topology have.
const WORKERS_MAX: usize = 1000;

/// Checks what was written in `file`. `unseen`: a source may do without its files.
pub(super) fn check(
    rooms: &Rooms,
    file: PathBuf,
    written: &Written,
    unseen: bool,
    mut findings: Findings,
) -> Result<Checked, Problems> {
    let top = keys::topology(&written.topology, &mut findings);
    if written.stages.len() > WORKERS_MAX {
        let at = &written.stages[WORKERS_MAX].0;
        findings.add(at, findings.places.header(at), format!("a topology has at most {WORKERS_MAX} stages"));
        return Err(findings.told());
    }
    let mut drafts: Vec<Draft> =
        written.stages.iter().map(|(at, table)| keys::stage(at, table, &top, &mut findings)).collect();
    names::unique(&drafts, &mut findings);
    workers::total(&drafts, &mut findings);
    let casts = rooms::cast(rooms, &mut drafts, &mut findings);
    streams::settle(&file, &mut drafts, &casts, &mut findings);
    if unseen {
        unseen::settle(&mut drafts, &casts, &mut findings);
    }
    let edges = graph::edges(&drafts, &casts, &mut findings);
    let order = graph::order(&drafts, &edges, &mut findings);
    let mut flow = flow::run(&drafts, &casts, &edges, &order, &mut findings);
    apart::once(&file, &drafts, &casts, &flow, &mut findings);
    event_time::on_a_line(&drafts, &edges, &flow, &mut findings);
    upkeep::summaries(&drafts, &flow, &mut findings);
    let stages =
        Stages { testing: unseen, rooms, drafts: &drafts, casts: &casts, edges: &edges, flow: &flow };
    let cases = cases::check(&written.tests, stages, &mut findings);
    if findings.has_errors() {
        return Err(findings.told());
    }
    for (draft, known) in drafts.iter().zip(&flow) {
        assert!(known.is_some(), "{} is not known, but nothing is wrong with it", draft.who);
    }
    graph::warn_of_dead_ends(&drafts, &casts, &edges, &mut findings);
    unread::warn(&drafts, &flow, &mut findings);
    upkeep::warn(&drafts, &flow, &mut findings);
    arrival::warn(&drafts, &flow, &order, &mut findings);
    let (mut preflights, mut sampled) = (Vec::new(), Vec::new());
    for (draft, known) in drafts.iter().zip(flow.iter_mut().flatten()) {
        let name = draft.name.clone().unwrap_or_default();
        preflights.extend(known.preflights.drain(..).map(|check| (name.clone(), check)));
        sampled.extend(known.sampled.take().map(|schema| (name.clone(), schema)));
    }
    let stages = drafts.into_iter().zip(flow.into_iter().flatten()).map(|(draft, known)| stage(draft, known));
    let plan = Plan {
        name: top.name,
        file,
        run: String::new(),
        stages: stages.collect(),
        drain_timeout: top.drain_timeout,
        max_message: top.max_message,
        slo: top.slo,
        shallow: top.shallow,
    };
    Ok(Checked { plan, preflights, sampled, cases, warnings: findings.told() })
}

fn stage(draft: Draft, known: Known) -> Stage {
    Stage {
        name: draft.name.unwrap_or_default(),
        workers: draft.workers,
        steps: known.steps,
        inlets: known.inlets,
        limits: draft.limits,
        placement: draft.placement,
        upkeep: draft.upkeep,
        ports: known.ports,
        sink: known.sink,
        absorbs: known.absorbs,
        stateful: known.stateful,
        results: known.results,
    }
}
