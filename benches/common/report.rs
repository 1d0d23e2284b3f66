//! What is told of the runs of all sides: a table, and how ours compare with theirs.

use super::abba::Ratio;
use super::median::median;

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

/// Something that is told of each run, and how it is found.
pub type Value<R> = (&'static str, fn(&R) -> f64);

/// One run, while the others go on.
pub fn line<R>(values: &[Value<R>], side: &Side, run: &R) {
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

/// The medians of all, and each of ours as a share of each of theirs.
pub fn tell<R>(values: &[Value<R>], sides: &[Side], runs: &[Vec<R>]) {
    let heads: String = values.iter().map(|(name, _)| format!("{name:>13}")).collect();
    println!("\nmedians of {} runs\n{:<10}{heads}", runs[0].len(), "");
    for (side, runs) in sides.iter().zip(runs) {
        let cell = |value: fn(&R) -> f64| format!("{:>13}", shown(median(runs.iter().map(value).collect())));
        println!("{:<10}{}", side.name, values.iter().map(|(_, value)| cell(*value)).collect::<String>());
    }
    for (side, ours) in sides.iter().zip(runs).filter(|(side, _)| side.ours) {
        for (other, theirs) in sides.iter().zip(runs).filter(|(side, _)| !side.ours) {
            let ratio = |(name, value): &Value<R>| {
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
