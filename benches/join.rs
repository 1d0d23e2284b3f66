//! A join in a stream beside DuckDB's batch answer to the same two files: how many records a second, how much memory.
//!
//! ```text
//!   ours     csv ═╗
//!            csv ═╩═ join ═ null     four processes, as a user runs them: records go on as they find each other
//!   duckdb   SELECT count(*) FROM 'left.csv' l JOIN 'right.csv' r ON l.k = r.k AND r.ts BETWEEN …   Python, one query
//! ```
//!
//! Both files are in the order of their times, and each record finds one partner on average, however many keys there
//! are: with fewer keys partners lie closer together. Both must find as many pairs. Without DuckDB (`pip install
//! duckdb`) ours is measured alone.
//!
//! `cargo bench --bench join -- [--records 1M] [--keys 1,1000,1000000] [--repeat 3] [--smoke]`

mod common;

use common::args::{self, Args, Opt};
use common::memory::peak;
use sluicebox::error::{Error, Result};
use sluicebox::units::{Rate, group};
use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

const OPTIONS: &[Opt] = &[
    Opt { name: "--records", usual: "1M", smoke: "2000", about: "records of each side" },
    Opt { name: "--keys", usual: "1,1000,1000000", smoke: "10", about: "how many keys, a list" },
    Opt { name: "--repeat", usual: "3", smoke: "1", about: "each side so often, in turn; the best counts" },
];

const DUCKDB: &str = "
import sys
try:
    import duckdb
except ImportError:
    sys.exit(9)
us = sys.argv[1]
print(duckdb.sql(f'''SELECT count(*) FROM 'left.csv' l JOIN 'right.csv' r ON l.k = r.k
    AND r.ts BETWEEN l.ts - INTERVAL ({us}) MICROSECOND AND l.ts + INTERVAL ({us}) MICROSECOND''').fetchall()[0][0])
";

/// Who has not answered after so many seconds is told so: a hash join compares all of one key with each other.
const PATIENCE: &str = "60";

/// What one run took.
#[derive(Clone, Copy)]
struct Took {
    pairs: u64,
    seconds: f64,
    bytes: u64,
}

/// So far apart are partners at most, so that each record finds one on average: the files have a record a millisecond.
fn apart_us(keys: u64) -> u64 {
    keys * 500
}

fn write_files(folder: &Path, records: u64, keys: u64) -> Result<()> {
    let mut seed = 1u64;
    for side in ["left", "right"] {
        let mut text = String::from("n,k,ts\n");
        for n in 0..records {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let (s, ms) = (n / 1000, n % 1000);
            let (h, min, s) = (s / 3600 % 24, s / 60 % 60, s % 60);
            let day = 1 + n / 86_400_000;
            let _ = writeln!(
                text,
                "{n},{},2026-03-{day:02}T{h:02}:{min:02}:{s:02}.{ms:03}Z",
                (seed >> 33) % keys
            );
        }
        std::fs::write(folder.join(format!("{side}.csv")), text).map_err(|e| failed(&e))?;
    }
    let source = |name: &str| {
        format!("[[stage]]\nname = \"{name}\"\noperator = \"csv\"\npath = \"{name}.csv\"\ntime = \"ts\"\n")
    };
    let topology = format!(
        "name = \"bench-join\"\n{}{}[[stage]]\nname = \"join\"\nfrom = {{ left = \"left\", right = \"right\" }}\n\
         by = \"k\"\noperator = \"join\"\nwithin = \"{}us\"\nprefix = \"r_\"\nrows_max = 10000000\n\
         [[stage]]\nname = \"null\"\nfrom = \"join\"\noperator = \"null\"\n",
        source("left"),
        source("right"),
        apart_us(keys)
    );
    std::fs::write(folder.join("t.toml"), topology).map_err(|e| failed(&e))
}

fn failed(e: &std::io::Error) -> Error {
    Error::failed(format!("the bench has no place for its files: {e}"))
}

/// Runs a program in the folder, and answers what it said; `None` where it is not there.
fn run(folder: &Path, command: &mut Command) -> Result<Option<(String, f64, u64)>> {
    command.current_dir(folder).stderr(Stdio::null());
    let begin = Instant::now();
    let (output, bytes) = peak(|| command.output());
    let seconds = begin.elapsed().as_secs_f64();
    let output = output.map_err(|e| failed(&e))?;
    match output.status.code() {
        Some(0) => Ok(Some((String::from_utf8_lossy(&output.stdout).into_owned(), seconds, bytes))),
        // There is no DuckDB, or `timeout` has ended it.
        Some(9 | 124) => Ok(None),
        other => Err(Error::failed(format!("{command:?} ended with {other:?}"))),
    }
}

fn ours(folder: &Path) -> Result<Option<Took>> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sluicebox"));
    let Some((said, seconds, bytes)) = run(folder, command.args(["run", "t.toml", "--json"]))? else {
        return Ok(None);
    };
    let account: serde_json::Value = serde_json::from_str(said.lines().last().unwrap_or_default())
        .map_err(|e| Error::failed(format!("the account can't be read: {e}")))?;
    let pairs = account["records"]["stored"].as_u64().unwrap_or_default();
    Ok(Some(Took { pairs, seconds, bytes }))
}

fn duckdb(folder: &Path, keys: u64) -> Result<Option<Took>> {
    let mut command = Command::new("timeout");
    let ran = run(folder, command.args([PATIENCE, "python3", "-c", DUCKDB, &apart_us(keys).to_string()]))?;
    Ok(ran.map(|(said, seconds, bytes)| Took { pairs: said.trim().parse().unwrap_or(0), seconds, bytes }))
}

fn compare(args: &Args) -> Result<()> {
    let Rate(records) = args.get("--records", Rate::parse)?;
    let keys: Vec<u64> = args.get("--keys", |text| text.split(',').map(|n| n.parse().ok()).collect())?;
    let repeat: usize = args.get("--repeat", |text| text.parse().ok().filter(|n| *n > 0))?;
    let folder = tempfile::tempdir().map_err(|e| failed(&e))?;
    println!("{} records of each side; the best of {repeat}, in turn", group(records as u64));
    println!("{:>9}  {:<8} {:>12} {:>12} {:>9}", "keys", "", "pairs", "records/s", "peak MB");
    for keys in keys {
        write_files(folder.path(), records as u64, keys)?;
        let mut best: [Option<Took>; 2] = [None, None];
        for _ in 0..repeat {
            for (best, took) in best.iter_mut().zip([ours(folder.path())?, duckdb(folder.path(), keys)?]) {
                let faster = |took: &Took| best.is_none_or(|best| took.seconds < best.seconds);
                *best = took.filter(faster).or(*best);
            }
        }
        for (name, took) in ["ours", "duckdb"].iter().zip(best) {
            let Some(Took { pairs, seconds, bytes }) = took else {
                println!("{:>9}  {name:<8} is not there, or has no answer within {PATIENCE} s", group(keys));
                continue;
            };
            let (rate, mb) = (group((2.0 * records / seconds) as u64), bytes as f64 / 1e6);
            println!("{:>9}  {name:<8} {:>12} {rate:>12} {mb:>9.0}", group(keys), group(pairs));
        }
        if let [Some(ours), Some(theirs)] = best
            && ours.pairs != theirs.pairs
        {
            let why = format!("with {keys} keys ours found {} pairs, DuckDB {}", ours.pairs, theirs.pairs);
            return Err(Error::failed(why));
        }
    }
    Ok(())
}

fn main() -> ExitCode {
    args::begin(OPTIONS, compare)
}
