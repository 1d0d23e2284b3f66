//! `graph`: a topology as a drawing.

use crate::args::{Form, Graph};
use crate::print;
use crate::terminal::{await_stdin, may_colour};
use sluicebox::error::{Error, Result};
use sluicebox::topology::{self, draw};

pub fn graph(args: &Graph) -> Result<()> {
    await_stdin(&args.file);
    let checked = topology::load_unseen(&args.file, &args.sets);
    let checked = checked.map_err(|problems| Error::drawn(problems.render(may_colour())))?;
    let form = match args.format {
        Form::Text => draw::Form::Text,
        Form::Mermaid => draw::Form::Mermaid,
        Form::Dot => draw::Form::Dot,
    };
    print(&draw::draw(&checked.plan, form))
}
