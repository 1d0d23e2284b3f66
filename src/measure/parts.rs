//! What the processes of the baseline are told before they begin, and what they leave when they are done.

use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// All processes of a baseline.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Chain {
    pub nodes: Vec<Node>,
    /// From the start; what is sent in this time is not timed.
    pub warmup_ns: u64,
    /// What is timed after that.
    pub span_ns: u64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Node {
    /// Links into it; none: it is a source.
    pub inlets: usize,
    pub outlets: Vec<Outlet>,
    /// Records a second, of a source; `None`: as fast as it can.
    pub rate: Option<f64>,
    /// How old a message is when it comes here is what is asked for.
    pub end: bool,
}

/// A link to another process.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Outlet {
    pub link: u32,
    pub to: usize,
    /// Messages on it for each that was taken.
    pub share: f64,
    pub bytes: usize,
}

/// What a process counted.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Count {
    /// By link.
    pub sent: Vec<(u32, u64)>,
    pub received: Vec<(u32, u64)>,
    /// Messages that did not come in their order.
    pub strays: u64,
    /// Of a source: records that it sent in the time that is measured, and which part of the scheduled ones they were:
    /// the best in the last third, as with ours.
    pub made: u64,
    pub kept: f64,
}

/// Where process `n` of a baseline binds.
pub(super) fn socket_path(folder: &Path, n: usize) -> PathBuf {
    folder.join(n.to_string())
}

/// Where it leaves its count, and how old what came to it was.
pub(super) fn count_path(folder: &Path, n: usize) -> PathBuf {
    folder.join(format!("{n}.count"))
}

pub(super) fn ages_path(folder: &Path, n: usize) -> PathBuf {
    folder.join(format!("{n}.ages"))
}

/// The file in their folder that tells them.
pub(super) const CHAIN: &str = "chain.json";
