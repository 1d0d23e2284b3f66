//! The order of things in a measurement: what is run, how often, and what it comes to.

mod rates;

use super::figures::{Figures, spreads};
use super::manifest::Manifest;
use super::place::Place;
use super::report::{Report, Said, Side, ends, medians, ratios};
use super::rewrite::{self, Change, rate_of};
use super::run::{Run, Times, run};
use super::settings::{Mode, PAIRS_GOOD, Settings, is_paced, sources};
use super::stats::ours_first;
use super::verdict::Verdict;
use super::{Event, Tell, chain, checks, hops};
use crate::error::{Error, Result};
use crate::latency::Latency;
use crate::stop;
use crate::supervisor::machine::keep_shallow;
use crate::topology;
use crate::topology::plan::Plan;
use crate::units::{Rate, Span};
use std::time::Duration;

/// What was found, and the ages of all valid runs together.
pub struct Outcome {
    pub report: Report,
    pub ages: Latency,
}

/// How long a measurement that was asked twice to stop may take to end its processes and to remove its folders.
const CLEAR_UP: Duration = Duration::from_secs(2);

/// Measures. What `show` is told is for a person who waits.
///
/// # Errors
/// When the topology is wrong, or nothing could be tried. What was tried and may not be believed is in the report.
pub fn bench(settings: &Settings, show: &mut dyn FnMut(Event<'_>)) -> Result<Outcome> {
    let colour = settings.colour;
    let usage = |problems: topology::Problems| Error::drawn(problems.render(colour));
    let checked = topology::load(&settings.file, &settings.sets).map_err(usage)?;
    if !checked.warnings.is_empty() {
        show(Event::Line(&checked.warnings.render(colour)));
    }
    settings.check(&checked.plan)?;
    stop::listen_or_leave(CLEAR_UP)?;
    let place = Place::make()?;
    let plan = checked.plan;
    // Runs of ours ask for that themselves, and say it where they can't have it; both sides must have the same.
    let awake = if plan.shallow { keep_shallow().ok() } else { None };
    let mut bench = Bench {
        settings,
        place: &place,
        tell: Tell::new(show),
        report: report(settings, &plan)?,
        plan: &plan,
    };
    bench.report.manifest.shallow = awake.is_some();
    if rewrite::stores_files(&plan) {
        let folder = place.results().display().to_string();
        let note = format!("sinks write into {folder}, which is removed at the end (TMPDIR says where)");
        bench.report.notes.push(note);
    }
    let ages = match settings.mode {
        Mode::Plain | Mode::Baseline => bench.runs()?,
        Mode::Sweep => bench.sweep().map(|()| Latency::default())?,
        Mode::Sparse => bench.sparse()?,
    };
    let mut report = bench.report;
    report.stopped = stop::asked() > 0;
    report.valid = report.reasons.is_empty();
    Ok(Outcome { report, ages })
}

/// A report in which nothing has been measured yet.
fn report(settings: &Settings, plan: &Plan) -> Result<Report> {
    let times = settings.times();
    let mode = ["plain", "baseline", "sweep", "sparse"][settings.mode as usize];
    Ok(Report {
        name: plan.name.clone(),
        valid: false,
        reasons: Vec::new(),
        stopped: false,
        manifest: Manifest::take(plan)?,
        settings: Said {
            mode,
            rate: Default::default(),
            paced: true,
            for_s: seconds(times.span),
            warmup_s: seconds(times.warmup),
            repeat: settings.repeat(),
            payload: settings.payload.map(|payload| payload.0),
        },
        runs: Vec::new(),
        median: Default::default(),
        spread: Default::default(),
        stages: Vec::new(),
        baseline: None,
        ratio: None,
        ratio_interval: None,
        slo: None,
        sweep: None,
        sparse: None,
        checked: None,
        notes: Vec::new(),
    })
}

fn seconds(span: Span) -> f64 {
    span.ns as f64 / 1e9
}

struct Bench<'a> {
    settings: &'a Settings,
    place: &'a Place,
    tell: Tell<'a>,
    report: Report,
    /// As the user's file says.
    plan: &'a Plan,
}

impl Bench<'_> {
    /// The plan of what is measured, at a rate.
    fn changed(&self, rate: Option<Rate>) -> Result<Plan> {
        let Settings { file, sets, payload, colour, .. } = self.settings;
        // What an earlier run stored is not in the way of this one.
        self.place.clear()?;
        let results = self.place.results();
        let change = Change { rate, payload: *payload, results: &results };
        let checked = rewrite::load(file, sets, self.plan, &change).map_err(|problems| {
            let told = problems.render(*colour);
            Error::usage(format!("{told}\nthis topology can't be measured with that rate or payload"))
        })?;
        checked.preflight()?;
        Ok(checked.plan)
    }

    /// One run, if it may be believed and nobody asks to stop; why not is noted.
    fn one(&mut self, plan: &Plan, times: Times, what: String) -> Result<Option<Run>> {
        self.tell.now(what.clone());
        let Some(run) = run(plan, self.place, times, &mut self.tell)? else { return Ok(None) };
        for note in &run.notes {
            if !self.report.notes.contains(note) {
                self.report.notes.push(note.clone());
            }
        }
        self.report.reasons.extend(run.wrong.iter().map(|why| format!("{what}: {why}")));
        Ok(Some(run))
    }

    /// Repeated runs, in turn with the baseline if that is asked for.
    fn runs(&mut self) -> Result<Latency> {
        let plan = self.changed(self.settings.rate(self.plan))?;
        let (times, repeat) = (self.settings.times(), self.settings.repeat());
        let rates = sources(&plan).map(|stage| (stage.name.clone(), rate_of(stage).map(|rate| rate.0)));
        self.report.settings.rate = rates.collect();
        self.report.settings.paced = is_paced(&plan);
        let (mut ours, mut bare): (Vec<Run>, Vec<Figures>) = (Vec::new(), Vec::new());
        let baseline = self.settings.mode == Mode::Baseline;
        'pairs: for n in 0..repeat {
            let order = if ours_first(n) { [true, false] } else { [false, true] };
            for of_ours in order.into_iter().filter(|of_ours| *of_ours || baseline) {
                if of_ours {
                    let what = format!("run {} of {repeat}", n + 1);
                    let Some(mut run) = self.one(&plan, times, what.clone())? else { break 'pairs };
                    if run.wrong.is_empty() {
                        run.wrong.extend(checks::too_few(run.ages.len()));
                        self.report.reasons.extend(run.wrong.iter().map(|why| format!("{what}: {why}")));
                    }
                    ours.push(run);
                } else {
                    self.tell.now(format!("run {} of {repeat}, bare libzmq", n + 1));
                    let first = &ours.first().expect("the first pair begins with ours").books;
                    let chain = chain::chain(&plan, first, times);
                    let Some(run) = chain::run(&chain, self.place, &mut self.tell)? else { break 'pairs };
                    bare.push(run.figures);
                    self.report.reasons.extend(run.wrong);
                }
                if !self.report.reasons.is_empty() {
                    break 'pairs;
                }
            }
        }
        Ok(self.sum_up(&ours, bare))
    }

    fn sum_up(&mut self, ours: &[Run], bare: Vec<Figures>) -> Latency {
        let report = &mut self.report;
        report.runs = ours.iter().map(|run| run.figures).collect();
        let all = spreads(&report.runs);
        (report.median, report.spread) = (medians(&all), ends(&all));
        report.stages = hops::medians(&ours.iter().map(|run| run.hops.as_slice()).collect::<Vec<_>>());
        report.checked = ours.last().filter(|run| run.wrong.is_empty()).map(|run| run.checked.clone());
        report.slo = self.plan.slo.filter(|_| !ours.is_empty()).map(|slo| Verdict::of(slo, &all));
        if self.settings.mode == Mode::Baseline {
            let ratios = ratios(&report.runs, &bare);
            report.ratio = Some(ratios.iter().map(|(name, ratio)| (*name, ratio.median)).collect());
            let interval = ratios.iter().filter_map(|(name, ratio)| Some((*name, ratio.interval?)));
            report.ratio_interval = Some(interval.collect());
            report.baseline = Some(Side::of(bare));
            if report.settings.repeat < PAIRS_GOOD {
                report.notes.push(format!(
                    "fewer than {PAIRS_GOOD} pairs tell a factor, not a few percent (--repeat {PAIRS_GOOD})"
                ));
            }
        }
        if !report.settings.paced {
            report.notes.push(
                "a source sends as fast as it can: this is a throughput run, and ages are those of records that queue \
                 (--rate paces it)"
                    .to_string(),
            );
        }
        let mut ages = Latency::default();
        ours.iter().filter(|run| run.wrong.is_empty()).for_each(|run| ages.add(&run.ages));
        ages
    }
}
