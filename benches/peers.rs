//! Windows beside Flink, bytewax and DuckDB: one job, said as a user of each would say it, and what it costs.
//!
//! ```text
//!   files    4M lines k,at,x ──> count, sum and greatest of each key in each hour ──> lines
//!   live     10,000 lines a second over TCP ──> the same of each second ──> lines over TCP
//!            a row's delay: from when the first line of the next second was due, to when the row is here
//! ```
//!
//! Each run is a whole one, with its start and its end; sides take turns, and medians are told. `start` is a run over
//! one line, `records/s` what is left without it; memory is the sum of what each process held at most. All sides must
//! say the same sums. Where a side isn't installed it is told as not there: `pip install bytewax duckdb`; what
//! Flink needs is told in `common/flink.rs`. It runs twice live: as it is, and `eager`, with a watermark for each
//! record and nothing held in buffers. bytewax is no side there: its watermark goes with the system's clock.
//!
//! `cargo bench --bench peers -- [--flink pyflink/lib] [--only files,live] [--smoke]`

mod common;
#[path = "peers/files.rs"]
mod files;
#[path = "peers/live.rs"]
mod live;
#[path = "peers/side.rs"]
mod side;

use common::args::{self, Args, Opt};
use side::Sides;
use sluicebox::error::Result;
use std::process::ExitCode;

const OPTIONS: &[Opt] = &[
    Opt { name: "--flink", usual: "none", smoke: "none", about: "the folder of Flink's jars" },
    Opt {
        name: "--python",
        usual: "python3",
        smoke: "python3",
        about: "a Python that has bytewax and duckdb",
    },
    Opt { name: "--only", usual: "all", smoke: "all", about: "which parts: files, live" },
    Opt { name: "--records", usual: "4000000", smoke: "20000", about: "lines of a file" },
    Opt { name: "--keys", usual: "1,1000,1000000", smoke: "10", about: "how many keys a file has, a list" },
    Opt { name: "--repeat", usual: "3", smoke: "1", about: "each side so often; the median counts" },
    Opt { name: "--seconds", usual: "30", smoke: "3", about: "how long lines come over TCP" },
];

fn compare(args: &Args) -> Result<()> {
    let number = |name| args.get(name, |text| text.parse::<u64>().ok().filter(|n| *n > 0));
    let text = |name| args.get(name, |text| Some(text.to_string()));
    let (records, repeat, seconds) = (number("--records")?, number("--repeat")?, number("--seconds")?);
    let keys = args.get("--keys", |text| text.split(',').map(|n| n.parse::<u64>().ok()).collect())?;
    let keys: Vec<u64> = keys;
    let only = args.only(&["files", "live"])?;
    let flink = Some(text("--flink")?).filter(|folder| folder != "none");
    let sides = Sides::new(flink.as_deref(), &text("--python")?)?;
    if only("files") {
        keys.iter().try_for_each(|keys| files::compare(&sides, records, *keys, repeat))?;
    }
    if only("live") {
        live::compare(&sides, seconds, repeat)?;
    }
    Ok(())
}

fn main() -> ExitCode {
    args::begin(OPTIONS, compare)
}
