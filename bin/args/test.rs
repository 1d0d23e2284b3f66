//! What can be said to `test`.

use std::path::PathBuf;

#[derive(clap::Args)]
#[command(after_help = HELP)]
pub struct Test {
    /// The topologies' TOML files; `-`: standard input
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Run only the tests of this name; `*` stands for anything
    #[arg(long, value_name = "NAME")]
    pub only: Option<String>,
    /// Change a value of the file, as in `run`
    #[arg(long = "set", value_name = "STAGE.KEY=VALUE")]
    pub sets: Vec<String>,
    /// Print the result as JSON
    #[arg(long)]
    pub json: bool,
    /// Write the results to this file as JUnit's XML too
    #[arg(long, value_name = "FILE")]
    pub junit: Option<PathBuf>,
}

const HELP: &str = "\
    A test stands in the topology, under [[test]] (`sluicebox list topology` shows its keys). Its rows go through the \
    stages that it names, one by one, in this process; sources and sinks are not run, and the clock stands \
    still. The topology is checked first, as by `check`; the file of a source need not be there where `types` says \
    all its columns (--set lines.path=other.csv names another). \
    Exit code 1: a test failed; 2: a topology is wrong. JSON is one object: `ok`, `passed`, `failed`, and `files`, \
    each with `file`, `ok`, `problems` where it is wrong, and `tests` of name, line, stages, ok and `failures`.";
