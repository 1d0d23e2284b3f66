//! What was taken of a file that is written to while it is read, and whether it is the same text still.
//!
//! Who writes to it may cut it, or write it anew, between any two calls. So behind each read it is seen that the file
//! begins with what was taken of it and is no shorter: what was read otherwise may be another's text, and is not taken.

use super::first_seen::{HEAD, fingerprint};
use std::fs::File;
use std::io::{self, ErrorKind};
use std::os::unix::fs::FileExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// What is known of it to who follows it.
#[derive(Debug)]
pub(super) struct Tail {
    over: AtomicBool,
    cut: AtomicBool,
    taken: AtomicU64,
    head: AtomicU64,
}

impl Tail {
    /// `over`: nothing more will be written to it.
    pub(super) fn new(over: bool) -> Tail {
        let (taken, head) = (AtomicU64::new(0), AtomicU64::new(fingerprint(&[])));
        Tail { over: AtomicBool::new(over), cut: AtomicBool::new(false), taken, head }
    }

    /// Nothing more will be written to it: its end is one.
    pub(super) fn end(&self) {
        self.over.store(true, Ordering::Relaxed);
    }

    pub(super) fn has_ended(&self) -> bool {
        self.over.load(Ordering::Relaxed)
    }

    /// Whether it was cut, or written anew: nothing more is taken of it.
    pub(super) fn was_cut(&self) -> bool {
        self.cut.load(Ordering::Relaxed)
    }

    /// How many of its bytes were taken, and the fingerprint of the first of them.
    pub(super) fn taken(&self) -> (u64, u64) {
        (self.taken.load(Ordering::Relaxed), self.head.load(Ordering::Relaxed))
    }
}

/// The same to who reads it.
#[derive(Clone, Debug)]
pub(crate) struct Growth {
    tail: Arc<Tail>,
    /// The first bytes that were taken.
    head: Vec<u8>,
}

impl Growth {
    /// `head`: what an earlier process has taken of its first bytes.
    pub(super) fn new(tail: Arc<Tail>, head: Vec<u8>) -> Growth {
        tail.head.store(fingerprint(&head), Ordering::Relaxed);
        Growth { tail, head }
    }

    /// Takes what was read at byte `at`. `WouldBlock`: nothing was, or it is another text.
    ///
    /// # Errors
    /// That, and when the file can't be looked at.
    pub(super) fn take(&mut self, file: &File, at: u64, bytes: &[u8]) -> io::Result<usize> {
        let end = at + bytes.len() as u64;
        if self.tail.was_cut() || !self.is_the_same(file, end)? {
            self.tail.cut.store(true, Ordering::Relaxed);
            return Err(ErrorKind::WouldBlock.into());
        }
        let known = self.head.len();
        if known < HEAD && at <= known as u64 && end > known as u64 {
            let more = &bytes[known - at as usize..];
            self.head.extend_from_slice(&more[..more.len().min(HEAD - known)]);
            self.tail.head.store(fingerprint(&self.head), Ordering::Relaxed);
        }
        self.tail.taken.store(end.max(self.head.len() as u64), Ordering::Relaxed);
        if bytes.is_empty() && !self.tail.has_ended() {
            return Err(ErrorKind::WouldBlock.into());
        }
        Ok(bytes.len())
    }

    /// Whether the file has so many bytes and begins with what was taken.
    fn is_the_same(&self, file: &File, len: u64) -> io::Result<bool> {
        if file.metadata()?.len() < len {
            return Ok(false);
        }
        let (mut bytes, mut seen) = ([0; HEAD], 0);
        while seen < self.head.len() {
            match file.read_at(&mut bytes[seen..self.head.len()], seen as u64) {
                Ok(0) => return Ok(false),
                Ok(n) => seen += n,
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                Err(e) => return Err(e),
            }
        }
        Ok(bytes[..seen] == self.head)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(text: &[u8]) -> File {
        let file = tempfile::tempfile().unwrap();
        file.write_all_at(text, 0).unwrap();
        file
    }

    #[test]
    fn what_was_read_of_a_text_that_was_written_anew_is_not_taken() {
        let (file, tail) = (file(b"old text"), Arc::new(Tail::new(false)));
        let mut growth = Growth::new(tail.clone(), Vec::new());
        assert_eq!(growth.take(&file, 0, b"old ").unwrap(), 4);
        assert_eq!(tail.taken(), (4, fingerprint(b"old ")));
        // What is read here is of the old text or the new: nobody can tell.
        file.write_all_at(b"new text, and more of it", 0).unwrap();
        assert_eq!(growth.take(&file, 4, b"text").unwrap_err().kind(), ErrorKind::WouldBlock);
        assert!(tail.was_cut());
        assert_eq!(tail.taken(), (4, fingerprint(b"old ")), "it is known by what was taken");
        file.write_all_at(b"old text", 0).unwrap();
        assert!(growth.take(&file, 4, b"text").is_err(), "nor is anything more");
    }

    #[test]
    fn a_file_that_is_shorter_than_what_was_taken_was_cut() {
        let (file, tail) = (file(b"text"), Arc::new(Tail::new(false)));
        let mut growth = Growth::new(tail.clone(), b"te".to_vec());
        assert_eq!(growth.take(&file, 2, b"xt").unwrap(), 2);
        assert_eq!(growth.take(&file, 4, b"").unwrap_err().kind(), ErrorKind::WouldBlock);
        assert!(!tail.was_cut());
        tail.end();
        assert_eq!(growth.take(&file, 4, b"").unwrap(), 0, "its end is one");
        file.set_len(3).unwrap();
        assert!(growth.take(&file, 4, b"").is_err() && tail.was_cut());
    }

    #[test]
    fn no_more_than_the_first_bytes_are_kept() {
        let text = vec![7; 3 * HEAD];
        let (file, tail) = (file(&text), Arc::new(Tail::new(false)));
        let mut growth = Growth::new(tail.clone(), Vec::new());
        for at in [0, 1000, 2000, 4000, HEAD + 1000] {
            let end = (at + 1000).max(HEAD.min(at * 2));
            growth.take(&file, at as u64, &text[at..end]).unwrap();
        }
        assert_eq!(tail.taken(), ((HEAD + 2000) as u64, fingerprint(&text[..HEAD])));
    }
}
