//! What `window` costs beside one query of DuckDB: the same records, the same hours, by 1, 1,000 and 1,000,000 keys.
//!
//! ```text
//!   ours     batches of 1,000 records ──> window ──> rows       one thread, batches made off the clock
//!   DuckDB   a table in memory ──> GROUP BY ──> a table         one thread, and all
//! ```
//!
//! Each run is a process of its own; the sides take turns, and medians are told. `more` is what a process holds at most
//! beyond what it held before the clock ran: windows here, hash tables there. The clock is the
//! processor's, so that others on the machine count little. DuckDB needs `pip install duckdb`.
//!
//! `cargo bench --bench window -- [--records 4000000] [--repeat 5] [--smoke]`

mod common;

use common::args::{self, Args, Opt};
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;
use serde_json::{Value, json};
use sluicebox::data::{Batch, Schema, Type, Value as Cell, Values};
use sluicebox::error::{Error, Result};
use sluicebox::operator::{Account, Cx, Desk, Input, PortId};
use sluicebox::registry;
use std::process::{Command, ExitCode, Stdio};

const KEYS: [u64; 3] = [1, 1_000, 1_000_000];
const ROWS: u64 = 1_000;
/// Between two records: a million in an hour.
const STEP_NS: i64 = 3_600_000;

/// One run of ours, told as the other side tells its own.
fn ours(records: u64, keys: u64) -> Result<Value> {
    let schema = Schema::of(&[("k", Type::I64), ("ts", Type::Time), ("x", Type::F64)]).with_time(1);
    let params = "size = \"1h\"\nper = \"k\"\nkeys_max = 4000000\nfields = { n = \"count()\", total = \"sum(x)\", \
                  most = \"max(x)\" }";
    let (_, spec) = registry::find("window", false).ok_or_else(|| Error::failed("there is no window"))?;
    let params = params.parse().map_err(|e| Error::failed(format!("the step can't be read: {e}")))?;
    let planned = (spec.plan)(params, &[Input::new("input", schema.clone())]);
    let planned = planned.map_err(|problems| Error::failed(format!("{problems:?}")))?;
    let mut operator = (planned.make)();
    let mut desk = Desk::new(Cx::new("run", "stage", Account::new(3, 0, 1)));
    desk.set_ports(vec![vec![PortId(2)]]);
    let (mut batch, mut ns, mut rows, mut total) = (Batch::default(), 0, 0, 0.0);
    let mut take = |batch: &Batch| {
        rows += batch.len();
        let Values::F64(totals) = &batch.columns[4].values else { return };
        total += totals.iter().sum::<f64>();
    };
    operator.process(&mut Batch::new(&schema), desk.cx())?;
    let before = held();
    for first in (0..records).step_by(ROWS as usize) {
        batch.reset(&schema);
        for i in first..(first + ROWS).min(records) {
            batch.id.push(i);
            batch.born_ns.push(1);
            let values = [
                Cell::I64((i.wrapping_mul(2_654_435_761) % (1 << 32) % keys) as i64),
                Cell::Time(i as i64 * STEP_NS),
                Cell::F64((i * 7919 % 10_007) as f64 / 8.0),
            ];
            batch.columns.iter_mut().zip(values).for_each(|(column, value)| column.push(value));
        }
        desk.set_watermark((first + batch.len() as u64 - 1) as i64 * STEP_NS);
        let start = cpu_ns()?;
        operator.process(&mut batch, desk.cx())?;
        ns += cpu_ns()? - start;
        take(&batch);
    }
    let start = cpu_ns()?;
    operator.finish(&mut batch, desk.cx())?;
    ns += cpu_ns()? - start;
    take(&batch);
    let peak = held();
    Ok(
        json!({ "seconds": ns as f64 / 1e9, "rows": rows, "total": total, "more": peak - before, "peak": peak }),
    )
}

/// Nanoseconds of processor time that this process has had.
fn cpu_ns() -> Result<u64> {
    let usage =
        getrusage(UsageWho::RUSAGE_SELF).map_err(|e| Error::failed(format!("no CPU time is told: {e}")))?;
    Ok((usage.user_time() + usage.system_time()).num_nanoseconds() as u64)
}

/// What this process has held at most, in bytes.
fn held() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().strip_suffix(" kB")?.parse::<u64>().ok()).unwrap_or(0) << 10
}

/// What a process says of its run; `None` where it is not installed.
fn said(command: &mut Command) -> Result<Option<Value>> {
    let output = command.stderr(Stdio::null()).output();
    let output = output.map_err(|e| Error::failed(format!("{command:?} can't be started: {e}")))?;
    let text = String::from_utf8_lossy(&output.stdout);
    Ok(text.lines().last().and_then(|line| serde_json::from_str(line).ok()))
}

/// The middle one of what the runs say under a key.
fn median(runs: &[Value], key: &str) -> f64 {
    let mut numbers: Vec<f64> = runs.iter().filter_map(|run| run[key].as_f64()).collect();
    numbers.sort_by(f64::total_cmp);
    numbers.get(numbers.len() / 2).copied().unwrap_or(f64::NAN)
}

fn compare(args: &Args) -> Result<()> {
    let records = args.get("--records", |text| text.parse::<u64>().ok().filter(|n| *n > 0))?;
    let repeat = args.get("--repeat", |text| text.parse::<usize>().ok().filter(|n| *n > 0))?;
    let of = args.get("--of", |text| if text == "all" { Some(0) } else { text.parse().ok() })?;
    if of > 0 {
        println!("{}", ours(records, of)?);
        return Ok(());
    }
    let program = std::env::current_exe().map_err(|e| Error::failed(format!("who am I? {e}")))?;
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/window/query.py");
    println!(
        "{:>9}  {:<18}{:>12}{:>12}{:>10}{:>10}",
        "keys", "", "records/s", "rows", "more MiB", "peak MiB"
    );
    for keys in KEYS {
        let mut sides =
            [("window", Vec::new()), ("DuckDB, 1 thread", Vec::new()), ("DuckDB, 2 threads", Vec::new())];
        for _ in 0..repeat {
            for (at, (_, runs)) in sides.iter_mut().enumerate() {
                let (records, keys) = (records.to_string(), keys.to_string());
                let mut command = if at == 0 { Command::new(&program) } else { Command::new("python3") };
                match at {
                    0 => command.args(["--bench", "--records", &records, "--of", &keys]),
                    _ => command.args([script, &records, &keys, &at.to_string()]),
                };
                runs.extend(said(&mut command)?);
            }
        }
        for (name, runs) in &sides {
            let Some(first) = runs.first() else {
                println!("{keys:>9}  {name:<18}{:>12}", "not there");
                continue;
            };
            let [seconds, more, peak] = ["seconds", "more", "peak"].map(|key| median(runs, key));
            let (rate, mib) = (records as f64 / seconds, f64::from(1 << 20));
            println!(
                "{keys:>9}  {name:<18}{rate:>12.0}{:>12}{:>10.0}{:>10.0}",
                first["rows"],
                more / mib,
                peak / mib
            );
            let of = |runs: &[Value]| ["total", "rows"].map(|key| median(runs, key));
            let due = of(&sides[0].1);
            let same = |run| of(std::slice::from_ref(run)).iter().zip(due).all(|(a, b)| (a - b).abs() < 0.5);
            if !runs.iter().all(same) {
                return Err(Error::failed(format!(
                    "{name} says other sums or rows with {keys} keys: {first}"
                )));
            }
        }
    }
    Ok(())
}

const OPTIONS: &[Opt] = &[
    Opt { name: "--records", usual: "4000000", smoke: "20000", about: "how many records" },
    Opt { name: "--repeat", usual: "5", smoke: "1", about: "each side so often; the median counts" },
    Opt {
        name: "--of",
        usual: "all",
        smoke: "all",
        about: "one run of ours in this process, with so many keys",
    },
];

fn main() -> ExitCode {
    args::begin(OPTIONS, compare)
}
