//! What is told of the runs of all sides: a table, and how ours compare with theirs.

use crate::abba::{Ratio, median};
use crate::run::{Load, Run};

/// A side as it is told of.
#[derive(Clone, Copy)]
pub struct Side {
    pub name: &'static str,
    pub ours: bool,
}

/// The sides that a list such as `zmq,direct` names; `None` when it names another.
pub fn chosen(sides: &[Side], text: &str) -> Option<Vec<Side>> {
    text.split(',').map(|name| sides.iter().copied().find(|side| side.name == name)).collect()
}

type Value = (&'static str, fn(&Run) -> f64);

const PACED: [Value; 5] = [
    ("p50 us", |run| run.due_us[0]),
    ("p99 us", |run| run.due_us[1]),
    ("p50 sent", |run| run.sent_us[0]),
    ("p99 sent", |run| run.sent_us[1]),
    ("CPU us/rec", |run| run.cpu_us),
];
const FLAT_OUT: [Value; 2] = [("records/s", |run| run.records_per_s), ("CPU us/rec", |run| run.cpu_us)];

/// One run, while the others go on.
pub fn line(load: Load, side: &Side, run: &Run) {
    let values: &[Value] = if load.rate.is_finite() { &PACED } else { &FLAT_OUT };
    let told: String = values.iter().map(|(name, value)| format!("  {name} {}", shown(value(run)))).collect();
    println!("{:<9}{told}", side.name);
}

fn shown(value: f64) -> String {
    match value.is_finite() {
        true if value.abs() < 10.0 => format!("{value:.2}"),
        true => format!("{value:.1}"),
        false => "-".to_string(),
    }
}

pub fn tell(load: Load, sides: &[Side], runs: &[Vec<Run>]) {
    let values: &[Value] = if load.rate.is_finite() { &PACED } else { &FLAT_OUT };
    let heads: String = values.iter().map(|(name, _)| format!("{name:>13}")).collect();
    println!("\nmedians of {} runs\n{:<10}{heads}", runs[0].len(), "");
    for (side, runs) in sides.iter().zip(runs) {
        let cell =
            |value: fn(&Run) -> f64| format!("{:>13}", shown(median(runs.iter().map(value).collect())));
        println!("{:<10}{}", side.name, values.iter().map(|(_, value)| cell(*value)).collect::<String>());
    }
    for (side, ours) in sides.iter().zip(runs).filter(|(side, _)| side.ours) {
        for (other, theirs) in sides.iter().zip(runs).filter(|(side, _)| !side.ours) {
            let ratio = |(name, value): &Value| {
                let [ours, theirs] = [ours, theirs].map(|runs| runs.iter().map(value).collect::<Vec<f64>>());
                let known = ours.iter().chain(&theirs).all(|x| x.is_finite());
                known.then(|| format!("  {name} {}", Ratio::of(&ours, &theirs)))
            };
            println!(
                "{} / {}:{}",
                side.name,
                other.name,
                values.iter().filter_map(ratio).collect::<String>()
            );
        }
    }
}

/// Says of the machine what makes numbers worse.
pub fn warn_of_cores(busy_threads: usize) {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    if cores < busy_threads {
        println!(
            "{cores} cores for {busy_threads} busy threads: they wait for each other, and the tail shows it"
        );
    }
}
