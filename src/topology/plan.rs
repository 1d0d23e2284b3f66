//! The checked and frozen plan of a run: what every process of it reads, and all it needs to know.

use super::slo::Slo;
use crate::data::Schema;
use crate::operator::Input;
use crate::params::Params;
use crate::units::{Bytes, Span};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// A checked topology. Stages are in the order of the file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    pub name: String,
    /// The file it was made from, absolute.
    pub file: PathBuf,
    /// Differs from run to run; empty until the plan is frozen.
    pub run: String,
    pub stages: Vec<Stage>,
    pub drain_timeout: Span,
    /// The longest record, in bytes.
    pub max_message: Bytes,
    /// What `bench --assert` holds it to.
    pub slo: Option<Slo>,
}

/// One stage.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Stage {
    pub name: String,
    pub workers: u16,
    pub steps: Vec<Step>,
    /// In the order of `from`.
    pub inlets: Vec<Inlet>,
    /// Columns whose values choose the worker OF THIS STAGE that gets a record; empty: the least loaded one.
    pub by: Vec<String>,
    pub window: Window,
    pub batch: BatchLimits,
    /// When its report is due, if at other times than the end.
    pub every: Option<Every>,
    /// Whether it is started again after a crash.
    pub restart: bool,
    /// Columns of its main stream; empty for a sink.
    pub output: Schema,
    /// Columns of its report, and which step makes it.
    pub report: Option<(usize, Schema)>,
    /// Its last step stores: the end of a path.
    pub sink: bool,
    /// A step of it absorbs records, or makes some.
    pub absorbs: bool,
    /// A step of it learns: after a crash it starts with nothing.
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
    pub stream: Stream,
    pub schema: Schema,
}

/// Which of a stage's streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stream {
    Main,
    Report,
    Rejected,
}

/// How far a sender may be ahead of what its receiver has taken, on one link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    pub records: u64,
    pub bytes: Bytes,
}

/// How large a frame may grow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BatchLimits {
    pub records_max: usize,
    pub bytes_max: Bytes,
}

/// How often a report is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Every {
    Time(Span),
    Records(u64),
}

/// One sending worker to one receiving worker. Its number in a frame is its index in `Plan::links`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    pub from: (usize, u16),
    pub stream: Stream,
    pub to: (usize, u16),
    /// Which entry of the receiver's `from`.
    pub inlet: usize,
}

impl Plan {
    /// Every link, always in the same order: by receiving stage, its inlets, sending and receiving workers.
    pub fn links(&self) -> Vec<Link> {
        let mut links = Vec::new();
        for (to, stage) in self.stages.iter().enumerate() {
            for (inlet, Inlet { stage: from, stream, .. }) in stage.inlets.iter().enumerate() {
                for sender in 0..self.stages[*from].workers {
                    let link =
                        |receiver| Link { from: (*from, sender), stream: *stream, to: (to, receiver), inlet };
                    links.extend((0..stage.workers).map(link));
                }
            }
        }
        links
    }

    /// Every worker of every stage, in order.
    pub fn workers(&self) -> impl Iterator<Item = (usize, u16)> {
        self.stages
            .iter()
            .enumerate()
            .flat_map(|(stage, of)| (0..of.workers).map(move |worker| (stage, worker)))
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
    pub fn worker_number(&self, stage: usize, worker: u16) -> u16 {
        self.stages[..stage].iter().map(|stage| stage.workers).sum::<u16>() + worker
    }

    /// A sink of it writes records to standard output.
    pub fn on_stdout(&self) -> bool {
        let path = |stage: &Stage| stage.steps.last()?.params.get("path")?.as_str().map(|path| path == "-");
        self.stages.iter().any(|stage| stage.sink && path(stage) == Some(true))
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

    /// Columns of one of its streams; `None` when it has no such stream.
    pub fn stream(&self, stream: Stream) -> Option<Schema> {
        match stream {
            Stream::Main => (!self.sink).then(|| self.output.clone()),
            Stream::Report => self.report.as_ref().map(|(_, schema)| schema.clone()),
            Stream::Rejected => Some(crate::operator::Cx::rejected_schema()),
        }
    }
}

impl Stream {
    /// As `from` says it, behind the stage's name.
    pub fn suffix(self) -> &'static str {
        match self {
            Stream::Main => "",
            Stream::Report => "/report",
            Stream::Rejected => "/rejected",
        }
    }
}
