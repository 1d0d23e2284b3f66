//! A file that its process holds as long as it lives, and that anyone may ask whether it is held.
//!
//! An open file description lock (`fcntl(2)`, F_OFD_SETLK): it goes with the process, also with `kill -9`, and threads
//! of one process hold several. Asking (F_OFD_GETLK) takes nothing, so who looks is never in the way of who starts;
//! `flock` can only be asked by taking it, and the `fcntl` locks of POSIX belong to all threads of a process at once.

use nix::fcntl::{FcntlArg, fcntl};
use nix::libc;
use rustix::io::Errno;
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open, pidfd_send_signal};
use std::fs::{self, DirEntry, File};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::MetadataExt;
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

/// The process that holds a file, by a descriptor of its own: a number may be another process's when it is used.
pub struct Holder {
    pid: u32,
    process: OwnedFd,
}

impl Holder {
    /// For people, and to tell processes apart.
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// Asks it to stop. One that has just ended needs no signal.
    ///
    /// # Errors
    /// When it is another user's.
    pub fn ask_to_stop(&self) -> io::Result<()> {
        match pidfd_send_signal(&self.process, Signal::TERM) {
            Err(Errno::SRCH) => Ok(()),
            sent => Ok(sent?),
        }
    }
}

/// Who holds the file that is there; `None`: nobody, as far as processes can be seen from here.
///
/// The kernel does not tell who has such a lock, but shows with each open file what locks it has (`proc(5)`, fdinfo).
/// `likely` is only looked at first.
pub(crate) fn holder(path: &Path, likely: Option<u32>) -> Option<Holder> {
    let meta = fs::metadata(path).ok()?;
    let file = (meta.dev(), meta.ino());
    let number = |entry: DirEntry| entry.file_name().to_str()?.parse().ok();
    let all = || fs::read_dir("/proc").into_iter().flatten().flatten().filter_map(number);
    likely.into_iter().find_map(|pid| holds(pid, file)).or_else(|| all().find_map(|pid| holds(pid, file)))
}

/// The process of that number, if it holds the file of that device and number.
fn holds(pid: u32, file: (u64, u64)) -> Option<Holder> {
    // Opened before it is looked at: if another has its number meanwhile, this one has ended and hears no signal.
    let process = pidfd_open(Pid::from_raw(i32::try_from(pid).ok()?)?, PidfdFlags::empty()).ok()?;
    let opened = fs::read_dir(format!("/proc/{pid}/fd")).ok()?;
    let is_it = |fd: &DirEntry| fs::metadata(fd.path()).is_ok_and(|meta| (meta.dev(), meta.ino()) == file);
    let is_locked = |fd: DirEntry| {
        let told = fs::read_to_string(format!("/proc/{pid}/fdinfo/{}", fd.file_name().display()));
        told.is_ok_and(|told| told.lines().any(|line| line.starts_with("lock:") && line.contains(" OFDLCK ")))
    };
    let held = opened.flatten().filter(is_it).any(is_locked);
    held.then_some(Holder { pid, process })
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
