//! Compressed files: text goes in by pieces, each a member (gzip) or a frame (zstd) of its own, so that a file is whole
//! at the end of each piece, and can be cut there.

use crate::data::Batch;
use crate::error::{Error, Result, reason};
use crate::operator::{Cx, Next};
use crate::params::JsonSchema;
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;
use std::fs::File;
use std::io::{Read, Write};

/// How a file is compressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize, serde::Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Compression {
    Gzip,
    Zstd,
}

/// A piece is written when it has so much text, or is so old.
const PIECE: usize = 256 << 10;
const PIECE_NS: u64 = 1_000_000_000;
/// As the command `zstd` has it where nobody says another one.
const LEVEL: i32 = 3;

impl Compression {
    /// How a file is called that is compressed so.
    pub(crate) fn ending(self) -> &'static str {
        match self {
            Compression::Gzip => ".gz",
            Compression::Zstd => ".zst",
        }
    }

    /// Appends a piece.
    fn append(self, text: &[u8], out: &mut Vec<u8>) -> Result<()> {
        let done = match self {
            Compression::Gzip => {
                let mut encoder = GzEncoder::new(out, flate2::Compression::default());
                encoder.write_all(text).and_then(|()| encoder.finish().map(|_| ()))
            }
            Compression::Zstd => zstd::stream::copy_encode(text, out, LEVEL),
        };
        done.map_err(|e| Error::failed(format!("records can't be compressed: {}", reason(&e))))
    }

    /// The text of a file.
    pub(crate) fn text(this: Option<Compression>, file: &File) -> Box<dyn Read + '_> {
        match this {
            None => Box::new(file),
            Some(Compression::Gzip) => Box::new(MultiGzDecoder::new(file)),
            Some(Compression::Zstd) => match zstd::stream::read::Decoder::new(file) {
                Ok(decoder) => Box::new(decoder),
                Err(_) => Box::new(std::io::empty()),
            },
        }
    }
}

/// The text that is to be written next.
pub(crate) struct Piece {
    compression: Option<Compression>,
    pub text: Vec<u8>,
    /// When its first record came; `None`: it has none.
    since_ns: Option<u64>,
}

impl Piece {
    pub(crate) fn new(compression: Option<Compression>) -> Piece {
        Piece { compression, text: Vec::new(), since_ns: None }
    }

    /// Whether there is nothing in it.
    pub(crate) fn is_empty(&self) -> bool {
        self.since_ns.is_none()
    }

    /// The records of a batch were appended.
    pub(crate) fn took(&mut self, batch: &Batch, cx: &Cx) {
        if !batch.is_empty() {
            self.since_ns.get_or_insert(cx.now_ns);
        }
    }

    /// Whether it is to be written now.
    pub(crate) fn is_due(&self, cx: &Cx) -> bool {
        let old = |since: u64| cx.now_ns.saturating_sub(since) >= PIECE_NS;
        match self.since_ns {
            None => false,
            Some(since) => self.compression.is_none() || self.text.len() >= PIECE || old(since),
        }
    }

    /// What the sink wants next: while there is something in it the account is held.
    pub(crate) fn next(&self, cx: &mut Cx) -> Next {
        let Some(since) = self.since_ns else { return Next::Wait };
        cx.hold();
        Next::At(since.saturating_add(PIECE_NS))
    }

    /// Puts `before` and its text into `out`, as it is to be written, and begins anew.
    pub(crate) fn write(&mut self, before: &[u8], out: &mut Vec<u8>) -> Result<()> {
        out.clear();
        match self.compression {
            None => {
                out.extend_from_slice(before);
                out.extend_from_slice(&self.text);
            }
            Some(_) if before.is_empty() && self.text.is_empty() => {}
            Some(compression) => compression.append(&[before, &self.text].concat(), out)?,
        }
        self.text.clear();
        self.since_ns = None;
        Ok(())
    }
}
