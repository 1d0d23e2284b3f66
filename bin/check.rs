//! `check`: everything that is wrong with a topology, at once.

use crate::args::Check;
use crate::{may_colour, print, tell};
use sluicebox::error::{Error, Exit, Result};
use sluicebox::topology;

pub fn check(args: &Check) -> Result<()> {
    let checked = topology::load(&args.file, &args.sets)
        .map_err(|problems| Error::new(Exit::Usage, problems.render(may_colour())))?;
    if !checked.warnings.is_empty() {
        tell(&checked.warnings.render(may_colour()));
    }
    checked.preflight()?;
    print(&if args.json {
        format!("{}\n", topology::describe_json(&checked))
    } else {
        topology::describe(&checked)
    })
}
