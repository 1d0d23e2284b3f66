//! `eval`: tries an expression and shows its value and type.

use crate::args::Eval;
use crate::terminal::may_colour;
use crate::{print, print_as_is, tell};
use sluicebox::error::{Error, Result, reason};
use sluicebox::topology::eval;
use std::fmt::Write;
use std::io::Read;

/// So much is read of standard input.
const BYTES_MAX: u64 = 256 << 20;

pub fn eval(args: &Eval) -> Result<()> {
    let records = match args.with.as_deref() {
        None => None,
        Some("-") => Some(stdin()?),
        Some(text) => Some(text.as_bytes().to_vec()),
    };
    let answers =
        eval::eval(&args.expr, records.as_deref(), &args.types, args.time_zone.as_deref(), may_colour())?;
    if !answers.warnings.is_empty() {
        tell(&answers.warnings.render(may_colour()));
    }
    if args.json {
        return print_as_is(&format!("{}\n", answers.to_json()));
    }
    let mut text = String::new();
    answers.texts().for_each(|value| {
        let _ = writeln!(text, "{value}");
    });
    let of = answers.of.map_or("NULL", |of| of.name());
    print(&format!("{text}type: {of}\n"))
}

fn stdin() -> Result<Vec<u8>> {
    let mut text = Vec::new();
    let read = std::io::stdin().lock().take(BYTES_MAX + 1).read_to_end(&mut text);
    read.map_err(|e| Error::failed(format!("cannot read standard input: {}", reason(&e))))?;
    if text.len() as u64 > BYTES_MAX {
        return Err(Error::usage("eval reads 256 MiB of records at most: a topology reads more"));
    }
    Ok(text)
}
