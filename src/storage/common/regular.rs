//! A regular file that grows by whole writes: all of one is there, or nothing of it.

use super::beside::Beside;
use super::lock;
use super::mark::Mark;
use super::place::{cannot, cannot_io, make_folders};
use super::position::{Position, born_ns};
use crate::error::{Error, Result};
use crate::identity::Inode;
use crate::operator::{Cx, Refusal, insist};
use crate::storage::warn;
use crate::units::Span;
use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::FileExt;
use std::path::Path;

/// A file that only this sink writes to.
pub(crate) struct Regular {
    path: String,
    file: File,
    id: Inode,
    born_ns: u64,
    mark: Mark,
    /// How far it has been written; what lies behind is cut off.
    len: u64,
    swap: Option<Swap>,
}

/// What a file that grows beside another is to replace.
struct Swap {
    beside: Beside,
    /// The old file, held so that nobody else fills it meanwhile; `None` where it is gone.
    _old: Option<File>,
}

impl Regular {
    /// Opens or makes the file and its folders, and takes it for this sink alone.
    pub(crate) fn open(path: &str, run: &str) -> Result<Regular> {
        make_folders(path)?;
        let told = |e| cannot_io(path, &e);
        loop {
            let file = OpenOptions::new().read(true).append(true).create(true).open(path).map_err(told)?;
            // Who had it may have put another in its place.
            if let Some(taken) = Regular::take(path, file, run)? {
                return Ok(taken);
            }
        }
    }

    /// Takes the file that was opened at the path; `None` when it lies no more there.
    fn take(path: &str, file: File, run: &str) -> Result<Option<Regular>> {
        lock::take(&file, None).map_err(|holder| holder.refuses(path))?;
        let there = file.metadata().map_err(|e| cannot_io(path, &e))?;
        let (id, born_ns) = (Inode::of(&there), born_ns(&there));
        let taken = Regular {
            path: path.to_string(),
            file,
            id,
            born_ns,
            mark: Mark::of(run),
            len: there.len(),
            swap: None,
        };
        Ok((Inode::at(Path::new(path)) == Some(id)).then_some(taken))
    }

    /// A new file that will take the place of this one, which stays held meanwhile.
    pub(crate) fn beside(self) -> Result<Regular> {
        let beside = Beside::of(&self.path);
        let (path, run) = (beside.path(), &self.mark.run);
        let taken = Regular::take(&path, beside.make()?, run)?;
        let swap = Some(Swap { beside, _old: Some(self.file) });
        taken.map(|taken| Regular { swap, ..taken }).ok_or_else(|| is_gone(&self.path, &path))
    }

    /// Goes on in the file that grows beside the one at `path`.
    fn again_beside(path: &str, beside: Beside, run: &str) -> Result<Regular> {
        let old = Path::new(path).exists().then(|| Regular::open(path, run)).transpose()?;
        let (_old, new) = (old.map(|old| old.file), beside.path());
        Ok(Regular { swap: Some(Swap { beside, _old }), ..Regular::open(&new, run)? })
    }

    /// Goes on in the file that an earlier process has written, cut to what was counted; `None` when it lies no more
    /// where it was.
    pub(crate) fn again(path: &str, before: Position, run: &str) -> Result<Option<Regular>> {
        let beside = Beside::of(path);
        let is = |there: &Metadata| before.file == Some(Inode::of(there)) && before.born_ns == born_ns(there);
        let here = |path: &Path| fs::metadata(path).is_ok_and(|there| is(&there));
        let mut file = if here(beside.place()) {
            Regular::again_beside(path, beside, run)?
        } else if here(Path::new(path)) {
            Regular::open(path, run)?
        } else {
            return Ok(None);
        };
        // Another may have come in between.
        if !is(&file.file.metadata().map_err(|e| cannot_io(path, &e))?) {
            return Ok(None);
        }
        if file.len > before.len {
            file.mark.may_cut(&file.path, &file.file, before.len, file.len)?;
        }
        file.cut(before.len)?;
        Ok(Some(file))
    }

    /// Keeps the first `stays` bytes.
    pub(crate) fn cut(&mut self, stays: u64) -> Result<()> {
        if self.len > stays {
            self.file.set_len(stays).map_err(|e| cannot_io(&self.path, &e))?;
            self.len = stays;
        }
        if self.len == stays {
            return Ok(());
        }
        let (path, gone) = (&self.path, stays - self.len);
        if !self.ends_a_line()? {
            return Err(Error::failed(format!(
                "{path} is shorter than when it was last written to: {gone} bytes are gone, and its last record is cut \
                 in two: put the whole file back, or start a new run"
            )));
        }
        warn(&format!(
            "{path} is shorter than when it was last written to: {gone} bytes are gone; the sink goes on behind the \
             rest"
        ));
        Ok(())
    }

    pub(crate) fn file(&self) -> &File {
        &self.file
    }

    pub(crate) fn position(&self) -> Position {
        Position { len: self.len, file: Some(self.id), born_ns: self.born_ns, number: 0 }
    }

    /// Whether it grows beside the file that it is to replace.
    pub(crate) fn is_beside(&self) -> bool {
        self.swap.is_some()
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
        self.mark.intend(file, len + bytes.len() as u64);
        insist(patience, cx, |_| {
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
        Inode::at(Path::new(&self.path)) != Some(self.id)
    }

    /// Without what grew beside it, nothing can take the place of the file at `path`: the rest alone is not all of it.
    pub(crate) fn must_be_there(&self, path: &str) -> Result<()> {
        if self.is_beside() && self.was_moved() { Err(is_gone(path, &self.path)) } else { Ok(()) }
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

    /// Takes the place of the file that it grew beside of.
    pub(crate) fn swap(&mut self, path: &str) -> Result<()> {
        self.must_be_there(path)?;
        let Some(Swap { beside, .. }) = &self.swap else { return Ok(()) };
        self.sync()?;
        beside.swap(&self.file)?;
        (self.path, self.swap) = (path.to_string(), None);
        Ok(())
    }

    /// The run has ended, and the old file stays: what has grown is told of by name, or, if it is nothing, goes.
    pub(crate) fn stay_beside(self, path: &str, holds_records: bool) -> Result<()> {
        let Some(Swap { beside, .. }) = &self.swap else { return Ok(()) };
        if !holds_records {
            beside.discard();
            warn(&format!("nothing was stored: {path} stays as it was"));
            return Ok(());
        }
        self.must_be_there(path)?;
        warn(&format!(
            "not all records came, so {path} stays as it was; what was stored lies in {} until the next run that \
             replaces it, or goes on (`sluicebox run FILE --resume`)",
            self.path
        ));
        self.sync()
    }
}

/// What was to take the place of the file at `path` is not there any more.
pub(crate) fn is_gone(path: &str, new: &str) -> Error {
    cannot(path, &format!("{new} is gone"), "let no other program touch it, and run anew")
}
