//! Who reads what of a worker, and what both ends of a link know of the run.

use crate::operator::PortId;
use crate::topology::plan::{Link, Plan, WorkerId};

/// The links by which one port of a worker reaches one consumer: one to each of the consumer's workers.
#[derive(Clone, Debug)]
pub struct Consumer {
    pub port: PortId,
    /// Index of the stage that reads.
    pub stage: usize,
    /// Which entry of its `from`.
    pub inlet: usize,
    /// Places among the worker's outgoing links, by receiving worker.
    pub outlets: Vec<usize>,
}

/// Who reads what of a worker: `links` are those that go out of it.
pub(crate) fn consumers<'a>(links: impl IntoIterator<Item = &'a Link>) -> Vec<Consumer> {
    let mut consumers: Vec<Consumer> = Vec::new();
    let mut last = None;
    for link in links {
        let group = (link.port, link.to.stage, link.inlet);
        if last != Some(group) {
            let (port, stage, inlet) = group;
            consumers.push(Consumer { port, stage, inlet, outlets: Vec::new() });
            last = Some(group);
        }
        consumers.last_mut().expect("one was pushed").outlets.push(link.outgoing);
    }
    consumers
}

/// Every worker that what a stage sends can reach.
pub(crate) fn downstream(plan: &Plan, stage: usize) -> Vec<WorkerId> {
    let mut reached = vec![false; plan.stages.len()];
    reached[stage] = true;
    // Twice as often as there are stages is enough, and no order of the file is assumed.
    for _ in 0..plan.stages.len() {
        for (at, of) in plan.stages.iter().enumerate() {
            reached[at] |= of.inlets.iter().any(|inlet| reached[inlet.stage]);
        }
    }
    plan.workers().filter(|at| at.stage != stage && reached[at.stage]).collect()
}

/// What both ends of a link mix into the schema's fingerprint, so that a frame of another run is refused.
pub fn fingerprint(plan: &Plan, schema: &crate::data::Schema) -> u64 {
    schema.hash() ^ xxhash_rust::xxh3::xxh3_64(plan.run.as_bytes())
}
