//! Values of MessagePack that come piece by piece, one behind the other, in a buffer that never grows beyond the
//! longest value allowed. Behind bytes that are no value nothing is found: nobody knows where the next one begins.

use super::value::{Broken, Walk};
use crate::format::found::Found;
use crate::format::window::Window;
use std::io::{self, Read};
use std::ops::Range;

/// The values of a text; that one is a map is seen by who reads it.
pub(crate) struct Flow<R> {
    window: Window<R>,
    value_max: usize,
    /// Where the value lies in the window's buffer.
    found: Range<usize>,
    /// How far the value that comes next was looked at.
    walk: Walk,
    broken: bool,
    work: u64,
}

impl<R: Read> Flow<R> {
    pub(in crate::format) fn new(from: R, value_max: usize, offset: u64) -> Flow<R> {
        let window = Window::new(from, offset);
        Flow { window, value_max, found: 0..0, walk: Walk::default(), broken: false, work: 0 }
    }

    /// Looks for the next value. It is in `record` until the next call.
    pub(in crate::format) fn next(&mut self) -> io::Result<Found> {
        loop {
            let text = self.window.text();
            if self.broken || (text.is_empty() && self.window.is_whole()) {
                return Ok(Found::End);
            }
            let (before, walked) = (self.walk.at, self.walk.go_on(text));
            self.work += (self.walk.at - before) as u64;
            match walked {
                Ok(()) if self.walk.at <= self.value_max => {
                    self.take(self.walk.at);
                    return Ok(Found::Record);
                }
                Err(Broken::Cut(missing)) if self.walk.at.saturating_add(missing) <= self.value_max => {
                    if !self.window.fill(self.value_max)? && !self.window.text().is_empty() {
                        return Ok(self.give_up("msgpack"));
                    }
                }
                Ok(()) | Err(Broken::Cut(_)) => return Ok(self.give_up("too_long")),
                Err(Broken::Bytes) => return Ok(self.give_up("msgpack")),
                Err(Broken::TooDeep) => return Ok(self.give_up("too_deep")),
            }
        }
    }

    fn take(&mut self, len: usize) {
        let start = self.window.start();
        self.found = start..start + len;
        self.window.pass(len);
        self.walk = Walk::default();
    }

    fn give_up(&mut self, reason: &'static str) -> Found {
        self.broken = true;
        self.take(self.window.text().len());
        Found::Bad(reason)
    }

    pub(in crate::format) fn record(&self) -> &[u8] {
        &self.window.buffer[self.found.clone()]
    }

    pub(in crate::format) fn position(&self) -> u64 {
        self.window.position()
    }

    pub(in crate::format) fn work(&self) -> u64 {
        self.work
    }

    /// What of the text is read.
    pub(in crate::format) fn window(&self) -> &Window<R> {
        &self.window
    }

    pub(in crate::format) fn window_mut(&mut self) -> &mut Window<R> {
        self.found = 0..0;
        &mut self.window
    }

    /// Begins with another text, and keeps the memory.
    pub(in crate::format) fn restart(&mut self, from: R) {
        self.window.restart(from);
        (self.found, self.walk, self.broken, self.work) = (0..0, Walk::default(), false, 0);
    }

    /// Whether surely no value is left.
    pub(in crate::format) fn is_at_end(&mut self) -> io::Result<bool> {
        Ok(self.broken || (self.window.text().is_empty() && !self.window.fill(self.value_max)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives so many bytes at a time, and has no more in between.
    struct Drops<'a>(&'a [u8], usize, bool);

    impl Read for Drops<'_> {
        fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
            self.2 = !self.2;
            if self.2 && !self.0.is_empty() {
                return Err(io::ErrorKind::WouldBlock.into());
            }
            let n = self.1.min(self.0.len()).min(into.len());
            into[..n].copy_from_slice(&self.0[..n]);
            self.0 = &self.0[n..];
            Ok(n)
        }
    }

    /// What is found, and how often there was no more just then.
    fn found(bytes: &[u8], piece: usize, value_max: usize) -> Vec<(Found, Vec<u8>)> {
        let mut flow = Flow::new(Drops(bytes, piece, false), value_max, 0);
        let mut all = Vec::new();
        loop {
            match flow.next() {
                Ok(Found::End) => return all,
                Ok(found) => all.push((found, flow.record().to_vec())),
                Err(e) => assert_eq!(e.kind(), io::ErrorKind::WouldBlock),
            }
        }
    }

    #[test]
    fn values_are_found_however_they_are_cut() {
        let text = [&[0xda, 2, 0][..], &[b'x'; 512]].concat();
        let values: [&[u8]; 4] =
            [&[0x80], &[0x81, 0xa1, b'a', 0x92, 1, 0x90], &text, &[0x81, 0xa1, b'b', 0xc0]];
        let bytes = values.concat();
        for piece in [1, 2, 3, 7, 100, 1000] {
            let expected: Vec<_> = values.iter().map(|value| (Found::Record, value.to_vec())).collect();
            assert_eq!(found(&bytes, piece, 1000), expected, "{piece}");
            let mut cut = expected;
            cut[3] = (Found::Bad("msgpack"), vec![0x81, 0xa1, b'b']);
            assert_eq!(found(&bytes[..bytes.len() - 1], piece, 1000), cut, "a value without its end");
        }
    }

    #[test]
    fn behind_what_is_no_value_nothing_is_found() {
        let reasons = |bytes: &[u8], value_max: usize| {
            let all = found(bytes, 1000, value_max);
            all.into_iter().map(|(found, _)| found).collect::<Vec<_>>()
        };
        assert_eq!(reasons(&[0x80, 0xc1, 0x80], 100), [Found::Record, Found::Bad("msgpack")]);
        assert_eq!(reasons(&[0x91; 1000], 10_000), [Found::Bad("too_deep")]);
        // What says that it is too long is not waited for.
        assert_eq!(reasons(&[0xdb, 0xff, 0xff, 0xff, 0xff, b'a'], 100), [Found::Bad("too_long")]);
        assert_eq!(reasons(&[0xdf, 0xff, 0xff, 0xff, 0xff, 1], 100), [Found::Bad("too_long")]);
        let long = [&[0xd9, 200][..], &[b'x'; 200]].concat();
        assert_eq!(reasons(&long, 202), [Found::Record]);
        assert_eq!(reasons(&long, 201), [Found::Bad("too_long")]);
        assert_eq!(reasons(&[0x91, 0x80].repeat(3), 1), [Found::Bad("too_long")], "it is taken in one piece");
    }

    #[test]
    fn a_long_value_in_small_pieces_is_looked_at_once() {
        let bytes = [&[0xdd, 0, 0, 0x80, 0][..], &[1; 0x8000]].concat();
        let mut flow = Flow::new(Drops(&bytes, 10, false), 1 << 20, 0);
        while flow.next().is_err() {}
        assert_eq!((flow.record().len(), flow.work()), (bytes.len(), bytes.len() as u64));
    }
}
