//! `sluicebox`: the command line.

mod args;
mod audit;
mod bench;
mod check;
mod completions;
mod grid;
mod list;
mod logs;
mod progress;
mod run;
mod schema;
mod stage;
mod status;
mod stop;
mod table;
mod target;
mod terminal;
mod tried;

use args::Command;
use sluicebox::error::{Exit, Result};
use sluicebox::measure;
use sluicebox::printable;
use std::io::Write;
use std::process::ExitCode;

fn main() -> ExitCode {
    panics_end_the_process();
    match dispatch(args::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tell(&error.sentence);
            ExitCode::from(error.exit as u8)
        }
    }
}

/// A panic, on whichever thread, is a bug of ours: the usual words say where, the code says what. Nothing goes on
/// with half of its threads.
fn panics_end_the_process() {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        usual(panic);
        tell("this is a bug in sluicebox: please report it with the lines above");
        std::process::exit(Exit::Bug as i32);
    }));
}

fn dispatch(command: Command) -> Result<()> {
    match command {
        Command::Run(args) => run::run(args),
        Command::Check(args) => check::check(&args),
        Command::List(args) => list::list(&args),
        Command::Schema => schema::schema(),
        Command::Completions(args) => completions::completions(&args),
        Command::Stage(args) => stage::stage(&args),
        Command::Status(args) => status::status(&args),
        Command::Stop(args) => stop::stop(&args),
        Command::Logs(args) => logs::logs(&args),
        Command::Audit(args) => audit::audit(&args),
        Command::Bench(args) => bench::bench(&args),
        Command::BenchRun { folder } => measure::run::lead(&folder),
        Command::BenchBare { folder, process } => measure::bare::node(&folder, process),
    }
}

/// Prints results for a person. A closed pipe is success: who reads has seen enough.
fn print(text: &str) -> Result<()> {
    print_as_is(&printable::lines(text))
}

/// Prints what a program reads: JSON has its own escapes.
fn print_as_is(text: &str) -> Result<()> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(e) if e.kind() != std::io::ErrorKind::BrokenPipe => Err(sluicebox::error::Error::failed(
            format!("cannot write the results: {}", sluicebox::error::reason(&e)),
        )),
        _ => Ok(()),
    }
}

/// Says a sentence on standard error. Nobody may be there to read it.
fn tell(sentence: &str) {
    let _ = writeln!(std::io::stderr(), "{sentence}");
}
