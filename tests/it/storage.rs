//! The sinks, driven as the loop drives them: what they store, and what their account says of it.

mod append;
mod beside;
mod constraints;
mod crash;
mod deferred;
mod faults;
mod files;
mod formats;
mod pipes;
mod printed;
mod replace;
mod rotation;
mod shares;
mod sqlite;

use sluicebox::data::{Batch, Schema, Type, Value};
use sluicebox::error::Result;
use sluicebox::operator::{Account, Cx, Desk, Input, Next, Operator, Planned, PortId, Reads};
use sluicebox::params::Problem;
use sluicebox::registry;
use std::sync::atomic::{AtomicBool, Ordering};

pub const MS: u64 = 1_000_000;

/// One input of the sinks below.
pub fn input(name: &str, fields: &[(&str, Type)]) -> Input {
    Input::new(name, Schema::of(fields))
}

pub fn plan(operator: &str, params: &str, inputs: &[Input]) -> std::result::Result<Planned, Vec<Problem>> {
    let (_, spec) = registry::find(operator, false).expect("the sink is registered");
    (spec.plan)(params.parse().expect("a test writes TOML"), inputs)
}

/// What is wrong with a step, as one text.
pub fn problems(operator: &str, params: &str, inputs: &[Input]) -> String {
    let found = plan(operator, params, inputs).err().expect("the step is wrong");
    found.iter().map(|p| format!("{}: {}\n", p.path.join("."), p.what)).collect()
}

pub fn look(planned: &Planned) -> std::result::Result<(), String> {
    planned.preflight.as_ref().map_or(Ok(()), |preflight| preflight()).map_err(|e| e.sentence)
}

/// How much a sink of one file has written, as its account says.
fn offset(account: &Account) -> u64 {
    u64::from_le_bytes(account.positions[0].bytes()[..8].try_into().unwrap())
}

/// A sink at work, and the account as the ledger has it.
pub struct Sink {
    operator: Box<dyn Operator>,
    pub desk: Desk,
    pub published: Account,
}

impl Sink {
    /// Starts a worker that goes on from an account, with the first, empty call.
    pub fn start(planned: &Planned, run: &str, account: &Account) -> Result<Sink> {
        Sink::start_with(planned, run, account, |_| {})
    }

    /// The same at a desk that is `set` before.
    pub fn start_with(
        planned: &Planned,
        run: &str,
        account: &Account,
        set: impl FnOnce(&mut Desk),
    ) -> Result<Sink> {
        let mut desk = Desk::new(Cx::new(run, "store", account.clone()));
        desk.enter(0, &Reads::of("sink", &Schema::default()));
        desk.keep([(PortId::REJECTED, Batch::new(&Cx::rejected_schema()))]);
        set(&mut desk);
        let mut sink = Sink { operator: (planned.make)(), desk, published: account.clone() };
        sink.call(0, &mut Batch::default())?;
        Ok(sink)
    }

    pub fn fresh(planned: &Planned) -> Sink {
        Sink::start(planned, "run-1", &Account::default()).expect("the sink opens its store")
    }

    /// One batch, as the loop gives it: counted before, published unless the sink holds records.
    pub fn call(&mut self, inlet: usize, batch: &mut Batch) -> Result<Next> {
        self.desk.cx().inlet = inlet;
        self.desk.account_mut().done += batch.len() as u64;
        let next = self.operator.process(batch, self.desk.cx())?;
        self.publish();
        Ok(next)
    }

    pub fn finish(&mut self) -> Result<()> {
        assert_eq!(self.operator.finish(&mut Batch::default(), self.desk.cx())?, Next::End);
        self.publish();
        Ok(())
    }

    fn publish(&mut self) {
        if !self.desk.was_held() {
            self.desk.account_mut().serial += 1;
            self.published = self.desk.account_mut().clone();
        }
    }
}

/// Records with one column of numbers, counting up.
pub fn numbers(range: std::ops::Range<i64>) -> Batch {
    let mut batch = Batch::new(&Schema::of(&[("n", Type::I64)]));
    for n in range {
        push(&mut batch, [Value::I64(n)]);
    }
    batch
}

pub fn numbers_input(name: &str) -> Input {
    input(name, &[("n", Type::I64)])
}

/// Adds one record.
pub fn push<'a>(batch: &mut Batch, values: impl IntoIterator<Item = Value<'a>>) {
    batch.id.push(batch.id.len() as u64);
    batch.born_ns.push(0);
    for (column, value) in batch.columns.iter_mut().zip(values) {
        column.push(value);
    }
}

/// A folder that is gone after the test, and paths in it.
pub struct Folder(pub tempfile::TempDir);

impl Folder {
    pub fn new() -> Folder {
        Folder(tempfile::tempdir().unwrap())
    }

    pub fn path(&self, name: &str) -> String {
        self.0.path().join(name).to_str().unwrap().to_string()
    }
}

/// How often a thread of this process has gone to sleep of its own will.
fn naps(thread: i32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/self/task/{thread}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("voluntary_ctxt_switches:"));
    line.unwrap().trim().parse().unwrap()
}

/// Runs `then` in another thread once this one waits for its store (has slept several times in between tries).
pub fn once_it_waits<T: Send, R>(then: impl FnOnce() -> T + Send, work: impl FnOnce() -> R) -> (R, T) {
    let thread = nix::unistd::gettid().as_raw();
    let before = naps(thread);
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let over = &done;
        let other = scope.spawn(move || {
            while naps(thread) < before + 5 && !over.load(Ordering::SeqCst) {
                std::thread::yield_now();
            }
            then()
        });
        let result = work();
        done.store(true, Ordering::SeqCst);
        (result, other.join().unwrap())
    })
}
