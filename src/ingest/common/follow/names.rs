//! Which files there are to follow, by their names: those that come, those that are put aside, and those that an
//! earlier process was reading.

use super::followed::Followed;
use super::rotated::{born, folder, is_copy, is_rotated, since};
use super::{Follow, entries};
use crate::error::{Error, Result, reason};
use crate::identity::Inode;
use crate::ingest::common::first_seen::FirstSeen;
use crate::ingest::common::paths::Found;
use crate::ingest::common::shape::Shape;
use crate::ingest::common::warn;
use std::collections::HashMap;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirEntryExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// The clock of births goes in ticks of so much at the most.
const CLOCK: Duration = Duration::from_millis(10);
/// So often are names listed anew that may have changed meanwhile.
const TRIES: usize = 20;

impl<S: Shape> Follow<S> {
    /// Goes on with the files that an earlier process was reading, whatever they are called now.
    pub(super) fn restore(&mut self, position: &[u8]) -> Result<()> {
        let (files, looked) = entries(position);
        self.looked = looked;
        if files.is_empty() {
            return Ok(());
        }
        let mut names = HashMap::new();
        for path in self.from.places.look()?.files {
            if let Some(inode) = Inode::at(&path) {
                names.entry(inode).or_insert(path);
            }
        }
        for (offset, named, first) in files {
            let known = names.remove(&first.inode());
            let known = known.and_then(|path| Some((open(&path).ok()?, path)));
            let known = known.filter(|(file, _)| is(file, first.inode())).map(|(file, path)| (path, file));
            let found = match known {
                Some((_, file)) if self.is_another(first, &file, true) => None,
                Some(known) => Some(known),
                None => self.locate(first)?,
            };
            let Some((path, file)) = found else {
                warn(&format!(
                    "a file of {} that was read up to byte {offset} before is gone: what else it held is not known",
                    self.from.places.called()
                ));
                self.gone.push(first);
                continue;
            };
            let mut file = Followed::again(&path, file, offset, first).map_err(|e| cannot(&path, &e))?;
            file.seen = looked.filter(|_| named).unwrap_or(UNIX_EPOCH);
            self.add(self.files.len(), file)?;
        }
        Ok(())
    }

    /// A file by what it is, and the name by which it is followed. Where names change while they are listed, one may
    /// be missed, so it is looked for more than once.
    fn locate(&self, first: FirstSeen) -> Result<Option<(PathBuf, File)>> {
        let inode = first.inode();
        for _ in 0..TRIES {
            let found = self.from.places.look()?;
            let Some((path, now)) = find(inode, &found) else { continue };
            match open(&now) {
                Ok(file) if is(&file, inode) => {
                    let another = self.is_another(first, &file, found.files.contains(&path));
                    return Ok(Some((path, file)).filter(|_| !another));
                }
                Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(cannot(&now, &e)),
                _ => {}
            }
        }
        Ok(None)
    }

    /// Whether a file only has got the number of one that is gone: it is not known by what was read of that, and has a
    /// name that it can't have got, or came into being when nobody looked any more.
    fn is_another(&self, first: FirstSeen, file: &File, has_its_name: bool) -> bool {
        let known = first.len() > 0 && first.has_changed(file).is_ok_and(|changed| !changed);
        let younger = |looked| file.metadata().is_ok_and(|there| born(&there) > looked);
        !known && (!has_its_name || self.looked.is_some_and(younger))
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
            let named = Inode::at(&file.path) == Some(file.inode());
            file.moved |= named != file.named;
            file.named = named;
            if named {
                file.seen = now;
            }
        }
        for path in &found.files {
            let Some(there) = Inode::at(path) else { continue };
            match self.files.iter_mut().find(|file| file.inode() == there) {
                Some(known) if !known.named => {
                    (known.path, known.named, known.seen, known.moved) = (path.clone(), true, now, true);
                }
                Some(_) => {}
                None => self.take(path, now, first)?,
            }
        }
        self.looked = Some(now);
        self.gone.clear();
        self.told.retain(|path| found.files.contains(path));
        self.let_go();
        Ok(())
    }

    /// A file that is new: those that had its name before and were put aside come first.
    fn take(&mut self, path: &Path, now: SystemTime, first: bool) -> Result<()> {
        let opened = open(path).and_then(|file| Followed::new(path, file));
        let mut file = match opened {
            Ok(file) => file,
            // It has gone again.
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(e) if !first => {
                if self.told.insert(path.to_path_buf()) {
                    warn(&format!("cannot follow {}: {}", path.display(), reason(&e)));
                }
                return Ok(());
            }
            Err(e) => return Err(cannot(path, &e)),
        };
        file.seen = now;
        let before = self.files.iter().rposition(|file| file.path == path && !file.named);
        if let Some(from) = self.since(before) {
            let next = before.map_or(self.files.len(), |before| before + 1);
            for (more, aside) in put_aside(path, from).into_iter().enumerate() {
                self.take_aside(next + more, path, aside, file.inode())?;
            }
        }
        self.add(self.files.len(), file)
    }

    /// What has had a name behind the file `before` came into being since then: it is younger, and was not there when
    /// the name led to that one. Where no file had the name, since names were looked at.
    fn since(&self, before: Option<usize>) -> Option<SystemTime> {
        let Some(before) = before.map(|before| &self.files[before]) else {
            return self.looked.map(|looked| looked - CLOCK);
        };
        let born = before.file.metadata().ok().map(|there| born(&there));
        born.max(Some(before.seen - CLOCK))
    }

    /// A file that had the name `path` when nobody looked.
    fn take_aside(&mut self, at: usize, path: &Path, aside: File, new: Inode) -> Result<()> {
        let Ok(mut file) = Followed::new(path, aside) else { return Ok(()) };
        if file.inode() == new || self.files.iter().any(|known| known.inode() == file.inode()) {
            return Ok(());
        }
        let copied = |known: &Followed| known.path == path && known.is_copied_in(&file.file);
        if self.files.iter().any(copied) || self.gone.iter().any(|gone| is_copy(*gone, &file.file)) {
            warn(&format!(
                "beside {} lies a file that begins with what was read: it is taken for a copy, and not read",
                path.display()
            ));
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

/// Opens a file. What is none is not waited for.
fn open(path: &Path) -> io::Result<File> {
    let none = || io::Error::other("it is no file that can be followed");
    if !fs::metadata(path)?.is_file() {
        return Err(none());
    }
    let flags = nix::libc::O_NONBLOCK | nix::libc::O_NOCTTY;
    let file = OpenOptions::new().read(true).custom_flags(flags).open(path)?;
    // Another may have taken the name meanwhile.
    if file.metadata()?.is_file() { Ok(file) } else { Err(none()) }
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
            listed.iter().filter_map(|(inode, path)| open(path).ok().filter(|file| is(file, *inode)));
        let opened: Vec<File> = opened.collect();
        if opened.len() == listed.len() && since(path, from) == listed {
            return opened;
        }
    }
    // Who may not read one of them can have the others.
    since(path, from).iter().filter_map(|(_, path)| open(path).ok()).collect()
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
