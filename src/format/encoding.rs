//! Text in another encoding than UTF-8, made UTF-8 as it is read.

use encoding_rs::{DecoderResult, UTF_8};
use std::io::{self, Read};

/// Stands in the place of what is no character, so that who reads the text as UTF-8 finds its record wrong.
const BROKEN: u8 = 0xff;
const CAPACITY: usize = 32 << 10;

/// What the bytes of a text mean, where they are not UTF-8.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Encoding(&'static encoding_rs::Encoding);

impl Encoding {
    /// The encoding of this name, as web browsers know it.
    ///
    /// # Errors
    /// A clause, when there is none.
    pub(crate) fn named(name: &str) -> Result<Option<Encoding>, String> {
        match encoding_rs::Encoding::for_label_no_replacement(name.as_bytes()) {
            Some(encoding) => Ok((encoding != UTF_8).then_some(Encoding(encoding))),
            None => Err(format!(
                "there is no encoding {name:?} (names are those of the web, such as \"windows-1252\" or \"utf-16le\")"
            )),
        }
    }
}

/// Reads bytes in some encoding as UTF-8. A byte-order mark at the start wins over what was said.
pub(crate) struct Decoder<R> {
    from: R,
    decoder: encoding_rs::Decoder,
    /// What was read and is not decoded yet.
    bytes: Vec<u8>,
    start: usize,
    end: usize,
    ended: bool,
    /// What was decoded, and how much of it was given out.
    text: Vec<u8>,
    given: usize,
    done: bool,
}

impl<R: Read> Decoder<R> {
    pub(crate) fn new(from: R, Encoding(encoding): Encoding) -> Decoder<R> {
        Decoder {
            from,
            decoder: encoding.new_decoder(),
            bytes: vec![0; CAPACITY],
            start: 0,
            end: 0,
            ended: false,
            text: Vec::new(),
            given: 0,
            done: false,
        }
    }

    fn decode(&mut self) -> io::Result<()> {
        if self.start == self.end && !self.ended {
            (self.start, self.end) = (0, self.from.read(&mut self.bytes)?);
            self.ended = self.end == 0;
        }
        self.text.resize(2 * CAPACITY, 0);
        let bytes = &self.bytes[self.start..self.end];
        let (result, read, written) =
            self.decoder.decode_to_utf8_without_replacement(bytes, &mut self.text, self.ended);
        self.start += read;
        self.text.truncate(written);
        self.given = 0;
        match result {
            DecoderResult::Malformed(..) => self.text.push(BROKEN),
            DecoderResult::InputEmpty => self.done = self.ended,
            DecoderResult::OutputFull => {}
        }
        Ok(())
    }
}

impl<R: Read> Read for Decoder<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.given == self.text.len() && !self.done {
            self.decode()?;
        }
        let n = (self.text.len() - self.given).min(into.len());
        into[..n].copy_from_slice(&self.text[self.given..self.given + n]);
        self.given += n;
        Ok(n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What comes out, read so many bytes at once, of a text that comes in pieces of so many.
    fn decoded(name: &str, bytes: &[u8], piece: usize) -> Vec<u8> {
        struct Pieces<'a>(&'a [u8], usize);
        impl Read for Pieces<'_> {
            fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
                let n = self.1.min(into.len()).min(self.0.len());
                into[..n].copy_from_slice(&self.0[..n]);
                self.0 = &self.0[n..];
                Ok(n)
            }
        }
        let mut decoder = Decoder::new(Pieces(bytes, piece), Encoding::named(name).unwrap().unwrap());
        let (mut all, mut into) = (Vec::new(), vec![0; piece]);
        loop {
            let n = decoder.read(&mut into).unwrap();
            if n == 0 {
                return all;
            }
            all.extend_from_slice(&into[..n]);
        }
    }

    #[test]
    fn text_comes_out_as_utf8_however_it_is_cut() {
        for (name, bytes, text) in [
            ("windows-1252", &b"caf\xe9 \x80"[..], "café €".as_bytes()),
            ("latin1", b"caf\xe9", "café".as_bytes()),
            ("utf-16le", b"a\0\xac\x20", "a€".as_bytes()),
            ("utf-16", b"\xfe\xff\0a\x20\xac", "a€".as_bytes()),
            ("shift_jis", b"\x93\xfa\x96\x7b", "日本".as_bytes()),
            ("utf-16le", b"a\0\0\xd8b\0", b"a\xffb"),
            ("shift_jis", b"a\x93", b"a\xff"),
        ] {
            for piece in [1, 2, 3, 99] {
                assert_eq!(decoded(name, bytes, piece), text, "{name} {piece}");
            }
        }
        let long = vec![0xe9; 100_000];
        assert_eq!(decoded("latin1", &long, 70_001), "é".repeat(100_000).as_bytes());
        assert!(Encoding::named("klingon").is_err());
        assert!(Encoding::named("UTF-8").is_ok_and(|encoding| encoding.is_none()), "it is read as it is");
    }
}
