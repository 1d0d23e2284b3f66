//! The baseline: the same graph as the user's topology, a process a worker, over bare libzmq sockets.

use super::figures::{Figures, ends};
use super::parts::{CHAIN, Chain, Count, Node, Outlet, ages_path, count_path};
use super::place::Place;
use super::process::Process;
use super::rewrite::rate_of;
use super::run::Times;
use super::{Tell, checks, proc};
use crate::clock::mono_ns;
use crate::error::{Error, Result, reason};
use crate::latency::{Latency, Timings};
use crate::operator::Amount;
use crate::run::books::Books;
use crate::stop::{self, nap};
use crate::topology::plan::{Plan, WorkerId};
use std::ffi::OsStr;
use std::path::Path;
use std::time::Duration;

/// For a word of a process that need not work for it.
const PATIENCE: Duration = Duration::from_secs(20);
/// From "go" to the first record, so that all have heard it.
const LEAD_NS: u64 = 30_000_000;
const TICK_NS: u64 = 50_000_000;

/// What came of a run of the baseline.
pub(super) struct Bare {
    pub figures: Figures,
    /// Why it may not be believed; empty: it may.
    pub wrong: Vec<String>,
}

/// The chain that carries what a run of ours carried: on each link the same share of what its sender took, and
/// messages of its mean record's size.
pub(super) fn chain(plan: &Plan, books: &Books, times: Times) -> Chain {
    let workers: Vec<WorkerId> = plan.workers().collect();
    let at = |worker| workers.iter().position(|at| *at == worker).expect("a link is between workers");
    let ends = ends(plan);
    let links = || books.links.iter().map(|book| book.link);
    let node = |me: &WorkerId| {
        let account = &books.workers[at(*me)].account;
        let outlets = links().filter(|link| link.from == *me).map(|link| {
            let Amount { records, bytes } = account.offered[link.outgoing];
            Outlet {
                link: link.number,
                to: at(link.to),
                share: records as f64 / account.done.max(1) as f64,
                bytes: (bytes as f64 / records.max(1) as f64).round() as usize,
            }
        });
        Node {
            inlets: links().filter(|link| link.to == *me).count(),
            outlets: outlets.collect(),
            rate: rate_of(&plan.stages[me.stage]).map(|rate| rate.0),
            end: ends[me.stage],
        }
    };
    let nodes = workers.iter().map(node).collect();
    Chain { nodes, warmup_ns: times.warmup.ns, span_ns: times.span.ns }
}

/// Runs it. `None`: a stop was asked for meanwhile.
///
/// # Errors
/// When it could not be tried, or one of its processes failed.
pub(super) fn run(chain: &Chain, place: &Place, tell: &mut Tell<'_>) -> Result<Option<Bare>> {
    place.clear()?;
    let folder = place.base().join("bare");
    let text = serde_json::to_vec(chain).expect("a chain is plain data");
    std::fs::create_dir(&folder)
        .and_then(|()| std::fs::write(folder.join(CHAIN), text))
        .map_err(|e| Error::failed(format!("cannot write into {}: {}", folder.display(), reason(&e))))?;
    let start = |n: usize| {
        Process::start(&[OsStr::new("bench-bare"), folder.as_os_str(), OsStr::new(&n.to_string())], true)
    };
    let mut nodes = (0..chain.nodes.len()).map(start).collect::<Result<Vec<Process>>>()?;
    // All are bound before one connects, and connected before one sends.
    all(&mut nodes, |node| node.hear("bound", PATIENCE))?;
    nodes.iter_mut().for_each(|node| node.tell("connect"));
    all(&mut nodes, |node| node.hear("ready", PATIENCE))?;
    let begin = mono_ns() + LEAD_NS;
    nodes.iter_mut().for_each(|node| node.tell(&format!("go {begin}")));
    let (warm, end) = (begin + chain.warmup_ns, begin + chain.warmup_ns + chain.span_ns);
    let mut cpu = [None, None];
    for (at, until) in [warm, end].into_iter().enumerate() {
        while let Some(left) = until.checked_sub(mono_ns()).filter(|left| *left > 0) {
            nap(left.min(TICK_NS));
            tell.left(end.saturating_sub(mono_ns()));
            if stop::asked() > 0 {
                return Ok(None);
            }
        }
        cpu[at] = nodes.iter().map(|node| proc::cpu_ns(node.pid())).sum::<Option<u64>>();
    }
    let memory: u64 = nodes.iter().filter_map(|node| proc::peak_bytes(node.pid())).sum();
    all(&mut nodes, |node| node.hear("done", PATIENCE))?;
    nodes.iter_mut().for_each(Process::release);
    let counts = (0..nodes.len()).map(|n| count(&folder, n)).collect::<Result<Vec<_>>>()?;
    let mut bare = judge(chain, &counts);
    let [Some(before), Some(after)] = cpu else {
        return Err(Error::failed("a process of the baseline has ended too early"));
    };
    let made: u64 = counts.iter().map(|(count, _)| count.made).sum();
    bare.figures.memory_bytes = Some(memory as f64);
    bare.figures.cpu_us = (made > 0).then(|| after.saturating_sub(before) as f64 / 1000.0 / made as f64);
    bare.figures.records_s = Some(made as f64 / (chain.span_ns as f64 / 1e9));
    Ok(Some(bare))
}

fn all(nodes: &mut [Process], mut each: impl FnMut(&mut Process) -> Result<String>) -> Result<()> {
    nodes.iter_mut().try_for_each(|node| each(node).map(|_| ()).map_err(|e| e.by("the baseline")))
}

fn count(folder: &Path, n: usize) -> Result<(Count, Timings)> {
    let gone = || Error::failed(format!("process {n} of the baseline has left no count"));
    let count = std::fs::read(count_path(folder, n)).ok();
    let count = count.and_then(|text| serde_json::from_slice(&text).ok()).ok_or_else(gone)?;
    let ages = std::fs::read(ages_path(folder, n)).ok();
    Ok((count, ages.and_then(|bytes| Timings::read(&bytes)).ok_or_else(gone)?))
}

/// Every message that was sent must have come, in order.
fn judge(chain: &Chain, counts: &[(Count, Timings)]) -> Bare {
    let mut ages = Latency::default();
    let mut wrong = Vec::new();
    let received =
        |link: u32| counts.iter().flat_map(|(count, _)| &count.received).find(|(of, _)| *of == link);
    for (count, timings) in counts {
        ages.add(&timings.age);
        for (link, sent) in &count.sent {
            let came = received(*link).map_or(0, |(_, came)| *came);
            if came != *sent {
                wrong.push(format!("the baseline's link {link} carried {came} of {sent} messages"));
            }
        }
        if count.strays > 0 {
            wrong.push(format!("{} messages of the baseline came out of order", count.strays));
        }
    }
    let mut figures = Figures::of_ages(&ages);
    let paced = chain.nodes.iter().zip(counts).filter(|(node, _)| node.inlets == 0 && node.rate.is_some());
    figures.sent = paced.map(|(_, (count, _))| count.kept).reduce(f64::min);
    if let Some(sent) = figures.sent.filter(|sent| *sent < checks::SENT_MIN) {
        let sent = 100.0 * sent;
        wrong.push(format!("the baseline sent only {sent:.1} % of its scheduled messages in their time"));
    }
    Bare { figures, wrong }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_that_did_not_come_makes_the_baseline_invalid() {
        let node = |inlets, rate| Node { inlets, outlets: Vec::new(), rate, end: inlets > 0 };
        let chain = Chain { nodes: vec![node(0, Some(10.0)), node(1, None)], warmup_ns: 0, span_ns: 1 };
        let counts = |came, strays, kept| {
            let source = Count { sent: vec![(3, 100)], kept, ..Count::default() };
            let sink = Count { received: vec![(3, came)], strays, ..Count::default() };
            [(source, Timings::default()), (sink, Timings::default())]
        };
        assert_eq!(judge(&chain, &counts(100, 0, 1.0)).wrong, [""; 0]);
        for (counts, why) in [
            (counts(99, 0, 1.0), "link 3 carried 99 of 100"),
            (counts(100, 1, 1.0), "1 messages of the baseline came out of order"),
            (counts(100, 0, 0.98), "only 98.0 %"),
        ] {
            let wrong = judge(&chain, &counts).wrong;
            assert!(wrong.len() == 1 && wrong[0].contains(why), "{wrong:?}");
        }
    }
}
