//! `status`: how a topology stands, or how it ended.

use crate::args::Named;
use crate::terminal::width_of_stdout;
use crate::{print, print_as_is, table, target};
use sluicebox::error::Result;
use sluicebox::run::activity::Activity;
use sluicebox::run::summary::Summary;
use sluicebox::run::{runs, status};
use sluicebox::topology::plan::origin;
use std::time::Duration;

/// Between the two readings from which rates and shares come.
const BETWEEN: Duration = Duration::from_millis(200);

pub fn status(args: &Named) -> Result<()> {
    let Some(target) = target::named_or_alone(args.target.as_deref())? else { return list(args.json) };
    let dir = target::dir(&target)?;
    let plan = target::plan(&target, &dir)?;
    let reader = target::reader(&plan, &dir)?;
    let mut books = reader.read();
    let running = dir.is_locked() || !books.at_rest();
    let mut before = None;
    if running {
        // How things stand now, not on average since the start.
        std::thread::sleep(BETWEEN);
        before = Some(std::mem::replace(&mut books, reader.read()));
    }
    let activity = Activity::new(&books, before.as_ref().map(|before| (before, BETWEEN.as_secs_f64())));
    let state = if running { "running".to_string() } else { target::end(&dir, &books) };
    if args.json {
        return print_as_is(&format!("{}\n", status::json(&plan, activity, &dir, &state)));
    }
    let limit = width_of_stdout();
    let mut text = format!("topology {}: {state}, from {}\n", plan.name, origin(&plan.file));
    text += &table::stages(&plan, activity, limit);
    text += &table::failures(&books);
    if let Some(line) = table::bottleneck(&plan, activity).filter(|_| running) {
        text += &format!("{line}\n");
    }
    if running {
        text += &table::waits(&plan, activity);
    } else {
        text += &table::account(&plan, &books, &Summary::of(&plan, &books, &state), limit);
    }
    print(&text)
}

/// Which topologies there are, when several may be meant.
fn list(as_json: bool) -> Result<()> {
    let runs = runs::all()?;
    match as_json {
        true => print_as_is(&format!("{}\n", runs::json(&runs))),
        false => print(&table::runs(&runs, width_of_stdout())),
    }
}
