//! What is said to who watches a stage, and by whom: topics, and messages of three parts.
//!
//! | part | is |
//! |---|---|
//! | topic | `STAGE/FORM`, or of a port beside the main one `STAGE/PORT/FORM` |
//! | head | 24 bytes, three little-endian u64: worker << 32 \| life, number of the first record, how many |
//! | body | the records in that form |
//!
//! Records are numbered from 0 by worker and port, all of them, whoever watches. So a watcher knows what it has missed:
//! what lies between the end of one message and the beginning of the next. A beat each tenth of a second, which has no
//! records, says which number comes next.

pub use super::zmtp::{Message, Publisher, Subscriber};
pub use crate::format::Head;

/// So often a watched port says that it is there.
pub const BEAT_NS: u64 = 100_000_000;

/// How records stand in a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// An object a line.
    Json,
    /// An array of maps.
    Msgpack,
    /// A line of names, and a line a record.
    Csv,
    /// As in frames: for the program itself.
    Bincode,
}

impl Form {
    pub const ALL: [Form; 4] = [Form::Json, Form::Msgpack, Form::Csv, Form::Bincode];

    pub fn name(self) -> &'static str {
        match self {
            Form::Json => "json",
            Form::Msgpack => "msgpack",
            Form::Csv => "csv",
            Form::Bincode => "bincode",
        }
    }
}
