//! What can be said of `logs`.

use sluicebox::clock::wall_ns;
use sluicebox::data::time;
use sluicebox::units::Span;

#[derive(clap::Args)]
#[command(after_help = LOGS_HELP)]
pub struct Logs {
    /// The topology's name, or its TOML file; absent: the one that runs
    #[arg(value_name = "NAME|FILE")]
    pub target: Option<String>,
    /// Only these stages, or workers of them; absent: all
    #[arg(value_name = "STAGE[/WORKER]")]
    pub stages: Vec<String>,
    /// Go on showing what they say until the run ends
    #[arg(long)]
    pub follow: bool,
    /// Only what was said since then: a span such as 10m, or a time such as 2013-01-01T05:00:00Z
    #[arg(long, value_name = "TIME", value_parser = since)]
    pub since: Option<i64>,
    /// Print an object of JSON for each line: time, stage, worker, line
    #[arg(long)]
    pub json: bool,
}

const LOGS_HELP: &str = "\
Of each stage process the run directory keeps the last words, two to four MiB, until the next run begins. Times are UTC.
Stages that are threads of one process speak with one voice: it goes by the process's name, and has no worker.";

/// Nanoseconds since 1970.
fn since(text: &str) -> Result<i64, String> {
    let minutes = || Span::parse(&format!("{}min", text.strip_suffix('m')?));
    let ago = Span::parse(text).or_else(minutes).map(|span| wall_ns().saturating_sub_unsigned(span.ns));
    ago.or_else(|| time::parse(text, None)).ok_or_else(|| {
        "say how long ago, such as 10m or 30s, or when, such as 2013-01-01T05:00:00Z".to_string()
    })
}
