//! Writes a first topology: one that runs at once, or one for the data that somebody has.
//!
//! It looks at the data as a source would, by the operators' cards, and says in the file why it took each column for
//! what it did. What it writes is sound: `check --strict` finds nothing, and it runs.

mod choice;
mod column;
mod heading;
mod log;
mod look;
mod peek;
mod segments;
mod times;
mod write;

use crate::error::Result;
use std::path::Path;

/// A topology that runs without any data.
pub const PLAIN: &str = include_str!("starter/plain.toml");

/// A topology for the data at a path, which `-` says is standard input.
///
/// # Errors
/// When the data can't be read, or nothing is in them to tell their columns by.
pub fn of_data(path: &Path) -> Result<String> {
    let peeked = peek::open(path)?;
    let found = choice::at(path, &peeked)?;
    Ok(write::topology(path, &found))
}

#[cfg(test)]
mod tests;
