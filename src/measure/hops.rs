//! What each stage costs: how long records wait on their way to it, are worked on in it, and how old they leave it.

use super::figures::{Window, us};
use super::stats::Spread;
use crate::latency::{Latency, Timings};
use crate::run::books::Books;
use crate::topology::plan::{Plan, WorkerId};
use serde::Serialize;

/// One stage, all its workers together. Times are in microseconds; one that the sample can't tell is `None`.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Hop {
    pub stage: String,
    pub records_s: Option<f64>,
    /// Bytes of a record on the links into it; of a source, `None`.
    pub bytes: Option<f64>,
    /// From when a record was sent to it until it was taken.
    pub link: Pair,
    /// From then until what became of it was sent on or stored.
    pub service: Pair,
    /// From when a record should have entered the topology until it left this stage.
    pub age: Pair,
    /// For each record that the stage handled.
    pub cpu_us: Option<f64>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Pair {
    pub p50: Option<f64>,
    pub p99: Option<f64>,
}

/// Timings by stage, without those of the warm-up.
pub(super) fn timings(plan: &Plan, books: &Books, before: Option<&Books>) -> Vec<Timings> {
    let mut all = vec![Timings::default(); plan.stages.len()];
    for (at, worker) in books.workers.iter().enumerate() {
        match before {
            Some(before) => all[worker.id.stage].add(&worker.timings.without(&before.workers[at].timings)),
            None => all[worker.id.stage].add(&worker.timings),
        }
    }
    all
}

pub(super) fn hops(plan: &Plan, books: &Books, timings: &[Timings], window: Option<&Window<'_>>) -> Vec<Hop> {
    let workers: Vec<WorkerId> = plan.workers().collect();
    let hop = |(stage, timings): (usize, &Timings)| {
        let mine: Vec<usize> = (0..workers.len()).filter(|at| workers[*at].stage == stage).collect();
        let done = |window: &&Window<'_>| mine.iter().map(|at| window.done(*at)).sum::<u64>();
        let cpu_us = window.and_then(|window| {
            let done = done(&window);
            Some(window.cpu_ns(&mine).filter(|_| done > 0)? as f64 / 1000.0 / done as f64)
        });
        Hop {
            stage: plan.stages[stage].name.clone(),
            records_s: window.map(|window| done(&window) as f64 / window.seconds()),
            bytes: bytes(books, stage),
            link: Pair::of(&timings.link),
            service: Pair::of(&timings.service),
            age: Pair::of(&timings.age),
            cpu_us,
        }
    };
    timings.iter().enumerate().map(hop).collect()
}

fn bytes(books: &Books, stage: usize) -> Option<f64> {
    let into = books.links.iter().filter(|book| book.link.to.stage == stage);
    let (records, bytes) = into.fold((0, 0), |(records, bytes), book| {
        (records + book.received.records, bytes + book.received.bytes)
    });
    (records > 0).then(|| bytes as f64 / records as f64)
}

impl Pair {
    fn of(latency: &Latency) -> Pair {
        Pair { p50: us(latency.percentile_ns(0.5)), p99: us(latency.percentile_ns(0.99)) }
    }
}

/// Medians over runs, stage by stage.
pub(super) fn medians(runs: &[&[Hop]]) -> Vec<Hop> {
    let Some(first) = runs.first() else { return Vec::new() };
    let median = |at: usize, value: &dyn Fn(&Hop) -> Option<f64>| {
        let values: Option<Vec<f64>> = runs.iter().map(|run| run.get(at).and_then(value)).collect();
        Spread::of(values?).map(|spread| spread.median)
    };
    let pair = |at: usize, of: &dyn Fn(&Hop) -> Pair| Pair {
        p50: median(at, &|hop| of(hop).p50),
        p99: median(at, &|hop| of(hop).p99),
    };
    let hop = |(at, hop): (usize, &Hop)| Hop {
        stage: hop.stage.clone(),
        records_s: median(at, &|hop| hop.records_s),
        bytes: median(at, &|hop| hop.bytes),
        link: pair(at, &|hop| hop.link),
        service: pair(at, &|hop| hop.service),
        age: pair(at, &|hop| hop.age),
        cpu_us: median(at, &|hop| hop.cpu_us),
    };
    first.iter().enumerate().map(hop).collect()
}
