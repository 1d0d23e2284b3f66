//! Measurements over several rates: the highest that holds, and a few records a second.

use super::Bench;
use crate::error::Result;
use crate::latency::Latency;
use crate::measure::checks;
use crate::measure::figures::{Figures, spreads};
use crate::measure::report::Sparse;
use crate::measure::run::run;
use crate::measure::settings::SWEEP_FROM;
use crate::measure::sweep::{self, Step};
use crate::measure::verdict::{USUAL, Verdict, time};
use crate::topology::slo::Slo;
use crate::units::Rate;

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

    /// Whether a rate holds. A run that fails ends the sweep, and makes it invalid.
    fn step(&mut self, rate: Rate, slo: Slo) -> Result<Option<Step>> {
        let plan = self.changed(Some(rate))?;
        let (times, repeat) = (self.settings.times(), self.settings.repeat());
        let (mut runs, mut wrong) = (Vec::new(), Vec::new());
        for _ in 0..repeat {
            self.tell.now(format!("at {:.0}/s", rate.0));
            let Some(run) = run(&plan, self.place, times, &mut self.tell)? else { return Ok(None) };
            if run.failed {
                self.report.reasons.extend(run.wrong.iter().map(|why| format!("at {:.0}/s: {why}", rate.0)));
                return Ok(None);
            }
            wrong.extend(run.wrong);
            wrong.extend(checks::too_few(run.figures.records));
            runs.push(run.figures);
        }
        let all = spreads(&runs);
        wrong.extend(Verdict::of(slo, &all).broken);
        let median = |name| all.get(name).map(|spread| spread.median);
        let (p50, p99, why) = (median("p50"), median("p99"), wrong.into_iter().next());
        let step = Step { rate: rate.0, holds: why.is_none(), p50, p99, why };
        let told = step.why.as_deref().unwrap_or("holds");
        let p99 = step.p99.map_or("not known".to_string(), time);
        self.tell.line(&format!("at {:.0}/s: p99 {p99}: {told}", rate.0));
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
