//! The account of a whole run, read from its ledgers: by anyone, at any time, also after the end.

use super::dir::RunDir;
use super::wiring::consumers;
use crate::clock::mono_ns;
use crate::error::Result;
use crate::latency::{Latency, Timings, Told};
use crate::operator::{Account, PortId, PortKind, Shed};
use crate::topology::plan::{Link, Plan, WorkerId};
use crate::wire::ledger::{Ledger, State, Times};
use crate::wire::link::Received;

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
    pub account: Account,
    /// Records taken over all incoming links.
    pub received: u64,
    pub lost_inside: u64,
    pub refused: u64,
    pub times: Times,
    /// How long things took since its first start.
    pub timings: Told,
    /// The same for the last interval it told of, a second or two long.
    pub recent: Told,
}

/// What both ends say of one link.
#[derive(Clone, Copy, Debug)]
pub struct LinkBook {
    pub link: Link,
    pub offered: u64,
    pub shed: Shed,
    pub received: Received,
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
}

impl Books {
    /// Reads all ledgers. Of a running topology the numbers are from slightly different moments.
    pub fn read(plan: &Plan, dir: &RunDir) -> Result<Books> {
        let all = plan.links();
        let mut workers = Vec::new();
        let mut links: Vec<LinkBook> = Vec::new();
        for id in plan.workers() {
            let alive = dir.is_claimed(id);
            let ledger = dir.ledger(id)?;
            let (timings, recent) = ledger.timings();
            // Receivers before senders: what was received was offered before.
            let book = |link: &Link| LinkBook {
                link: *link,
                offered: 0,
                shed: Shed::default(),
                received: ledger.received(link.incoming),
            };
            links.extend(all.iter().filter(|link| link.to == id).map(book));
            let stage = &plan.stages[id.stage];
            workers.push(Worker {
                id,
                sink: stage.sink,
                pid: ledger.pid(),
                alive,
                state: ledger.state(),
                epoch: ledger.epoch(),
                received: ledger.received_total(),
                lost_inside: lost_inside(&ledger, alive || stage.is_source()),
                account: ledger.account(),
                refused: ledger.refused(),
                times: ledger.times(alive.then(mono_ns)),
                timings,
                recent,
            });
        }
        for book in &mut links {
            let sender = workers.iter().find(|worker| worker.id == book.link.from);
            let account = &sender.expect("every worker was read").account;
            book.offered = account.offered[book.link.outgoing].records;
            book.shed = account.shed[book.link.outgoing];
        }
        Ok(Books { workers, links })
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
            totals.read += if stage.is_source() { account.done } else { 0 };
            totals.stored += if stage.sink { account.passed() + account.made } else { 0 };
            totals.filtered += account.filtered + unread(plan, worker);
            totals.rejected += account.rejected_total();
            totals.absorbed += account.absorbed;
            totals.made += account.made;
            totals.lost += worker.lost_inside;
        }
        totals.lost += self.links.iter().map(LinkBook::missing).sum::<u64>();
        totals.shed = self.links.iter().map(|link| link.shed.total()).sum();
        totals.duplicate = self.links.iter().map(|link| link.received.duplicates).sum();
        totals
    }

    /// Every identity that does not hold at rest, as a sentence; empty: the account balances.
    pub fn wrong(&self, plan: &Plan) -> Vec<String> {
        let mut wrong = Vec::new();
        for worker in &self.workers {
            let name = plan.worker_name(worker.id);
            let account = &worker.account;
            let gone = account.filtered + account.absorbed + account.moved + account.rejected_total();
            if gone > account.done {
                wrong.push(format!(
                    "{name} accounts for {gone} records that left it, but has handled {}",
                    account.done
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
            let (due, sent) = (account.passed() + account.made, account.ports[PortId::MAIN.index()]);
            if !worker.sink && sent != due {
                wrong.push(format!("{name} passed on and made {due} records, but sent {sent}"));
            }
            wrong.extend(self.wrong_offers(plan, worker, &name));
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
    fn wrong_offers(&self, plan: &Plan, worker: &Worker, name: &str) -> Vec<String> {
        let mut wrong = Vec::new();
        let links = self.links.iter().map(|book| &book.link);
        for consumer in consumers(links.filter(|link| link.from == worker.id)) {
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

/// What a worker that is gone had received and not accounted for went with it; one that lives counts it itself.
fn lost_inside(ledger: &Ledger, counted: bool) -> u64 {
    match counted || ledger.state() == State::Finished {
        true => ledger.lost_inside(),
        false => ledger.received_total().saturating_sub(ledger.done()),
    }
}

/// Both ends of a link by name.
pub fn link_names(plan: &Plan, link: &Link) -> (String, String) {
    let suffix = plan.stages[link.from.stage].port_suffix(link.port);
    (plan.worker_name(link.from) + &suffix, plan.worker_name(link.to))
}
