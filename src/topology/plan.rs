//! The checked and frozen plan of a run: what every process of it reads, and all it needs to know.

mod port;
mod settings;

pub use settings::{BatchLimits, Credit, Every, Limits, Placement, Upkeep, Wait};

pub use port::{Port, PortOf};
pub(crate) use port::{REPORT, called, find_port};

use super::slo::Slo;
use crate::data::Schema;
use crate::operator::{Input, PortId, Spec};
use crate::params::Params;
use crate::registry;
use crate::units::{Bytes, Span};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use toml::Value;

/// The file that is standard input.
pub const STDIN: &str = "-";

/// How a person calls a topology's file.
pub fn origin(file: &Path) -> String {
    if file == Path::new(STDIN) { "standard input".to_string() } else { file.display().to_string() }
}

/// A checked topology. Stages are in the order of the file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    pub name: String,
    /// The file it was made from, absolute, or `STDIN`.
    pub file: PathBuf,
    /// Differs from run to run; empty until the plan is frozen.
    pub run: String,
    pub stages: Vec<Stage>,
    pub drain_timeout: Span,
    /// The longest record, in bytes.
    pub max_message: Bytes,
    /// What `bench --assert` holds it to.
    pub slo: Option<Slo>,
    /// Idle processors are kept from deep sleep while it runs, where that is permitted.
    pub shallow: bool,
}

/// One stage.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stage {
    pub name: String,
    pub workers: u16,
    pub steps: Vec<Step>,
    /// In the order of `from`.
    pub inlets: Vec<Inlet>,
    pub limits: Limits,
    pub placement: Placement,
    pub upkeep: Upkeep,
    /// What it lets out: first its main port, then `rejected`, then those of its steps.
    pub ports: Vec<Port>,
    /// Its last step stores: the end of a path.
    pub sink: bool,
    /// A step of it absorbs records, or makes some.
    pub absorbs: bool,
    /// A step of it learns: after a crash it goes on from its last snapshot.
    pub stateful: bool,
    /// Where results lie.
    pub results: Vec<String>,
}

/// One operator of a stage, with what it was checked against: enough to plan it again in another process.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Step {
    pub operator: String,
    pub params: Params,
    /// Of a source: what `sample` found, named `sample`, or none.
    pub inputs: Vec<Input>,
}

/// One entry of `from`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Inlet {
    /// Index of the stage it comes from.
    pub stage: usize,
    pub port: PortId,
    /// What it is to an operator that reads by role.
    pub role: Option<String>,
    /// It brings copies: who sends them never waits for this stage.
    pub watch: bool,
    /// Columns whose values choose the worker OF THE READING STAGE that gets a record; empty: the least loaded one.
    pub by: Vec<String>,
    pub schema: Schema,
}

/// One worker of a stage, both counted from 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WorkerId {
    pub stage: usize,
    pub worker: u16,
}

impl Plan {
    /// Every worker of every stage, in order.
    pub fn workers(&self) -> impl Iterator<Item = WorkerId> {
        (0..self.stages.len()).flat_map(|stage| self.workers_of(stage))
    }

    /// The workers of one stage, in order.
    pub(crate) fn workers_of(&self, stage: usize) -> impl Iterator<Item = WorkerId> + use<> {
        (0..self.stages[stage].workers).map(move |worker| WorkerId { stage, worker })
    }

    /// The workers of each process, in order: those of all stages that name the same one, else each its own.
    pub(crate) fn processes(&self) -> Vec<Vec<WorkerId>> {
        let mut processes: Vec<Vec<WorkerId>> = Vec::new();
        let mut named = HashMap::new();
        for at in self.workers() {
            let place = match &self.stages[at.stage].placement.process {
                Some(name) => *named.entry(name).or_insert(processes.len()),
                None => processes.len(),
            };
            if place == processes.len() {
                processes.push(Vec::new());
            }
            processes[place].push(at);
        }
        processes
    }

    /// Whether two workers are threads of one process.
    pub fn together(&self, a: WorkerId, b: WorkerId) -> bool {
        let process = |at: WorkerId| self.stages[at.stage].placement.process.as_deref();
        a == b || (process(a).is_some() && process(a) == process(b))
    }

    /// The plan of one run: nobody else's run is called the same.
    pub fn begin(mut self) -> Plan {
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        self.run = format!("{}-{:x}-{:x}", self.name, now.as_nanos(), std::process::id());
        self
    }

    /// Whether two plans differ in nothing but the run.
    pub fn same_as(&self, other: &Plan) -> bool {
        Plan { run: other.run.clone(), ..self.clone() } == *other
    }

    /// A number for each worker, for record ids.
    pub(crate) fn worker_number(&self, of: WorkerId) -> u16 {
        self.stages[..of.stage].iter().map(|stage| stage.workers).sum::<u16>() + of.worker
    }

    /// How a person calls a worker: `clean`, or `clean.1` where a stage has several.
    pub fn worker_name(&self, of: WorkerId) -> String {
        let stage = &self.stages[of.stage];
        if stage.workers > 1 { format!("{}.{}", stage.name, of.worker) } else { stage.name.clone() }
    }

    /// How a person calls the process of a worker: by its own name, where several share it, or by the worker's.
    pub(crate) fn process_name(&self, of: WorkerId) -> String {
        let own = self.stages[of.stage].placement.process.clone();
        own.unwrap_or_else(|| self.worker_name(of))
    }

    /// A sink of it writes records to standard output.
    pub fn on_stdout(&self) -> bool {
        self.stages.iter().any(|stage| {
            let last = stage.steps.len() - 1;
            let card = stage.card(last).filter(|card| stage.sink && card.stdout);
            // Where it is not said it is the usual place of what writes there.
            card.is_some() && stage.says(last, |card| card.place).is_none_or(|at| at.as_str() == Some("-"))
        })
    }

    /// Whether all that comes to a stage ends by itself, as every source before it does.
    pub(crate) fn ends(&self, stage: usize) -> bool {
        let (mut before, mut next) = (vec![stage], 0);
        while let Some(at) = before.get(next).map(|at| &self.stages[*at]) {
            let params = at.steps.first().map(|step| &step.params);
            let endless = at.card(0).and_then(|card| card.endless).zip(params);
            if at.is_source() && endless.is_some_and(|(endless, params)| endless(params)) {
                return false;
            }
            let new: Vec<usize> =
                at.inlets.iter().map(|inlet| inlet.stage).filter(|at| !before.contains(at)).collect();
            before.extend(new);
            next += 1;
        }
        true
    }

    /// How many entries of `from` read a port; who watches it does not.
    pub(crate) fn readers(&self, stage: usize, port: PortId) -> usize {
        let inlets = self.stages.iter().flat_map(|stage| &stage.inlets).filter(|inlet| !inlet.watch);
        inlets.filter(|inlet| inlet.stage == stage && inlet.port == port).count()
    }

    /// Whether anybody reads the port that `from` would call so.
    pub fn is_read(&self, stage: usize, port: &str) -> bool {
        let shown = port == REPORT && self.stages[stage].upkeep.summary;
        shown || self.stages[stage].port(port).is_some_and(|port| self.readers(stage, port) > 0)
    }

    pub fn stage(&self, name: &str) -> Option<usize> {
        self.stages.iter().position(|stage| stage.name == name)
    }
}

impl Stage {
    /// It reads nothing: its first step is a source.
    pub fn is_source(&self) -> bool {
        self.inlets.is_empty()
    }

    /// The card of one of its steps; `None` when the program has no such operator.
    pub fn card(&self, step: usize) -> Option<&'static Spec> {
        let source = step == 0 && self.is_source();
        registry::find(&self.steps.get(step)?.operator, source).map(|(_, card)| card)
    }

    /// What a step says under a parameter that its card knows: its place, its rate.
    pub fn says(&self, step: usize, parameter: impl Fn(&Spec) -> Option<&'static str>) -> Option<&Value> {
        self.steps.get(step)?.params.get(parameter(self.card(step)?)?)
    }
}
