//! The account of a run as it is told: by `run`, by `audit`, and in `account.json`.

use super::books::{Books, LinkBook, Totals, Worker, is_zero};
use super::wiring::Link;
use crate::latency::{Latency, Timings};
use crate::operator::{BEYOND_LIMIT, PortId, PortKind};
use crate::topology::plan::{Plan, Stage};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What `run --json` prints. With fan-out or reports the totals need not add up; `balances` says whether every
/// link and every stage does.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Summary {
    pub name: String,
    /// `drained`, `stopped` or `failed`; `running` while it runs.
    pub end: String,
    pub balances: bool,
    pub records: Totals,
    pub stages: Vec<StageSum>,
    /// Age of records when they reached the sinks; `None` before the first did.
    pub latency_us: Option<Percentiles>,
    pub results: Vec<String>,
}

/// One stage's sums over its workers.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct StageSum {
    pub name: String,
    #[serde(rename = "in")]
    pub read: u64,
    pub out: u64,
    pub filtered: u64,
    pub rejected: BTreeMap<String, u64>,
    /// Of what was filtered and rejected, how much was by each step.
    #[serde(default)]
    pub steps: Vec<StepSum>,
    pub absorbed: u64,
    pub made: u64,
    /// What left by its ports beside the main one and `rejected`, by name; not told where it has none.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub ports: BTreeMap<String, u64>,
    /// Shed on the links into it, by reason; not told where nothing was.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub shed: BTreeMap<String, u64>,
    /// Lost on the links into it and inside it.
    pub lost: u64,
    /// Records handled that are not in the state of its steps, since it was started again without them; not told where
    /// there are none.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub forgotten: u64,
    /// Records that wait in windows which a stop has left open; not told where there are none.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub waiting: u64,
    /// Of what it took, copies of what it watches; not told where there are none.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub watched: u64,
    /// What it has missed of what it watches, or of what others sent or published; not told where it has missed none.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub missed: u64,
    /// Connections, datagrams and requests that it did not let in; not told where there are none.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub refused: u64,
    /// Keys whose state had to go because there were more than `keys_max`; not told where none had.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub keys_gone: u64,
    #[serde(default)]
    pub latency_us: Breakdown,
}

/// What one step of a stage kept from going on, over all workers.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct StepSum {
    pub operator: String,
    pub filtered: u64,
    pub rejected: u64,
}

/// Microseconds. `None` for what the records are too few to tell.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Percentiles {
    pub p50: Option<f64>,
    pub p99: Option<f64>,
    pub p999: Option<f64>,
    pub max: f64,
}

impl Percentiles {
    /// `None` when there is no record.
    pub fn of(latency: &Latency) -> Option<Percentiles> {
        let us = |ns: u64| ns as f64 / 1000.0;
        let percentile = |share| latency.percentile_ns(share).map(us);
        Some(Percentiles {
            p50: percentile(0.5),
            p99: percentile(0.99),
            p999: percentile(0.999),
            max: us(latency.max_ns()?),
        })
    }
}

/// Where the time of a stage's records goes, as `latency::Timings` says it; `None` where there is no record.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct Breakdown {
    pub link: Option<Percentiles>,
    pub service: Option<Percentiles>,
    pub age: Option<Percentiles>,
}

impl Breakdown {
    pub fn of(timings: &Timings) -> Breakdown {
        Breakdown {
            link: Percentiles::of(&timings.link),
            service: Percentiles::of(&timings.service),
            age: Percentiles::of(&timings.age),
        }
    }
}

impl Summary {
    pub fn of(plan: &Plan, books: &Books, end: &str) -> Summary {
        let stages = (0..plan.stages.len()).map(|stage| stage_sum(plan, books, stage)).collect();
        Summary {
            name: plan.name.clone(),
            end: end.to_string(),
            balances: books.wrong(plan).is_empty(),
            records: books.totals(plan),
            stages,
            latency_us: Percentiles::of(&books.ages()),
            results: plan.stages.iter().flat_map(|stage| stage.results.iter().cloned()).collect(),
        }
    }
}

impl Summary {
    /// Records that are not in the state of a stage which handled them, over all stages.
    pub fn forgotten(&self) -> u64 {
        self.stages.iter().map(|stage| stage.forgotten).sum()
    }

    /// Records that a limit of ours refused, over all stages: they may be as sound as any.
    pub(crate) fn beyond_limits(&self) -> u64 {
        let rejected = self.stages.iter().flat_map(|stage| &stage.rejected);
        rejected.filter(|(reason, _)| reason.starts_with(BEYOND_LIMIT)).map(|(_, n)| n).sum()
    }
}

fn stage_sum(plan: &Plan, books: &Books, stage: usize) -> StageSum {
    let into = books.links.iter().filter(|book| book.link.to.stage == stage);
    let mut sum = StageSum {
        name: plan.stages[stage].name.clone(),
        read: 0,
        out: 0,
        filtered: 0,
        rejected: BTreeMap::new(),
        steps: by_step(plan, stage, books.of_stage(stage)),
        absorbed: 0,
        made: 0,
        ports: BTreeMap::new(),
        shed: BTreeMap::new(),
        lost: into.clone().map(LinkBook::missing).sum(),
        forgotten: 0,
        waiting: 0,
        watched: 0,
        missed: 0,
        refused: 0,
        keys_gone: 0,
        latency_us: Breakdown::of(&books.timings_of(stage)),
    };
    let shed = into.flat_map(|book| book.shed.by_reason()).filter(|(_, n)| *n > 0);
    shed.for_each(|(reason, n)| *sum.shed.entry(reason.to_string()).or_default() += n);
    for worker in books.of_stage(stage) {
        let account = &worker.account;
        sum.read += worker.read();
        sum.out += account.out();
        sum.filtered += account.filtered;
        sum.absorbed += account.absorbed;
        sum.made += account.made;
        sum.lost += worker.lost_inside;
        sum.keys_gone += account.keys_gone;
        sum.forgotten += account.forgotten;
        sum.waiting += account.waiting;
        sum.watched += worker.watched;
        sum.missed = sum.missed.saturating_add(worker.missed);
        sum.refused += account.refused;
        for (reason, n) in &account.rejected {
            *sum.rejected.entry(reason.clone()).or_default() += n;
        }
        for (name, n) in by_port(plan, worker) {
            *sum.ports.entry(name).or_default() += n;
        }
    }
    sum
}

/// What each step of a stage kept from going on, in these workers of it.
pub(super) fn by_step<'a>(
    plan: &Plan,
    stage: usize,
    workers: impl Iterator<Item = &'a Worker> + Clone,
) -> Vec<StepSum> {
    let sum = |at: usize| {
        let counts = workers.clone().filter_map(|worker| worker.account.steps.get(at));
        counts.fold((0, 0), |(filtered, rejected), step| (filtered + step.filtered, rejected + step.rejected))
    };
    let steps = plan.stages[stage].steps.iter().enumerate().map(|(at, step)| {
        let (filtered, rejected) = sum(at);
        StepSum { operator: step.operator.clone(), filtered, rejected }
    });
    steps.collect()
}

/// What left by a worker's ports beside the main one and `rejected`, by name.
pub(super) fn by_port(plan: &Plan, worker: &Worker) -> BTreeMap<String, u64> {
    let stage = &plan.stages[worker.id.stage];
    let own = stage.all_ports().filter(|(_, port)| port.of.is_some());
    let name = |id: PortId| stage.port_suffix(id).trim_start_matches('/').to_string();
    own.map(|(id, _)| (name(id), worker.account.ports[id.index()])).collect()
}

/// Whether one line says it all: *in = stored + filtered + rejected + shed + lost*. So it is where nothing is
/// absorbed, made or watched, and all that records leave by has one reader at most: what nobody reads is filtered.
pub fn adds_up_in_one_line(plan: &Plan) -> bool {
    let once = |at: usize, stage: &Stage| {
        let mut moves = stage.all_ports().filter(|(_, port)| port.kind == PortKind::Moves);
        moves.all(|(id, _)| plan.readers(at, id) <= 1)
    };
    let watches = |stage: &Stage| stage.inlets.iter().any(|inlet| inlet.watch);
    plan.stages.iter().enumerate().all(|(at, stage)| !stage.absorbs && !watches(stage) && once(at, stage))
}

/// Records that side streams (reports, rejected rows) added to what came in.
pub fn side_records(plan: &Plan, books: &Books) -> u64 {
    let adds = |link: &Link| {
        let kind = plan.stages[link.from.stage].ports[link.port.index()].kind;
        kind == PortKind::Adds
    };
    books.links.iter().filter(|book| adds(&book.link)).map(|book| book.offered).sum()
}
