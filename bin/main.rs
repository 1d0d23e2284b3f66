//! `sluicebox`: the command line.

mod args;
mod audit;
mod check;
mod list;
mod progress;
mod run;
mod stage;
mod status;
mod stop;
mod table;
mod target;

use args::{Args, Command};
use clap::Parser;
use sluicebox::error::{Exit, Result};
use std::io::{IsTerminal, Write};
use std::process::ExitCode;

fn main() -> ExitCode {
    let args = Args::parse();
    // A panic is a bug of ours: the hook has said where, the code says what.
    let done = std::panic::catch_unwind(|| dispatch(args.command));
    match done {
        Ok(Ok(())) => ExitCode::SUCCESS,
        Ok(Err(error)) => {
            // Nobody may be there to read it.
            let _ = writeln!(std::io::stderr(), "{}", error.sentence);
            ExitCode::from(error.exit as u8)
        }
        Err(_) => ExitCode::from(Exit::Bug as u8),
    }
}

fn dispatch(command: Command) -> Result<()> {
    match command {
        Command::Run(args) => run::run(args),
        Command::Check(args) => check::check(&args),
        Command::List(args) => list::list(&args),
        Command::Stage(args) => stage::stage(&args),
        Command::Status(args) => status::status(&args),
        Command::Stop(args) => stop::stop(&args),
        Command::Audit(args) => audit::audit(&args),
    }
}

/// Prints results. A closed pipe is success: who reads has seen enough.
fn print(text: &str) -> Result<()> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(e) if e.kind() != std::io::ErrorKind::BrokenPipe => Err(sluicebox::error::Error::failed(
            format!("cannot write the results: {}", sluicebox::error::reason(&e)),
        )),
        _ => Ok(()),
    }
}

/// Whether messages may be coloured and redrawn: standard error is a terminal that can.
fn on_terminal() -> bool {
    let dumb = std::env::var_os("TERM").is_none_or(|term| term == "dumb");
    std::io::stderr().is_terminal() && !dumb && std::env::var_os("NO_COLOR").is_none()
}
