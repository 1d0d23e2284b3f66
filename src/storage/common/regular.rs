//! A regular file that grows by whole writes: all of one is there, or nothing of it.

use super::place::{cannot, cannot_io, identity, make_folders};
use crate::error::Result;
use crate::operator::{Cx, Refusal, insist};
use crate::storage::warn;
use crate::units::Span;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::os::unix::fs::{FileExt, MetadataExt};

/// A file that only this sink writes to.
pub(crate) struct Regular {
    path: String,
    file: File,
    id: (u64, u64),
    /// How far it has been written; what lies behind is cut off.
    len: u64,
}

impl Regular {
    /// Opens or makes the file and its folders. `stays` says how much of what is there is kept.
    pub(crate) fn open(
        path: &str,
        patience: Span,
        cx: &mut Cx,
        stays: impl FnOnce(&File) -> Result<u64>,
    ) -> Result<Regular> {
        make_folders(path)?;
        let open = OpenOptions::new().read(true).append(true).create(true).open(path);
        let file = open.map_err(|e| cannot_io(path, &e))?;
        insist(patience, cx, || match file.try_lock() {
            Err(TryLockError::WouldBlock) => {
                let advice = "two sinks can't write to one file: choose another path for one of them";
                Err(Refusal::NotNow(cannot(path, "another process writes to it", advice)))
            }
            // Some network file systems know no locks.
            Ok(()) | Err(TryLockError::Error(_)) => Ok(()),
        })?;
        let (there, stays) = (file.metadata().map_err(|e| cannot_io(path, &e))?, stays(&file)?);
        if there.len() > stays {
            file.set_len(stays).map_err(|e| cannot_io(path, &e))?;
        }
        let len = there.len().min(stays);
        if len < stays {
            warn(&format!(
                "{path} is shorter than when it was last written to: {} bytes are gone; the sink goes on behind the \
                rest",
                stays - len
            ));
        }
        Ok(Regular { path: path.to_string(), file, id: (there.dev(), there.ino()), len })
    }

    pub(crate) fn len(&self) -> u64 {
        self.len
    }

    /// Whether its last byte ends a line; an empty file needs none.
    pub(crate) fn ends_a_line(&self) -> Result<bool> {
        let mut last = [b'\n'];
        if self.len > 0 {
            self.file.read_exact_at(&mut last, self.len - 1).map_err(|e| cannot_io(&self.path, &e))?;
        }
        Ok(last == [b'\n'])
    }

    /// Writes it all or leaves the file as it was; a full disk may be freed meanwhile.
    pub(crate) fn write(&mut self, bytes: &[u8], patience: Span, cx: &mut Cx) -> Result<()> {
        let (path, len) = (&self.path, self.len);
        let mut file = &self.file;
        insist(patience, cx, || {
            let Err(e) = file.write_all(bytes) else { return Ok(()) };
            file.set_len(len).map_err(|e| Refusal::Never(cannot_io(path, &e)))?;
            let error = cannot_io(path, &e);
            match e.kind() {
                io::ErrorKind::StorageFull
                | io::ErrorKind::QuotaExceeded
                | io::ErrorKind::FileTooLarge
                | io::ErrorKind::StaleNetworkFileHandle => Err(Refusal::NotNow(error)),
                _ if e.raw_os_error() == Some(nix::libc::EIO) => Err(Refusal::NotNow(error)),
                _ => Err(Refusal::Never(error)),
            }
        })?;
        self.len += bytes.len() as u64;
        Ok(())
    }

    /// Whether another file, or none, lies at the path now.
    pub(crate) fn was_moved(&self) -> bool {
        identity(&self.path) != Some(self.id)
    }

    /// Goes on at the file's end when somebody else has cut it or written to it; whether that was so.
    pub(crate) fn settle(&mut self) -> Result<bool> {
        let there = self.file.metadata().map_err(|e| cannot_io(&self.path, &e))?.len();
        if there != self.len {
            warn(&format!(
                "{} has {there} bytes where {} were written: another program changed it; the sink goes on at its end",
                self.path, self.len
            ));
            self.len = there;
            return Ok(true);
        }
        Ok(false)
    }

    /// Makes what was written survive a loss of power.
    pub(crate) fn sync(&self) -> Result<()> {
        self.file.sync_all().map_err(|e| cannot_io(&self.path, &e))
    }
}
