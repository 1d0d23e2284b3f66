//! New content of a file, which grows beside the old and takes its place as a whole.

use super::lock;
use super::place::{cannot, cannot_io};
use crate::error::Result;
use crate::identity::real;
use nix::libc::{O_NOFOLLOW, O_NONBLOCK};
use nix::unistd::{AccessFlags, access, fchown};
use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// Where it grows, and what it is to replace.
pub(crate) struct Beside {
    /// Without links: the old file, not a name that leads to it.
    old: PathBuf,
    new: PathBuf,
}

/// A longer name of a file is cut in the name of what grows beside it (NAME_MAX is 255).
const NAME_BYTES: usize = 200;

impl Beside {
    pub(crate) fn of(path: &str) -> Beside {
        let old = real(Path::new(path));
        let name = old.file_name().unwrap_or_default().to_string_lossy();
        let end = (0..=NAME_BYTES.min(name.len())).rev().find(|end| name.is_char_boundary(*end));
        let new = old.with_file_name(format!(".{}.sluicebox-part", &name[..end.unwrap_or_default()]));
        Beside { old, new }
    }

    /// Where it grows.
    pub(crate) fn path(&self) -> String {
        self.new.display().to_string()
    }

    pub(crate) fn place(&self) -> &Path {
        &self.new
    }

    /// Makes the file that is to grow there; nobody else may read it before it has the old one's rights. What a run
    /// that is over has left there gives way, and a link there is not followed.
    pub(crate) fn make(&self) -> Result<File> {
        let told = |e| cannot_io(&self.path(), &e);
        let read = OpenOptions::new().read(true).custom_flags(O_NOFOLLOW | O_NONBLOCK).open(&self.new);
        if let Ok(left) = read {
            lock::is_free(&left, None).map_err(|holder| holder.refuses(&self.path()))?;
        }
        self.discard();
        OpenOptions::new()
            .read(true)
            .append(true)
            .create_new(true)
            .mode(0o600)
            .custom_flags(O_NOFOLLOW)
            .open(&self.new)
            .map_err(told)
    }

    /// Whether a file can be made there, and put in the old one's place.
    pub(crate) fn check(&self, path: &str) -> Result<()> {
        let folder = self.old.parent().unwrap_or(Path::new("/"));
        let advice = "the new file grows beside the old one: grant that, or choose another path";
        access(folder, AccessFlags::W_OK | AccessFlags::X_OK)
            .map_err(|_| cannot(path, &format!("no file can be made in {}", folder.display()), advice))?;
        let device = |path: &Path| {
            fs::metadata(path)
                .map(|there| there.dev())
                .map_err(|e| cannot_io(&path.display().to_string(), &e))
        };
        if device(folder)? != device(&self.old)? {
            return Err(cannot(path, "another file system is mounted there", "choose another path"));
        }
        Ok(())
    }

    /// Puts what has grown, durable as it is, in the old one's place, with the old one's owner and rights.
    pub(crate) fn swap(&self, grown: &File) -> Result<()> {
        let told = |e: std::io::Error| {
            let why =
                format!("the new file can't take the place of the old one: {}", crate::error::reason(&e));
            cannot(&self.old.display().to_string(), &why, &format!("what was stored lies in {}", self.path()))
        };
        if let Ok(old) = fs::metadata(&self.old) {
            grown.set_permissions(old.permissions()).map_err(told)?;
            // Where it may not be given away it is ours.
            let _ = fchown(grown, Some(old.uid().into()), Some(old.gid().into()));
        } else {
            grown.set_permissions(fs::Permissions::from_mode(0o666 & !umask())).map_err(told)?;
        }
        fs::rename(&self.new, &self.old).map_err(told)?;
        // The name survives a loss of power where the file system can promise that.
        let _ = File::open(self.old.parent().unwrap_or(Path::new("/"))).and_then(|folder| folder.sync_all());
        Ok(())
    }

    /// Removes what has grown: it is nothing.
    pub(crate) fn discard(&self) {
        let _ = fs::remove_file(&self.new);
    }
}

/// The rights that a new file does not get; to ask the system for them is to change them, so its own word is read.
fn umask() -> u32 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("Umask:"));
    mask.and_then(|mask| u32::from_str_radix(mask.trim(), 8).ok()).unwrap_or(0o077)
}
