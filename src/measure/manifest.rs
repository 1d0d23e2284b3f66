//! Where and of what a measurement was made: without it a number says nothing.

use super::limits::{Limits, limits};
use super::{proc, stats};
use crate::data::time;
use crate::error::Result;
use crate::processors::Ticks;
use crate::run::wiring::{Link, Part, Wiring};
use crate::topology::freeze;
use crate::topology::plan::{Plan, Stage, WorkerId};
use crate::wire::endpoint::Engine;
use crate::wire::socket;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fs;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// How long the machine is watched before the first run.
const LOOK: Duration = Duration::from_millis(300);
/// A machine that is idle less than this has other work.
const IDLE_MIN: f64 = 0.85;

/// The machine, the program and the topology.
#[derive(Clone, Debug, Serialize)]
pub struct Manifest {
    /// UTC, when it began.
    pub date: String,
    pub sluicebox: &'static str,
    pub libzmq: String,
    /// Who carries frames between processes: `direct`, `libzmq`, or `mixed`.
    pub engine: &'static str,
    /// The topology's name, its file, and the fingerprint of what it does.
    pub topology: String,
    pub file: String,
    pub hash: String,
    /// Seeds that the topology says, by stage.
    pub seeds: BTreeMap<String, i64>,
    /// Of the bootstrap.
    pub seed: u64,
    pub cpu: String,
    /// CPUs that this process may use.
    pub cores: usize,
    pub governor: Option<String>,
    /// Idle processors were kept from deep sleep, on both sides.
    pub shallow: bool,
    pub kernel: String,
    pub limits: Limits,
    /// Load averages of 1, 5 and 15 minutes, and the share of CPU time that was idle just before.
    pub load: Option<[f64; 3]>,
    pub idle: Option<f64>,
    /// Threads that may be busy at once.
    pub busy_threads: usize,
    pub warnings: Vec<String>,
}

impl Manifest {
    /// Looks at the machine for a moment.
    pub fn take(plan: &Plan) -> Result<Manifest> {
        let idle = idle();
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let mut manifest = Manifest {
            date: now(),
            sluicebox: env!("CARGO_PKG_VERSION"),
            libzmq: socket::version(),
            engine: engine(plan),
            topology: plan.name.clone(),
            file: plan.file.display().to_string(),
            hash: format!("{:016x}", freeze::hash(plan)?),
            seeds: seeds(plan),
            seed: stats::SEED,
            cpu: cpu(),
            cores,
            governor: line("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"),
            shallow: false,
            kernel: line("/proc/sys/kernel/osrelease").unwrap_or_default(),
            limits: limits(),
            load: proc::load(),
            idle,
            busy_threads: busy_threads(plan),
            warnings: Vec::new(),
        };
        manifest.warnings = manifest.warnings();
        Ok(manifest)
    }

    fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        let cores = self.limits.cpus.map_or(self.cores as f64, |cpus| cpus.min(self.cores as f64));
        if cores < self.busy_threads as f64 {
            warnings.push(format!(
                "{cores} cores for {} busy threads: they wait for each other, and the tail shows it",
                self.busy_threads
            ));
        }
        if let Some(idle) = self.idle.filter(|idle| *idle < IDLE_MIN) {
            let load = self.load.map_or(String::new(), |[load, ..]| format!(", load {load}"));
            warnings.push(format!(
                "the machine is busy ({:.0} % idle{load} before the first run): its other work is in the numbers",
                100.0 * idle
            ));
        }
        warnings
    }

    /// Two lines for a person.
    pub fn lines(&self) -> String {
        let governor = self.governor.as_ref().map_or(String::new(), |of| format!(", governor {of}"));
        let idle = if self.shallow { ", idle shallow" } else { "" };
        let cpus = self.limits.cpus.map_or(String::new(), |cpus| format!(", limited to {cpus} CPUs"));
        let Manifest { cpu, cores, kernel, sluicebox, libzmq, engine, date, hash, .. } = self;
        format!(
            "{cpu}, {cores} cores{governor}{idle}{cpus}, Linux {kernel}\n\
             sluicebox {sluicebox}, links {engine}, {libzmq}; topology {hash}; {date}\n"
        )
    }
}

/// A thread for each worker, and libzmq's own one in each process where it carries frames to or from another.
fn busy_threads(plan: &Plan) -> usize {
    let wiring = Wiring::of(plan);
    let io = |process: &Vec<WorkerId>| {
        process.iter().any(|me| {
            let Part { incoming, outgoing, .. } = wiring.part(*me);
            let outside = |link: &Link| !plan.together(link.from, link.to);
            let libzmq = plan.stages[me.stage].placement.engine == Engine::Libzmq;
            libzmq && incoming.iter().chain(outgoing).any(outside)
        })
    };
    plan.workers().count() + plan.processes().iter().filter(|process| io(process)).count()
}

fn engine(plan: &Plan) -> &'static str {
    let of = |engine| plan.stages.iter().any(|stage| stage.placement.engine == engine);
    match (of(Engine::Direct), of(Engine::Libzmq)) {
        (true, true) => "mixed",
        (false, true) => "libzmq",
        _ => "direct",
    }
}

fn seeds(plan: &Plan) -> BTreeMap<String, i64> {
    let seed = |stage: &Stage| {
        (0..stage.steps.len()).find_map(|step| stage.says(step, |card| card.seeded)?.as_integer())
    };
    plan.stages.iter().filter_map(|stage| Some((stage.name.clone(), seed(stage)?))).collect()
}

/// Which share of the processors has nothing to do.
fn idle() -> Option<f64> {
    let before = Ticks::now()?;
    std::thread::sleep(LOOK);
    Ticks::now()?.idle_since(&before)
}

fn cpu() -> String {
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let value = |key: &str| {
        let line = info.lines().find(|line| line.split(':').next().is_some_and(|of| of.trim() == key))?;
        line.split_once(':').map(|(_, value)| value.trim().to_string())
    };
    let known = ["model name", "Model", "Hardware", "CPU part"].into_iter().find_map(value);
    known.unwrap_or_else(|| std::env::consts::ARCH.to_string())
}

/// The only line of a file.
fn line(path: &str) -> Option<String> {
    fs::read_to_string(path).ok().map(|text| text.trim().to_string()).filter(|text| !text.is_empty())
}

/// The wall clock, to the second, in UTC.
fn now() -> String {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    time::to_text(since.as_secs() as i64 * 1_000_000_000)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::topology;
    use crate::units::{Bytes, Span};

    /// A plan without stages.
    pub(crate) fn plan() -> Plan {
        Plan {
            name: "t".to_string(),
            file: "t.toml".into(),
            run: String::new(),
            stages: Vec::new(),
            drain_timeout: Span::from_ms(1),
            max_message: Bytes(1),
            slo: None,
            shallow: false,
        }
    }

    #[test]
    fn busy_threads_are_those_of_workers_and_of_libzmq_where_it_is_used() {
        let text = r#"
name = "t"
[[stage]]
name = "a"
operator = "shop"
[[stage]]
name = "b"
from = "a"
workers = 2
operator = "filter"
where = "quantity > 0"
[[stage]]
name = "c"
from = "b"
operator = "null"
"#;
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("t.toml");
        std::fs::write(&file, text).unwrap();
        let threads = |engine: Engine| {
            let mut plan = topology::load(&file, &[]).unwrap().plan;
            plan.stages.iter_mut().for_each(|stage| stage.placement.engine = engine);
            busy_threads(&plan)
        };
        assert_eq!([threads(Engine::Direct), threads(Engine::Libzmq)], [4, 8]);
    }

    #[test]
    fn a_machine_is_named_whole_and_its_lacks_are_told() {
        let plan = plan();
        let mut manifest = Manifest::take(&plan).unwrap();
        assert!(!manifest.cpu.is_empty() && !manifest.kernel.is_empty() && manifest.cores > 0);
        assert!(manifest.date.ends_with('Z') && manifest.hash.len() == 16, "{manifest:?}");
        (manifest.cores, manifest.busy_threads, manifest.idle) = (2, 4, Some(0.5));
        manifest.limits.cpus = Some(1.5);
        let [cores, busy] = manifest.warnings().try_into().unwrap();
        assert!(cores.starts_with("1.5 cores for 4 busy threads: "), "{cores}");
        assert!(busy.starts_with("the machine is busy (50 % idle"), "{busy}");
        (manifest.limits.cpus, manifest.cores, manifest.idle) = (None, 4, Some(0.99));
        assert!(manifest.warnings().is_empty());
    }
}
