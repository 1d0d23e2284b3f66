//! A gzip file as a stream of text: member after member, and what stands behind the last.

use super::warn;
use flate2::bufread::GzDecoder;
use std::io::{self, BufRead, BufReader, Read};

/// How a gzip file, and each of its members, begins.
const MAGIC: [u8; 2] = [0x1f, 0x8b];

/// Whether a file that begins so is a gzip file.
pub(super) fn is_gzip(head: &[u8]) -> bool {
    head.starts_with(&MAGIC)
}

/// What the text of a gzip file begins with, as far as the beginning of the file tells.
pub(super) fn text_head(head: &[u8], bytes: usize) -> Vec<u8> {
    let mut text = Vec::new();
    // An error comes again where the file is read.
    _ = GzDecoder::new(head).take(bytes as u64).read_to_end(&mut text);
    text
}

/// An open gzip file. Padding of NULs behind a member is nothing; anything else there that is no member ends the text,
/// and is told.
pub(super) struct Gzip<R> {
    path: String,
    tells: bool,
    /// `None` when the text has come to its end.
    member: Option<Member<R>>,
}

type Member<R> = GzDecoder<BufReader<R>>;

impl<R: Read> Gzip<R> {
    pub(super) fn new(path: &str, file: R, tells: bool) -> Gzip<R> {
        let member = GzDecoder::new(BufReader::with_capacity(64 << 10, file));
        Gzip { path: path.to_string(), tells, member: Some(member) }
    }

    /// The member that follows, if one does.
    fn next_member(&self, mut rest: BufReader<R>) -> io::Result<Option<Member<R>>> {
        loop {
            let bytes = rest.fill_buf()?;
            let (padding, len) = (bytes.iter().take_while(|byte| **byte == 0).count(), bytes.len());
            rest.consume(padding);
            if padding < len {
                break;
            }
            if len == 0 {
                return Ok(None);
            }
        }
        // A member that is cut within its first bytes is one still.
        if MAGIC.starts_with(&rest.buffer()[..rest.buffer().len().min(MAGIC.len())]) {
            return Ok(Some(GzDecoder::new(rest)));
        }
        if self.tells {
            let bytes = rest.buffer().len();
            let path = &self.path;
            warn(&format!(
                "{path} is read up to the end of its gzip data: what stands behind them is none ({bytes} bytes or more)"
            ));
        }
        Ok(None)
    }
}

impl<R: Read> Read for Gzip<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while let Some(member) = &mut self.member {
            let n = member.read(into)?;
            if n > 0 || into.is_empty() {
                return Ok(n);
            }
            self.member = match self.member.take() {
                Some(member) => self.next_member(member.into_inner())?,
                None => None,
            };
        }
        Ok(0)
    }
}
