//! `sluicebox`: the command line.

mod args;
mod audit;
mod bench;
mod check;
mod check_exec;
mod completions;
mod eval;
mod graph;
mod grid;
mod list;
mod logs;
mod man;
mod new;
mod progress;
mod run;
mod schema;
mod stage;
mod status;
mod stop;
mod table;
mod target;
mod terminal;
mod test;
mod tried;
mod voice;
mod watch;

use args::Command;
use sluicebox::error::{Exit, Result};
use sluicebox::{measure, surroundings};
use std::io::{Write, stderr};
use std::process::ExitCode;
use voice::{print, print_as_is, tell};

fn main() -> ExitCode {
    panics_end_the_process();
    surroundings::settle();
    match dispatch(args::parse().command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            voice::tell_last(&error.sentence);
            voice::finish();
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
        let _ = writeln!(stderr(), "this is a bug in sluicebox: please report it with the lines above");
        std::process::exit(Exit::Bug as i32);
    }));
}

fn dispatch(command: Command) -> Result<()> {
    match command {
        Command::Run(args) => run::run(args),
        Command::Check(args) => check::check(&args),
        Command::Man(args) => man::man(&args),
        Command::New(args) => new::new(&args),
        Command::Graph(args) => graph::graph(&args),
        Command::Test(args) => test::test(&args),
        Command::CheckExec(args) => check_exec::check_exec(&args),
        Command::Eval(args) => eval::eval(&args),
        Command::List(args) => list::list(&args),
        Command::Schema => schema::schema(),
        Command::Completions(args) => completions::completions(&args),
        Command::Stage(args) => stage::stage(&args),
        Command::Status(args) => status::status(&args),
        Command::Stop(args) => stop::stop(&args),
        Command::Watch(args) => watch::watch(&args),
        Command::Logs(args) => logs::logs(&args),
        Command::Audit(args) => audit::audit(&args),
        Command::Bench(args) => bench::bench(&args),
        Command::BenchRun { folder } => measure::run::lead(&folder),
        Command::BenchBare { folder, process } => measure::bare::node(&folder, process),
    }
}
