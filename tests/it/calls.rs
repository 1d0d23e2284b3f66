//! How the loop calls the operators of a stage: who goes on first, what wakes whom, and what becomes of the records of
//! a call that fails. Operators that do what no real one does, in whole topologies of threads.

mod errors;
mod operators;
mod outside;
mod snapshots;
mod store;
mod wishes;

use operators::{CALLED, FAILS, LAST, LATER, MANY};
use outside::FED;
use sluicebox::error::Result;
use sluicebox::operator::{Account, Spec};
use sluicebox::registry;
use sluicebox::run::books::{Books, Totals, Worker};
use sluicebox::run::dir::RunDir;
use sluicebox::stage;
use sluicebox::topology::plan::{Plan, WorkerId};
use sluicebox::topology::{Rooms, load_from};
use sluicebox::wire::endpoint::Context;
use sluicebox::wire::ledger::{Ledger, State};
use snapshots::REMEMBERS;
use std::path::PathBuf;
use std::thread::ScopedJoinHandle;
use store::ACKS;

/// Those of the product, and ours.
const ROOMS: &Rooms = &[
    ("ingest", &[of(0, "csv"), &FED]),
    ("preprocess", &[of(1, "select"), of(1, "window"), &MANY, &FAILS, &LAST, &LATER, &CALLED, &REMEMBERS]),
    registry::ROOMS[2],
    ("storage", &[of(3, "csv"), of(3, "sqlite"), &ACKS]),
];

/// An operator of the registry.
const fn of(room: usize, name: &str) -> &'static Spec {
    let (all, mut at) = (registry::ROOMS[room].1, 0);
    while !same(all[at].name.as_bytes(), name.as_bytes()) {
        at += 1;
    }
    all[at]
}

const fn same(a: &[u8], b: &[u8]) -> bool {
    let (mut at, same) = (0, a.len() == b.len());
    while same && at < a.len() && a[at] == b[at] {
        at += 1;
    }
    same && at == a.len()
}

pub const ENGINES: [&str; 2] = ["direct", "libzmq"];

/// A run whose workers are threads of the test, over real sockets.
pub struct Trial {
    folder: tempfile::TempDir,
    plan: Plan,
    dir: RunDir,
}

/// What became of a run.
pub struct Over {
    pub books: Books,
    pub totals: Totals,
    /// Why workers failed, those of the first stages first.
    pub failures: Vec<String>,
    pub wrong: Vec<String>,
}

impl Trial {
    /// A topology by its stages; `DIR` in it is the folder of the trial. `numbers` rows with n from 0 lie in `n.csv`.
    pub fn new(engine: &str, numbers: usize, stages: &str) -> Trial {
        let rows: String = (0..numbers).map(|n| format!("{n}\n")).collect();
        Trial::of_file(engine, ("n.csv", format!("n\n{rows}").as_bytes()), stages)
    }

    /// The same with another file.
    pub fn of_file(engine: &str, (name, bytes): (&str, &[u8]), stages: &str) -> Trial {
        let folder = tempfile::tempdir_in("/dev/shm").unwrap();
        std::fs::write(folder.path().join(name), bytes).unwrap();
        let stages = stages.replace("DIR", &folder.path().display().to_string());
        let stages = stages.replace("[[stage]]", &format!("[[stage]]\nengine = \"{engine}\""));
        let file = folder.path().join("t.toml");
        std::fs::write(&file, format!("name = \"t\"\n{stages}")).unwrap();
        let plan = load_from(ROOMS, &file, &[]).unwrap_or_else(|e| panic!("{e}")).plan.begin();
        let dir = RunDir::at(folder.path().join("runs/t"));
        dir.make(&plan).unwrap();
        dir.freeze(&plan).unwrap();
        Trial { folder, plan, dir }
    }

    fn id(&self, stage: &str) -> WorkerId {
        WorkerId { stage: self.plan.stages.iter().position(|of| of.name == stage).unwrap(), worker: 0 }
    }

    pub fn ledger(&self, stage: &str) -> Ledger {
        self.dir.ledger(self.id(stage)).unwrap()
    }

    pub fn snapshot(&self, stage: &str) -> PathBuf {
        self.dir.path().join(format!("{}.0.snapshot", self.id(stage).stage))
    }

    /// Another process is a worker that has come to its end, and finds that nothing more comes: its account then.
    pub fn again(&self, stage: &str) -> Account {
        self.ledger(stage).set_state(State::New);
        self.worker(self.id(stage), &Context::default()).unwrap();
        self.ledger(stage).account()
    }

    /// Runs all workers to their ends; `meanwhile` is done beside them.
    pub fn run(&self, meanwhile: impl FnOnce(&Trial)) -> Over {
        let context = Context::default();
        let failures = std::thread::scope(|scope| {
            let context = &context;
            let run = |at| scope.spawn(move || self.worker(at, context));
            let threads: Vec<ScopedJoinHandle<'_, Result<()>>> = self.plan.workers().map(run).collect();
            meanwhile(self);
            let ends = threads.into_iter().map(|thread| thread.join().unwrap());
            ends.filter_map(|end| end.err().map(|e| e.sentence)).collect()
        });
        let books = Books::read(&self.plan, &self.dir).unwrap();
        Over { totals: books.totals(&self.plan), wrong: books.wrong(&self.plan), books, failures }
    }

    /// One worker to its end; nobody waits for one that has failed.
    fn worker(&self, at: WorkerId, context: &Context) -> Result<()> {
        let done = stage::run(ROOMS, &self.plan, &self.dir, at, context);
        if done.is_err() {
            self.dir.ledger(at).unwrap().set_state(State::GivenUp);
        }
        done
    }

    /// The first column of a csv file of the trial.
    pub fn first_column(&self, name: &str) -> Vec<i64> {
        let text = std::fs::read_to_string(self.folder.path().join(name)).unwrap();
        text.lines().skip(1).map(|line| line.split(',').next().unwrap().parse().unwrap()).collect()
    }

    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.folder.path().join(name)).unwrap()
    }
}

impl Over {
    pub fn worker(&self, trial: &Trial, stage: &str) -> &Worker {
        let at = trial.plan.stages.iter().position(|of| of.name == stage).unwrap();
        self.books.of_stage(at).next().unwrap()
    }

    /// Nothing failed, and all adds up.
    pub fn drained(self) -> Over {
        assert_eq!((&self.failures[..], &self.wrong[..]), (&[][..], &[][..]));
        assert_eq!(self.totals.lost, 0);
        self
    }

    /// One worker failed with these words, and all adds up.
    pub fn failed(self, words: &str) -> Over {
        assert!(self.failures.len() == 1 && self.failures[0].contains(words), "{:?}", self.failures);
        assert_eq!(self.wrong, [""; 0]);
        self
    }

    /// In one line, too: for who has one sink.
    pub fn in_one_line(self) -> Over {
        let Totals { read, stored, filtered, rejected, absorbed, made, lost, .. } = self.totals;
        assert_eq!(read + made, stored + filtered + rejected + absorbed + lost, "{:?}", self.totals);
        self
    }
}

/// A source of the numbers from 0 in `n.csv`.
pub const NUMBERS: &str =
    "[[stage]]\nname = \"n\"\noperator = \"csv\"\npath = \"DIR/n.csv\"\ntypes = { n = \"i64\" }\n";

/// A sink that writes what a stage lets out.
pub fn out(name: &str, from: &str) -> String {
    format!(
        "[[stage]]\nname = \"{name}\"\noperator = \"csv\"\nfrom = \"{from}\"\npath = \"DIR/{name}.csv\"\n"
    )
}
