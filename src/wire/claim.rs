//! A file that its process holds as long as it lives, and that anyone may ask whether it is held.
//!
//! An open file description lock (`fcntl(2)`, F_OFD_SETLK): it goes with the process, also with `kill -9`, and threads
//! of one process hold several. Asking (F_OFD_GETLK) takes nothing, so who looks is never in the way of who starts;
//! `flock` can only be asked by taking it, and the `fcntl` locks of POSIX belong to all threads of a process at once.

use nix::fcntl::{FcntlArg, fcntl};
use nix::libc;
use std::fs::File;
use std::path::Path;
use std::time::{Duration, Instant};

/// A process that was just forked holds what its parent held until it runs its own program: for so long a file is
/// asked for.
const FORK: Duration = Duration::from_millis(100);
const PAUSE: Duration = Duration::from_millis(1);

/// Takes a file for as long as it is open; false when another process, or thread, holds it.
pub(crate) fn take(file: &File) -> bool {
    let start = Instant::now();
    while !take_now(file) {
        if start.elapsed() > FORK {
            return false;
        }
        std::thread::sleep(PAUSE);
    }
    true
}

fn take_now(file: &File) -> bool {
    fcntl(file, FcntlArg::F_OFD_SETLK(&whole())).is_ok()
}

/// Whether somebody holds the file that is there.
pub(crate) fn is_taken(path: &Path) -> bool {
    let mut found = whole();
    let asked = File::open(path).is_ok_and(|file| fcntl(&file, FcntlArg::F_OFD_GETLK(&mut found)).is_ok());
    asked && found.l_type != libc::F_UNLCK as libc::c_short
}

/// A lock of a whole file, however long it grows, that only one may have.
fn whole() -> libc::flock {
    libc::flock {
        l_type: libc::F_WRLCK as libc::c_short,
        l_whence: libc::SEEK_SET as libc::c_short,
        l_start: 0,
        l_len: 0,
        l_pid: 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicBool, Ordering};

    #[test]
    fn who_looks_is_never_in_the_way_of_who_takes() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        let open =
            || File::options().read(true).write(true).create(true).truncate(false).open(&path).unwrap();
        assert!(!is_taken(&path), "there is no file");
        let (first, done) = (open(), AtomicBool::new(false));
        assert!(!is_taken(&path));
        std::thread::scope(|scope| {
            let looks = || {
                while !done.load(Ordering::Relaxed) {
                    is_taken(&path);
                }
            };
            (0..2).for_each(|_| drop(scope.spawn(looks)));
            for n in 0..2_000 {
                let file = open();
                assert!(take(&file), "take {n} was refused");
                assert!(is_taken(&path) && !take_now(&first), "and then it is held");
            }
            done.store(true, Ordering::Relaxed);
        });
        assert!(take(&first), "it went with its file");
    }
}
