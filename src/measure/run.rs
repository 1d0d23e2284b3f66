//! One measured run of the user's topology: a real run of the launcher, in a process of its own, watched through its
//! ledgers.

use super::figures::{Figures, Window, ends};
use super::hops::{self, Hop};
use super::place::Place;
use super::probe::{Probe, Sample};
use super::process::Process;
use super::{Tell, checks};
use crate::clock::mono_ns;
use crate::error::{Error, Result, reason, say};
use crate::latency::Latency;
use crate::printable::one_line;
use crate::run::books::Books;
use crate::run::dir::RunDir;
use crate::run::summary::Summary;
use crate::stop::{self, nap};
use crate::supervisor::event::{Event, Observer};
use crate::topology::freeze;
use crate::topology::plan::Plan;
use crate::units::Span;
use std::ffi::OsStr;
use std::path::Path;

/// Where the process that leads the run finds its plan.
const PLAN: &str = "plan.json";
/// As seldom as with the baseline: who measures must not disturb.
const TICK_NS: u64 = 50_000_000;
/// While the start is waited for, so that it is not missed.
const START_TICK_NS: u64 = 2_000_000;
/// The longest time between two samples; there are ten of them at least.
const LOOK_NS: u64 = 1_000_000_000;
const LOOKS: u64 = 10;
/// Without a warm-up a short source is measured whole: it must be seen more than once.
const SHORT_LOOK_NS: u64 = 20_000_000;
/// A worker that has nothing to do tells its timings within a second, a busy one within two.
const TOLD_IDLE_NS: u64 = 1_300_000_000;
const TOLD_NS: u64 = 2_500_000_000;

/// How long to measure, and how long before that is not measured.
#[derive(Clone, Copy, Debug)]
pub struct Times {
    pub warmup: Span,
    pub span: Span,
}

/// What came of a run.
pub struct Run {
    pub figures: Figures,
    pub hops: Vec<Hop>,
    /// End to end.
    pub ages: Latency,
    /// Of the whole run, warm-up included.
    pub books: Books,
    pub checked: String,
    /// It ended otherwise than by its end.
    pub failed: bool,
    /// Why it may not be believed; empty: it may.
    pub wrong: Vec<String>,
    /// What one should know.
    pub notes: Vec<String>,
}

/// Runs a topology for a while. `None`: a stop was asked for meanwhile.
///
/// # Errors
/// When it could not be tried. A run that failed is one that may not be believed.
pub fn run(plan: &Plan, place: &Place, times: Times, tell: &mut Tell<'_>) -> Result<Option<Run>> {
    place.clear()?;
    let plan = plan.clone().begin();
    let path = place.base().join(PLAN);
    std::fs::write(&path, freeze::to_bytes(&plan)?)
        .map_err(|e| Error::failed(format!("cannot write {}: {}", path.display(), reason(&e))))?;
    let child = Process::start(&[OsStr::new("bench-run"), place.base().as_os_str()], false)?;
    let dir = place.run_dir();
    let mut watched = Watched { plan: &plan, dir: &dir, child, tell };
    let seen = watched.measure(times)?;
    let failure = watched.drain();
    if stop::asked() > 0 {
        return Ok(None);
    }
    Ok(Some(judge(&plan, &dir, times, seen, failure)))
}

/// The other side: leads the run that is planned in `base`, in this process.
pub fn lead(base: &Path) -> Result<()> {
    use crate::supervisor::launch::{Launch, run};
    let plan = std::fs::read(base.join(PLAN))
        .map_err(|e| Error::failed(format!("cannot read the plan of the run: {}", reason(&e))))?;
    let program = std::env::current_exe()
        .map_err(|e| Error::failed(format!("cannot find this program's own file: {}", reason(&e))))?;
    let launch = Launch {
        program,
        resume: false,
        run_for: None,
        fail_on_loss: false,
        observers: vec![Box::new(Lines)],
    };
    let ended = run(freeze::from_bytes(&plan)?, &RunDir::at(base.join("run")), launch)?;
    ended.error.map_or(Ok(()), Err)
}

/// Passes on, a line each, what the user should read.
struct Lines;

impl Observer for Lines {
    fn event(&mut self, event: &Event<'_>) {
        let line = match event {
            Event::Said { stage, line } => format!("{stage} | {line}"),
            Event::Restart { who, how, .. } => format!("{who} {how}; it is started again"),
            Event::Failed { sentence } | Event::Note { sentence } => sentence.to_string(),
            Event::Stopping { .. } | Event::Books(_) => return,
        };
        say(&one_line(&line));
    }
}

/// What was seen from outside while it ran.
#[derive(Default)]
struct Sighting {
    /// The books at the end of the warm-up; `None` when nothing was to be left out.
    before: Option<Books>,
    samples: Vec<Sample>,
}

struct Watched<'a, 'b> {
    plan: &'a Plan,
    dir: &'a RunDir,
    child: Process,
    tell: &'a mut Tell<'b>,
}

impl Watched<'_, '_> {
    /// Waits for the start, through the warm-up and the time to measure; shorter, if the run ends before.
    fn measure(&mut self, times: Times) -> Result<Sighting> {
        let mut seen = Sighting::default();
        let Some(probe) = self.wait_for_start()? else { return Ok(seen) };
        let Times { warmup, span } = times;
        if warmup.ns > 0 {
            let warm = mono_ns() + warmup.ns;
            while mono_ns() < warm {
                if !self.tick(TICK_NS.min(warm.saturating_sub(mono_ns())), warm + span.ns) {
                    return Ok(seen);
                }
            }
            seen.before = self.told_anew(&probe, span);
            if seen.before.is_none() {
                return Ok(seen);
            }
        }
        seen.samples.push(probe.sample());
        let begin = seen.samples[0].at_ns;
        let usual = LOOK_NS.min(span.ns / LOOKS);
        let each = if warmup.ns > 0 { usual } else { usual.min(SHORT_LOOK_NS) };
        let (end, mut next) = (begin + span.ns, begin + each);
        loop {
            let now = mono_ns();
            // After a crash there is nothing left to be measured.
            if now >= end || probe.has_crashed() || !self.tick(TICK_NS.min(end - now).min(each), end) {
                break;
            }
            if mono_ns() >= next {
                seen.samples.push(probe.sample());
                next += each;
            }
        }
        seen.samples.push(probe.sample());
        Ok(seen)
    }

    /// Until every worker is there and a source has sent something. `None`: it ended before that.
    fn wait_for_start(&mut self) -> Result<Option<Probe>> {
        let sources = source_workers(self.plan);
        let mut probe = None;
        while self.tick(START_TICK_NS, 0) {
            // The plan comes last, so whoever sees it finds the ledgers.
            if probe.is_none() && self.dir.get("plan.json").is_some() {
                probe = Some(Probe::new(self.plan, self.dir, self.child.pid())?);
            }
            let begun = |of: &Probe| of.all_ready() && sources.iter().any(|at| of.has_begun(*at));
            if probe.as_ref().is_some_and(begun) {
                return Ok(probe);
            }
        }
        // A short source may be through before it was seen to begin.
        Ok(None)
    }

    /// The books, as soon as every worker has told its timings of after this moment.
    fn told_anew(&mut self, probe: &Probe, span: Span) -> Option<Books> {
        let then = probe.books();
        let start = mono_ns();
        while self.tick(2 * TICK_NS, mono_ns() + span.ns) {
            let now = probe.books();
            let waited = mono_ns() - start;
            let told = now.workers.iter().zip(&then.workers).all(|(now, then)| {
                let idle = now.account.done == then.account.done && waited > TOLD_IDLE_NS;
                now.timings.len() != then.timings.len() || idle
            });
            if told || waited > TOLD_NS {
                return Some(now);
            }
        }
        None
    }

    /// Waits a little; false when the run has ended, or is to end.
    fn tick(&mut self, ns: u64, end_ns: u64) -> bool {
        nap(ns);
        self.pass_on();
        self.tell.left(end_ns.saturating_sub(mono_ns()));
        stop::asked() == 0 && self.child.ended().is_none()
    }

    /// What its stages say is the user's to read.
    fn pass_on(&mut self) {
        for line in self.child.errors() {
            self.tell.line(&line);
        }
    }

    /// Asks it to end, and waits for that. Says why it failed, if it did.
    fn drain(&mut self) -> Option<String> {
        let mut told = 0;
        let status = loop {
            if let Some(status) = self.child.ended() {
                break status;
            }
            let asked = stop::asked().max(1);
            if asked > told {
                self.child.ask_to_stop();
                told += 1;
            }
            nap(TICK_NS);
            self.pass_on();
        };
        (!status.success()).then(|| self.child.last_words())
    }
}

/// The places of sources among all workers.
pub(crate) fn source_workers(plan: &Plan) -> Vec<usize> {
    let workers = plan.workers().enumerate();
    workers.filter(|(_, worker)| plan.stages[worker.stage].is_source()).map(|(at, _)| at).collect()
}

fn judge(plan: &Plan, dir: &RunDir, times: Times, seen: Sighting, failure: Option<String>) -> Run {
    let books = Books::read(plan, dir).unwrap_or(Books { workers: Vec::new(), links: Vec::new() });
    let summary = Summary::of(plan, &books, "drained");
    let sources = source_workers(plan);
    let window = Window::of(&seen.samples, &sources);
    let timings = hops::timings(plan, &books, seen.before.as_ref());
    let mut ages = Latency::default();
    timings.iter().zip(ends(plan)).filter(|(_, end)| *end).for_each(|(of, _)| ages.add(&of.age));
    let mut figures = Figures::of_ages(&ages);
    let (mut wrong, mut notes) = (Vec::new(), Vec::new());
    if let Some(window) = &window {
        let records: u64 = sources.iter().map(|at| window.done(*at)).sum();
        let all: Vec<usize> = plan.workers().enumerate().map(|(at, _)| at).collect();
        figures.records_s = Some(records as f64 / window.seconds());
        figures.cpu_us =
            window.cpu_ns(&all).filter(|_| records > 0).map(|ns| ns as f64 / 1000.0 / records as f64);
        figures.sent = checks::sent(plan, window);
        if window.seconds() < times.span.ns as f64 / 1e9 * 0.9 && failure.is_none() {
            notes.push(format!(
                "the sources had ended after {:.1} s of {}: that is what was measured",
                window.seconds(),
                times.span
            ));
        }
    }
    let failed = failure.is_some();
    figures.memory_bytes = seen.samples.iter().map(|sample| sample.memory_bytes as f64).reduce(f64::max);
    if let Some(sentence) = failure {
        wrong.push(format!("the run failed: {sentence}"));
    }
    wrong.extend(checks::wrong(plan, &books, &summary));
    if let Some(sent) = figures.sent.filter(|sent| *sent < checks::SENT_MIN) {
        wrong.push(format!("only {:.1} % of the scheduled records were sent in their time", 100.0 * sent));
    }
    if seen.samples.is_empty() && wrong.is_empty() {
        let warmup = times.warmup;
        wrong.push(format!("the sources had ended before the warm-up of {warmup} was over (--warmup 0s)"));
    }
    Run {
        hops: hops::hops(plan, &books, &timings, window.as_ref()),
        checked: checks::line(plan, &books, &summary),
        figures,
        ages,
        books,
        failed,
        wrong,
        notes,
    }
}
