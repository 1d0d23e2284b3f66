//! `check`: everything that is wrong with a topology, at once.

use crate::args::Check;
use crate::{on_terminal, print};
use sluicebox::error::{Error, Exit, Result};
use sluicebox::topology;
use std::io::Write;

pub fn check(args: &Check) -> Result<()> {
    let checked = topology::load(&args.file, &args.sets)
        .map_err(|problems| Error::new(Exit::Usage, problems.render(on_terminal())))?;
    if !checked.warnings.is_empty() {
        // Nobody may be there to read it.
        let _ = writeln!(std::io::stderr(), "{}", checked.warnings.render(on_terminal()));
    }
    checked.look()?;
    print(&if args.json {
        format!("{}\n", topology::describe_json(&checked))
    } else {
        topology::describe(&checked)
    })
}
