//! `run`: a whole topology, from its file to its account.

use crate::args::Run;
use crate::progress::{Progress, Shown};
use crate::terminal::{await_stdin, may_colour, may_redraw, size, width_of_stdout};
use crate::{table, tell, voice};
use serde_json::Value;
use sluicebox::error::{Error, Result, reason};
use sluicebox::printable;
use sluicebox::run::apart;
use sluicebox::run::dir::RunDir;
use sluicebox::run::newest;
use sluicebox::run::summary::Summary;
use sluicebox::supervisor::event::Observer;
use sluicebox::supervisor::launch::{self, Ended, Launch};
use sluicebox::{surroundings, topology};
use std::cell::RefCell;
use std::io::IsTerminal;
use std::rc::Rc;

pub fn run(args: Run) -> Result<()> {
    surroundings::least()?;
    await_stdin(&args.file);
    let checked = topology::load(&args.file, &args.sets)
        .map_err(|problems| Error::drawn(problems.render(may_colour())))?;
    if !checked.warnings.is_empty() {
        tell(&checked.warnings.render(may_colour()));
    }
    let dir = RunDir::of(&checked.plan.name)?;
    // That it runs already, by a launcher or by hand, says more than what that run holds; and stages whose launcher was
    // killed hold what they fill until they are gone.
    if !args.resume && !dir.is_locked() && dir.outlast(&mut tell).is_none() {
        apart::check(&checked.plan)?;
        checked.preflight()?;
    }
    let plan = checked.plan.begin();
    let program = std::env::current_exe()
        .map_err(|e| Error::failed(format!("cannot find this program's own file: {}", reason(&e))))?;
    // Records on the same terminal and a picture that is drawn anew would spoil each other.
    let live = may_redraw() && !(plan.on_stdout() && std::io::stdout().is_terminal());
    let progress = Rc::new(RefCell::new(Progress::new(live)));
    let observers: Vec<Box<dyn Observer>> = vec![Box::new(Shown(progress.clone()))];
    let (resume, run_for, fail_on_loss) = (args.resume, args.run_for, args.fail_on_loss);
    voice::begin();
    let launch = Launch { program, resume, run_for, fail_on_loss, observers };
    let launched = launch::run(plan.clone(), &dir, launch);
    progress.borrow_mut().clear();
    let Ended { books, summary, error, unkept } = launched?;
    if let Some(unkept) = unkept {
        tell(&unkept.sentence);
    }
    let reports = newest::all(&plan, &dir);
    let account = |limit| table::account(&plan, &books, &summary, limit) + &table::reports(&reports, limit);
    let printed = match args.json {
        true => voice::print_last(format!("{}\n", json(&summary, &reports))),
        // Standard output belongs to the records.
        false if plan.on_stdout() => {
            let limit = size(std::io::stderr()).map(|(columns, _)| columns);
            voice::tell_last(&printable::lines(account(limit).trim_end()));
            Ok(())
        }
        false => voice::print_last(printable::lines(&account(width_of_stdout())).into_owned()),
    };
    voice::finish();
    // How the run ended matters more than whether somebody wants to know.
    error.map_or(printed, Err)
}

/// The account, and the newest reports of the stages that are to show theirs.
fn json(summary: &Summary, reports: &[newest::Shown<'_>]) -> Value {
    let mut value = serde_json::to_value(summary).expect("a summary is plain data");
    if !reports.is_empty() {
        let rows = |shown: &newest::Shown<'_>| (shown.stage.to_string(), Value::Array(shown.json()));
        value["summaries"] = reports.iter().map(rows).collect();
    }
    value
}
