//! `check`: everything that is wrong with a topology, at once.

use crate::args::Check;
use crate::{on_terminal, print};
use sluicebox::error::{Error, Exit, Result};
use sluicebox::topology;
use std::io::Write;

pub fn check(args: &Check) -> Result<()> {
    let checked = topology::load(&args.file, &args.sets)
        .map_err(|problems| Error::new(Exit::Usage, problems.render(on_terminal())))?;
    for warning in checked.warnings(on_terminal()) {
        let _ = writeln!(std::io::stderr(), "{warning}");
    }
    checked.look()?;
    print(&if args.json { topology::describe_json(&checked) } else { topology::describe(&checked) })
}
