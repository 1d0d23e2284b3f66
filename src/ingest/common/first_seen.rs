//! Which file it is that a source reads, so that its next process can tell whether it is the same still.

use crate::identity::Inode;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use xxhash_rust::xxh3::xxh3_64;

/// So many of its first bytes are part of what it is.
pub(super) const HEAD: usize = 4 << 10;

/// A file as it was when it was opened first, or as far as it was read. It may grow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FirstSeen {
    inode: Inode,
    len: u64,
    head: u64,
}

impl FirstSeen {
    /// # Errors
    /// When the file can't be read.
    pub(super) fn of(file: &File) -> io::Result<FirstSeen> {
        let bytes = beginning(file, HEAD)?;
        let there = file.metadata()?;
        // It may be cut or grow between the two.
        let len = if bytes.len() < HEAD { bytes.len() as u64 } else { there.len().max(HEAD as u64) };
        Ok(FirstSeen { inode: Inode::of(&there), len, head: fingerprint(&bytes) })
    }

    /// A file of which `len` bytes were read, the first of which have this fingerprint.
    pub(super) fn read(inode: Inode, len: u64, head: u64) -> FirstSeen {
        FirstSeen { inode, len, head }
    }

    pub(super) fn inode(&self) -> Inode {
        self.inode
    }

    /// How long it was, or how much of it was read.
    pub(super) fn len(&self) -> u64 {
        self.len
    }

    /// Whether the file is another one, was cut, or begins with something else.
    ///
    /// # Errors
    /// When the file can't be read.
    pub(super) fn has_changed(&self, file: &File) -> io::Result<bool> {
        Ok(Inode::of(&file.metadata()?) != self.inode || self.text_of(file)?.is_none())
    }

    /// The first bytes of a file that begins as this one did and is no shorter, whichever file it is; `None` of any
    /// other.
    ///
    /// # Errors
    /// When the file can't be read.
    pub(super) fn text_of(&self, file: &File) -> io::Result<Option<Vec<u8>>> {
        if file.metadata()?.len() < self.len {
            return Ok(None);
        }
        let wanted = self.len.min(HEAD as u64) as usize;
        // Who writes it may cut it at any time.
        let bytes = beginning(file, wanted)?;
        Ok(Some(bytes).filter(|bytes| bytes.len() == wanted && fingerprint(bytes) == self.head))
    }

    /// As it is kept beside how far the file was read.
    pub(crate) fn to_words(self) -> [u64; 4] {
        [self.inode.device, self.inode.number, self.len, self.head]
    }

    pub(crate) fn from_words([device, number, len, head]: [u64; 4]) -> FirstSeen {
        FirstSeen { inode: Inode { device, number }, len, head }
    }
}

/// What the first bytes of a file are known by.
pub(super) fn fingerprint(head: &[u8]) -> u64 {
    xxh3_64(head)
}

/// The first bytes of a file: so many, or all there are.
fn beginning(file: &File, wanted: usize) -> io::Result<Vec<u8>> {
    let (mut bytes, mut len) = (vec![0; wanted], 0);
    while len < wanted {
        match file.read_at(&mut bytes[len..], len as u64) {
            Ok(0) => break,
            Ok(n) => len += n,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
            Err(e) => return Err(e),
        }
    }
    bytes.truncate(len);
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicBool, Ordering};

    /// Who cuts a file while it is looked at SHALL not make the look fail.
    #[test]
    fn a_file_that_is_cut_while_it_is_looked_at_has_changed_or_not() {
        let file = tempfile::tempfile().unwrap();
        file.write_all_at(&[b'x'; 100], 0).unwrap();
        let (first, over) = (FirstSeen::of(&file).unwrap(), AtomicBool::new(false));
        std::thread::scope(|scope| {
            scope.spawn(|| {
                while !over.load(Ordering::Relaxed) {
                    file.set_len(0).unwrap();
                    file.write_all_at(&[b'x'; 100], 0).unwrap();
                }
            });
            let looks = || -> io::Result<usize> {
                (0..100_000).try_fold(0, |changed, _| {
                    FirstSeen::of(&file)?;
                    Ok(changed + usize::from(first.has_changed(&file)?))
                })
            };
            let found = looks();
            over.store(true, Ordering::Relaxed);
            assert!(found.unwrap() > 0, "the cuts were seen");
        });
    }
}
