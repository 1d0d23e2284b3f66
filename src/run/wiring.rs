//! Who is linked to whom in a run: worked out once by who needs it, and lent to the rest.

use crate::data::Schema;
use crate::operator::PortId;
use crate::topology::plan::{Plan, WorkerId};
use crate::wire::ledger::Shape;
use xxhash_rust::xxh3::xxh3_64;

/// One sending worker to one receiving worker, and by which numbers both ends know it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link {
    /// Its number in frames: its index in `Wiring::links`.
    pub number: u32,
    pub from: WorkerId,
    pub port: PortId,
    pub to: WorkerId,
    /// Which entry of the receiver's `from`.
    pub inlet: usize,
    /// Its place among the incoming links of the receiver's ledger.
    pub incoming: usize,
    /// Its place among the outgoing links of the sender's account.
    pub outgoing: usize,
    /// What its frames say of their columns, so that a frame of another run is refused.
    pub schema: u64,
}

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

/// All links of a plan, and each worker's part in them.
#[derive(Clone, Debug)]
pub struct Wiring {
    links: Vec<Link>,
    parts: Vec<Part>,
    /// By stage, the place of its first worker among the parts.
    first: Vec<usize>,
}

/// What one worker has to do with the links of its run.
#[derive(Clone, Debug, Default)]
pub struct Part {
    pub id: WorkerId,
    /// In the order of its ledger, as are the outgoing ones.
    pub incoming: Vec<Link>,
    pub outgoing: Vec<Link>,
    /// Who reads what of it.
    pub consumers: Vec<Consumer>,
    /// Whose streams it gets copies of.
    pub watches: Vec<Watched>,
}

/// A stream of one worker that another one watches. No sender knows of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Watched {
    pub from: WorkerId,
    pub port: PortId,
    /// Which entry of what the watching stage names.
    pub inlet: usize,
    /// Its place in the watching worker's ledger, behind those of its links.
    pub incoming: usize,
}

impl Wiring {
    /// Works out the links, always in the same order: by receiving stage, its inlets, sending and receiving workers.
    pub fn of(plan: &Plan) -> Wiring {
        let mut first = Vec::new();
        let mut parts: Vec<Part> = Vec::new();
        for stage in 0..plan.stages.len() {
            first.push(parts.len());
            parts.extend(plan.workers_of(stage).map(|id| Part { id, ..Part::default() }));
        }
        let mut wiring = Wiring { links: Vec::new(), parts, first };
        let run = xxh3_64(plan.run.as_bytes());
        for (stage, reader) in plan.stages.iter().enumerate() {
            for (inlet, read) in reader.inlets.iter().enumerate().filter(|(_, read)| !read.watch) {
                let schema = fingerprint(run, &read.schema);
                for from in plan.workers_of(read.stage) {
                    wiring.connect(from, read.port, plan.workers_of(stage), inlet, schema);
                }
            }
        }
        for stage in 0..plan.stages.len() {
            for to in plan.workers_of(stage) {
                wiring.watch(plan, to);
            }
        }
        wiring
    }

    /// Says what a worker watches.
    fn watch(&mut self, plan: &Plan, to: WorkerId) {
        let watched = plan.stages[to.stage].inlets.iter().enumerate().filter(|(_, read)| read.watch);
        let all = watched.flat_map(|(inlet, read)| {
            plan.workers_of(read.stage).map(move |from| Watched { from, port: read.port, inlet, incoming: 0 })
        });
        let part = self.part_mut(to);
        let links = part.incoming.len();
        part.watches =
            all.enumerate().map(|(at, watched)| Watched { incoming: links + at, ..watched }).collect();
    }

    /// Links one port of a worker to each of those who are one consumer of it.
    fn connect(
        &mut self,
        from: WorkerId,
        port: PortId,
        readers: impl Iterator<Item = WorkerId>,
        inlet: usize,
        schema: u64,
    ) {
        let mut consumer = Consumer { port, stage: 0, inlet, outlets: Vec::new() };
        for to in readers {
            let incoming = self.part(to).incoming.len();
            let outgoing = self.part(from).outgoing.len();
            let number = self.links.len() as u32;
            let link = Link { number, from, port, to, inlet, incoming, outgoing, schema };
            consumer.stage = to.stage;
            consumer.outlets.push(outgoing);
            self.part_mut(to).incoming.push(link);
            self.part_mut(from).outgoing.push(link);
            self.links.push(link);
        }
        self.part_mut(from).consumers.push(consumer);
    }

    pub fn links(&self) -> &[Link] {
        &self.links
    }

    /// Every worker's part, in the order of `Plan::workers`.
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    pub fn part(&self, of: WorkerId) -> &Part {
        &self.parts[self.place(of)]
    }

    fn part_mut(&mut self, of: WorkerId) -> &mut Part {
        let place = self.place(of);
        &mut self.parts[place]
    }

    /// The place of a worker among all of `Plan::workers`.
    pub(crate) fn place(&self, of: WorkerId) -> usize {
        self.first[of.stage] + usize::from(of.worker)
    }
}

impl Part {
    /// What its ledger must hold.
    pub(crate) fn shape(&self, plan: &Plan) -> Shape {
        let stage = &plan.stages[self.id.stage];
        Shape {
            inlets: self.incoming.len() + self.watches.len(),
            outlets: self.outgoing.len(),
            ports: stage.ports.len(),
            steps: stage.steps.len(),
        }
    }
}

/// Whose a worker's ledger is, as a number: of one worker of one run.
pub(crate) fn whose(plan: &Plan, WorkerId { stage, worker }: WorkerId) -> u64 {
    xxh3_64(format!("{} {stage}.{worker}", plan.run).as_bytes())
}

/// Every worker that what a stage sends can reach.
pub(crate) fn downstream(plan: &Plan, stage: usize) -> Vec<WorkerId> {
    let mut readers = vec![Vec::new(); plan.stages.len()];
    for (at, reader) in plan.stages.iter().enumerate() {
        reader.inlets.iter().for_each(|inlet| readers[inlet.stage].push(at));
    }
    let mut reached = vec![false; plan.stages.len()];
    let mut open = vec![stage];
    while let Some(of) = open.pop() {
        let new = readers[of].iter().filter(|at| !std::mem::replace(&mut reached[**at], true));
        open.extend(new);
    }
    plan.workers().filter(|at| at.stage != stage && reached[at.stage]).collect()
}

/// A schema and the run whose records it describes, as one number.
fn fingerprint(run: u64, schema: &Schema) -> u64 {
    schema.hash() ^ run
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::topology;

    #[test]
    fn each_link_stands_in_the_parts_of_both_its_ends_where_it_says() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("t.toml");
        let stage = |rest: &str| format!("[[stage]]\n{rest}\n");
        let text = "name = \"t\"\n".to_string()
            + &stage("name = \"a\"\noperator = \"shop\"")
            + &stage("name = \"b\"\nfrom = \"a\"\nworkers = 3\noperator = \"select\"\ndrop = [\"sku\"]")
            + &stage("name = \"c\"\nfrom = [\"a\", \"b\"]\nworkers = 2\noperator = \"null\"");
        std::fs::write(&file, text).unwrap();
        let plan = topology::load(&file, &[]).unwrap().plan;
        let wiring = Wiring::of(&plan);
        assert_eq!(wiring.links().len(), 3 + 2 + 3 * 2);
        for (at, link) in wiring.links().iter().enumerate() {
            assert_eq!(link.number as usize, at);
            assert_eq!(wiring.part(link.from).outgoing[link.outgoing], *link);
            assert_eq!(wiring.part(link.to).incoming[link.incoming], *link);
        }
        for part in wiring.parts() {
            let outlets: Vec<usize> = part.consumers.iter().flat_map(|of| of.outlets.clone()).collect();
            assert_eq!(outlets, (0..part.outgoing.len()).collect::<Vec<_>>(), "each is one consumer's");
        }
    }
}
