//! What can be said on the command line.

use clap::error::{ContextKind, ContextValue};
use clap::{CommandFactory, Parser, Subcommand};
use sluicebox::params::nearest;
use sluicebox::units::Span;
use std::path::PathBuf;
use std::sync::OnceLock;

/// Stream mining from one TOML file: processes wired by ZeroMQ, with an exact account of every record.
#[derive(Parser)]
#[command(name = "sluicebox", version = version(), arg_required_else_help = true, after_help = EXIT_CODES)]
pub struct Args {
    #[command(subcommand)]
    pub command: Command,
}

const EXIT_CODES: &str = "\
Exit codes:
  0   fine (counted losses included)
  1   failed
  2   usage or topology
  3   stopped before everything was drained
  4   a stage gave up
  5   the account does not balance
  70  a bug";

/// Reads the command line; help and usage errors end the process here.
pub fn parse() -> Args {
    Args::try_parse().unwrap_or_else(|mut error| {
        let given = error.get(ContextKind::InvalidSubcommand);
        if let (Some(ContextValue::String(given)), None) =
            (given, error.get(ContextKind::SuggestedSubcommand))
        {
            let command = Args::command();
            let near = nearest(given, command.get_subcommands().map(|command| command.get_name()));
            if let Some(near) = near {
                error.insert(ContextKind::SuggestedSubcommand, ContextValue::Strings(vec![near]));
            }
        }
        error.exit()
    })
}

#[derive(Subcommand)]
pub enum Command {
    /// Launch every stage of a topology, watch over them, and end with the account
    Run(Run),
    /// Tell everything that is wrong with a topology, or what its schemas are
    Check(Check),
    /// List the operators, or show the page of one
    List(List),
    /// Run one worker of one stage by hand, as `run` or a process manager does
    Stage(Stage),
    /// Say how a topology stands now, or how it ended
    Status(Named),
    /// Ask a running topology to drain and end, and wait until it has
    Stop(Stop),
    /// Prove that every record is accounted for, on every link and in every stage
    Audit(Named),
}

#[derive(clap::Args)]
pub struct Run {
    /// The topology's TOML file
    pub file: PathBuf,
    /// Change a value of the file: `--set store.path=out/b.db`, `--set clean.steps.1.where="x > 1"`
    #[arg(long = "set", value_name = "STAGE.KEY=VALUE")]
    pub sets: Vec<String>,
    /// Stop (and drain) after this time
    #[arg(long = "for", value_name = "TIME", value_parser = span)]
    pub run_for: Option<Span>,
    /// Print the account as one line of JSON
    #[arg(long)]
    pub json: bool,
    /// Exit with 1 if any record was lost or shed
    #[arg(long)]
    pub fail_on_loss: bool,
}

#[derive(clap::Args)]
pub struct Check {
    /// The topology's TOML file
    pub file: PathBuf,
    /// Change a value of the file, as in `run`
    #[arg(long = "set", value_name = "STAGE.KEY=VALUE")]
    pub sets: Vec<String>,
    /// Print the result as JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(clap::Args)]
pub struct List {
    /// Show this operator's page
    pub operator: Option<String>,
    /// Print the list as JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(clap::Args)]
pub struct Stage {
    /// The topology's TOML file
    pub file: PathBuf,
    /// The stage
    #[arg(long)]
    pub name: String,
    /// Which of its workers
    #[arg(long, default_value_t = 0)]
    pub worker: u16,
}

#[derive(clap::Args)]
pub struct Named {
    /// The topology's name, or its TOML file
    pub target: String,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(clap::Args)]
pub struct Stop {
    /// The topology's name, or its TOML file
    pub target: String,
}

fn span(text: &str) -> Result<Span, String> {
    Span::parse(text).ok_or_else(|| "say a time with its unit, such as 30s or 5min".to_string())
}

/// The version, and those of the libraries that are built in.
fn version() -> &'static str {
    static VERSION: OnceLock<String> = OnceLock::new();
    VERSION.get_or_init(|| format!("{}\n{}", env!("CARGO_PKG_VERSION"), sluicebox::built_in()))
}
