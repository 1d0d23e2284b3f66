//! A sink whose store answers record by record, later, and by a descriptor.

use super::operators::{numbers, of, shared};
use super::outside::wait_until;
use super::{ENGINES, NUMBERS, Trial};
use nix::sys::eventfd::{EfdFlags, EventFd};
use sluicebox::data::{Batch, Schema};
use sluicebox::error::{Error, Result};
use sluicebox::operator::{Cx, Input, Next, Operator, PlanResult, Planned, Spec};
use sluicebox::params::{self, JsonSchema};
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::JoinHandle;

/// Confirms numbers in a thread of its own.
pub const ACKS: Spec = Spec::new("acks", "confirms later", "", plan).parameters::<Params>();

#[derive(Clone, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Params {
    /// Where the store counts what it has.
    shared: String,
    /// The store confirms a number when so many others have come after it.
    #[serde(default)]
    held: u64,
    /// It confirms nothing while this is 0.
    #[serde(default)]
    gate: String,
    /// It fails when it was given so many.
    fail_at: Option<u64>,
}

fn plan(params: params::Params, _: &[Input]) -> PlanResult {
    let params: Params = params::read(params)?;
    let make = move || Acks { store: shared(&params.shared), params: params.clone(), given: 0, open: None };
    Ok(Planned { results: vec!["nowhere".into()], ..Planned::new(Schema::default(), make) })
}

struct Acks {
    params: Params,
    store: Arc<AtomicU64>,
    given: u64,
    open: Option<(Sender<i64>, Arc<EventFd>, JoinHandle<()>)>,
}

fn keep(params: &Params, store: &AtomicU64, numbers: &Receiver<i64>, bell: &EventFd) {
    let mut come = 0;
    while let Ok(n) = numbers.recv() {
        assert_eq!(n, come, "numbers come in order");
        if !params.gate.is_empty() {
            wait_until(&shared(&params.gate), 1);
        }
        come += 1;
        store.fetch_max((come as u64).saturating_sub(params.held), Ordering::SeqCst);
        bell.write(1).unwrap();
    }
    store.fetch_max(come as u64, Ordering::SeqCst);
}

impl Acks {
    fn open(&mut self) -> &(Sender<i64>, Arc<EventFd>, JoinHandle<()>) {
        self.open.get_or_insert_with(|| {
            let (sender, receiver) = channel();
            let bell = EventFd::from_flags(EfdFlags::EFD_CLOEXEC | EfdFlags::EFD_NONBLOCK).unwrap();
            let bell = Arc::new(bell);
            let (params, store, its_bell) = (self.params.clone(), self.store.clone(), bell.clone());
            let thread = std::thread::spawn(move || keep(&params, &store, &receiver, &its_bell));
            (sender, bell, thread)
        })
    }
}

impl Operator for Acks {
    fn process(&mut self, batch: &mut Batch, cx: &mut Cx) -> Result<Next> {
        assert_eq!(batch.columns.len(), numbers().len());
        let (sender, bell, _) = self.open();
        let _ = bell.read();
        of(batch).iter().for_each(|n| sender.send(*n).unwrap());
        self.given += batch.len() as u64;
        if self.params.fail_at.is_some_and(|at| self.given >= at) {
            return Err(Error::failed("the store is gone"));
        }
        let stored = self.store.load(Ordering::SeqCst);
        if stored < self.given {
            cx.stored_up_to(0, stored);
        }
        shared(&format!("said of {}", self.params.shared)).store(stored, Ordering::SeqCst);
        Ok(Next::Wait)
    }

    fn finish(&mut self, _: &mut Batch, _: &mut Cx) -> Result<Next> {
        if let Some((sender, _, thread)) = self.open.take() {
            drop(sender);
            thread.join().unwrap();
        }
        Ok(Next::End)
    }

    fn wait_on(&self) -> Option<BorrowedFd<'_>> {
        self.open.as_ref().map(|(_, bell, _)| bell.as_fd())
    }
}

const ROWS: usize = 1000;

/// What the store has confirmed SHALL be public while it holds the rest; it is heard of when nothing else comes.
#[test]
fn what_is_stored_is_public_while_the_rest_is_held() {
    for engine in ENGINES {
        let [stored, gate, until] =
            ["stored", "gate", "until"].map(|name| format!("{name} of held, {engine}"));
        let stages = format!(
            "[[stage]]\nname = \"n\"\noperator = \"fed\"\ncount = {ROWS}\nuntil = \"{until}\"\n\
             [[stage]]\nname = \"out\"\noperator = \"acks\"\nfrom = \"n\"\nshared = \"{stored}\"\n\
             gate = \"{gate}\"\nheld = 50\n"
        );
        let trial = Trial::new(engine, 0, &stages);
        let over = trial.run(|trial| {
            let out = trial.ledger("out");
            let wait = |done: &dyn Fn() -> bool| {
                while !done() {
                    std::thread::yield_now();
                }
            };
            wait(&|| out.account().held == ROWS as u64);
            assert_eq!((out.account().done, out.received(0).records), (0, ROWS as u64));
            shared(&gate).fetch_add(1, Ordering::SeqCst);
            wait(&|| out.account().done == ROWS as u64 - 50);
            assert_eq!(out.account().held, 50);
            shared(&until).fetch_add(1, Ordering::SeqCst);
        });
        let over = over.drained();
        assert_eq!((over.totals.read, over.totals.stored), (ROWS as u64, ROWS as u64));
        assert_eq!(over.worker(&trial, "out").account.held, 0);
    }
}

/// What is held when a sink fails SHALL be lost inside, also where the source is in the same stage.
#[test]
fn what_is_held_when_a_sink_fails_is_lost_and_nothing_else() {
    for engine in ENGINES {
        for alone in [false, true] {
            let stored = format!("stored of a store that fails, {engine} {alone}");
            let acks = format!("shared = \"{stored}\", held = 50, fail_at = 700");
            let csv = "{ operator = \"csv\", path = \"DIR/n.csv\", types = { n = \"i64\" } }";
            let stages = match alone {
                true => format!(
                    "[[stage]]\nname = \"n\"\nbatch.records_max = 30\n\
                     steps = [{csv}, {{ operator = \"acks\", {acks} }}]\n"
                ),
                false => format!(
                    "{NUMBERS}batch.records_max = 30\n[[stage]]\nname = \"out\"\nfrom = \"n\"\n\
                     steps = [{{ operator = \"acks\", {acks} }}]\n"
                ),
            };
            let trial = Trial::new(engine, ROWS, &stages);
            let over = trial.run(|_| ()).failed("the store is gone").in_one_line();
            let said = shared(&format!("said of {stored}")).load(Ordering::SeqCst);
            assert_eq!(over.totals.stored, said, "{engine} {alone}: as the sink said last");
            if alone {
                assert_eq!(over.totals.read, said + over.totals.lost);
            } else {
                assert_eq!(over.totals.read, ROWS as u64);
            }
        }
    }
}
