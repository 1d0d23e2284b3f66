//! The figures of one run, and of all runs together.

use super::probe::Sample;
use super::stats::Spread;
use crate::latency::Latency;
use crate::operator::PortId;
use crate::topology::plan::{Plan, Stage};
use crate::wire::ledger::State;
use serde::Serialize;
use std::collections::BTreeMap;

/// What a run came to, after its warm-up. Times are in microseconds; one that the sample can't tell is `None`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Figures {
    /// How old records were when they reached the end of the topology, from when they should have been sent.
    pub p50: Option<f64>,
    pub p90: Option<f64>,
    pub p99: Option<f64>,
    pub p999: Option<f64>,
    pub max: Option<f64>,
    /// Records whose age that was.
    pub records: u64,
    /// Records a second that all sources sent together.
    pub records_s: Option<f64>,
    /// CPU of all stages together for each record that a source sent.
    pub cpu_us: Option<f64>,
    /// The most memory that all processes have had, added up.
    pub memory_bytes: Option<f64>,
    /// The part of the scheduled records that was sent in its time; `None` when nothing was scheduled.
    pub sent: Option<f64>,
}

/// Takes one figure.
type Take = fn(&Figures) -> Option<f64>;

/// The figures that are worth a line, by name.
pub(super) const NAMED: [(&str, Take); 8] = [
    ("p50", |of| of.p50),
    ("p90", |of| of.p90),
    ("p99", |of| of.p99),
    ("p999", |of| of.p999),
    ("max", |of| of.max),
    ("cpu_us", |of| of.cpu_us),
    ("records_s", |of| of.records_s),
    ("memory_bytes", |of| of.memory_bytes),
];

impl Figures {
    /// The ages; the rest is still to be filled in.
    pub(crate) fn of_ages(ages: &Latency) -> Figures {
        let [p50, p90, p99, p999] = [0.5, 0.9, 0.99, 0.999].map(|share| us(ages.percentile_ns(share)));
        let (max, records) = (us(ages.max_ns()), ages.len());
        Figures { p50, p90, p99, p999, max, records, ..Figures::default() }
    }

    pub fn named(&self, name: &str) -> Option<f64> {
        NAMED.iter().find(|(of, _)| *of == name).and_then(|(_, value)| value(self))
    }
}

/// Median and spread of each figure that every run has.
pub(super) fn spreads(runs: &[Figures]) -> BTreeMap<&'static str, Spread> {
    let spread = |value: Take| {
        let values: Option<Vec<f64>> = runs.iter().map(value).collect();
        Spread::of(values?)
    };
    NAMED.into_iter().filter_map(|(name, value)| Some((name, spread(value)?))).collect()
}

pub(super) fn us(ns: Option<u64>) -> Option<f64> {
    ns.map(|ns| ns as f64 / 1000.0)
}

/// Where records end: the sinks; in a topology without one, the stages that nobody reads.
pub(super) fn ends(plan: &Plan) -> Vec<bool> {
    let sinks = plan.stages.iter().any(|stage| stage.sink);
    let read = |at: usize| plan.readers(at, PortId::MAIN) > 0;
    let end = |(at, stage): (usize, &Stage)| if sinks { stage.sink } else { !read(at) };
    plan.stages.iter().enumerate().map(end).collect()
}

/// In less time than this one late wake-up may be more than one record in a hundred.
const SHORT_S: f64 = 2.0;
const WAKE_UP_S: f64 = 0.02;

/// The part of what was scheduled in so many seconds. At either end one record may be just due, and in a short time
/// those of one late wake-up.
pub(super) fn part_sent(sent: u64, rate: f64, seconds: f64) -> f64 {
    let scheduled = (rate * seconds).floor();
    let due = if seconds < SHORT_S { (rate * WAKE_UP_S).max(1.0) } else { 1.0 };
    if scheduled < 1.0 { 1.0 } else { ((sent as f64 + due) / scheduled).min(1.0) }
}

/// What happened between two samples.
pub(super) struct Window<'a> {
    begin: &'a Sample,
    end: &'a Sample,
    samples: &'a [Sample],
}

impl<'a> Window<'a> {
    /// From the first look to the last one at which a source still ran. `None` when they are one.
    pub(super) fn of(samples: &'a [Sample], sources: &[usize]) -> Option<Window<'a>> {
        let runs = |sample: &Sample| sources.iter().any(|at| sample.workers[*at].state == State::Ready);
        let samples = &samples[..=samples.iter().rposition(runs)?];
        let (begin, end) = (samples.first()?, samples.last()?);
        (begin.at_ns < end.at_ns).then_some(Window { begin, end, samples })
    }

    /// The part of the records that were scheduled at a rate which a worker has handled: the best that was seen in the
    /// last third. One stall is no source that can't keep its rate, and the ages tell of it; such a source falls back
    /// further at each look.
    pub(super) fn sent(&self, worker: usize, rate: f64) -> f64 {
        let late = self.begin.at_ns + (self.end.at_ns - self.begin.at_ns) / 3 * 2;
        let part = |sample: &Sample| {
            let seconds = (sample.at_ns - self.begin.at_ns) as f64 / 1e9;
            let done = sample.workers[worker].done.saturating_sub(self.begin.workers[worker].done);
            part_sent(done, rate, seconds)
        };
        self.samples.iter().filter(|sample| sample.at_ns >= late).map(part).fold(0.0, f64::max)
    }

    pub(super) fn seconds(&self) -> f64 {
        (self.end.at_ns - self.begin.at_ns) as f64 / 1e9
    }

    /// Records that a worker handled.
    pub(super) fn done(&self, worker: usize) -> u64 {
        self.end.workers[worker].done.saturating_sub(self.begin.workers[worker].done)
    }

    /// Whether a worker still ran at its end.
    pub(super) fn runs(&self, worker: usize) -> bool {
        self.end.workers[worker].state == State::Ready
    }

    /// CPU that the processes of some workers used, each counted once; `None` when one was not there all the time, or
    /// works for others too.
    pub(super) fn cpu_ns(&self, workers: &[usize]) -> Option<u64> {
        let pids = |sample: &Sample| workers.iter().map(|at| sample.workers[*at].pid).collect::<Vec<_>>();
        let mine = pids(self.begin);
        let others = (0..self.begin.workers.len()).filter(|at| !workers.contains(at));
        let shared = others.map(|at| self.begin.workers[at].pid).any(|pid| mine.contains(&pid));
        if shared || mine != pids(self.end) {
            return None;
        }
        let mut once = mine;
        once.sort_unstable();
        once.dedup();
        once.iter().map(|pid| Some(self.end.cpu.get(pid)?.saturating_sub(*self.begin.cpu.get(pid)?))).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::measure::probe::Seen;

    fn sample(at_ns: u64, workers: &[(u32, State, u64, u64)]) -> Sample {
        let seen = workers.iter().map(|(pid, state, done, _)| Seen { pid: *pid, state: *state, done: *done });
        let cpu = workers.iter().map(|(pid, _, _, cpu)| (*pid, *cpu)).collect();
        Sample { at_ns, workers: seen.collect(), cpu, memory_bytes: 0 }
    }

    #[test]
    fn a_window_ends_with_its_sources() {
        let samples = [
            sample(1_000_000_000, &[(7, State::Ready, 100, 50), (8, State::Ready, 90, 20)]),
            sample(2_000_000_000, &[(7, State::Ready, 300, 80), (8, State::Ready, 280, 50)]),
            sample(3_000_000_000, &[(7, State::Finished, 310, 90), (8, State::Ready, 310, 60)]),
        ];
        let window = Window::of(&samples, &[0]).unwrap();
        assert_eq!((window.seconds(), window.done(0), window.done(1)), (1.0, 200, 190));
        assert_eq!((window.cpu_ns(&[0]), window.cpu_ns(&[0, 1])), (Some(30), Some(60)));
        assert!(Window::of(&samples[..1], &[0]).is_none() && Window::of(&samples[2..], &[0]).is_none());
    }

    #[test]
    fn one_stall_is_no_slow_source_and_a_slow_source_is() {
        let samples = |done: [u64; 4]| -> Vec<Sample> {
            (0..)
                .zip(done)
                .map(|(at, done)| sample(at * 1_000_000_000, &[(7, State::Ready, done, 0)]))
                .collect()
        };
        let sent = |done: [u64; 4]| Window::of(&samples(done), &[0]).unwrap().sent(0, 1000.0);
        assert_eq!(sent([50, 1050, 2049, 2500]), 1.0, "it stalled at the end only");
        assert_eq!(sent([50, 1020, 1989, 2959]), 0.97);
        assert_eq!(part_sent(0, 0.1, 5.0), 1.0, "nothing was due");
        assert_eq!((part_sent(180, 1000.0, 0.2), part_sent(97, 100.0, 1.0)), (1.0, 0.99), "one late wake-up");
        assert_eq!(part_sent(1979, 1000.0, 2.0), 0.99, "not in a longer time");
    }

    #[test]
    fn cpu_of_a_shared_process_is_told_once_and_of_a_restarted_one_not_at_all() {
        let ready = State::Ready;
        let samples = [
            sample(0, &[(7, ready, 0, 10), (7, ready, 0, 10)]),
            sample(9, &[(7, ready, 5, 40), (7, ready, 5, 40)]),
        ];
        let window = Window::of(&samples, &[0]).unwrap();
        assert_eq!((window.cpu_ns(&[0]), window.cpu_ns(&[0, 1])), (None, Some(30)));
        let samples = [sample(0, &[(7, ready, 0, 10)]), sample(9, &[(8, ready, 5, 40)])];
        assert_eq!(Window::of(&samples, &[0]).unwrap().cpu_ns(&[0]), None);
    }

    #[test]
    fn a_figure_that_one_run_lacks_has_no_median() {
        let run = |p50, p99| Figures { p50: Some(p50), p99, ..Figures::default() };
        let all = spreads(&[run(1.0, Some(5.0)), run(3.0, None), run(2.0, Some(4.0))]);
        assert_eq!(all.keys().copied().collect::<Vec<_>>(), ["p50"]);
        assert_eq!((all["p50"].median, all["p50"].min, all["p50"].max), (2.0, 1.0, 3.0));
    }
}
