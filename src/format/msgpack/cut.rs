//! A whole text of MessagePack cut into records: maps one behind the other, or arrays of them.

use super::value::{Broken, Bytes, Value};
use crate::format::found::Found;
use std::ops::Range;

/// How far a text is cut: so many elements of an array are to come.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::format) struct Cut {
    left: usize,
}

impl Cut {
    /// The next record of a text from `at` on, which is moved behind it, and where it lies.
    pub(in crate::format) fn next(&mut self, text: &[u8], at: &mut usize) -> (Found, Range<usize>) {
        while self.left == 0 {
            let mut bytes = Bytes(&text[*at..]);
            if bytes.0.is_empty() {
                return (Found::End, 0..0);
            }
            match bytes.value() {
                Ok(Value::Array(n)) => (self.left, *at) = (n, text.len() - bytes.0.len()),
                _ => self.left = 1,
            }
        }
        self.left -= 1;
        let (mut bytes, from) = (Bytes(&text[*at..]), *at);
        let skipped = bytes.skip();
        if skipped.is_ok() {
            *at = text.len() - bytes.0.len();
            return (Found::Record, from..*at);
        }
        // Where the next value begins is not known.
        (self.left, *at) = (0, text.len());
        let reason = if skipped == Err(Broken::TooDeep) { "too_deep" } else { "msgpack" };
        (Found::Bad(reason), from..text.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &[u8]) -> Vec<(Found, usize)> {
        let (mut cut, mut at, mut all) = (Cut::default(), 0, Vec::new());
        loop {
            let (found, range) = cut.next(text, &mut at);
            if found == Found::End {
                return all;
            }
            all.push((found, range.len()));
        }
    }

    #[test]
    fn records_are_maps_one_behind_the_other_or_elements_of_arrays() {
        let record = |len| (Found::Record, len);
        assert!(cut(&[]).is_empty() && cut(&[0x90]).is_empty() && cut(&[0x90, 0x90]).is_empty());
        assert_eq!(cut(&[0x80, 0x81, 0xa1, b'a', 1]), [record(1), record(4)]);
        assert_eq!(cut(&[0x92, 0x80, 0x81, 0xa1, b'a', 1]), [record(1), record(4)]);
        assert_eq!(cut(&[0x91, 0x80, 0x80]), [record(1), record(1)]);
        assert_eq!(
            cut(&[0x92, 0x91, 1, 5]),
            [record(2), record(1)],
            "what is no map is told by who reads it"
        );
        assert_eq!(cut(&[0x80, 0xc1, 0x80]), [record(1), (Found::Bad("msgpack"), 2)]);
        assert_eq!(cut(&[0x82, 0xa1, b'a']), [(Found::Bad("msgpack"), 3)]);
    }
}
