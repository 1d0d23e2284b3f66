//! Comma-separated values, as RFC 4180 has them and as they come: text cut into records, these into fields, and rows of
//! a batch as lines.

mod fields;
mod header;
mod records;
mod sample;
mod scan;
mod writer;

pub(crate) use header::{BadHeader, header, unfit};
pub(crate) use records::{Found, Records};
pub(crate) use sample::types;
pub(crate) use scan::Dialect;
pub(crate) use writer::Writer;
