//! `run`: a whole topology, from its file to its account.

use crate::args::Run;
use crate::progress::Progress;
use crate::{on_terminal, print, table};
use sluicebox::error::{Error, Exit, Result, reason};
use sluicebox::runtime::dir::RunDir;
use sluicebox::runtime::summary::Summary;
use sluicebox::supervisor::launch::{self, Launch};
use sluicebox::topology;
use std::cell::RefCell;
use std::io::Write;
use std::rc::Rc;

pub fn run(args: Run) -> Result<()> {
    let checked = topology::load(&args.file, &args.sets)
        .map_err(|problems| Error::new(Exit::Usage, problems.render(on_terminal())))?;
    if !checked.warnings.is_empty() {
        // Nobody may be there to read it.
        let _ = writeln!(std::io::stderr(), "{}", checked.warnings.render(on_terminal()));
    }
    checked.look()?;
    let plan = checked.plan.begin();
    let dir = RunDir::of(&plan.name);
    let program = std::env::current_exe()
        .map_err(|e| Error::failed(format!("cannot find this program's own file: {}", reason(&e))))?;
    let progress = Rc::new(RefCell::new(Progress::new(on_terminal())));
    let tell = {
        let progress = progress.clone();
        Box::new(move |event: launch::Event<'_>| progress.borrow_mut().tell(&event))
    };
    let launched = launch::run(plan.clone(), &dir, Launch { program, run_for: args.run_for, tell });
    progress.borrow_mut().clear();
    let (outcome, books) = launched?;
    let summary = Summary::of(&plan, &books, outcome.word());
    let json = serde_json::to_string(&summary).expect("a summary is plain data");
    dir.put("account.json", json.as_bytes())?;
    print(&if args.json { format!("{json}\n") } else { table::account(&plan, &books, &summary) })?;
    if let Some(error) = outcome.error() {
        return Err(error);
    }
    let wrong = books.wrong(&plan);
    if !wrong.is_empty() {
        return Err(Error::new(
            Exit::Unbalanced,
            format!("the account does not balance: {}", wrong.join("; ")),
        ));
    }
    if args.fail_on_loss && summary.records.lost + summary.records.shed > 0 {
        return Err(Error::failed(format!(
            "{} records were lost",
            summary.records.lost + summary.records.shed
        )));
    }
    Ok(())
}
