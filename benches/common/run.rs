//! One run of a side, bare or ours: how old its records are at the end, and what they cost.

use super::child::Part;
use super::cue::go;
use super::ours::Ours;
use super::report::Value;
use super::usage::cpu_ns;
use sluicebox::clock::mono_ns;
use sluicebox::error::{Error, Result};
use sluicebox::latency::Latency;
use sluicebox::run::books::Books;
use sluicebox::run::dir::RunDir;
use sluicebox::topology::plan::Plan;
use sluicebox::units::Span;
use std::fmt;
use std::path::Path;
use std::time::Duration;

/// How fast and how long; an infinite rate is as fast as can be.
#[derive(Clone, Copy)]
pub struct Load {
    pub rate: f64,
    pub ns: u64,
}

/// What was measured of a run, behind its warm-up; what is not known is NaN.
pub struct Run {
    /// p50 and p99 of the records' ages at the end, in microseconds, from when they were due.
    pub due_us: [f64; 2],
    /// The same from when they were sent. Of ours it is the difference of two medians: the age at the end, and when the
    /// source sent them.
    pub sent_us: [f64; 2],
    /// Of all processes, a record.
    pub cpu_us: f64,
    pub records_per_s: f64,
}

const PACED: [Value<Run>; 5] = [
    ("p50 us", |run| run.due_us[0]),
    ("p99 us", |run| run.due_us[1]),
    ("p50 sent", |run| run.sent_us[0]),
    ("p99 sent", |run| run.sent_us[1]),
    ("CPU us/rec", |run| run.cpu_us),
];
const FLAT_OUT: [Value<Run>; 2] = [("records/s", |run| run.records_per_s), ("CPU us/rec", |run| run.cpu_us)];

impl Load {
    /// What is told of runs with this load.
    pub fn values(&self) -> &'static [Value<Run>] {
        if self.rate.is_finite() { &PACED } else { &FLAT_OUT }
    }

    /// What is not timed: a tenth of the run, and half a second at least where that is no more than a half.
    pub fn warm_ns(&self) -> u64 {
        (self.ns / 2).min(500_000_000).max(self.ns / 10)
    }

    /// How many records a source that keeps the rate sends.
    pub fn count(&self) -> u64 {
        ((self.rate * self.ns as f64 / 1e9) as u64).max(1)
    }
}

impl fmt::Display for Load {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.rate.is_finite() {
            true => write!(f, "{:.0}/s for {}", self.rate, Span { ns: self.ns }),
            false => write!(f, "as fast as can be for {}", Span { ns: self.ns }),
        }
    }
}

fn percentiles(ages: &Latency) -> [f64; 2] {
    [0.5, 0.99].map(|share| ages.percentile_ns(share).map_or(f64::NAN, |ns| ns as f64 / 1e3))
}

/// Runs bare parts: the words of the source, and of the others, of whom the last `sinks` are receiving ends.
pub fn bare(load: Load, source: &[String], others: &[Vec<String>], sinks: usize) -> Result<Run> {
    let mut parts = others.iter().map(|words| Part::start(words)).collect::<Result<Vec<_>>>()?;
    let mut source = Part::start(source)?;
    let hops = parts.len() - sinks;
    parts[hops..].iter_mut().try_for_each(|sink| sink.says().map(|[_]: [f64; 1]| ()))?;
    go(&mut source)?;
    std::thread::sleep(Duration::from_nanos(load.warm_ns()));
    let cpu_before = cpu_ns()?;
    let [sent, in_time] = source.says()?;
    let (mut due_ages, mut sent_ages) = (Latency::default(), Latency::default());
    let (mut timed_total, mut records_per_s) = (0.0, f64::NAN);
    for sink in &mut parts[hops..] {
        let [records, timed, ns] = sink.says()?;
        if records != sent {
            return Err(Error::failed(format!(
                "bare sockets lost records: {sent} were sent, {records} came"
            )));
        }
        for _ in 0..if load.rate.is_finite() { timed as u64 } else { 0 } {
            let [since_due, since_sent] = sink.says()?;
            due_ages.record(since_due as u64);
            sent_ages.record(since_sent as u64);
        }
        timed_total += timed;
        records_per_s = timed / ns * 1e9;
    }
    source.leave()?;
    parts.into_iter().try_for_each(Part::leave)?;
    if in_time < 0.99 * sent {
        println!("INVALID: the bare source could not keep the rate");
    }
    Ok(Run {
        due_us: percentiles(&due_ages),
        sent_us: percentiles(&sent_ages),
        cpu_us: (cpu_ns()? - cpu_before) as f64 / timed_total * sinks as f64 / 1e3,
        records_per_s,
    })
}

/// What the ledgers say at some moment.
struct Look {
    at_ns: u64,
    /// Records that came to the ends.
    stored: u64,
    /// Of all records at the ends, as often as a stage tells: each second or two.
    ages: Latency,
    /// Of records when the first stage sent them; it is empty where that is the last one, too.
    sent_ages: Latency,
    cpu_ns: u64,
}

/// Runs a topology of ours, whose source `source` makes of the words that pace it.
pub fn ours(load: Load, topology: impl Fn(&str) -> String, sinks: usize) -> Result<Run> {
    ours_beside(load, topology, sinks, |_, _| Ok(()))
}

/// The same beside what `begin` starts once records flow, as long as that lives.
pub fn ours_beside<T>(
    load: Load,
    topology: impl Fn(&str) -> String,
    sinks: usize,
    begin: impl FnOnce(&Plan, &RunDir) -> Result<T>,
) -> Result<Run> {
    let pace = match load.rate.is_finite() {
        true => format!("rate = {}, count = {}", load.rate, load.count()),
        false => "count = 1_000_000_000_000".to_string(),
    };
    let span = format!("{}ms", load.ns / 1_000_000);
    let more: &[&str] = if load.rate.is_finite() { &[] } else { &["--for", &span] };
    let mut run = Ours::start(&topology(&pace), Path::new("/"), more)?;
    let flows = wait_for(&mut run, |look| look.stored > 0)?;
    let beside = run.plan()?.map(|plan| begin(&plan, &run.dir)).transpose()?;
    let warm = wait_for(&mut run, |look| match load.rate.is_finite() {
        true => look.ages.len() >= (load.rate * load.warm_ns() as f64 / 1e9) as u64,
        false => look.at_ns >= flows.at_ns + load.warm_ns(),
    })?;
    let mut records_per_s = load.rate;
    if !load.rate.is_finite() {
        std::thread::sleep(Duration::from_nanos(load.ns / 10 * 7));
        let later = wait_for(&mut run, |_| true)?;
        records_per_s = (later.stored - warm.stored) as f64 / (later.at_ns - warm.at_ns) as f64 * 1e9;
    }
    let stored = run.finish()?.records.stored;
    drop(beside);
    let mut end = wait_for(&mut run, |_| true)?;
    if warm.stored < stored {
        end.ages.subtract(&warm.ages);
        end.sent_ages.subtract(&warm.sent_ages);
    }
    let due_us = percentiles(&end.ages);
    // A ledger tells of a record's age at each stage, but not of its way from one to another.
    let sent_us = [due_us[0] - percentiles(&end.sent_ages)[0], f64::NAN];
    let timed = (stored - warm.stored) as f64 / sinks as f64;
    Ok(Run { due_us, sent_us, cpu_us: (cpu_ns()? - warm.cpu_ns) as f64 / timed / 1e3, records_per_s })
}

/// Looks until something is so, or until the run has come to its end.
fn wait_for(run: &mut Ours, so: impl Fn(&Look) -> bool) -> Result<Look> {
    loop {
        if let Some(plan) = run.plan()? {
            let books = Books::read(&plan, &run.dir)?;
            let stored = books.totals(&plan).stored;
            let sent_ages = if plan.stages.len() > 1 { books.timings_of(0).age } else { Latency::default() };
            let look = Look { at_ns: mono_ns(), stored, ages: books.ages(), sent_ages, cpu_ns: cpu_ns()? };
            if so(&look) || !books.wants() {
                return Ok(look);
            }
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}
