//! A source that a thread feeds: through a bounded ring, with an eventfd that wakes the stage.

use super::operators::{numbers, push, shared};
use super::{ENGINES, Trial};
use nix::sys::eventfd::{EfdFlags, EventFd};
use sluicebox::data::Batch;
use sluicebox::error::{Error, Result};
use sluicebox::operator::{Cx, Input, Inputs, Next, Operator, PlanResult, Planned, Spec};
use sluicebox::params::{self, JsonSchema};
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};
use std::time::Duration;

/// Numbers from 0, by a thread.
pub const FED: Spec =
    Spec::new("fed", "is fed by a thread", "", plan).reads(Inputs::None).parameters::<Params>();

/// What waits between the thread and the stage.
const RING: usize = 16;

#[derive(Clone, serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Params {
    count: u64,
    /// The number at which it fails.
    fail_at: Option<i64>,
    /// Gives a number only when this has grown to it.
    #[serde(default)]
    follows: String,
    /// Ends only when this is not 0.
    #[serde(default)]
    until: String,
    /// Wants to be called each millisecond besides.
    #[serde(default)]
    ticks: bool,
    /// Where its calls are counted.
    #[serde(default)]
    calls: String,
}

fn plan(params: params::Params, _: &[Input]) -> PlanResult {
    let params: Params = params::read(params)?;
    Ok(Planned::new(numbers(), move || Fed {
        params: params.clone(),
        calls: shared(&params.calls),
        fed: None,
    }))
}

struct Fed {
    params: Params,
    calls: Arc<AtomicU64>,
    fed: Option<(Receiver<i64>, Arc<EventFd>)>,
}

/// Waits until a number that others count up is reached.
pub fn wait_until(counter: &AtomicU64, least: u64) {
    while counter.load(Ordering::SeqCst) < least {
        std::thread::park_timeout(Duration::from_micros(100));
    }
}

fn feed(params: &Params, ring: SyncSender<i64>, bell: &EventFd) {
    let (follows, until) = (shared(&params.follows), shared(&params.until));
    for n in 0..params.count {
        if !params.follows.is_empty() {
            wait_until(&follows, n);
        }
        if ring.send(n as i64).is_err() {
            return;
        }
        bell.write(1).unwrap();
    }
    if !params.until.is_empty() {
        wait_until(&until, 1);
    }
    drop(ring);
    bell.write(1).unwrap();
}

impl Operator for Fed {
    fn process(&mut self, batch: &mut Batch, cx: &mut Cx) -> Result<Next> {
        batch.reset(&numbers());
        let Some((ring, bell)) = &self.fed else {
            let (sender, ring) = sync_channel(RING);
            let bell = EventFd::from_flags(EfdFlags::EFD_CLOEXEC | EfdFlags::EFD_NONBLOCK).unwrap();
            let bell = Arc::new(bell);
            let (params, its_bell) = (self.params.clone(), bell.clone());
            std::thread::spawn(move || feed(&params, sender, &its_bell));
            self.fed = Some((ring, bell));
            return Ok(Next::Wait);
        };
        self.calls.fetch_add(1, Ordering::SeqCst);
        // First the bell, then the ring: what comes in between rings again.
        let _ = bell.read();
        while batch.len() < cx.records_max {
            match ring.try_recv() {
                Ok(n) if Some(n) == self.params.fail_at => {
                    return Err(Error::failed("the world has ended"));
                }
                Ok(n) => {
                    push(batch, (cx.new_id(), cx.now_ns), n);
                    cx.read(1);
                }
                Err(TryRecvError::Disconnected) if batch.is_empty() => return Ok(Next::End),
                Err(TryRecvError::Disconnected) => return Ok(Next::Again),
                Err(TryRecvError::Empty) if self.params.ticks => return Ok(Next::At(cx.now_ns + 1_000_000)),
                Err(TryRecvError::Empty) => return Ok(Next::Wait),
            }
        }
        Ok(Next::Again)
    }

    fn finish(&mut self, batch: &mut Batch, _: &mut Cx) -> Result<Next> {
        batch.reset(&numbers());
        Ok(Next::End)
    }

    fn wait_on(&self) -> Option<BorrowedFd<'_>> {
        self.fed.as_ref().map(|(_, bell)| bell.as_fd())
    }
}

const ROUNDS: u64 = 300;

/// Also where both are in one stage: a number is given when the sink has heard that the one before it is stored.
#[test]
fn a_source_and_a_sink_of_one_stage_are_both_woken() {
    for engine in ENGINES {
        let stored = format!("stored by its own stage, {engine}");
        let stages = format!(
            "[[stage]]\nname = \"all\"\n\
             steps = [{{ operator = \"fed\", count = {ROUNDS}, follows = \"said of {stored}\" }}, \
             {{ operator = \"acks\", shared = \"{stored}\" }}]\n"
        );
        let over = Trial::new(engine, 0, &stages).run(|_| ()).drained();
        assert_eq!((over.totals.read, over.totals.stored), (ROUNDS, ROUNDS));
    }
}

/// Each number is given when the one before it is stored: a source and a sink that were not woken would wait for ever,
/// and one that is polled would be called more often than there are numbers.
#[test]
fn a_source_and_a_sink_are_woken_by_what_they_wait_for() {
    for engine in ENGINES {
        let [stored, calls] = ["stored", "calls"].map(|name| format!("{name} of ping-pong, {engine}"));
        let stages = format!(
            "[[stage]]\nname = \"n\"\noperator = \"fed\"\ncount = {ROUNDS}\n\
             follows = \"{stored}\"\ncalls = \"{calls}\"\n\
             [[stage]]\nname = \"out\"\noperator = \"acks\"\nfrom = \"n\"\nshared = \"{stored}\"\n"
        );
        let trial = Trial::new(engine, 0, &stages);
        let over = trial.run(|_| ()).drained();
        assert_eq!((over.totals.read, over.totals.stored), (ROUNDS, ROUNDS));
        let calls = shared(&calls).load(Ordering::SeqCst);
        assert!((ROUNDS..=2 * ROUNDS + 10).contains(&calls), "{engine}: {calls} calls");
    }
}

/// `At` and `wait_on` together: time goes on while the descriptor is silent, and the other way round.
#[test]
fn a_time_and_a_descriptor_are_waited_for_at_once() {
    for engine in ENGINES {
        let [stored, calls, until] =
            ["stored", "calls", "until"].map(|name| format!("{name} of ticks, {engine}"));
        let stages = format!(
            "[[stage]]\nname = \"n\"\noperator = \"fed\"\ncount = {ROUNDS}\n\
             follows = \"{stored}\"\ncalls = \"{calls}\"\n\
             until = \"{until}\"\nticks = true\n\
             [[stage]]\nname = \"late\"\nfrom = \"n\"\noperator = \"later\"\n\
             [[stage]]\nname = \"out\"\nfrom = \"late\"\nsteps = [{{ operator = \"later\" }}, \
             {{ operator = \"acks\", shared = \"{stored}\" }}]\n"
        );
        let trial = Trial::new(engine, 0, &stages);
        let over = trial.run(|_| {
            wait_until(&shared(&stored), ROUNDS);
            // Nothing comes any more but time.
            let before = shared(&calls).load(Ordering::SeqCst);
            wait_until(&shared(&calls), before + 5);
            shared(&until).fetch_add(1, Ordering::SeqCst);
        });
        assert_eq!(over.drained().totals.stored, ROUNDS);
    }
}
