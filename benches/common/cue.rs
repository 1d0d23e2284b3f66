//! When the parts of a bench begin, and how long they stay.

use super::child::Part;
use sluicebox::error::{Error, Result};
use std::io::{BufRead, Read, Write};

/// Tells a part to begin.
pub fn go(part: &mut Part) -> Result<()> {
    let stdin = part.stdin.as_mut().expect("a part is told before it may end");
    stdin.write_all(b"go\n").map_err(|e| Error::failed(format!("the {} died: {e}", part.name)))
}

/// In a part: waits until it is told to begin.
pub fn wait() -> Result<()> {
    let read = std::io::stdin().lock().read_line(&mut String::new());
    read.map(|_| ()).map_err(|e| Error::failed(format!("cannot read stdin: {e}")))
}

/// In a part: stays until it may end. What it has sent is in its memory until then.
pub fn stay() -> Result<()> {
    let read = std::io::stdin().lock().read_to_end(&mut Vec::new());
    read.map(|_| ()).map_err(|e| Error::failed(format!("cannot read stdin: {e}")))
}
