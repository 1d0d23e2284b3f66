//! Detectors of change on streams that change in the middle: how soon they find it, and how often they cry in vain.

use crate::data::{Data, table};
use crate::ours::run;
use sluicebox::data::{Batch, Schema, Type, Value};
use sluicebox::error::{Error, Result};
use sluicebox::numeric::SplitMix64;
use std::path::Path;

const CHANGE: usize = 2000;
const SEEDS: u64 = 60;
/// ADWIN's median delay may be so much greater than River's.
const LATER: f64 = 32.0;

/// Of which stream the reference speaks, and the share of ones before and after the change.
const STREAMS: [(&str, f64, f64); 4] = [
    ("bern .2 no change", 0.2, 0.2),
    ("bern .2->.3 abrupt", 0.2, 0.3),
    ("bern .2->.4 abrupt", 0.2, 0.4),
    ("bern .2->.8 abrupt", 0.2, 0.8),
];

/// Ours, and what River's is called there.
const DETECTORS: [(&str, &str, &str); 4] = [
    ("adwin", "", "ADWIN delta=.002"),
    ("adwin", "clock = 1", "ADWIN delta=.002 clock=1"),
    ("page_hinkley", "", "PageHinkley defaults"),
    ("ddm", "", "DDM defaults"),
];

fn stream(seed: u64, before: f64, after: f64) -> Data {
    let schema = Schema::of(&[("x", Type::F64)]);
    let (mut random, mut batch) = (SplitMix64::new(seed), Batch::new(&schema));
    for n in 0..2 * CHANGE {
        let share = if n < CHANGE { before } else { after };
        let one = (random.draw() >> 11) as f64 / (1u64 << 53) as f64 >= share;
        batch.id.push(n as u64);
        batch.born_ns.push(1);
        batch.columns[0].push(Value::F64(if one { 0.0 } else { 1.0 }));
    }
    Data { schema, batches: vec![batch] }
}

/// How often it was found of all seeds, the median delay, and false alarms for each 10,000 values before the change.
fn ours(operator: &str, params: &str, (before, after): (f64, f64)) -> Result<(usize, Option<usize>, f64)> {
    let (mut delays, mut alarms) = (Vec::new(), 0);
    for seed in 0..SEEDS {
        let done = run(operator, &format!("field = \"x\"\n{params}"), &stream(seed, before, after))?;
        let drift = done.column("drift");
        let at: Vec<usize> = (0..drift.len()).filter(|n| drift[*n] == 1.0).collect();
        alarms += at.iter().filter(|at| **at < CHANGE).count();
        delays.extend(at.iter().find(|at| **at >= CHANGE).map(|at| at - CHANGE));
    }
    delays.sort_unstable();
    let alarms = 1e4 * alarms as f64 / (SEEDS as usize * CHANGE) as f64;
    Ok((delays.len(), delays.get(delays.len() / 2).copied(), alarms))
}

/// The table.
pub fn drift(shared: &Path, _: usize) -> Result<String> {
    let references = table(&shared.join("references/drift.csv"))?;
    let [stream, config, found, delay, alarms] =
        ["stream", "config", "detected_of_runs", "delay_median", "false_alarms_per_10k_before_change"]
            .map(|name| references.at(name));
    let (stream, config, found, delay, alarms) = (stream?, config?, found?, delay?, alarms?);
    let mut text = "| stream | detector | found of 60, median delay, false alarms | River | passed |\n\
                    |---|---|---|---|---|\n"
        .to_string();
    for (name, before, after) in STREAMS {
        for (operator, params, river) in DETECTORS {
            let (of_ours, median, cries) = ours(operator, params, (before, after))?;
            let line = references.lines.iter().find(|line| line[stream] == name && line[config] == river);
            let line = line.ok_or_else(|| Error::failed(format!("{river} has no figures on {name}")))?;
            let theirs: Option<f64> = line[delay].parse().ok();
            // Only ADWIN has a mark.
            let passed = match operator {
                "adwin" if cries > 0.0 => "**no**",
                "adwin" => match (median, theirs) {
                    (Some(median), Some(theirs)) if median as f64 > theirs + LATER => "**no**",
                    (None, Some(_)) => "**no**",
                    _ => "yes",
                },
                _ => "",
            };
            let median = median.map_or(String::new(), |median| median.to_string());
            let operator = format!("{operator} {params}");
            text += &format!(
                "| {name} | {} | {of_ours}, {median}, {cries:.2} | {}, {}, {} | {passed} |\n",
                operator.trim(),
                line[found],
                line[delay],
                line[alarms]
            );
        }
    }
    Ok(text)
}
