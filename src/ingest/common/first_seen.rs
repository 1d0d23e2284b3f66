//! Which file it is that a source reads, so that its next process can tell whether it is the same still.

use crate::identity::Inode;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use xxhash_rust::xxh3::xxh3_64;

/// So many of its first bytes are part of what it is.
const HEAD: usize = 4 << 10;

/// A file as it was when it was opened first. It may grow.
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
        let there = file.metadata()?;
        Ok(FirstSeen { inode: Inode::of(&there), len: there.len(), head: head(file, there.len())? })
    }

    pub(super) fn inode(&self) -> Inode {
        self.inode
    }

    /// So little of it was there that another file may begin so too.
    pub(super) fn is_short(&self) -> bool {
        self.len < HEAD as u64
    }

    /// Whether the file is another one, was cut, or begins with something else.
    ///
    /// # Errors
    /// When the file can't be read.
    pub(super) fn has_changed(&self, file: &File) -> io::Result<bool> {
        let there = file.metadata()?;
        let same = Inode::of(&there) == self.inode && there.len() >= self.len;
        Ok(!same || head(file, self.len)? != self.head)
    }

    /// As it is kept beside how far the file was read.
    pub(crate) fn to_words(self) -> [u64; 4] {
        [self.inode.device, self.inode.number, self.len, self.head]
    }

    pub(crate) fn from_words([device, number, len, head]: [u64; 4]) -> FirstSeen {
        FirstSeen { inode: Inode { device, number }, len, head }
    }
}

/// A fingerprint of the first bytes of a file that has `len`.
fn head(file: &File, len: u64) -> io::Result<u64> {
    let mut bytes = vec![0; len.min(HEAD as u64) as usize];
    file.read_exact_at(&mut bytes, 0)?;
    Ok(xxh3_64(&bytes))
}
