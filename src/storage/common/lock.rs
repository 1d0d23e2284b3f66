//! Who fills a file, or a part of one, holds it: whoever else wants to is told at once, with the name of the run.
//!
//! Open file description locks (`fcntl(2)`, F_OFD_SETLK) on bytes far behind the end of any file. So they leave no
//! trace, hold whatever run directories there are, go with their process, and live beside the locks of SQLite. Where a
//! lock begins or how long it is says whose it is, and that can be asked.

use crate::error::Error;
use crate::whose;
use nix::errno::Errno;
use nix::fcntl::{FcntlArg, fcntl};
use nix::libc;
use std::fs::File;
use std::time::{Duration, Instant};
use xxhash_rust::xxh3::xxh3_64;

/// Behind it lie the parts, each in a stretch of its own that is longer than any number of a process.
const PARTS: i64 = 1 << 62;
const STRETCH: i64 = 1 << 23;
const STRETCHES: u64 = 1 << 38;

/// A process that was just forked holds what its parent held until it runs its own program.
const FORK: Duration = Duration::from_millis(100);
/// What a launcher leaves behind goes within this time.
const LEAVING: Duration = Duration::from_secs(5);
const PAUSE: Duration = Duration::from_millis(2);

/// Who holds it.
pub(crate) struct Holder(u32);

impl Holder {
    /// `WHAT is being filled by RUN (ADVICE)`.
    pub(crate) fn refuses(&self, what: &str) -> Error {
        Error::failed(format!(
            "{what} is being filled by {}: wait for its end, stop it, or choose another path",
            whose::called(self.0)
        ))
    }
}

/// Takes a file, or a part of one, for as long as the file is open; or says who has it.
pub(crate) fn take(file: &File, part: Option<&str>) -> Result<(), Holder> {
    let mine = lock(libc::F_WRLCK, part);
    wait(|| match fcntl(file, FcntlArg::F_OFD_SETLK(&mine)) {
        Err(Errno::EAGAIN | Errno::EACCES) => holder(file, part).map_or(Ok(false), Err),
        // Some network file systems know no locks.
        Ok(_) | Err(_) => Ok(true),
    })
}

/// Lets go of what was taken, while the file stays open.
pub(crate) fn release(file: &File, part: Option<&str>) {
    let _ = fcntl(file, FcntlArg::F_OFD_SETLK(&lock(libc::F_UNLCK, part)));
}

/// Whether nobody else fills it, or a part of it if none is named.
pub(crate) fn is_free(file: &File, part: Option<&str>) -> Result<(), Holder> {
    wait(|| holder(file, part).map_or(Ok(true), Err))
}

/// Tries until it is done, or who holds it is there to stay.
fn wait(mut attempt: impl FnMut() -> Result<bool, Holder>) -> Result<(), Holder> {
    let start = Instant::now();
    loop {
        match attempt() {
            Ok(true) => return Ok(()),
            Ok(false) => {}
            Err(holder) => {
                let patience = if whose::is_leaving(holder.0) { LEAVING } else { FORK };
                if start.elapsed() > patience {
                    return Err(holder);
                }
            }
        }
        std::thread::sleep(PAUSE);
    }
}

/// Who holds it now.
pub(crate) fn holder(file: &File, part: Option<&str>) -> Option<Holder> {
    let mut found = lock(libc::F_WRLCK, part);
    fcntl(file, FcntlArg::F_OFD_GETLK(&mut found)).ok()?;
    let pid = if found.l_len == 0 { PARTS - found.l_start } else { found.l_len };
    (found.l_type != libc::F_UNLCK as libc::c_short).then(|| Holder(u32::try_from(pid).unwrap_or_default()))
}

/// The lock of this process. One of all begins in front of the parts and has no end; one of a part is as long as the
/// number of its process.
fn lock(kind: i32, part: Option<&str>) -> libc::flock {
    let pid = i64::from(std::process::id());
    let (start, len) = match part {
        None => (PARTS - pid, 0),
        Some(part) => (PARTS + (xxh3_64(part.as_bytes()) % STRETCHES) as i64 * STRETCH, pid),
    };
    libc::flock {
        l_type: kind as libc::c_short,
        l_whence: libc::SEEK_SET as libc::c_short,
        l_start: start,
        l_len: len,
        l_pid: 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_apart_and_a_whole_file_holds_them_all() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x");
        let open =
            || File::options().read(true).write(true).create(true).truncate(false).open(&path).unwrap();
        let (first, second) = (open(), open());
        let own = std::process::id();
        let held = |part| take(&second, part).err().map(|Holder(pid)| pid);
        assert!(take(&first, Some("a")).is_ok());
        assert_eq!((held(Some("a")), held(None), held(Some("b"))), (Some(own), Some(own), None));
        assert!(is_free(&second, Some("a")).is_err() && is_free(&first, Some("a")).is_ok());
        release(&second, Some("b"));
        release(&first, Some("a"));
        assert!(take(&first, None).is_ok());
        assert_eq!((held(Some("a")), held(None)), (Some(own), Some(own)));
        drop(first);
        assert_eq!(held(None), None, "it went with its file");
    }
}
