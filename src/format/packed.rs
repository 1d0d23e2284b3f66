//! A compressed file as a stream of text, gzip or zstd, told by its first bytes: member after member (zstd: frame
//! after frame), and what stands behind the last.

use crate::error::say;
use flate2::bufread::GzDecoder;
use std::io::{self, BufRead, BufReader, Read};
use zstd::stream::read::Decoder as ZstdDecoder;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Packing {
    Gzip,
    Zstd,
}

/// How a gzip file, and each of its members, begins.
const GZIP: [u8; 2] = [0x1f, 0x8b];
/// How a zstd file, and each of its frames, begins.
const ZSTD: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
/// A frame that holds no text, as pzstd writes them: the first byte is any of sixteen.
const SKIPPED: [u8; 3] = [0x2a, 0x4d, 0x18];

impl Packing {
    /// How a file is compressed that begins so.
    pub(crate) fn of(head: &[u8]) -> Option<Packing> {
        let skipped = |head: &[u8]| head[0] & 0xf0 == 0x50 && head[1..].starts_with(&SKIPPED);
        match head {
            _ if head.starts_with(&GZIP) => Some(Packing::Gzip),
            _ if head.starts_with(&ZSTD) || (!head.is_empty() && skipped(head)) => Some(Packing::Zstd),
            _ => None,
        }
    }

    /// Whether more bytes are needed to tell.
    pub(crate) fn is_open(head: &[u8]) -> bool {
        let skipped =
            |head: &[u8]| head[0] & 0xf0 == 0x50 && SKIPPED.starts_with(&head[1..]) && head.len() < 4;
        let short = |magic: &[u8]| magic.starts_with(head) && head.len() < magic.len();
        head.is_empty() || short(&GZIP) || short(&ZSTD) || skipped(head)
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Packing::Gzip => "gzip",
            Packing::Zstd => "zstd",
        }
    }

    fn open<R: Read>(self, from: BufReader<R>) -> io::Result<Member<R>> {
        Ok(match self {
            Packing::Gzip => Member::Gzip(GzDecoder::new(from)),
            Packing::Zstd => Member::Zstd(ZstdDecoder::with_buffer(from)?.single_frame()),
        })
    }

    /// Whether another member begins here. One that is cut within its first bytes is one still.
    fn goes_on(self, head: &[u8]) -> bool {
        Packing::of(head) == Some(self) || (!head.is_empty() && Packing::is_open(head))
    }
}

/// What the text of a compressed file begins with, as far as the beginning of the file tells.
pub(crate) fn text_head(packing: Packing, head: &[u8], bytes: usize) -> Vec<u8> {
    let mut text = Vec::new();
    if let Ok(member) = packing.open(BufReader::new(head)) {
        // An error comes again where the file is read.
        _ = member.take(bytes as u64).read_to_end(&mut text);
    }
    text
}

/// An open compressed file. Padding of NULs behind a member is nothing; anything else there that is no member ends the
/// text, and is told.
pub(crate) struct Packed<R> {
    path: String,
    packing: Packing,
    tells: bool,
    state: State<R>,
}

enum State<R> {
    Within(Member<R>),
    /// A member has ended.
    Between(BufReader<R>),
    Ended,
}

enum Member<R> {
    Gzip(GzDecoder<BufReader<R>>),
    Zstd(ZstdDecoder<'static, BufReader<R>>),
}

impl<R: Read> Read for Member<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self {
            Member::Gzip(member) => member.read(into),
            Member::Zstd(frame) => frame.read(into),
        }
    }
}

impl<R: Read> Packed<R> {
    /// # Errors
    /// When there is no memory for it.
    pub(crate) fn new(path: &str, packing: Packing, file: R, tells: bool) -> io::Result<Packed<R>> {
        let member = packing.open(BufReader::with_capacity(64 << 10, file))?;
        Ok(Packed { path: path.to_string(), packing, tells, state: State::Within(member) })
    }

    /// The state behind a member: within the next, if one follows.
    fn behind(&self, mut rest: BufReader<R>) -> io::Result<State<R>> {
        let head = rest.buffer();
        if self.packing.goes_on(head) {
            return Ok(State::Within(self.packing.open(rest)?));
        }
        let bytes = head.len();
        rest.consume(bytes);
        if bytes > 0 && self.tells {
            let (path, packing) = (&self.path, self.packing.name());
            say(&format!(
                "warning: {path} is read up to the end of its {packing} data: what stands behind them is none ({bytes} \
                 bytes or more)"
            ));
        }
        Ok(State::Ended)
    }
}

/// Passes over NULs; `false` at the end of the file.
fn pass_padding<R: Read>(rest: &mut BufReader<R>) -> io::Result<bool> {
    loop {
        let bytes = rest.fill_buf()?;
        let (padding, len) = (bytes.iter().take_while(|byte| **byte == 0).count(), bytes.len());
        rest.consume(padding);
        if padding < len || len == 0 {
            return Ok(len > 0);
        }
    }
}

/// What is wrong with the data, rather than with reading them.
fn told(e: io::Error, packing: Packing) -> io::Error {
    let what = match e.kind() {
        _ if e.raw_os_error().is_some() => return e,
        io::ErrorKind::UnexpectedEof => "end too early",
        io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData | io::ErrorKind::Other => "are damaged",
        _ => return e,
    };
    io::Error::new(e.kind(), format!("{e} (its {} data {what}: copy the file again)", packing.name()))
}

impl<R: Read> Read for Packed<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        loop {
            match &mut self.state {
                State::Within(member) => {
                    let n = member.read(into).map_err(|e| told(e, self.packing))?;
                    if n > 0 || into.is_empty() {
                        return Ok(n);
                    }
                }
                State::Between(rest) => _ = pass_padding(rest)?,
                State::Ended => return Ok(0),
            }
            self.state = match std::mem::replace(&mut self.state, State::Ended) {
                State::Within(Member::Gzip(member)) => State::Between(member.into_inner()),
                State::Within(Member::Zstd(frame)) => State::Between(frame.finish()),
                State::Between(rest) => self.behind(rest)?,
                State::Ended => State::Ended,
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn gzip(text: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(text).unwrap();
        encoder.finish().unwrap()
    }

    fn zstd(text: &[u8]) -> Vec<u8> {
        zstd::encode_all(text, 1).unwrap()
    }

    /// Gives a few bytes, then nothing, by turns.
    struct Trickle<'a>(&'a [u8], bool);

    impl Read for Trickle<'_> {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            self.1 = !self.1;
            if self.1 {
                return Err(io::ErrorKind::WouldBlock.into());
            }
            let n = self.0.len().min(into.len()).min(3);
            into[..n].copy_from_slice(&self.0[..n]);
            self.0 = &self.0[n..];
            Ok(n)
        }
    }

    /// The text, and how it ended.
    fn read(packing: Packing, bytes: &[u8]) -> (Vec<u8>, Option<io::ErrorKind>) {
        let (mut text, mut into) = (Vec::new(), [0; 7]);
        let mut packed = Packed::new("x", packing, Trickle(bytes, false), false).unwrap();
        loop {
            match packed.read(&mut into) {
                Ok(0) => return (text, None),
                Ok(n) => text.extend_from_slice(&into[..n]),
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => {}
                Err(e) => return (text, Some(e.kind())),
            }
        }
    }

    #[test]
    fn members_and_padding_are_read_through_and_a_tail_ends_the_text() {
        let skipped = [&[0x5f][..], &SKIPPED, &[2, 0, 0, 0, 9, 9]].concat();
        let text: Vec<u8> = (0..20_000_u32).flat_map(|n| (n * 7919).to_le_bytes()).collect();
        for (packing, pack, extra) in
            [(Packing::Gzip, gzip as fn(&[u8]) -> Vec<u8>, &[][..]), (Packing::Zstd, zstd, &skipped[..])]
        {
            let whole = pack(&text);
            assert_eq!(Packing::of(&whole), Some(packing));
            let several = [extra, &whole, &[0; 700], &pack(b""), extra, &pack(b"end"), &[0; 3]].concat();
            assert_eq!(Packing::of(&several), Some(packing));
            assert_eq!(read(packing, &several), ([&text[..], b"end"].concat(), None), "{packing:?}");
            assert_eq!(read(packing, &[&whole, &b"tail"[..]].concat()), (text.clone(), None), "{packing:?}");
            for cut in [1, 5, 100, whole.len() / 2] {
                let (held, end) = read(packing, &whole[..whole.len() - cut]);
                assert_eq!(end, Some(io::ErrorKind::UnexpectedEof), "{packing:?} {cut}");
                assert!(text.starts_with(&held));
            }
            assert_eq!(text_head(packing, &whole, 8), text[..8], "{packing:?}");
        }
    }

    #[test]
    fn what_is_compressed_is_told_as_soon_as_it_can_be() {
        for head in [&b""[..], b"\x1f", b"(", b"(\xb5/", b"P*", b"Z*M"] {
            assert!(Packing::is_open(head) && Packing::of(head).is_none(), "{head:?}");
        }
        for head in [&b"("[..], b"P,", b"\x1f\x1f", b"n,x", b"(a"] {
            assert_eq!(Packing::of(head), None);
            assert_eq!(Packing::is_open(head), head == b"(", "{head:?}");
        }
    }
}
