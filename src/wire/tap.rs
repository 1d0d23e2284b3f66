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

/// Of which records a message tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    pub worker: u32,
    /// How many processes have been this worker.
    pub epoch: u32,
    /// The number of the first record.
    pub seq: u64,
    pub count: u64,
}

/// Bytes of a head.
const HEAD: usize = 24;

impl Head {
    pub fn write(&self) -> [u8; HEAD] {
        let life = u64::from(self.worker) << 32 | u64::from(self.epoch);
        let mut out = [0; HEAD];
        for (word, value) in out.as_chunks_mut().0.iter_mut().zip([life, self.seq, self.count]) {
            *word = value.to_le_bytes();
        }
        out
    }

    /// `None` when these are no bytes of one.
    pub fn read(bytes: &[u8]) -> Option<Head> {
        let (&[life, seq, count], []) = bytes.as_chunks() else { return None };
        let [life, seq, count] = [life, seq, count].map(u64::from_le_bytes);
        Some(Head { worker: (life >> 32) as u32, epoch: life as u32, seq, count })
    }

    /// The number behind its records; `None` when there can be no such one.
    pub fn end(&self) -> Option<u64> {
        self.seq.checked_add(self.count)
    }
}
