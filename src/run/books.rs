//! The account of a whole run, read from its ledgers: by anyone, at any time, also after the end.

use super::wiring::{Link, Part, Wiring};
use crate::error::{Error, Exit};
use crate::latency::{Latency, Timings, Told};
use crate::operator::{Account, PortId, PortKind, Shed};
use crate::topology::plan::{Plan, WorkerId};
use crate::wire::ledger::{State, Times};
use crate::wire::link::Received;
use std::ops::Range;

/// What one worker's ledger says.
#[derive(Clone, Debug)]
pub struct Worker {
    pub id: WorkerId,
    /// It stores.
    pub sink: bool,
    pub pid: u32,
    /// A process is this worker now.
    pub alive: bool,
    pub state: State,
    /// How many processes have been this worker.
    pub epoch: u32,
    /// With which error its last process ended, as that said itself.
    pub failure: Option<Error>,
    pub account: Account,
    /// Records taken over all incoming links, and of what it watches.
    pub received: u64,
    /// Of those, copies of what it watches.
    pub watched: u64,
    /// What it watches, or reads from outside, and what went by unseen.
    pub missed: u64,
    pub lost_inside: u64,
    /// Frames that were none of this run.
    pub frames_refused: u64,
    pub times: Times,
    /// How long things took since its first start.
    pub timings: Told,
    /// The same for the last interval it told of, a second or two long.
    pub recent: Told,
    /// Its incoming links among those of the books.
    pub(super) into: Range<usize>,
}

impl Worker {
    /// Records that it has taken in, over its links or from outside.
    pub fn read(&self) -> u64 {
        // A source that reads nothing over links says itself what it has read and lost.
        if self.received > 0 {
            self.received
        } else {
            self.account.done + self.account.held + self.account.lost
        }
    }
}

/// What both ends say of one link.
#[derive(Clone, Copy, Debug)]
pub struct LinkBook {
    pub link: Link,
    pub offered: u64,
    pub shed: Shed,
    pub received: Received,
}

impl Worker {
    /// Why it could not go on; one that left, or need not go on, has not failed.
    pub fn failed_with(&self) -> Option<&str> {
        let failed =
            self.failure.as_ref().filter(|error| ![Exit::Closed, Exit::Stopped].contains(&error.exit));
        failed.map(|error| error.sentence.as_str())
    }
}

impl LinkBook {
    /// What was offered and neither received nor shed: lost at rest, on its way before.
    pub fn missing(&self) -> u64 {
        self.offered.saturating_sub(self.received.records + self.shed.total())
    }
}

/// All ledgers of a run.
#[derive(Clone, Debug)]
pub struct Books {
    pub workers: Vec<Worker>,
    pub links: Vec<LinkBook>,
}

/// Sums over a run, as `run --json` says them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Totals {
    #[serde(rename = "in")]
    pub read: u64,
    pub stored: u64,
    pub filtered: u64,
    pub rejected: u64,
    pub absorbed: u64,
    pub made: u64,
    pub shed: u64,
    pub lost: u64,
    pub duplicate: u64,
    /// Copies that stages which watch have seen; not told where there are none.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub watched: u64,
    /// What went by unseen: of what is watched, and of what sources know to have been sent; not told where there is
    /// none.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub missed: u64,
    /// Connections, datagrams and requests that sources did not let in; not told where there are none.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub refused: u64,
}

pub(super) fn is_zero(n: &u64) -> bool {
    *n == 0
}

impl Books {
    /// The links into a worker.
    pub fn into(&self, worker: &Worker) -> &[LinkBook] {
        &self.links[worker.into.clone()]
    }

    pub fn of_stage(&self, stage: usize) -> impl Iterator<Item = &Worker> + Clone {
        self.workers.iter().filter(move |worker| worker.id.stage == stage)
    }

    /// Some worker has not come to its end yet.
    pub fn wants(&self) -> bool {
        self.workers.iter().any(|worker| worker.state < State::Finished)
    }

    /// Nothing runs and nothing can come any more.
    pub fn at_rest(&self) -> bool {
        self.workers.iter().all(|worker| !worker.alive)
    }

    pub fn totals(&self, plan: &Plan) -> Totals {
        let mut totals = Totals::default();
        for worker in &self.workers {
            let (stage, account) = (&plan.stages[worker.id.stage], &worker.account);
            totals.read += if stage.is_source() { worker.read() } else { 0 };
            totals.stored += if stage.sink { account.out() } else { 0 };
            totals.filtered += account.filtered + unread(plan, worker);
            totals.rejected += account.rejected_total();
            totals.absorbed += account.absorbed;
            totals.made += account.made;
            totals.lost += worker.lost_inside;
            totals.watched += worker.watched;
            totals.missed = totals.missed.saturating_add(worker.missed);
            totals.refused += account.refused;
        }
        totals.lost += self.links.iter().map(LinkBook::missing).sum::<u64>();
        totals.shed = self.links.iter().map(|link| link.shed.total()).sum();
        totals.duplicate = self.links.iter().map(|link| link.received.duplicates).sum();
        totals
    }

    /// Every identity that does not hold at rest, as a sentence; empty: the account balances.
    pub fn wrong(&self, plan: &Plan) -> Vec<String> {
        let mut wrong = Vec::new();
        let wiring = Wiring::of(plan);
        for worker in &self.workers {
            let name = plan.worker_name(worker.id);
            let account = &worker.account;
            if account.left() > account.done + account.made {
                wrong.push(format!(
                    "{name} accounts for {} records that left it, but has handled {} and made {}",
                    account.left(),
                    account.done,
                    account.made
                ));
                continue;
            }
            let source = plan.stages[worker.id.stage].is_source();
            if !source && worker.received != account.done + worker.lost_inside {
                wrong.push(format!(
                    "{name} received {} records, but handled {} and lost {} inside",
                    worker.received, account.done, worker.lost_inside
                ));
            }
            let (due, sent) = (account.out(), account.ports[PortId::MAIN.index()]);
            if !worker.sink && sent != due {
                wrong.push(format!("{name} passed on and made {due} records, but sent {sent}"));
            }
            wrong.extend(Books::wrong_offers(plan, worker, wiring.part(worker.id), &name));
        }
        for book in &self.links {
            let (received, shed) = (book.received.records, book.shed.total());
            if received + shed > book.offered {
                let (from, to) = link_names(plan, &book.link);
                let shed = if shed > 0 { format!(" and shed {shed} of them") } else { String::new() };
                let offered = book.offered;
                wrong.push(format!(
                    "{to} received {received} records of the {offered} that {from} offered{shed}"
                ));
            }
        }
        wrong
    }

    /// What a worker offered to each consumer must be all that left by the port that it reads.
    fn wrong_offers(plan: &Plan, worker: &Worker, part: &Part, name: &str) -> Vec<String> {
        let mut wrong = Vec::new();
        for consumer in &part.consumers {
            let account = &worker.account;
            let due = account.ports[consumer.port.index()];
            let offered: u64 = consumer.outlets.iter().map(|outlet| account.offered[*outlet].records).sum();
            if offered != due {
                let reader = &plan.stages[consumer.stage].name;
                wrong.push(format!(
                    "{name}{} had {due} records for {reader}, but offered {offered}",
                    plan.stages[worker.id.stage].port_suffix(consumer.port)
                ));
            }
        }
        wrong
    }

    /// Ages of all records at all sinks: what the whole run took.
    pub fn ages(&self) -> Latency {
        let mut all = Latency::default();
        let sinks = self.workers.iter().filter(|worker| worker.sink);
        sinks.for_each(|worker| all.add(&worker.timings.age));
        all
    }

    /// How long things took at all workers of a stage.
    pub fn timings_of(&self, stage: usize) -> Timings {
        let mut all = Timings::default();
        self.of_stage(stage).for_each(|worker| all.add(&worker.timings));
        all
    }
}

/// Records that left by ports which nobody reads: their way ends there. A sink's main port is where they are stored.
fn unread(plan: &Plan, worker: &Worker) -> u64 {
    let stage = worker.id.stage;
    let unread = plan.stages[stage].all_ports().filter(|(id, port)| {
        let ends = *id == PortId::MAIN && worker.sink;
        !ends && port.kind == PortKind::Moves && plan.readers(stage, *id) == 0
    });
    unread.map(|(id, _)| worker.account.ports[id.index()]).sum()
}

/// Both ends of a link by name.
pub fn link_names(plan: &Plan, link: &Link) -> (String, String) {
    let suffix = plan.stages[link.from.stage].port_suffix(link.port);
    (plan.worker_name(link.from) + &suffix, plan.worker_name(link.to))
}
