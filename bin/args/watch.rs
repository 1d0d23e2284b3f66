//! What can be said of `watch`.

use super::span;
use sluicebox::units::Span;

#[derive(clap::Args)]
#[command(after_help = WATCH_HELP)]
pub struct Watch {
    /// The topology's name, or its TOML file
    #[arg(value_name = "NAME|FILE")]
    pub target: Option<String>,
    /// What to watch: a stage, a port of one, STAGE/stats, or a pattern such as '*' or '*/report'
    #[arg(value_name = "STAGE[/PORT]")]
    pub streams: Vec<String>,
    /// Only records for which this SQL condition is true
    #[arg(long = "where", value_name = "CONDITION", conflicts_with = "rate")]
    pub condition: Option<String>,
    /// Only these columns, in this order
    #[arg(long, value_name = "A,B", value_delimiter = ',', conflicts_with = "rate")]
    pub fields: Vec<String>,
    /// How records are shown
    #[arg(long, value_enum, default_value_t = Shown::Table)]
    pub format: Shown,
    /// End after so many records
    #[arg(long, value_name = "N", conflicts_with = "rate", value_parser = count)]
    pub count: Option<u64>,
    /// End after this time
    #[arg(long = "for", value_name = "TIME", value_parser = span)]
    pub watch_for: Option<Span>,
    /// Show how many records a second there are, as a chart
    #[arg(long)]
    pub rate: bool,
    /// Show how old each record was when it was seen, in microseconds
    #[arg(long, conflicts_with = "rate")]
    pub latency: bool,
    /// Print the endpoints that a SUB of ZeroMQ connects to, a line for each process, and end
    #[arg(long, conflicts_with_all = ["rate", "latency", "follow", "condition", "fields", "count"])]
    pub endpoint: bool,
    /// Go on with the next run when this one ends; wait for one where none runs
    #[arg(long)]
    pub follow: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Shown {
    Table,
    Json,
    Csv,
}

const WATCH_HELP: &str = "\
Who watches holds up nobody: what is not read in time is missed, and counted at the end. A sink shows what it gets.
Of several streams each record says its own as _stream. Ctrl-C ends it.";

fn count(text: &str) -> Result<u64, String> {
    let number = text.parse().ok().filter(|number| *number > 0);
    number.ok_or_else(|| "say a whole number of at least 1".to_string())
}
