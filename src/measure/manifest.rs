//! Where and of what a measurement was made: without it a number says nothing.

use super::limits::{Limits, limits};
use super::{proc, stats};
use crate::data::time;
use crate::error::Result;
use crate::topology::freeze;
use crate::topology::plan::Plan;
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
            topology: plan.name.clone(),
            file: plan.file.display().to_string(),
            hash: format!("{:016x}", freeze::hash(plan)?),
            seeds: seeds(plan),
            seed: stats::SEED,
            cpu: cpu(),
            cores,
            governor: line("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"),
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
        let cpus = self.limits.cpus.map_or(String::new(), |cpus| format!(", limited to {cpus} CPUs"));
        let Manifest { cpu, cores, kernel, sluicebox, libzmq, date, hash, .. } = self;
        format!(
            "{cpu}, {cores} cores{governor}{cpus}, Linux {kernel}\n\
             sluicebox {sluicebox}, {libzmq}; topology {hash}; {date}\n"
        )
    }
}

/// A thread for each worker, and one of libzmq's for each that has a link.
fn busy_threads(plan: &Plan) -> usize {
    let linked = |stage: usize| plan.links().iter().any(|link| link.from.0 == stage || link.to.0 == stage);
    plan.workers().map(|(stage, _)| 1 + usize::from(linked(stage))).sum()
}

fn seeds(plan: &Plan) -> BTreeMap<String, i64> {
    let seed = |params: &toml::Table| params.get("seed").and_then(|seed| seed.as_integer());
    let stages = plan.stages.iter();
    stages
        .filter_map(|stage| {
            Some((stage.name.clone(), stage.steps.iter().find_map(|step| seed(&step.params))?))
        })
        .collect()
}

fn idle() -> Option<f64> {
    let (idle, all) = proc::idle_and_all()?;
    std::thread::sleep(LOOK);
    let (idle_now, all_now) = proc::idle_and_all()?;
    Some(idle_now.saturating_sub(idle) as f64 / all_now.saturating_sub(all).max(1) as f64)
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
