//! The snapshots of a worker: when one is due, and how it is written between batches without holding one up.
//!
//! A snapshot is of one moment, at which the account is public and nothing is held. All steps are asked for their first
//! piece then, and for one piece more after each turn of the loop: what they give is still of that moment. A run
//! directory that is full costs the new snapshot and not the run: the one before stays.

mod load;

pub(crate) use load::check_snapshots;

use super::steps::Steps;
use crate::data::state::Saver;
use crate::error::{Error, Result, say};
use crate::operator::{Account, Next};
use crate::run::dir::RunDir;
use crate::run::snapshot::{Draft, Head, Replaced};
use crate::run::wiring::Part;
use crate::topology::plan::{Every, Plan, WorkerId};
use crate::units::group;
use crate::wire::ledger::Ledger;
use load::{Cost, load};

pub(super) struct Snapshots<'a> {
    plan: &'a Plan,
    dir: RunDir,
    me: WorkerId,
    /// How many incoming links there are.
    inlets: usize,
    /// `None`: there is nothing to save, or nobody wants it.
    every: Option<Every>,
    /// When, or at which count of records, the next is due.
    due: u64,
    /// The account's serial at the moment of the last one; 0 when that could not be written.
    serial: u64,
    under_way: Option<UnderWay>,
    /// Of the one that is in its place.
    kept: Books,
    /// The one before, while its memory is given back.
    replaced: Option<Replaced>,
    /// What a step has just saved.
    bytes: Vec<u8>,
    /// The books of the one that this worker goes on from, and what loading it took.
    loaded: Option<(Account, Cost)>,
    said_failed: bool,
}

/// How much a snapshot has: records that were handled, and how many of those it lacks.
#[derive(Clone, Copy, Default)]
struct Books {
    done: u64,
    forgotten: u64,
}

impl Books {
    fn of(account: &Account) -> Books {
        Books { done: account.done, forgotten: account.forgotten }
    }

    /// How many of the records handled until now it lacks.
    fn lacks(self, done: u64) -> u64 {
        done - (self.done - self.forgotten)
    }
}

/// A snapshot that is being written.
struct UnderWay {
    books: Books,
    /// `None` after a write that failed: the steps are asked to their end all the same.
    draft: Option<Draft>,
    /// By step, whether it has more.
    more: Vec<bool>,
}

impl<'a> Snapshots<'a> {
    pub(super) fn new(plan: &'a Plan, dir: &RunDir, part: &Part) -> Snapshots<'a> {
        let me = part.id;
        let stage = &plan.stages[me.stage];
        Snapshots {
            plan,
            dir: dir.clone(),
            me,
            inlets: part.incoming.len(),
            every: stage.upkeep.snapshot_every.filter(|_| stage.stateful),
            due: 0,
            serial: 0,
            under_way: None,
            kept: Books::default(),
            replaced: None,
            bytes: Vec::new(),
            loaded: None,
            said_failed: false,
        }
    }

    /// Makes the steps, with the state of the last snapshot if there is one that can be used.
    pub(super) fn restore(&mut self, make: impl Fn() -> Result<Steps>, ledger: &Ledger) -> Result<Steps> {
        let mut steps = make()?;
        match load(self.plan, &self.dir, self.me, &mut steps, ledger) {
            Ok(loaded) => self.loaded = loaded,
            Err(e) => {
                say(&format!("warning: stage \"{}\": {e}", self.name()));
                // Some steps may have taken theirs.
                steps = make()?;
            }
        }
        Ok(steps)
    }

    /// Says which records are not in the state that the worker goes on with; the account is that of the ledger, or of
    /// the sink's store where that is newer.
    pub(super) fn settle(&mut self, now: u64, account: &mut Account) {
        account.waiting = 0;
        if !self.plan.stages[self.me.stage].stateful {
            return;
        }
        let (name, done) = (self.name(), account.done);
        match &self.loaded {
            Some((of, Cost { bytes, ns })) => {
                let (as_of, since) = (group(of.done), group(done - of.done));
                let since = match done > of.done {
                    true => format!("the {since} since are not in its state"),
                    false => "none has come since".to_string(),
                };
                let (mb, ms) = (*bytes as f64 / 1e6, ns / 1_000_000);
                say(&format!(
                    "stage \"{name}\" goes on as of record {as_of} ({mb:.1} MB, loaded in {ms} ms); {since}"
                ));
                self.kept = Books::of(of);
            }
            None if done > 0 => {
                let n = group(done);
                say(&format!(
                    "stage \"{name}\" begins anew; the {n} records it has handled are not in its state"
                ));
            }
            None => {}
        }
        account.forgotten = self.kept.lacks(done);
        self.due = self.next_due(now, done);
    }

    /// Goes one piece further, or begins when it is time and the account is `public`. Whether there is more to write.
    #[inline]
    pub(super) fn go_on(
        &mut self,
        now: u64,
        public: bool,
        steps: &mut Steps,
        account: &Account,
        ledger: &Ledger,
    ) -> bool {
        if self.under_way.is_some() {
            self.next_piece(steps);
        } else if let Some(replaced) = self.replaced.take() {
            self.replaced = replaced.give_back();
        } else if self.is_due(now, account.done) && public {
            self.due = self.next_due(now, account.done);
            if account.serial == self.serial {
                return false;
            }
            self.begin(steps, account, ledger);
        }
        if self.is_whole() {
            self.replace();
        }
        self.under_way.is_some() || self.replaced.is_some()
    }

    /// Writes the last one, which takes its place by `replace` when the steps have finished: what they hold is public
    /// then. While a sink holds records the state goes on and the account's serial does not. Whether there is one of
    /// this moment.
    pub(super) fn last(&mut self, held: bool, steps: &mut Steps, account: &Account, ledger: &Ledger) -> bool {
        self.write_all(steps);
        if self.every.is_none() {
            return false;
        }
        if held || account.serial != self.serial {
            // The old draft goes before the new one is made in its place.
            self.under_way = None;
            self.begin(steps, account, ledger);
            self.write_all(steps);
        }
        self.under_way.as_ref().is_none_or(|under_way| under_way.draft.is_some())
    }

    /// Puts the one that is written, if there is one, in the place of the one before. Whether it is there.
    pub(super) fn replace(&mut self) -> bool {
        let Some(UnderWay { books, draft: Some(draft), .. }) = self.under_way.take() else { return true };
        match draft.replace() {
            Ok(replaced) => (self.replaced, self.kept) = (replaced, books),
            Err(e) => {
                self.say_failed(&e);
                return false;
            }
        }
        true
    }

    /// What was to wait in the last one is forgotten: it could not take its place.
    pub(super) fn forget_last(&self, account: &mut Account) {
        (account.forgotten, account.waiting) = (self.kept.lacks(account.done), 0);
        let n = group(account.forgotten);
        say(&format!(
            "warning: stage \"{}\": what was to stay open is in no snapshot; {n} records are not in its state",
            self.name()
        ));
    }

    fn name(&self) -> String {
        self.plan.worker_name(self.me)
    }

    fn is_due(&self, now: u64, done: u64) -> bool {
        match self.every {
            None => false,
            Some(Every::Time(_)) => now >= self.due,
            Some(Every::Records(_)) => done >= self.due,
        }
    }

    fn next_due(&self, now: u64, done: u64) -> u64 {
        match self.every {
            None => u64::MAX,
            Some(Every::Time(span)) => now + span.ns,
            Some(Every::Records(n)) => (done / n + 1) * n,
        }
    }

    /// Asks all steps for their first piece: from here on it is settled what the snapshot tells.
    fn begin(&mut self, steps: &mut Steps, account: &Account, ledger: &Ledger) {
        let received = (0..self.inlets).map(|inlet| ledger.received(inlet)).collect();
        let head = Head::of(self.plan, self.me, account.clone(), received);
        self.serial = account.serial;
        let draft = Draft::begin(&self.dir, self.me, &head);
        let draft = draft.map_err(|e| self.say_failed(&e)).ok();
        self.under_way = Some(UnderWay { books: Books::of(account), draft, more: vec![true; steps.len()] });
        (0..steps.len()).for_each(|at| self.save(at, steps));
    }

    fn write_all(&mut self, steps: &mut Steps) {
        while self.under_way.is_some() && !self.is_whole() {
            self.next_piece(steps);
        }
    }

    fn next_piece(&mut self, steps: &mut Steps) {
        let more = |under_way: &UnderWay| under_way.more.iter().position(|more| *more);
        if let Some(at) = self.under_way.as_ref().and_then(more) {
            self.save(at, steps);
        }
    }

    /// Has a step save a piece, and writes it; behind the last piece of the last step comes the end.
    fn save(&mut self, at: usize, steps: &mut Steps) {
        self.bytes.clear();
        let saved = steps.operator(at).save(&mut Saver::new(&mut self.bytes));
        let Some(under_way) = &mut self.under_way else { return };
        // A step that fails has no more to give; the others are asked to their end.
        under_way.more[at] = matches!(saved, Ok(Next::Again));
        let written = saved.and_then(|_| {
            let Some(draft) = &mut under_way.draft else { return Ok(()) };
            draft.add(at, &self.bytes)?;
            if under_way.more.contains(&true) { Ok(()) } else { draft.end() }
        });
        if let Err(e) = written {
            under_way.draft = None;
            self.say_failed(&e);
        }
    }

    fn is_whole(&self) -> bool {
        self.under_way.as_ref().is_some_and(|under_way| !under_way.more.contains(&true))
    }

    fn say_failed(&mut self, e: &Error) {
        self.serial = 0;
        if !std::mem::replace(&mut self.said_failed, true) {
            let e = self.dir.named(e.clone());
            say(&format!(
                "warning: stage \"{}\": {e}; the snapshot before stays, and the run goes on (further failures are not \
                 told)",
                self.name()
            ));
        }
    }
}
