//! What can be said on the command line.

mod bench;
mod check_exec;
mod graph;
mod logs;
mod man;
mod new;
mod test;
mod watch;

use crate::tried;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{CommandFactory, Parser, Subcommand};
use sluicebox::error::Exit;
use sluicebox::params::nearest;
use sluicebox::units::{Bytes, Rate, Span};
use std::path::PathBuf;
use std::sync::OnceLock;

pub use bench::Bench;
pub use check_exec::CheckExec;
pub use graph::{Form, Graph};
pub use logs::Logs;
pub use man::Man;
pub use new::New;
pub use test::Test;
pub use watch::{Shown, Watch};

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
        let text = |kind| match error.get(kind) {
            Some(ContextValue::String(given)) => Some(given.clone()),
            _ => None,
        };
        let (command, option) = (text(ContextKind::InvalidSubcommand), text(ContextKind::InvalidArg));
        let unknown = option.filter(|_| error.kind() == ErrorKind::UnknownArgument);
        if let Some(sentence) =
            command.as_deref().and_then(tried::command).or_else(|| unknown.as_deref().and_then(tried::option))
        {
            crate::tell(&sentence);
            std::process::exit(Exit::Usage as i32);
        }
        if let (Some(given), None) = (command, error.get(ContextKind::SuggestedSubcommand)) {
            let all = Args::command();
            let names = all.get_subcommands().filter(|of| !of.is_hide_set()).map(|of| of.get_name());
            if let Some(near) = nearest(&given, names) {
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
    /// Write a first topology: a starter, or one for your data
    New(New),
    /// Draw a topology: its stages and who reads whom
    Graph(Graph),
    /// Run the tests that topologies carry, in this process
    Test(Test),
    /// Try whether a program does what a stage that runs it must
    CheckExec(CheckExec),
    /// Try an expression: show its value and its type
    Eval(Eval),
    /// List the operators, or show the page of one; or keys of stages and topologies, or the functions of expressions
    List(List),
    /// Print a JSON Schema of topology files, for an editor
    Schema,
    /// Print what lets a shell complete commands and operators
    Completions(Completions),
    /// Print the manual page of the program or of a command
    Man(Man),
    /// Run one worker of one stage by hand, as `run` or a process manager does
    Stage(Stage),
    /// Say how a topology stands now, or how it ended; without a name, which there are
    Status(Named),
    /// Ask a running topology to drain and end, and wait until it has
    Stop(Stop),
    /// Show the records of a running topology as they pass
    Watch(Watch),
    /// Show what stages have said on their standard error
    Logs(Logs),
    /// Prove that every record is accounted for, on every link and in every stage
    Audit(Named),
    /// Measure a topology: how old its records get, stage by stage, and what they cost
    Bench(Bench),
    /// Lead the run that a measurement watches
    #[command(hide = true)]
    BenchRun { folder: PathBuf },
    /// Be a process of the baseline
    #[command(hide = true)]
    BenchBare { folder: PathBuf, process: usize },
}

#[derive(clap::Args)]
pub struct Run {
    /// The topology's TOML file; `-`: standard input
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
    /// Exit with 1 if a record was lost, shed, or beyond a limit (too_large, too_long), or is missing in the state of a
    /// stage that was started again
    #[arg(long)]
    pub fail_on_loss: bool,
    /// Go on with the last run: its records, counts and states, with the same topology
    #[arg(long)]
    pub resume: bool,
}

#[derive(clap::Args)]
#[command(after_help = CHECK_HELP)]
pub struct Check {
    /// The topologies' TOML files; `-`: standard input
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Change a value of the file, as in `run`
    #[arg(long = "set", value_name = "STAGE.KEY=VALUE")]
    pub sets: Vec<String>,
    /// Print the result as JSON
    #[arg(long)]
    pub json: bool,
    /// Exit with 2 on warnings too
    #[arg(long)]
    pub strict: bool,
}

const CHECK_HELP: &str = "\
    All problems are told in one round, whatever stands before them. JSON is one object: `ok`; `problems`, each with \
    severity, stage, key, file, line, column, message, suggestion and the `set` that it is in; and what a sound file \
    says: of one file name, stages and types, of several a list `files` of file, ok and these.";

#[derive(clap::Args)]
pub struct Eval {
    /// The expression, as `filter` and `derive` take it: `'price * 2'` (`sluicebox list functions` shows more)
    #[arg(allow_hyphen_values = true)]
    pub expr: String,
    /// The record it is of, as JSON: `'{"x": 1}'`; several, or an array of them; `-`: standard input
    #[arg(long, value_name = "JSON")]
    pub with: Option<String>,
    /// Types of columns, where they are not to be guessed: `x=i64,at=time`
    #[arg(long, value_name = "NAME=TYPE")]
    pub types: Vec<String>,
    /// The zone of times without an offset, and of hours and days
    #[arg(long, value_name = "ZONE")]
    pub time_zone: Option<String>,
    /// Print one object: type and values
    #[arg(long)]
    pub json: bool,
}

#[derive(clap::Args)]
pub struct List {
    /// Show this operator's page and parameters; `stage` and `topology` show keys, `functions` those of expressions
    pub operator: Option<String>,
    /// Print it as JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(clap::Args)]
#[command(after_help = COMPLETIONS_HELP)]
pub struct Completions {
    /// The shell
    #[arg(value_enum)]
    pub shell: Shell,
}

#[derive(Clone, Copy, clap::ValueEnum)]
pub enum Shell {
    Bash,
    Zsh,
    Fish,
}

const COMPLETIONS_HELP: &str = "\
  bash  sluicebox completions bash > ~/.local/share/bash-completion/completions/sluicebox
  zsh   sluicebox completions zsh > a folder of $fpath, as _sluicebox
  fish  sluicebox completions fish > ~/.config/fish/completions/sluicebox.fish";

#[derive(clap::Args)]
pub struct Stage {
    /// The topology's TOML file; `-`: standard input
    pub file: PathBuf,
    /// The stage
    #[arg(long)]
    pub name: String,
    /// Which of its workers
    #[arg(long, default_value_t = 0, value_parser = worker)]
    pub worker: u16,
}

#[derive(clap::Args)]
pub struct Named {
    /// The topology's name, or its TOML file; absent: the one that runs
    #[arg(value_name = "NAME|FILE")]
    pub target: Option<String>,
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(clap::Args)]
pub struct Stop {
    /// The topology's name, or its TOML file; absent: the one that runs
    #[arg(value_name = "NAME|FILE")]
    pub target: Option<String>,
}

fn span(text: &str) -> Result<Span, String> {
    Span::parse(text).ok_or_else(|| "say a time with its unit, such as 30s or 5min".to_string())
}

fn worker(text: &str) -> Result<u16, String> {
    text.parse().map_err(|_| "say a worker's number; a stage counts its own from 0".to_string())
}

fn repeat(text: &str) -> Result<u16, String> {
    let number = text.parse().ok().filter(|number| (1..=1000).contains(number));
    number.ok_or_else(|| "say a whole number from 1 to 1000".to_string())
}

fn rate(text: &str) -> Result<Rate, String> {
    Rate::parse(text).ok_or_else(|| "say a rate above zero, such as 20k/s or 500".to_string())
}

fn bytes(text: &str) -> Result<Bytes, String> {
    Bytes::parse(text).ok_or_else(|| "say a size, such as 100 or 64KiB".to_string())
}

/// The version, and those of the libraries that are built in.
fn version() -> &'static str {
    static VERSION: OnceLock<String> = OnceLock::new();
    VERSION.get_or_init(|| format!("{}\n{}", env!("CARGO_PKG_VERSION"), sluicebox::built_in()))
}
