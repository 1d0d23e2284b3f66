//! Which links of the plan are one worker's, and by which numbers both ends know them.

use crate::topology::plan::{Link, Plan, Stream};

/// One way in or out of a worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Way {
    /// Its number in frames.
    pub link: u32,
    pub of: Link,
    /// Its place among the incoming links of the receiver's ledger.
    pub inlet: usize,
    /// Its place among the outgoing links of the sender's account.
    pub outlet: usize,
}

/// Every link with its numbers.
pub fn ways(plan: &Plan) -> Vec<Way> {
    let links = plan.links();
    let way = |(i, link): (usize, &Link)| Way {
        link: i as u32,
        of: *link,
        inlet: links[..i].iter().filter(|other| other.to == link.to).count(),
        outlet: links[..i].iter().filter(|other| other.from == link.from).count(),
    };
    links.iter().enumerate().map(way).collect()
}

/// The links by which one stream of a worker reaches one consumer: one to each of the consumer's workers.
#[derive(Clone, Debug)]
pub struct Consumer {
    pub stream: Stream,
    /// Index of the stage that reads.
    pub stage: usize,
    /// Places among the worker's outgoing links, by receiving worker.
    pub outlets: Vec<usize>,
}

/// Who reads what of a worker.
pub fn consumers(ways: &[Way]) -> Vec<Consumer> {
    let mut consumers: Vec<Consumer> = Vec::new();
    let mut last = None;
    for way in ways {
        let group = (way.of.stream, way.of.to.0, way.of.inlet);
        if last != Some(group) {
            consumers.push(Consumer { stream: way.of.stream, stage: way.of.to.0, outlets: Vec::new() });
            last = Some(group);
        }
        consumers.last_mut().expect("one was pushed").outlets.push(way.outlet);
    }
    consumers
}

/// Every worker that what a stage sends can reach.
pub fn downstream(plan: &Plan, stage: usize) -> Vec<(usize, u16)> {
    let mut reached = vec![false; plan.stages.len()];
    reached[stage] = true;
    // Twice as often as there are stages is enough, and no order of the file is assumed.
    for _ in 0..plan.stages.len() {
        for (at, of) in plan.stages.iter().enumerate() {
            reached[at] |= of.inlets.iter().any(|inlet| reached[inlet.stage]);
        }
    }
    plan.workers().filter(|(at, _)| *at != stage && reached[*at]).collect()
}

/// What both ends of a link mix into the schema's fingerprint, so that a frame of another run is refused.
pub fn fingerprint(plan: &Plan, schema: &crate::data::Schema) -> u64 {
    schema.hash() ^ xxhash_rust::xxh3::xxh3_64(plan.run.as_bytes())
}
