//! Files that others made: never read without an end, whatever lies at their path.

use nix::sys::statfs::{FsType, fstatfs};
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

/// So much, at most, does a person write: a topology is a page or two.
pub(crate) const PAGES_MAX: u64 = 1 << 20;

/// Where the kernel makes up what is read as it is read, some of it without an end.
const VIEWS: [(i128, &str); 4] =
    [(0x9fa0, "procfs"), (0x6265_6572, "sysfs"), (0x7472_6163, "tracefs"), (0x6462_6720, "debugfs")];

/// Reads what a person wrote: of more than `PAGES_MAX` bytes the first of them and one more.
///
/// # Errors
/// When it can't be read, or is no file of a person's.
pub fn read_pages(path: &Path) -> io::Result<Vec<u8>> {
    let file = File::open(path)?;
    on_a_disk(&file)?;
    let mut bytes = Vec::new();
    file.take(PAGES_MAX + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// # Errors
/// When the file is none on a disk but a view of the kernel's: what it shows may never end, and can't be read again.
pub(crate) fn on_a_disk(file: &File) -> io::Result<()> {
    let Ok(FsType(found)) = fstatfs(file).map(|there| there.filesystem_type()) else { return Ok(()) };
    match VIEWS.iter().find(|(magic, _)| *magic == i128::from(found)) {
        None => Ok(()),
        Some((_, view)) => Err(io::Error::other(format!(
            "it is no file on a disk but a view of the kernel's ({view}): copy what it shows to a file"
        ))),
    }
}
