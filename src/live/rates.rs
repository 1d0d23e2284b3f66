//! How many records a second streams let out, as their workers' ledgers tell it: who looks costs the workers nothing.

use super::streams::{Of, Stream};
use crate::operator::PortId;
use crate::run::books::Books;
use crate::topology::plan::Plan;

/// Counts of streams at the look before.
#[derive(Default)]
pub struct Rates {
    before: Option<(Vec<u64>, u64)>,
}

impl Rates {
    /// Records a second of each stream since the look before; `None` at the first one.
    pub fn look(&mut self, plan: &Plan, streams: &[Stream], books: &Books, now_ns: u64) -> Option<Vec<f64>> {
        let counts: Vec<u64> = streams.iter().map(|stream| count(plan, stream, books)).collect();
        let (before, then) = self.before.replace((counts.clone(), now_ns))?;
        let seconds = now_ns.saturating_sub(then).max(1) as f64 / 1e9;
        // A sink that was killed goes back to what it has stored.
        let rate = |(now, before): (&u64, &u64)| now.saturating_sub(*before) as f64 / seconds;
        Some(counts.iter().zip(&before).map(rate).collect())
    }
}

fn count(plan: &Plan, stream: &Stream, books: &Books) -> u64 {
    let workers = books.of_stage(stream.stage);
    let sink = plan.stages[stream.stage].sink;
    workers
        .map(|worker| match stream.of {
            Of::Stats => worker.account.done,
            Of::Port(PortId::MAIN) if sink => worker.account.out(),
            Of::Port(port) => worker.account.ports[port.index()],
        })
        .sum()
}
