//! Measurements over several rates: the highest that holds, and a few records a second.

use super::Bench;
use crate::error::Result;
use crate::latency::Latency;
use crate::measure::checks;
use crate::measure::figures::{Figures, spreads};
use crate::measure::report::Sparse;
use crate::measure::run::{Times, run};
use crate::measure::settings::SWEEP_FROM;
use crate::measure::sweep::{self, Step};
use crate::measure::verdict::{USUAL, Verdict, time, untold};
use crate::topology::slo::Slo;
use crate::units::{Rate, Span};

/// A run of a sweep is made no longer than this.
const LONGEST: Span = Span::from_ms(60_000);
/// Times the records that a percentile needs: some are filtered out on their way.
const PLENTY: f64 = 1.5;

/// At a low rate a run must be longer to tell what is promised.
fn long_enough(times: Times, rate: Rate, slo: Slo) -> Times {
    let shares = [(slo.p999, 0.999), (slo.p99, 0.99)];
    let strictest =
        shares.into_iter().find(|(promised, _)| promised.is_some()).map_or(0.5, |(_, share)| share);
    let seconds = PLENTY * 10.0 / (1.0 - strictest) / rate.0;
    let needed = Span { ns: (seconds * 1e9) as u64 }.min(LONGEST);
    Times { span: times.span.max(needed), ..times }
}

impl Bench<'_> {
    /// Ever higher rates, until one does not hold, and then closer to where that is.
    pub(super) fn sweep(&mut self) -> Result<()> {
        let slo = self.plan.slo.unwrap_or(USUAL);
        if self.plan.slo.is_none() {
            self.report
                .notes
                .push("the topology has no [slo]: a p99 of 5 ms at most is asked for".to_string());
        }
        let first = self.settings.rate.unwrap_or(SWEEP_FROM).0;
        let sweep = sweep::search(first, |rate| self.step(Rate(rate), slo))?;
        self.report.sweep = Some(sweep);
        Ok(())
    }

    /// Whether a rate holds. What says nothing about the rate (a run that fails, a sample that can't tell what is
    /// promised) ends the sweep, and makes it invalid.
    fn step(&mut self, rate: Rate, slo: Slo) -> Result<Option<Step>> {
        let plan = self.changed(Some(rate))?;
        let times = long_enough(self.settings.times(), rate, slo);
        let (mut runs, mut wrong) = (Vec::new(), Vec::new());
        for _ in 0..self.settings.repeat() {
            self.tell.now(format!("at {:.0}/s", rate.0));
            let Some(run) = run(&plan, self.place, times, &mut self.tell)? else { return Ok(None) };
            let fatal = if run.failed { run.wrong.first().cloned() } else { None };
            if let Some(why) = fatal.or(checks::too_few(run.figures.records)) {
                self.report.reasons.push(format!("at {:.0}/s: {why}", rate.0));
                return Ok(None);
            }
            wrong.extend(run.wrong);
            runs.push(run.figures);
        }
        let all = spreads(&runs);
        if let Some(name) = slo.times().map(|(name, _)| name).find(|name| !all.contains_key(name)) {
            let why = format!("at {:.0}/s: {}", rate.0, untold(name));
            self.report.reasons.push(why);
            return Ok(None);
        }
        wrong.extend(Verdict::of(slo, &all).broken);
        let median = |name| all.get(name).map(|spread| spread.median);
        let (p50, p99, why) = (median("p50"), median("p99"), wrong.into_iter().next());
        let step = Step { rate: rate.0, holds: why.is_none(), p50, p99, why };
        let told = step.why.as_deref().unwrap_or("holds");
        let p99 = step.p99.map_or(String::new(), |p99| format!("p99 {}: ", time(p99)));
        self.tell.step(&format!("at {:.0}/s: {p99}{told}", rate.0));
        Ok(Some(step))
    }

    /// A few records a second: what a record meets that comes to a topology at rest. Repeated runs of a rate are
    /// taken together, because there are so few records.
    pub(super) fn sparse(&mut self) -> Result<Latency> {
        let (mut found, mut all) = (Vec::new(), Latency::default());
        'rates: for (rate, times) in self.settings.sparse() {
            let plan = self.changed(Some(rate))?;
            let mut ages = Latency::default();
            for _ in 0..self.settings.repeat() {
                let Some(run) = self.one(&plan, times, format!("at {:.0}/s", rate.0))? else { break 'rates };
                if !run.wrong.is_empty() {
                    break 'rates;
                }
                ages.add(&run.ages);
                let told = Figures::of_ages(&ages);
                let Figures { p50, p90, p99, p999, max, records, .. } = told;
                let figures = Figures { p50, p90, p99, p999, max, records, ..run.figures };
                found.retain(|other: &Sparse| other.rate != rate.0);
                found.push(Sparse { rate: rate.0, figures });
            }
            all.add(&ages);
        }
        self.report.sparse = Some(found);
        Ok(all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_of_a_sweep_is_as_long_as_its_promise_needs() {
        let times = Times { warmup: Span::from_ms(1000), span: Span::from_ms(3000) };
        let seconds = |rate, slo| long_enough(times, Rate(rate), slo).span.ns as f64 / 1e9;
        assert_eq!(seconds(10_000.0, USUAL), 3.0);
        assert!((seconds(100.0, USUAL) - 15.0).abs() < 1e-6, "1,500 records for a p99");
        assert_eq!(seconds(1.0, USUAL), 60.0, "not for ever");
        let p999 = Slo { p999: Some(Span::from_ms(1)), ..USUAL };
        assert!((seconds(1000.0, p999) - 15.0).abs() < 1e-6);
    }
}
