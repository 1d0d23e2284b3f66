//! A join in a stream beside the same of Flink, and DuckDB's batch answer to the same two files: how many records
//! a second, how much memory.
//!
//! ```text
//!   ours     csv ═╗
//!            csv ═╩═ join ═ null     four processes, as a user runs them: records go on as they find each other
//!   flink    left.keyBy(k).intervalJoin(right.keyBy(k)).between(…)     one JVM, one slot (benches/flink/Pairs.java)
//!   eager    the same, with a watermark each millisecond, not each 200: it forgets by these
//!   duckdb   SELECT count(*) FROM 'left.csv' l JOIN 'right.csv' r ON l.k = r.k AND r.ts BETWEEN …   Python, one query
//! ```
//!
//! Both files are in the order of their times, and each record finds one partner on average, however many keys there
//! are: with fewer keys partners lie closer together. All must find as many pairs. A side that is not there is told so:
//! `pip install duckdb`; what Flink needs is told in `common/flink.rs`.
//!
//! `cargo bench --bench join -- [--flink pyflink/lib] [--records 1M] [--keys 1,1000,1000000] [--repeat 3] [--smoke]`

mod common;

use common::args::{self, Args, Opt};
use common::flink::Flink;
use common::memory::peak;
use sluicebox::error::{Error, Result};
use sluicebox::units::{Rate, group};
use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

const OPTIONS: &[Opt] = &[
    Opt { name: "--flink", usual: "none", smoke: "none", about: "the folder of Flink's jars" },
    Opt { name: "--python", usual: "python3", smoke: "python3", about: "a Python that has duckdb" },
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

/// Which of the others has not answered after so many seconds is told so: a hash join compares all of one key with each
/// other.
const PATIENCE: &str = "60";

/// What one run took.
#[derive(Clone, Copy)]
struct Took {
    pairs: u64,
    seconds: f64,
    bytes: u64,
}

#[derive(Clone, Copy)]
enum Side {
    Ours,
    /// Milliseconds of the clock between two watermarks.
    Flink(u64),
    DuckDb,
}

const SIDES: [(Side, &str); 4] =
    [(Side::Ours, "ours"), (Side::Flink(200), "flink"), (Side::Flink(1), "eager"), (Side::DuckDb, "duckdb")];

/// How others are run, where they are there.
struct Others {
    flink: Option<Flink>,
    python: String,
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

/// The same command, which ends when patience does.
fn patient(command: &Command) -> Command {
    let mut patient = Command::new("timeout");
    patient.arg(PATIENCE).arg(command.get_program()).args(command.get_args());
    patient
}

/// Runs a side in a folder; `None` where it is not there, or has no answer in time.
fn run(side: Side, others: &Others, folder: &Path, keys: u64) -> Result<Option<Took>> {
    let mut command = match (side, &others.flink) {
        (Side::Ours, _) => {
            let mut command = Command::new(env!("CARGO_BIN_EXE_sluicebox"));
            command.args(["run", "t.toml", "--json"]);
            command
        }
        (Side::Flink(_), None) => return Ok(None),
        // Its times are whole milliseconds, and so are those of the files.
        (Side::Flink(pace), Some(flink)) => {
            let mut command = flink.command("Pairs");
            command.args(["left.csv", "right.csv"]);
            command.args([apart_us(keys) / 1000, pace].map(|ms| ms.to_string()));
            patient(&command)
        }
        (Side::DuckDb, _) => {
            let mut command = Command::new(&others.python);
            command.args(["-c", DUCKDB, &apart_us(keys).to_string()]);
            patient(&command)
        }
    };
    command.current_dir(folder).stdin(Stdio::null()).stderr(Stdio::null());
    let begin = Instant::now();
    let (output, bytes) = peak(|| command.output());
    let seconds = begin.elapsed().as_secs_f64();
    let output = output.map_err(|e| failed(&e))?;
    match output.status.code() {
        Some(0) => {}
        // There is no DuckDB, or `timeout` has ended it.
        Some(9 | 124) => return Ok(None),
        other => return Err(Error::failed(format!("{command:?} ended with {other:?}"))),
    }
    let said = String::from_utf8_lossy(&output.stdout);
    let last = said.lines().last().unwrap_or_default();
    let pairs = match side {
        Side::Ours => {
            let account: serde_json::Value = serde_json::from_str(last)
                .map_err(|e| Error::failed(format!("the account can't be read: {e}")))?;
            account["records"]["stored"].as_u64()
        }
        Side::Flink(_) | Side::DuckDb => last.trim().parse().ok(),
    };
    let pairs =
        pairs.ok_or_else(|| Error::failed(format!("{command:?} says no number of pairs: {last:?}")))?;
    Ok(Some(Took { pairs, seconds, bytes }))
}

fn compare(args: &Args) -> Result<()> {
    let Rate(records) = args.get("--records", Rate::parse)?;
    let keys: Vec<u64> = args.get("--keys", |text| text.split(',').map(|n| n.parse().ok()).collect())?;
    let repeat: usize = args.get("--repeat", |text| text.parse().ok().filter(|n| *n > 0))?;
    let text = |name| args.get(name, |text| Some(text.to_string()));
    // In memory: what is measured is no disk.
    let home = tempfile::Builder::new().prefix("sb").tempdir_in("/dev/shm").map_err(|e| failed(&e))?;
    let jars = Some(text("--flink")?).filter(|folder| folder != "none");
    let flink = jars.map(|jars| Flink::compile(Path::new(&jars), home.path())).transpose()?;
    let others = Others { flink, python: text("--python")? };
    let [one, all] = ["one", "all"].map(|name| home.path().join(name));
    [&one, &all].iter().try_for_each(std::fs::create_dir).map_err(|e| failed(&e))?;
    println!("{} records of each side; the best of {repeat}, in turn", group(records as u64));
    let (rate, wall, start) = ("records/s", "wall s", "start s");
    println!("{:>9}  {:<8}{:>12}{rate:>12}{wall:>9}{start:>9}{:>9}", "keys", "", "pairs", "peak MB");
    for keys in keys {
        write_files(&one, 1, keys)?;
        write_files(&all, records as u64, keys)?;
        let mut best: [[Option<Took>; 2]; 4] = [[None; 2]; 4];
        for _ in 0..repeat {
            for ((side, _), best) in SIDES.iter().zip(&mut best) {
                for (folder, best) in [&one, &all].into_iter().zip(best) {
                    let took = run(*side, &others, folder, keys)?;
                    let faster = |took: &Took| best.is_none_or(|best| took.seconds < best.seconds);
                    *best = took.filter(faster).or(*best);
                }
            }
        }
        tell(keys, 2.0 * records, &best)?;
    }
    Ok(())
}

/// Tells what all sides took, who must have found the same.
fn tell(keys: u64, records: f64, best: &[[Option<Took>; 2]; 4]) -> Result<()> {
    let mut found: Option<(&str, u64)> = None;
    for ((_, name), took) in SIDES.iter().zip(best) {
        let [Some(one), Some(Took { pairs, seconds, bytes })] = *took else {
            println!("{:>9}  {name:<8} is not there, or has no answer within {PATIENCE} s", group(keys));
            continue;
        };
        // A file may be too short to tell.
        let rate = group((records / (seconds - one.seconds).max(0.001)) as u64);
        let (start, mb) = (one.seconds, bytes as f64 / 1e6);
        println!(
            "{:>9}  {name:<8}{:>12}{rate:>12}{seconds:>9.2}{start:>9.2}{mb:>9.0}",
            group(keys),
            group(pairs)
        );
        let (first, as_many) = *found.get_or_insert((name, pairs));
        if as_many != pairs {
            let why = format!("with {keys} keys {first} found {as_many} pairs, {name} {pairs}");
            return Err(Error::failed(why));
        }
    }
    Ok(())
}

fn main() -> ExitCode {
    args::begin(OPTIONS, compare)
}
