//! What a measurement found, as `bench --json` tells it.

use super::figures::{Figures, spreads};
use super::hops::Hop;
use super::manifest::Manifest;
use super::stats::{Ratio, Spread};
use super::sweep::Sweep;
use super::verdict::Verdict;
use serde::Serialize;
use std::collections::BTreeMap;

/// All of it; every time is in microseconds, what is not there is null.
///
/// | key | is |
/// |---|---|
/// | `name` | the topology |
/// | `valid`, `reasons` | whether the numbers may be believed, and why not |
/// | `stopped` | it was interrupted: these are the runs until then |
/// | `manifest` | machine, versions, file and fingerprint of the topology, seeds, date, warnings |
/// | `settings` | `mode`, `rate` by source, `paced`, `for_s`, `warmup_s`, `repeat`, `payload` |
/// | `runs` | each run: `p50 p90 p99 p999 max records records_s cpu_us memory_bytes sent` |
/// | `median`, `spread` | of each figure over all runs; `spread` is `[least, most]` |
/// | `stages` | each stage: `stage records_s bytes link service age cpu_us`, medians; `link`, `service` and `age` have `p50 p99` |
/// | `baseline` | `runs`, `median`, `spread` of bare libzmq |
/// | `ratio` | `p50 p90 p99 p999 max cpu`: ours ÷ baseline, the median over pairs of runs |
/// | `ratio_interval` | of each ratio 95 % of the bootstrapped medians: `[low, high]` |
/// | `slo` | what `[slo]` promised, whether it `holds`, and what is `broken` |
/// | `sweep` | `knee`, and each of the `steps`: `rate holds p50 p99 why` |
/// | `sparse` | each rate: `rate` and a run's figures |
/// | `checked`, `notes` | what was checked of the records, and what one should know |
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    pub name: String,
    pub valid: bool,
    pub reasons: Vec<String>,
    pub stopped: bool,
    pub manifest: Manifest,
    pub settings: Said,
    pub runs: Vec<Figures>,
    pub median: BTreeMap<&'static str, f64>,
    pub spread: BTreeMap<&'static str, [f64; 2]>,
    pub stages: Vec<Hop>,
    pub baseline: Option<Side>,
    pub ratio: Option<BTreeMap<&'static str, f64>>,
    pub ratio_interval: Option<BTreeMap<&'static str, [f64; 2]>>,
    pub slo: Option<Verdict>,
    pub sweep: Option<Sweep>,
    pub sparse: Option<Vec<Sparse>>,
    pub checked: Option<String>,
    pub notes: Vec<String>,
}

/// What was measured, as it came to be settled.
#[derive(Clone, Debug, Serialize)]
pub struct Said {
    pub mode: &'static str,
    /// Records a second of each source; null: as fast as it can.
    pub rate: BTreeMap<String, Option<f64>>,
    pub paced: bool,
    pub for_s: f64,
    pub warmup_s: f64,
    pub repeat: usize,
    pub payload: Option<u64>,
}

/// One side of a comparison.
#[derive(Clone, Debug, Serialize)]
pub struct Side {
    pub runs: Vec<Figures>,
    pub median: BTreeMap<&'static str, f64>,
    pub spread: BTreeMap<&'static str, [f64; 2]>,
}

/// One rate of a sparse measurement.
#[derive(Clone, Debug, Serialize)]
pub struct Sparse {
    pub rate: f64,
    #[serde(flatten)]
    pub figures: Figures,
}

impl Side {
    pub fn of(runs: Vec<Figures>) -> Side {
        let all = spreads(&runs);
        Side { median: medians(&all), spread: ends(&all), runs }
    }
}

pub fn medians(all: &BTreeMap<&'static str, Spread>) -> BTreeMap<&'static str, f64> {
    all.iter().map(|(name, spread)| (*name, spread.median)).collect()
}

pub fn ends(all: &BTreeMap<&'static str, Spread>) -> BTreeMap<&'static str, [f64; 2]> {
    all.iter().map(|(name, spread)| (*name, [spread.min, spread.max])).collect()
}

/// What is compared: the name of a ratio, and of the figure.
pub(crate) const RATIOS: [(&str, &str); 6] =
    [("p50", "p50"), ("p90", "p90"), ("p99", "p99"), ("p999", "p999"), ("max", "max"), ("cpu", "cpu_us")];

/// Ours ÷ baseline of pairs of runs, for each figure that all of them have.
pub fn ratios(ours: &[Figures], bare: &[Figures]) -> BTreeMap<&'static str, Ratio> {
    let pairs = |figure: &str| -> Option<Vec<(f64, f64)>> {
        ours.iter().zip(bare).map(|(ours, bare)| Some((ours.named(figure)?, bare.named(figure)?))).collect()
    };
    RATIOS.into_iter().filter_map(|(name, figure)| Some((name, Ratio::of(&pairs(figure)?)?))).collect()
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use crate::measure::manifest::tests::plan;

    /// One run with a median.
    pub fn report() -> Report {
        let plan = plan();
        let Side { runs, median, spread } =
            Side::of(vec![Figures { p50: Some(100.0), ..Figures::default() }]);
        let settings = Said {
            mode: "plain",
            rate: [("orders".to_string(), Some(10_000.0))].into(),
            paced: true,
            for_s: 10.0,
            warmup_s: 1.0,
            repeat: 1,
            payload: Some(100),
        };
        Report {
            name: "t".to_string(),
            valid: true,
            reasons: Vec::new(),
            stopped: false,
            manifest: Manifest::take(&plan).unwrap(),
            settings,
            runs,
            median,
            spread,
            stages: Vec::new(),
            baseline: None,
            ratio: None,
            ratio_interval: None,
            slo: None,
            sweep: None,
            sparse: None,
            checked: None,
            notes: Vec::new(),
        }
    }

    #[test]
    fn a_ratio_is_of_what_all_runs_have() {
        let run =
            |p50, p99, cpu_us| Figures { p50: Some(p50), p99, cpu_us: Some(cpu_us), ..Figures::default() };
        let ours = [run(10.0, Some(1.0), 4.0), run(30.0, None, 4.0)];
        let bare = [run(20.0, Some(1.0), 8.0), run(30.0, Some(1.0), 8.0)];
        let ratios = ratios(&ours, &bare);
        assert_eq!(ratios.keys().copied().collect::<Vec<_>>(), ["cpu", "p50"]);
        assert_eq!((ratios["p50"].median, ratios["cpu"].median), (0.75, 0.5));
    }
}
