//! `man`: the manual of the command line, as pages for `man`.

use crate::args::{Args, Man};
use crate::print_as_is;
use clap::{Command, CommandFactory};
use clap_mangen::Man as Page;
use sluicebox::error::{Error, Result, reason};
use sluicebox::params::nearest;
use std::io;
use std::path::Path;

pub fn man(args: &Man) -> Result<()> {
    let mut whole = Args::command();
    // Each command gets the options that all have, as its help shows them.
    whole.build();
    if let Some(folder) = &args.folder {
        return write_all(&whole, folder);
    }
    let of = match &args.command {
        None => whole,
        Some(name) => one(&whole, name)?,
    };
    let page = page(of).map_err(|e| Error::failed(format!("cannot make the page: {}", reason(&e))))?;
    print_as_is(&String::from_utf8_lossy(&page))
}

/// The commands that a person sees.
fn commands(whole: &Command) -> impl Iterator<Item = &Command> {
    whole.get_subcommands().filter(|of| !of.is_hide_set() && of.get_name() != "help")
}

/// One command. Since all are built, it knows what it is called beside the program.
fn one(whole: &Command, name: &str) -> Result<Command> {
    commands(whole).find(|of| of.get_name() == name).cloned().ok_or_else(|| {
        let near = nearest(name, commands(whole).map(Command::get_name));
        let near = near.map(|near| format!(": did you mean \"{near}\"?")).unwrap_or_default();
        Error::usage(format!("there is no command \"{name}\"{near} (`sluicebox --help` shows all)"))
    })
}

fn page(of: Command) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    // The version has lines of its own for the libraries that are built in.
    let source = concat!("sluicebox ", env!("CARGO_PKG_VERSION"));
    Page::new(of.disable_help_subcommand(true)).manual("sluicebox").source(source).render(&mut text)?;
    Ok(text)
}

/// Writes a page for the program and for each of its commands.
fn write_all(whole: &Command, folder: &Path) -> Result<()> {
    let names = commands(whole).map(Command::get_name).map(str::to_string).collect::<Vec<_>>();
    let mut pages = vec![("sluicebox".to_string(), whole.clone())];
    for name in names {
        pages.push((format!("sluicebox-{name}"), one(whole, &name)?));
    }
    for (name, of) in pages {
        let file = folder.join(format!("{name}.1"));
        let written = page(of).and_then(|text| std::fs::write(&file, text));
        written.map_err(|e| Error::failed(format!("cannot write {}: {}", file.display(), reason(&e))))?;
    }
    Ok(())
}
