//! How far files were read that are read one after another, as bytes: which file, which byte of its text, and what came
//! before.

use crate::ingest::common::first_seen::FirstSeen;
use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

/// A position, read.
pub(super) struct Kept {
    pub offset: u64,
    pub first: FirstSeen,
    pub before: usize,
    pub round: u64,
    pub done: u64,
    pub path: PathBuf,
}

impl Kept {
    const WORDS: usize = 8;

    pub(super) fn write(first: FirstSeen, [before, round, done]: [u64; 3], path: &Path) -> Vec<u8> {
        let [a, b, c, d] = first.to_words();
        let words = [0, a, b, c, d, before, round, done].map(u64::to_le_bytes);
        [words.as_flattened(), path.as_os_str().as_bytes()].concat()
    }

    pub(super) fn read(bytes: &[u8]) -> Option<Kept> {
        let (words, path) = bytes.split_at_checked(Kept::WORDS * 8)?;
        let (words, _) = words.as_chunks();
        let &[offset, a, b, c, d, before, round, done] = words else { return None };
        let first = FirstSeen::from_words([a, b, c, d].map(u64::from_le_bytes));
        let path = PathBuf::from(OsString::from_vec(path.to_vec()));
        let [offset, before, round, done] = [offset, before, round, done].map(u64::from_le_bytes);
        Some(Kept { offset, first, before: before as usize, round, done, path })
    }
}
