//! How a stage runs: how much of its records is under way, what is done for it meanwhile, and where.

use crate::units::{Bytes, Share, Span};
use crate::wire::endpoint::Engine;
use crate::wire::link::OnFull;
use serde::{Deserialize, Serialize};

/// How many of its records may be on their way, in one frame, and rejected.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Limits {
    pub credit: Credit,
    pub batch: BatchLimits,
    /// What who sends to it does when it is full.
    pub on_full: OnFull,
    /// Older records are not sent to it.
    pub max_age: Option<Span>,
    /// It fails when more of its records are rejected.
    pub max_rejects: Share,
}

/// What is done for a stage while it runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Upkeep {
    /// When its report is due, if at other times than the end.
    pub every: Option<Every>,
    /// When its state is saved, besides at the end; `None`: never, also not then.
    pub snapshot_every: Option<Every>,
    /// What is open when the run is stopped stays open in its last snapshot.
    pub keeps_open: bool,
    /// Whether it is started again after a crash.
    pub restart: bool,
    /// Whether its newest report is shown at the end of the run.
    #[serde(default)]
    pub summary: bool,
}

/// How far a sender may be ahead of what its receiver has taken, on one link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credit {
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

/// Where a stage runs, how it waits, and who carries its frames.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Placement {
    pub engine: Engine,
    pub wait: Wait,
    /// Stages that name the same process are threads of it.
    pub process: Option<String>,
    /// Processors it may run on; empty: all.
    pub cpus: Vec<usize>,
}

/// What a worker does while there is nothing to do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Wait {
    /// It sleeps until it is woken.
    #[default]
    Park,
    /// It looks again and again for a while, where there are processors to spare, and then sleeps.
    Adaptive,
    /// It looks again and again: the shortest wait, for a whole processor.
    Spin,
}

/// How often a report is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Every {
    Time(Span),
    Records(u64),
}
