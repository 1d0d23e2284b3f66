//! Which files there are to follow, by their names: those that come, those that are put aside, and those that an
//! earlier process was reading.

use super::followed::Followed;
use super::rotated::{born, folder, is_rotated, since};
use super::{Follow, entries};
use crate::error::{Error, Result, reason};
use crate::identity::Inode;
use crate::ingest::common::paths::Found;
use crate::ingest::common::shape::Shape;
use crate::ingest::common::warn;
use std::collections::HashMap;
use std::fs::{self, File};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::DirEntryExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// The clock of births goes in ticks of so much at the most.
const CLOCK: Duration = Duration::from_millis(10);
/// So often are names listed anew that may have changed meanwhile.
const TRIES: usize = 20;

impl<S: Shape> Follow<S> {
    /// Goes on with the files that an earlier process was reading, whatever they are called now.
    pub(super) fn restore(&mut self, position: &[u8]) -> Result<()> {
        if position.is_empty() {
            return Ok(());
        }
        let mut named = HashMap::new();
        for path in self.from.places.look()?.files {
            if let Some(inode) = Inode::at(&path) {
                named.entry(inode).or_insert(path);
            }
        }
        for (offset, first) in entries(position) {
            let known = named.remove(&first.inode());
            let known = known.and_then(|path| Some((File::open(&path).ok()?, path)));
            let known = known.filter(|(file, _)| is(file, first.inode())).map(|(file, path)| (path, file));
            let found = if known.is_some() { known } else { self.locate(first.inode())? };
            let Some((path, file)) = found else {
                warn(&format!(
                    "a file of {} that was read up to byte {offset} before is gone: what else it held is not known",
                    self.from.places.called()
                ));
                continue;
            };
            let file = Followed::again(&path, file, offset, first).map_err(|e| cannot(&path, &e))?;
            self.add(self.files.len(), file)?;
        }
        Ok(())
    }

    /// A file by what it is, and the name by which it is followed. Where names change while they are listed, one may
    /// be missed, so it is looked for more than once.
    fn locate(&self, inode: Inode) -> Result<Option<(PathBuf, File)>> {
        for _ in 0..TRIES {
            let Some((path, now)) = find(inode, &self.from.places.look()?) else { continue };
            match File::open(&now) {
                Ok(file) if is(&file, inode) => return Ok(Some((path, file))),
                Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(cannot(&now, &e)),
                _ => {}
            }
        }
        Ok(None)
    }

    /// Looks at the names: what is new is followed from now on. `first`: it was not looked yet.
    pub(super) fn look(&mut self, first: bool) -> Result<()> {
        let now = SystemTime::now();
        let found = loop {
            let found = self.from.places.look()?;
            // What comes into a folder before it is watched is found by looking once more.
            let mut new = false;
            found.folders.iter().for_each(|folder| new |= self.watch.folder(folder));
            if !new {
                break found;
            }
        };
        for file in &mut self.files {
            file.named = Inode::at(&file.path) == Some(file.inode());
        }
        for path in &found.files {
            let Some(there) = Inode::at(path) else { continue };
            match self.files.iter_mut().find(|file| file.inode() == there) {
                Some(known) if !known.named => (known.path, known.named) = (path.clone(), true),
                Some(_) => {}
                None => self.take(path, first)?,
            }
        }
        self.looked = Some(now);
        self.let_go();
        Ok(())
    }

    /// A file that is new: those that had its name before and were put aside come first.
    fn take(&mut self, path: &Path, first: bool) -> Result<()> {
        let opened = File::open(path).and_then(|file| Followed::new(path, file));
        let file = match opened {
            Ok(file) => file,
            // It has gone again.
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(e) if !first => {
                warn(&format!("cannot follow {}: {}", path.display(), reason(&e)));
                return Ok(());
            }
            Err(e) => return Err(cannot(path, &e)),
        };
        let before = self.files.iter().rposition(|file| file.path == path && !file.named);
        let born_before =
            before.and_then(|before| self.files[before].file.metadata().ok()).map(|there| born(&there));
        // Where nothing had the name, what has had it since it was looked for.
        let looked = self.looked.filter(|_| before.is_none() && !first).map(|looked| looked - CLOCK);
        if let Some(from) = born_before.or(looked) {
            let next = before.map_or(self.files.len(), |before| before + 1);
            for (more, aside) in put_aside(path, from).into_iter().enumerate() {
                self.take_aside(next + more, path, aside, file.inode())?;
            }
        }
        self.add(self.files.len(), file)
    }

    /// A file that had the name `path` when nobody looked.
    fn take_aside(&mut self, at: usize, path: &Path, aside: File, new: Inode) -> Result<()> {
        let Ok(mut file) = Followed::new(path, aside) else { return Ok(()) };
        if file.inode() == new || self.files.iter().any(|known| known.inode() == file.inode()) {
            return Ok(());
        }
        file.named = false;
        self.add(at.min(self.files.len()), file)
    }

    /// Files that have no name any more, or whose name two others have had since, get nothing more.
    fn let_go(&mut self) {
        for at in 0..self.files.len() {
            let (file, younger) = (&self.files[at], &self.files[at + 1..]);
            let since = younger.iter().filter(|younger| younger.path == file.path).count();
            if since > 1 || file.is_deleted() {
                self.files[at].let_go();
            }
        }
    }
}

fn cannot(path: &Path, e: &io::Error) -> Error {
    Error::failed(format!("cannot read {}: {}", path.display(), reason(e)))
}

fn is(file: &File, inode: Inode) -> bool {
    file.metadata().is_ok_and(|there| Inode::of(&there) == inode)
}

/// The files that had the name of `path` and were put aside, born after `from`, in the order of their births. They may
/// be renamed while they are listed and opened: that counts only when a second list is the same.
fn put_aside(path: &Path, from: SystemTime) -> Vec<File> {
    for _ in 0..TRIES {
        let listed = since(path, from);
        let opened =
            listed.iter().filter_map(|(inode, path)| File::open(path).ok().filter(|file| is(file, *inode)));
        let opened: Vec<File> = opened.collect();
        if opened.len() == listed.len() && since(path, from) == listed {
            return opened;
        }
    }
    // Who may not read one of them can have the others.
    since(path, from).iter().filter_map(|(_, path)| File::open(path).ok()).collect()
}

/// The name by which a file is followed, and the one that it has now.
fn find(inode: Inode, found: &Found) -> Option<(PathBuf, PathBuf)> {
    if let Some(path) = found.files.iter().find(|path| Inode::at(path) == Some(inode)) {
        return Some((path.clone(), path.clone()));
    }
    let entries =
        found.folders.iter().flat_map(|folder| fs::read_dir(folder).into_iter().flatten().flatten());
    let mut same = entries.filter(|entry| entry.ino() == inode.number);
    let now = same.find(|entry| Inode::at(&entry.path()) == Some(inode))?;
    let name = now.file_name();
    let had = |path: &&PathBuf| {
        path.file_name().is_some_and(|base| is_rotated(base.as_bytes(), name.as_bytes()))
            && Inode::at(folder(path)) == Inode::at(folder(&now.path()))
    };
    Some((found.files.iter().find(had).cloned().unwrap_or_else(|| now.path()), now.path()))
}
