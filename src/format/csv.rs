//! Comma-separated values, as RFC 4180 has them and as they come: text cut into records, these into fields, and rows of
//! a batch as lines.

mod begin;
mod delimiter;
mod dialect;
mod fields;
mod header;
mod odd;
mod records;
mod sample;
mod scan;
mod writer;

pub(crate) use dialect::{Dialect, DialectParams};
pub(crate) use header::{BadHeader, Head, Header, HeaderParams};
pub(crate) use records::Records;
pub(crate) use sample::look;
pub(crate) use writer::Writer;
