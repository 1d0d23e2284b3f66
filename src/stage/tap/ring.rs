//! A ring of bytes between one thread that writes and one that reads.
//!
//! Neither waits for the other, no memory changes hands, and no lock is held: a reader that is interrupted anywhere
//! costs the writer nothing. The bytes are kept as words that both may touch at any time; which of them belong to whom
//! is told by two counts.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

/// So many words the ring has.
const WORDS: usize = super::BYTES_MAX as usize / 8;
/// What is written in front of a body: its length, and the words of its head.
const FRONT: usize = 1 + HEAD;
/// The words of a head.
pub(super) const HEAD: usize = 3;

#[derive(Default)]
pub(super) struct Ring {
    /// Made when it is written to first: most are never watched.
    words: OnceLock<Box<[AtomicU64]>>,
    /// How many words have been written and read since the beginning.
    written: AtomicU64,
    read: AtomicU64,
}

impl Ring {
    /// Whether a body of so many bytes finds room now. Only the writer may ask.
    pub(super) fn has_room(&self, bytes: usize) -> bool {
        let waiting = self.written.load(Ordering::Relaxed) - self.read.load(Ordering::Acquire);
        waiting as usize + FRONT + bytes.div_ceil(8) <= WORDS
    }

    /// Writes a body and its head, if there is room. Only the writer may do this.
    pub(super) fn put(&self, head: [u64; HEAD], body: &[u8]) -> bool {
        if !self.has_room(body.len()) {
            return false;
        }
        let words = self.words.get_or_init(|| (0..WORDS).map(|_| AtomicU64::new(0)).collect());
        let mut at = self.written.load(Ordering::Relaxed);
        let mut write = |word: u64| {
            words[at as usize % WORDS].store(word, Ordering::Relaxed);
            at += 1;
        };
        write(body.len() as u64);
        head.into_iter().for_each(&mut write);
        let (whole, rest) = body.as_chunks::<8>();
        whole.iter().for_each(|bytes| write(u64::from_le_bytes(*bytes)));
        if !rest.is_empty() {
            let mut last = [0; 8];
            last[..rest.len()].copy_from_slice(rest);
            write(u64::from_le_bytes(last));
        }
        self.written.store(at, Ordering::Release);
        true
    }

    /// Reads the oldest body into `body`, and answers its head. Only the reader may do this.
    pub(super) fn take(&self, body: &mut Vec<u8>) -> Option<[u64; HEAD]> {
        let mut at = self.read.load(Ordering::Relaxed);
        if at == self.written.load(Ordering::Acquire) {
            return None;
        }
        let words = self.words.get()?;
        let mut read = || {
            let word = words[at as usize % WORDS].load(Ordering::Relaxed);
            at += 1;
            word
        };
        let bytes = read() as usize;
        let head = std::array::from_fn(|_| read());
        body.resize(bytes, 0);
        let (whole, rest) = body.as_chunks_mut::<8>();
        whole.iter_mut().for_each(|bytes| *bytes = read().to_le_bytes());
        if !rest.is_empty() {
            let last = read().to_le_bytes();
            rest.copy_from_slice(&last[..rest.len()]);
        }
        self.read.store(at, Ordering::Release);
        Some(head)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn two_threads_see_the_same_bodies_in_the_same_order() {
        const BODIES: u64 = 20_000;
        let body = |n: u64| vec![n as u8; (n * 7919 % 9000) as usize];
        let ring = Ring::default();
        std::thread::scope(|scope| {
            scope.spawn(|| {
                for n in 0..BODIES {
                    while !ring.put([n, !n, 7], &body(n)) {
                        std::thread::yield_now();
                    }
                }
            });
            let mut read = Vec::new();
            for n in 0..BODIES {
                let head = loop {
                    match ring.take(&mut read) {
                        Some(head) => break head,
                        None => std::thread::yield_now(),
                    }
                };
                assert_eq!((head, &read), ([n, !n, 7], &body(n)));
            }
            assert_eq!(ring.take(&mut read), None);
        });
    }

    proptest! {
        #[test]
        fn it_holds_what_it_has_taken_and_no_more_than_its_words(
            lengths in prop::collection::vec(0..200_000usize, 1..40),
        ) {
            let (ring, mut waiting, mut words) = (Ring::default(), std::collections::VecDeque::new(), 0);
            for (n, length) in lengths.into_iter().enumerate() {
                let (head, body) = ([n as u64; HEAD], vec![n as u8; length]);
                let more = FRONT + length.div_ceil(8);
                prop_assert_eq!(ring.put(head, &body), words + more <= WORDS);
                if words + more <= WORDS {
                    words += more;
                    waiting.push_back((head, body));
                } else if let Some((head, body)) = waiting.pop_front() {
                    let mut read = Vec::new();
                    prop_assert_eq!(ring.take(&mut read), Some(head));
                    prop_assert_eq!(&read, &body);
                    words -= FRONT + body.len().div_ceil(8);
                }
            }
        }
    }
}
