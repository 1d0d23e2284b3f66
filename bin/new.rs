//! `new`: a first topology.

use crate::args::New;
use crate::{print_as_is, tell};
use sluicebox::error::{Error, Result, reason};
use sluicebox::starter;
use sluicebox::topology::plan::STDIN;
use std::fs::OpenOptions;
use std::io::{ErrorKind, IsTerminal, Write, stdin};
use std::path::Path;

pub fn new(args: &New) -> Result<()> {
    let text = match &args.data {
        None => starter::PLAIN.to_string(),
        Some(data) => {
            if data == Path::new(STDIN) && stdin().is_terminal() {
                tell("reading data from standard input: end them with Ctrl-D");
            }
            starter::of_data(data)?
        }
    };
    match &args.output {
        // What is read as a file must be the bytes that were written.
        None => print_as_is(&text),
        Some(file) => write(file, &text, args.force),
    }
}

/// Writes a file that is not there yet, unless it was said that it may be.
fn write(file: &Path, text: &str, force: bool) -> Result<()> {
    let shown = file.display();
    let mut how = OpenOptions::new();
    how.write(true);
    match force {
        true => how.create(true).truncate(true),
        false => how.create_new(true),
    };
    let written = how.open(file).and_then(|mut open| open.write_all(text.as_bytes()));
    written.map_err(|e| match e.kind() {
        ErrorKind::AlreadyExists => {
            Error::usage(format!("{shown} is there already (choose another --output, or say --force)"))
        }
        _ => Error::failed(format!("cannot write {shown}: {}", reason(&e))),
    })?;
    let word = as_word(&shown.to_string());
    tell(&format!(
        "{shown} is written: `sluicebox check {word}` shows its columns, `sluicebox run {word}` runs it"
    ));
    Ok(())
}

/// A name as a shell takes it for one word.
fn as_word(name: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "._-/+,@%=:".contains(c);
    match name.chars().all(plain) {
        true => name.to_string(),
        false => format!("'{}'", name.replace('\'', "'\\''")),
    }
}
