//! What can be said of `bench`.

use super::{bytes, rate, repeat, span};
use sluicebox::units::{Bytes, Rate, Span};
use std::path::PathBuf;

#[derive(clap::Args)]
#[command(after_help = BENCH_HELP)]
pub struct Bench {
    /// The topology's TOML file
    pub file: PathBuf,
    /// Change a value of the file, as in `run`
    #[arg(long = "set", value_name = "STAGE.KEY=VALUE")]
    pub sets: Vec<String>,
    /// So many records a second from each source, due at even times whatever happens; absent: as the file says
    #[arg(long, value_parser = rate)]
    pub rate: Option<Rate>,
    /// How long a run is measured; 10s if absent
    #[arg(long = "for", value_name = "TIME", value_parser = span)]
    pub span: Option<Span>,
    /// How long it runs before; a second, or a tenth of --for if that is more
    #[arg(long, value_name = "TIME", value_parser = span)]
    pub warmup: Option<Span>,
    /// How many runs, or pairs of runs with --baseline; 3 if absent
    #[arg(long, value_name = "N", value_parser = repeat)]
    pub repeat: Option<u16>,
    /// Add a column of so many bytes to every record
    #[arg(long, value_name = "BYTES", value_parser = bytes)]
    pub payload: Option<Bytes>,
    /// In turn with bare libzmq: the same graph, rate and bytes, a process a worker
    #[arg(long)]
    pub baseline: bool,
    /// Find the highest rate at which [slo] holds
    #[arg(long, conflicts_with_all = ["baseline", "assert", "hgrm"])]
    pub sweep: bool,
    /// At 1, 10 and 100 records a second: how old a record gets in a topology at rest
    #[arg(long, conflicts_with_all = ["baseline", "assert", "sweep", "rate"])]
    pub sparse: bool,
    /// Exit with 1 if [slo] is broken; at its own rate, unless --rate is said
    #[arg(long)]
    pub assert: bool,
    /// Write the report as JSON into a file; `-`: print it instead of the tables
    #[arg(long, value_name = "FILE")]
    pub json: Option<PathBuf>,
    /// Write the ages of all runs as HdrHistogram's percentile file, in ms
    #[arg(long, value_name = "FILE")]
    pub hgrm: Option<PathBuf>,
}

const BENCH_HELP: &str = "\
Each run is a real one, in a run directory of its own; the warm-up is taken out. A run in which a record was lost or
came twice, or whose sources sent less than 99 % of what was due, is INVALID: exit code 1. Sinks write into a folder
that is removed at the end.";
