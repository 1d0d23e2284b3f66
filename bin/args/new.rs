//! What can be said to `new`.

use std::path::PathBuf;

#[derive(clap::Args)]
#[command(after_help = HELP)]
pub struct New {
    /// The data to look at: CSV, JSON lines or ARFF, also gzip or zstd; `-`: standard input; absent: a starter that
    /// runs without data
    #[arg(value_name = "DATA")]
    pub data: Option<PathBuf>,
    /// Write it to this file instead of standard output
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Write over a file that is there
    #[arg(long, requires = "output")]
    pub force: bool,
}

const HELP: &str = "\
  sluicebox new > shop.toml && sluicebox run shop.toml
  sluicebox new orders.csv --output orders.toml && sluicebox check orders.toml";
