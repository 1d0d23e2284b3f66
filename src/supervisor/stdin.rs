//! Standard input, handed on to the one process whose source reads it.
//!
//! A file or a pipe is inherited as it is. A terminal gives what is typed only to the group of processes in its
//! foreground, and stages have groups of their own, so a thread passes on what is typed.

use crate::error::say;
use std::io::{self, IsTerminal, PipeWriter, Read, Write};
use std::process::Stdio;

/// What is typed comes a line at a time.
const LINE: usize = 64 << 10;

/// What that process gets as its standard input.
///
/// # Errors
/// When there is no descriptor or thread left.
pub(super) fn handed_on() -> io::Result<Stdio> {
    if !io::stdin().is_terminal() {
        return Ok(Stdio::inherit());
    }
    say("reading records from standard input: end them with Ctrl-D");
    let (reader, writer) = io::pipe()?;
    std::thread::Builder::new().name("stdin".to_string()).spawn(move || pass_on(writer))?;
    Ok(reader.into())
}

/// Until the end of what is typed, or until nobody reads it.
fn pass_on(mut to: PipeWriter) {
    let mut line = vec![0; LINE];
    let mut from = io::stdin().lock();
    loop {
        match from.read(&mut line) {
            Ok(0) => return,
            Ok(n) if to.write_all(&line[..n]).is_err() => return,
            Ok(_) => {}
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(_) => return,
        }
    }
}
