//! What can be said of `check-exec`.

use super::span;
use sluicebox::units::Span;
use std::path::PathBuf;

#[derive(clap::Args)]
#[command(after_help = CHECK_EXEC_HELP)]
pub struct CheckExec {
    /// What it is to answer: each record by its id ("one", "ack"), what it likes ("any"), or nothing ("none")
    #[arg(long, value_name = "REPLY", default_value = "one", value_parser = ["one", "ack", "any", "none"])]
    pub reply: String,
    /// How records are written to it, and answers read
    #[arg(long, value_name = "FORMAT", default_value = "json", value_parser = ["json", "msgpack"])]
    pub format: String,
    /// What an answer must have: score=f64,label=str
    #[arg(long, value_name = "NAME=TYPE", value_delimiter = ',')]
    pub types: Vec<String>,
    /// A file of JSON lines that look like its records; absent: a few columns of each type
    #[arg(long, value_name = "FILE")]
    pub sample: Option<PathBuf>,
    /// How long an answer, or its end, may take
    #[arg(long, value_name = "TIME", value_parser = span, default_value = "10s")]
    pub time_max: Span,
    /// Print the result as one line of JSON
    #[arg(long)]
    pub json: bool,
    /// The program and its arguments, behind `--`
    #[arg(required = true, last = true, value_name = "PROGRAM")]
    pub command: Vec<String>,
}

const CHECK_EXEC_HELP: &str = "\
    Each question is put to a fresh process of the program. Exit code 0: it passes; 1: it fails one at least; 2: it \
    can't be started. JSON is one object: `ok`, and `checks`, each with name, ok and what is wrong.";
