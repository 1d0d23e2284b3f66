//! Messages of syslog in a stream of bytes (RFC 6587): each says its length in front (`5 hello`), or ends with a line
//! feed or a NUL. Which it is, is seen of each message anew.

use memchr::memchr2;
use std::ops::Range;

/// The longest length that is looked at, in digits.
const DIGITS_MAX: usize = 9;

/// Where in a stream one is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Frames {
    /// At the beginning of a message.
    #[default]
    Begin,
    /// In one that is too long to hold: so many bytes of it are still to come.
    Pass(usize),
    /// In one that is too long and ends with its line.
    PassLine,
}

/// What the next bytes are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// A message, and how many bytes are done with.
    Message(Range<usize>, usize),
    /// So many bytes are done with, and were none.
    Passed(usize),
    /// A message that was too long has begun: what is shown of it, and how many bytes are done with.
    TooLong(Range<usize>, usize),
    /// A message has begun that is not all there.
    More,
    /// Its length is none: where the next message begins can't be known.
    Broken,
}

impl Frames {
    /// The next step in `text`, where no message may have more than `max` bytes.
    pub(crate) fn step(&mut self, text: &[u8], max: usize) -> Step {
        match *self {
            _ if text.is_empty() => Step::More,
            Frames::Pass(left) => {
                let passed = left.min(text.len());
                *self = if passed == left { Frames::Begin } else { Frames::Pass(left - passed) };
                Step::Passed(passed)
            }
            Frames::PassLine => match memchr2(b'\n', 0, text) {
                Some(end) => {
                    *self = Frames::Begin;
                    Step::Passed(end + 1)
                }
                None => Step::Passed(text.len()),
            },
            Frames::Begin => match text[0] {
                // What parts messages may stand there twice, and behind those that say their length.
                b'\n' | b'\r' | 0 => Step::Passed(1),
                b'1'..=b'9' => self.counted(text, max),
                _ => self.line(text, max),
            },
        }
    }

    fn counted(&mut self, text: &[u8], max: usize) -> Step {
        let digits = text.iter().take(DIGITS_MAX + 1).take_while(|byte| byte.is_ascii_digit()).count();
        match text.get(digits) {
            _ if digits > DIGITS_MAX => Step::Broken,
            None => Step::More,
            Some(b' ') => {
                let number = text[..digits].iter().fold(0, |n, digit| n * 10 + usize::from(digit - b'0'));
                let (start, end) = (digits + 1, digits + 1 + number);
                if number > max {
                    let there = end.min(text.len());
                    if there < end {
                        *self = Frames::Pass(end - there);
                    }
                    return Step::TooLong(start..there, there);
                }
                if text.len() < end { Step::More } else { Step::Message(start..end, end) }
            }
            Some(_) => Step::Broken,
        }
    }

    fn line(&mut self, text: &[u8], max: usize) -> Step {
        let within = text.len().min(max + 1);
        match memchr2(b'\n', 0, &text[..within]) {
            Some(end) => Step::Message(0..end, end + 1),
            None if text.len() <= max => Step::More,
            None => {
                *self = Frames::PassLine;
                Step::TooLong(0..max, max)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// What a stream has in it, cut into pieces of a length.
    fn all(stream: &[u8], piece: usize, max: usize) -> Vec<String> {
        let (mut frames, mut buffer, mut found) = (Frames::default(), Vec::new(), Vec::new());
        for piece in stream.chunks(piece) {
            buffer.extend_from_slice(piece);
            loop {
                let done = match frames.step(&buffer, max) {
                    Step::Message(at, done) => {
                        found.push(String::from_utf8_lossy(&buffer[at]).into_owned());
                        done
                    }
                    Step::Passed(done) => done,
                    Step::TooLong(_, done) => {
                        found.push("too long".to_string());
                        done
                    }
                    Step::More => break,
                    Step::Broken => {
                        found.push("broken".to_string());
                        return found;
                    }
                };
                buffer.drain(..done);
                assert!(buffer.len() < max + piece.len() + DIGITS_MAX + 2, "what is held is bounded");
            }
        }
        found.extend((!buffer.is_empty()).then(|| "cut".to_string()));
        found
    }

    #[test]
    fn messages_are_counted_or_end_with_their_line() {
        for piece in [1, 2, 3, 100] {
            let stream = b"5 <1>ab<2>c\n4 <3>d\n\n<4>e\0<5>f";
            assert_eq!(all(stream, piece, 10), ["<1>ab", "<2>c", "<3>d", "<4>e", "cut"], "{piece}");
            let stream = b"<1>0123456789\n12 <2>012345678<3>\n<4>012345\n";
            assert_eq!(all(stream, piece, 9), ["too long", "too long", "<3>", "<4>012345"], "{piece}");
            assert_eq!(all(b"<1>a\n12x", piece, 9), ["<1>a", "broken"]);
            assert_eq!(all(b"1234567890 ", piece, 9), ["broken"]);
        }
    }

    proptest! {
        #[test]
        fn no_cutting_changes_what_is_found(
            messages in proptest::collection::vec(("<[a-z ]{0,12}", any::<bool>()), 0..8),
            piece in 1usize..40,
        ) {
            let mut stream = Vec::new();
            for (message, counted) in &messages {
                if *counted {
                    stream.extend(format!("{} {message}", message.len()).into_bytes());
                } else {
                    stream.extend(format!("{message}\n").into_bytes());
                }
            }
            let expected: Vec<String> = messages.into_iter().map(|(message, _)| message).collect();
            prop_assert_eq!(all(&stream, piece, 100), expected);
        }
    }
}
