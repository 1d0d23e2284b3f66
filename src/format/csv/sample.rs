//! The types of columns, guessed from the first records of a text.

use super::records::{Found, Records};
use crate::data::Type;
use crate::format::Record;
use crate::format::guess::{self, Guess};
use crate::format::value::ValueParser;
use std::io::{self, Read};

/// The narrowest type of each of so many columns.
pub(crate) fn types<R: Read>(
    records: &mut Records<R>,
    columns: usize,
    values: &ValueParser,
) -> io::Result<Vec<Type>> {
    let mut guesses: Vec<Guess> = (0..columns).map(|_| Guess::new()).collect();
    let (mut seen, mut scratch) = (0, String::new());
    while seen < guess::RECORDS && records.position() < guess::BYTES {
        match records.next()? {
            Found::End => break,
            Found::Record(n) if n == columns => {
                if let Some(mut record) = records.fields(&mut scratch) {
                    for (at, guess) in guesses.iter_mut().enumerate() {
                        guess.see(record.field(at).unwrap_or_default(), values);
                    }
                }
                seen += 1;
            }
            Found::Record(_) | Found::Bad(_) => seen += 1,
            // A line too long to hold: what can be seen of the text is behind us.
            Found::Nothing if records.work() > guess::BYTES => break,
            Found::Nothing => {}
        }
    }
    Ok(guesses.iter().map(Guess::guess).collect())
}
