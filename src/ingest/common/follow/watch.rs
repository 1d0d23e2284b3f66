//! Hears when files are written to, and when names come and go in their folders: by inotify, or by a look each second
//! where that hears nothing.

use crate::identity::Inode;
use crate::ingest::common::warn;
use nix::sys::inotify::{AddWatchFlags, InitFlags, Inotify, WatchDescriptor};
use nix::sys::statfs::{FsType, statfs};
use std::collections::{BTreeMap, HashSet};
use std::fs::File;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::path::{Path, PathBuf};

/// How often is looked where nothing is heard.
pub(super) const LOOK_NS: u64 = 1_000_000_000;

/// File systems on which others write, of which the kernel here does not know: NFS, SMB, CIFS, FUSE, 9P, Ceph, AFS,
/// Lustre, GPFS, those of virtual machines.
const REMOTE: [i128; 11] = [
    0x6969,
    0xfe53_4d42,
    0xff53_4d42,
    0x6573_5546,
    0x0102_1997,
    0x00c3_6400,
    0x5346_414f,
    0x0bd0_0bd0,
    0x4750_4653,
    0x786f_4256,
    0xbacb_acbc,
];

/// What has happened since it was asked last, beside what was written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Heard {
    /// A name came, went, or leads elsewhere.
    pub names: bool,
    /// Any file may have been written to.
    pub all: bool,
}

pub(super) struct Watch {
    inotify: Option<Inotify>,
    folders: BTreeMap<PathBuf, Option<Inode>>,
    /// What inotify can't hear is looked for.
    looks: bool,
    told: bool,
    /// When it was looked last.
    looked_ns: u64,
    /// What was written to.
    written: HashSet<WatchDescriptor>,
}

impl Watch {
    pub(super) fn new() -> Watch {
        let mut watch = Watch {
            inotify: None,
            folders: BTreeMap::new(),
            looks: false,
            told: false,
            looked_ns: 0,
            written: HashSet::new(),
        };
        match Inotify::init(InitFlags::IN_NONBLOCK | InitFlags::IN_CLOEXEC) {
            Ok(inotify) => watch.inotify = Some(inotify),
            Err(e) => watch.look_instead(e.desc()),
        }
        watch
    }

    fn look_instead(&mut self, why: &str) {
        self.looks = true;
        if !std::mem::replace(&mut self.told, true) {
            warn(&format!(
                "files are followed by a look each second: inotify can't watch all of them ({why}; its limits are in \
                 /proc/sys/fs/inotify)"
            ));
        }
    }

    /// Hears of names in a folder; where there is none, of those in the nearest above it. Whether that is new.
    pub(super) fn folder(&mut self, folder: &Path) -> bool {
        let there = folder.ancestors().find(|folder| folder.is_dir()).unwrap_or(Path::new("."));
        let there = if there.as_os_str().is_empty() { Path::new(".") } else { there };
        if self.folders.contains_key(there) {
            return false;
        }
        self.folders.insert(there.to_path_buf(), Inode::at(there));
        self.looks |= is_remote(there);
        let mask = AddWatchFlags::IN_CREATE
            | AddWatchFlags::IN_MOVED_TO
            | AddWatchFlags::IN_MOVED_FROM
            | AddWatchFlags::IN_DELETE
            | AddWatchFlags::IN_DELETE_SELF
            | AddWatchFlags::IN_MOVE_SELF
            | AddWatchFlags::IN_ATTRIB
            | AddWatchFlags::IN_ONLYDIR;
        if let Some(Err(e)) = self.inotify.as_ref().map(|inotify| inotify.add_watch(there, mask)) {
            self.look_instead(e.desc());
        }
        true
    }

    /// Hears when this file is written to, whatever it is called.
    pub(super) fn file(&mut self, file: &File) -> Option<WatchDescriptor> {
        let path = PathBuf::from(format!("/proc/self/fd/{}", file.as_raw_fd()));
        self.looks |= is_remote(&path);
        match self.inotify.as_ref()?.add_watch(&path, AddWatchFlags::IN_MODIFY) {
            Ok(watched) => Some(watched),
            Err(e) => {
                self.look_instead(e.desc());
                None
            }
        }
    }

    pub(super) fn forget(&mut self, watched: Option<WatchDescriptor>) {
        if let (Some(inotify), Some(watched)) = (&self.inotify, watched) {
            // One whose file is gone is gone itself.
            let _ = inotify.rm_watch(watched);
        }
    }

    /// What has happened since it was asked last, at this time. `written` has the files that were written to.
    pub(super) fn heard(&mut self, now_ns: u64) -> Heard {
        self.written.clear();
        let mut heard = Heard::default();
        if self.looks && now_ns.saturating_sub(self.looked_ns) >= LOOK_NS {
            self.looked_ns = now_ns;
            heard = Heard { names: true, all: true };
        }
        let Some(inotify) = &self.inotify else { return heard };
        // An error means that there is nothing.
        while let Ok(events) = inotify.read_events() {
            for event in events {
                if event.mask.contains(AddWatchFlags::IN_MODIFY) {
                    self.written.insert(event.wd);
                } else {
                    heard.names = true;
                    heard.all |= event.mask.contains(AddWatchFlags::IN_Q_OVERFLOW);
                }
            }
        }
        if heard.names {
            // Folders may have gone and come back.
            self.folders.retain(|folder, known| Inode::at(folder) == *known);
        }
        heard
    }

    /// Whether a file was written to, as it was heard last.
    pub(super) fn is_written(&self, watched: Option<WatchDescriptor>) -> bool {
        watched.is_none_or(|watched| self.written.contains(&watched))
    }

    /// Whether any was.
    pub(super) fn any_is_written(&self) -> bool {
        !self.written.is_empty()
    }

    /// When to look again though nothing is heard.
    pub(super) fn look_at_ns(&self) -> Option<u64> {
        self.looks.then_some(self.looked_ns + LOOK_NS)
    }

    pub(super) fn descriptor(&self) -> Option<BorrowedFd<'_>> {
        self.inotify.as_ref().map(AsFd::as_fd)
    }
}

fn is_remote(path: &Path) -> bool {
    let Ok(FsType(found)) = statfs(path).map(|there| there.filesystem_type()) else { return false };
    REMOTE.contains(&i128::from(found))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::io::Write;

    #[test]
    fn what_is_written_and_what_names_do_is_heard_and_nothing_else() {
        let room = tempfile::tempdir().unwrap();
        let at = |name: &str| room.path().join(name);
        let mut file = File::create(at("a")).unwrap();
        let mut watch = Watch::new();
        assert!(watch.folder(room.path()) && !watch.folder(room.path()));
        assert!(!watch.folder(&at("none/deep")), "the nearest that is there is watched already");
        let watched = watch.file(&file);
        let other = watch.file(&File::create(at("other")).unwrap());
        watch.heard(0);
        let mut heard = || (watch.heard(0), watch.is_written(watched), watch.is_written(other));
        let quiet = Heard::default();
        let names = Heard { names: true, ..quiet };
        assert_eq!(heard(), (quiet, false, false));
        file.write_all(b"x").unwrap();
        assert_eq!((heard(), heard()), ((quiet, true, false), (quiet, false, false)));
        file.set_len(0).unwrap();
        assert_eq!(heard(), (quiet, true, false), "a cut is heard");
        fs::rename(at("a"), at("b")).unwrap();
        assert_eq!(heard(), (names, false, false));
        file.write_all(b"y").unwrap();
        assert_eq!(heard(), (quiet, true, false), "it is the same file still");
        fs::write(at("c"), "").unwrap();
        assert!(watch.heard(0).names);
        assert_eq!(watch.look_at_ns(), None);
    }

    #[test]
    fn folders_that_go_and_come_back_are_watched_again() {
        let room = tempfile::tempdir().unwrap();
        let sub = room.path().join("sub");
        fs::create_dir(&sub).unwrap();
        let mut watch = Watch::new();
        assert!(watch.folder(room.path()) && watch.folder(&sub));
        fs::remove_dir(&sub).unwrap();
        assert!(watch.heard(0).names);
        fs::create_dir(&sub).unwrap();
        assert!(watch.heard(0).names && watch.folder(&sub));
        fs::write(sub.join("x"), "").unwrap();
        assert!(watch.heard(0).names);
    }
}
