//! What a file is called when it was put aside: `app.log.1`, `app.log-20260131`, `app.1.log`.

use crate::identity::Inode;
use crate::ingest::common::first_seen::FirstSeen;
use std::fs::{self, File, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// Whether a file that was called `base` may be called `name` since it was put aside: numbers and dates were added, at
/// the end or before the last dot.
pub(super) fn is_rotated(base: &[u8], name: &[u8]) -> bool {
    let added = |stem: &[u8], tail: &[u8]| {
        let middle = name.strip_prefix(stem).and_then(|rest| rest.strip_suffix(tail));
        middle.is_some_and(|middle| {
            let part = |byte: &u8| byte.is_ascii_digit() || b".-_:TZ".contains(byte);
            middle.iter().all(part) && middle.iter().any(u8::is_ascii_digit)
        })
    };
    let dot = base.iter().rposition(|byte| *byte == b'.').filter(|at| *at > 0);
    added(base, b"") || dot.is_some_and(|dot| added(&base[..dot], &base[dot..]))
}

/// When a file came to be, as far as the file system tells: what was put aside earlier has come earlier.
pub(super) fn born(there: &Metadata) -> SystemTime {
    there.created().or_else(|_| there.modified()).unwrap_or(SystemTime::UNIX_EPOCH)
}

/// The folder that a path lies in.
pub(super) fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// The files that had the name of `path` and were put aside, born after `since` (or with it), in the order of their
/// births. Only files: whatever else has such a name was none that was written to.
pub(super) fn since(path: &Path, since: SystemTime) -> Vec<(Inode, PathBuf)> {
    use std::os::unix::ffi::OsStrExt;
    let Some(base) = path.file_name() else { return Vec::new() };
    let entries = fs::read_dir(folder(path)).into_iter().flatten().flatten();
    let mut found: Vec<(SystemTime, u64, Inode, PathBuf)> = entries
        .filter(|entry| is_rotated(base.as_bytes(), entry.file_name().as_bytes()))
        .filter_map(|entry| {
            let there = entry.metadata().ok().filter(Metadata::is_file)?;
            Some((born(&there), there.ino(), Inode::of(&there), path.with_file_name(entry.file_name())))
        })
        .filter(|(born, ..)| *born >= since)
        .collect();
    found.sort_by_key(|found| (found.0, found.1));
    found.into_iter().map(|(.., inode, path)| (inode, path)).collect()
}

/// Whether a file is a copy of one that was read: it begins with what is known of that, which is more than a line (a
/// header stands in all of them).
pub(super) fn is_copy(of: FirstSeen, file: &File) -> bool {
    let begins = of.text_of(file).ok().flatten();
    begins.is_some_and(|begins| begins.iter().filter(|byte| **byte == b'\n').count() > 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_dates_put_a_file_aside_and_other_words_do_not() {
        for name in
            ["a.log.1", "a.log.20", "a.log-20260131", "a.log.2026-01-31T10:00", "a.1.log", "a-2026.log"]
        {
            assert!(is_rotated(b"a.log", name.as_bytes()), "{name}");
        }
        for name in
            ["a.log", "a.log.gz", "a.log.1.gz", "a.log.bak", "b.log.1", "a.log.", "xa.log.1", "a.log~"]
        {
            assert!(!is_rotated(b"a.log", name.as_bytes()), "{name}");
        }
        assert!(is_rotated(b"log", b"log.1") && is_rotated(b".log", b".log.1"));
    }
}
