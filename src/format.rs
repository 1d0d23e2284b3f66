//! Bytes to fields, fields to columns, and back: what sources, sinks and taps know of a format.
//!
//! Reading has two halves. A format parts bytes into records and these into fields (`csv`, `arff`, `json`,
//! `msgpack`); what a field is in its column is the same for all of them (`rows`, `value`, `guess`, told by
//! `typing`). A `Form` says how a text is written: of it come the `Records` of a text and the `Reader` that makes
//! rows of them, whatever the format. Writing appends rows of a batch to a buffer (`csv::Writer`, `jsonl::Writer`,
//! `messages`, for people `table::Table`). Nothing here opens a file or a socket, or counts records.

pub(crate) mod arff;
pub(crate) mod csv;
mod encoding;
mod field;
mod form;
mod found;
mod guess;
pub(crate) mod json;
pub(crate) mod jsonl;
mod messages;
pub(crate) mod msgpack;
mod named;
mod number;
mod numbered;
mod packed;
mod reader;
mod records;
mod rows;
mod stream;
pub(crate) mod syslog;
pub(crate) mod table;
mod types;
mod typing;
mod value;
mod whole;
mod window;
mod wording;

pub(crate) use encoding::{Decoder, Encoding};
pub(crate) use field::{Field, Record};
pub(crate) use form::Form;
pub(crate) use found::Found;
pub(crate) use guess::Look;
pub(crate) use json::Objects as JsonFields;
pub(crate) use messages::{MessageFormat, MessageWriter};
pub(crate) use number::float;
pub use numbered::Head;
pub(crate) use packed::{Packed, Packing, text_head};
pub(crate) use reader::{Misfit, Reader};
pub(crate) use records::Records;
pub(crate) use rows::Rows;
pub(crate) use stream::{Kind, LineParams, StreamParams};
pub(crate) use typing::{Typing, TypingParams};
pub(crate) use value::ValueParser;
pub(crate) use wording::WordingParams;
