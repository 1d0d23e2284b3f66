//! The job over a file: throughput, processor time and memory of whole runs.

use crate::common::median::median;
use crate::common::memory::peak;
use crate::common::usage::cpu_ns;
use crate::side::{Side, Sides, Way};
use sluicebox::error::{Error, Result};
use sluicebox::units::group;
use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

const SIDES: [Side; 5] = [Side::Stages, Side::OneStage, Side::Flink, Side::Bytewax, Side::DuckDb];

/// What one run cost.
struct Run {
    seconds: f64,
    cpu: f64,
    bytes: f64,
}

pub fn compare(sides: &Sides, records: u64, keys: u64, repeat: u64) -> Result<()> {
    let home = sides.home.path();
    let [all, one, out] = ["all.csv", "one.csv", "out.csv"].map(|name| home.join(name));
    let due = write(&all, records, keys)?;
    write(&one, 1, keys)?;
    let mut costs: Vec<[Vec<Run>; 2]> = SIDES.iter().map(|_| [Vec::new(), Vec::new()]).collect();
    for _ in 0..repeat {
        for (side, costs) in SIDES.iter().zip(&mut costs) {
            for (from, costs) in [&one, &all].into_iter().zip(&mut *costs) {
                let Some(command) = sides.command(*side, Way::Files(from, &out))? else { continue };
                // Ours appends to what it finds.
                _ = std::fs::remove_file(&out);
                costs.push(run(command, side.name())?);
            }
            if !costs[1].is_empty() {
                check(&out, due, side.name())?;
            }
        }
    }
    println!("{} lines, {} keys", group(records), group(keys));
    println!(
        "{:<26}{:>12}{:>10}{:>10}{:>8}{:>10}",
        "", "records/s", "wall s", "start s", "CPU s", "peak MiB"
    );
    for (side, [starts, runs]) in SIDES.iter().zip(&costs) {
        if runs.is_empty() {
            println!("{:<26}{:>12}", side.name(), "not there");
            continue;
        }
        let of = |runs: &[Run], what: fn(&Run) -> f64| median(runs.iter().map(what).collect());
        let (start, wall) = (of(starts, |run| run.seconds), of(runs, |run| run.seconds));
        let (cpu, mib) = (of(runs, |run| run.cpu), of(runs, |run| run.bytes) / f64::from(1 << 20));
        // A file may be too short to tell.
        let rate = records as f64 / (wall - start).max(0.001);
        println!("{:<26}{rate:>12.0}{wall:>10.2}{start:>10.2}{cpu:>8.2}{mib:>10.0}", side.name());
    }
    println!();
    Ok(())
}

/// Writes the lines, a million of them to an hour, and answers with how many there are and what their `x` are together.
fn write(path: &Path, records: u64, keys: u64) -> Result<(u64, f64)> {
    let failed = |e: std::io::Error| Error::failed(format!("cannot write {path:?}: {e}"));
    let mut file = BufWriter::new(std::fs::File::create(path).map_err(failed)?);
    writeln!(file, "k,at,x").map_err(failed)?;
    let mut total = 0.0;
    for i in 0..records {
        let (key, ms) = (i.wrapping_mul(2_654_435_761) % (1 << 32) % keys, i * 36 / 10);
        let (day, x) = (1 + ms / 86_400_000, (i * 7919 % 10_007) as f64 / 8.0);
        let (h, m, s, ms) = (ms / 3_600_000 % 24, ms / 60_000 % 60, ms / 1_000 % 60, ms % 1_000);
        writeln!(file, "{key},2013-01-{day:02}T{h:02}:{m:02}:{s:02}.{ms:03}Z,{x}").map_err(failed)?;
        total += x;
    }
    file.flush().map_err(failed)?;
    Ok((records, total))
}

fn run(mut command: Command, name: &str) -> Result<Run> {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let (cpu, start) = (cpu_ns()?, Instant::now());
    let (status, bytes) = peak(|| command.status());
    let seconds = start.elapsed().as_secs_f64();
    if !status.is_ok_and(|status| status.success()) {
        return Err(Error::failed(format!("{name} failed: run {command:?} by hand to see why")));
    }
    Ok(Run { seconds, cpu: (cpu_ns()? - cpu) as f64 / 1e9, bytes: bytes as f64 })
}

/// Whether the rows are of all records: their counts and sums, which stand third and second to last, come to those.
fn check(out: &Path, (records, total): (u64, f64), name: &str) -> Result<()> {
    let text =
        std::fs::read_to_string(out).map_err(|e| Error::failed(format!("{name} wrote no rows: {e}")))?;
    let (mut n, mut sum) = (0, 0.0);
    for line in text.lines() {
        let mut cells = line.rsplit(',').skip(1);
        let (of_line, count) = (cells.next().unwrap_or_default(), cells.next().unwrap_or_default());
        // The header of ours is neither.
        let (Ok(of_line), Ok(count)) = (of_line.parse::<f64>(), count.parse::<u64>()) else { continue };
        (n, sum) = (n + count, sum + of_line);
    }
    if n == records && (sum - total).abs() < 1e-9 * total.max(1.0) {
        return Ok(());
    }
    Err(Error::failed(format!("{name} says {n} records of {sum} together, not {records} of {total}")))
}
