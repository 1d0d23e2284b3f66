//! Bytes to fields, fields to columns, and back: what sources, sinks and taps know of a format.
//!
//! Reading has two halves. A format parts bytes into records and these into fields (`csv`); what a field's text is in
//! its column is the same for all of them (`rows`, `value`, `guess`, told by `typing`). Writing appends rows of a batch
//! to a buffer (`csv::Writer`, `jsonl::Writer`, for people `table::Table`). Nothing here opens a file or a socket, or
//! counts records.

pub(crate) mod csv;
mod encoding;
mod guess;
pub(crate) mod jsonl;
mod number;
mod rows;
pub(crate) mod table;
mod typing;
mod value;
mod wording;

pub(crate) use encoding::{Decoder, Encoding};
pub(crate) use number::float;
pub(crate) use rows::{Field, Record, Rows};
pub(crate) use typing::{Typing, TypingParams};
pub(crate) use wording::WordingParams;
