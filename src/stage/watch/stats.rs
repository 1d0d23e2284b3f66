//! How the workers of a process stand, once a second: what `status --json` says of each.

use crate::run::activity::Activity;
use crate::run::books::Books;
use crate::run::dir::RunDir;
use crate::run::reader::Reader;
use crate::run::status;
use crate::topology::plan::{Plan, WorkerId};

const EVERY_NS: u64 = 1_000_000_000;

pub(super) struct Stats<'a> {
    plan: &'a Plan,
    dir: &'a RunDir,
    /// Opened when somebody asks first.
    reader: Option<Reader>,
    due_ns: u64,
    /// How often it has looked.
    looks: u64,
    /// The look before the last one, and the last one, each with its time.
    before: Option<(Books, u64)>,
    last: Option<(Books, u64)>,
}

impl<'a> Stats<'a> {
    pub(super) fn new(plan: &'a Plan, dir: &'a RunDir) -> Stats<'a> {
        Stats { plan, dir, reader: None, due_ns: 0, looks: 0, before: None, last: None }
    }

    pub(super) fn are_due(&self, now: u64) -> bool {
        now >= self.due_ns
    }

    /// Reads all ledgers once. Where they can't be read nothing is told.
    pub(super) fn look(&mut self, now: u64) {
        self.due_ns = now + EVERY_NS;
        if self.reader.is_none() {
            self.reader = Reader::open(self.plan, self.dir).ok();
        }
        if let Some(reader) = &self.reader {
            self.before = self.last.replace((reader.read(), now));
            self.looks += 1;
        }
    }

    /// How a worker stood at the last look: that look's number, and an object of JSON with its line end.
    pub(super) fn of(&self, id: WorkerId) -> Option<(u64, String)> {
        let (books, now) = self.last.as_ref()?;
        let before = self.before.as_ref();
        let earlier = before.map(|(books, then)| (books, now.saturating_sub(*then) as f64 / 1e9));
        let place = books.workers.iter().position(|worker| worker.id == id)?;
        let told = status::worker(self.plan, self.dir, Activity::new(books, earlier), place);
        Some((self.looks - 1, format!("{told}\n")))
    }
}
