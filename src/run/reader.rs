//! Reads the books of a run from its ledgers: once, or again and again without opening them anew.

use super::books::{Books, LinkBook, Worker};
use super::dir::RunDir;
use super::wiring::{Part, Wiring};
use crate::clock::mono_ns;
use crate::error::{Error, Result};
use crate::operator::{Account, Shed};
use crate::topology::plan::{Plan, WorkerId};
use crate::wire::ledger::{Ledger, State};
use std::ops::Range;

/// The ledgers of a run, kept open by who looks at them again and again.
pub struct Reader {
    dir: RunDir,
    wiring: Wiring,
    /// In the order of `Plan::workers`.
    all: Vec<Kept>,
}

/// What is known of a worker before its ledger is read.
struct Kept {
    ledger: Ledger,
    sink: bool,
    source: bool,
}

impl Reader {
    /// Opens the ledgers of a run whose plan is there.
    pub fn open(plan: &Plan, dir: &RunDir) -> Result<Reader> {
        let wiring = Wiring::of(plan);
        let open = |part: &Part| {
            let stage = &plan.stages[part.id.stage];
            Ok(Kept { ledger: dir.ledger_of(plan, part)?, sink: stage.sink, source: stage.is_source() })
        };
        let all = wiring.parts().iter().map(open).collect::<Result<_>>()?;
        Ok(Reader { dir: dir.clone(), wiring, all })
    }

    /// Whether a launcher or a worker that was started by hand is there.
    pub(crate) fn is_held(&self) -> bool {
        self.dir.is_held()
    }

    pub(crate) fn ledger(&self, of: WorkerId) -> &Ledger {
        &self.all[self.wiring.place(of)].ledger
    }

    /// The ledgers, in the order of `Plan::workers`.
    pub(crate) fn ledgers(&self) -> impl Iterator<Item = &Ledger> {
        self.all.iter().map(|kept| &kept.ledger)
    }

    /// Seals the ledgers of all who have ended: whoever changes one from now on is found out.
    pub(crate) fn seal(&self) {
        let parts = self.wiring.parts().iter().zip(&self.all);
        parts.filter(|(part, _)| !self.dir.is_claimed(part.id)).for_each(|(_, kept)| kept.ledger.seal());
    }

    /// Sees that no ledger at rest was changed.
    ///
    /// # Errors
    /// A sentence that names those that were.
    pub fn check_seals(&self, plan: &Plan) -> Result<()> {
        let broken = self
            .wiring
            .parts()
            .iter()
            .zip(&self.all)
            .filter(|(part, kept)| !self.dir.is_claimed(part.id) && kept.ledger.is_broken());
        let names: Vec<String> = broken.map(|(part, _)| plan.worker_name(part.id)).collect();
        match names.is_empty() {
            true => Ok(()),
            false => Err(Error::failed(format!(
                "the account of topology \"{}\" can't be believed: the ledger of {} was changed since the run came to \
                rest",
                plan.name,
                names.join(", ")
            ))),
        }
    }

    /// Reads all ledgers. Of a running topology the numbers are from slightly different moments.
    pub fn read(&self) -> Books {
        self.books(|of| self.dir.is_claimed(of))
    }

    /// The same when nobody counts any more, whoever still holds a ledger and can't end.
    pub(crate) fn read_at_the_end(&self) -> Books {
        self.books(|_| false)
    }

    fn books(&self, is_alive: impl Fn(WorkerId) -> bool) -> Books {
        let mut workers = Vec::with_capacity(self.all.len());
        let mut links: Vec<LinkBook> = Vec::with_capacity(self.wiring.links().len());
        for (part, kept) in self.wiring.parts().iter().zip(&self.all) {
            // Receivers before senders: what was received was offered before.
            let first = links.len();
            links.extend(part.incoming.iter().map(|link| {
                let received = kept.ledger.received(link.incoming);
                LinkBook { link: *link, offered: 0, shed: Shed::default(), received }
            }));
            workers.push(worker(part, kept, is_alive(part.id), first..links.len()));
        }
        for book in &mut links {
            let sender: &Worker = &workers[self.wiring.place(book.link.from)];
            book.offered = sender.account.offered[book.link.outgoing].records;
            book.shed = sender.account.shed[book.link.outgoing];
        }
        Books { workers, links }
    }
}

fn worker(part: &Part, kept: &Kept, alive: bool, into: Range<usize>) -> Worker {
    let id = part.id;
    let watches = part.watches.iter().map(|watched| kept.ledger.received(watched.incoming));
    // What strangers say is missed may be any number.
    let (watched, missed): (u64, u64) = watches
        .fold((0, 0), |(watched, missed), of| (watched + of.records, missed.saturating_add(of.missed)));
    let Kept { ledger, sink, source } = kept;
    let (timings, recent) = ledger.timings();
    let account = ledger.account();
    Worker {
        id,
        sink: *sink,
        pid: ledger.pid(),
        alive,
        state: ledger.state(),
        epoch: ledger.epoch(),
        received: ledger.received_total(),
        watched,
        missed: missed.saturating_add(account.missed),
        lost_inside: lost_inside(ledger, &account, *source, alive),
        failure: ledger.failure(),
        account,
        frames_refused: ledger.refused(),
        times: ledger.times(alive.then(mono_ns)),
        timings,
        recent,
        into,
    }
}

impl Books {
    /// One reading of all ledgers.
    pub fn read(plan: &Plan, dir: &RunDir) -> Result<Books> {
        Ok(Reader::open(plan, dir)?.read())
    }
}

/// What a worker that is gone had got and not accounted for went with it; one that lives counts it itself.
fn lost_inside(ledger: &Ledger, account: &Account, source: bool, alive: bool) -> u64 {
    let gone = !alive && ledger.state() != State::Finished;
    match (source, gone) {
        (true, true) => account.lost + account.held,
        (true, false) => account.lost,
        (false, true) => ledger.received_total().saturating_sub(account.done),
        (false, false) => ledger.lost_inside(),
    }
}
