//! The way to a run directory: each directory on it is opened in the one before, once, and must be ours.
//!
//! Who may write to a directory on the way may put another one in the place of ours, with another plan in it. So what
//! was looked at is held open, and what lies in it is reached by that descriptor, never by a path that may lead
//! elsewhere a moment later.

use crate::error::{Error, Result, reason};
use nix::errno::Errno;
use nix::fcntl::{OFlag, open as open_at_path, openat};
use nix::libc::{S_ISVTX, S_IWGRP, S_IWOTH};
use nix::sys::stat::{FileStat, Mode, fstat, mkdirat};
use nix::unistd::geteuid;
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

const ADVICE: &str = "unset XDG_RUNTIME_DIR, or set it to a folder of yours that nobody else may write to";

/// What a directory is reached by once it is open.
pub(super) fn reach(held: &OwnedFd) -> PathBuf {
    PathBuf::from(format!("/proc/self/fd/{}", held.as_raw_fd()))
}

/// Opens a run directory, or makes it; `None` where there is none.
///
/// # Errors
/// When it can't be opened, or is not ours, or the way to it is not.
pub(super) fn open(path: &Path, make: bool) -> Result<Option<OwnedFd>> {
    let above = path.parent().unwrap_or(Path::new("/"));
    match base(above, make)? {
        Some(base) => ours(&base, path, make),
        None => Ok(None),
    }
}

/// Opens the directory that run directories lie in, or makes it; `None` where there is none.
///
/// # Errors
/// As `open`.
pub(super) fn base(path: &Path, make: bool) -> Result<Option<OwnedFd>> {
    let ground = path.parent().unwrap_or(Path::new("/"));
    let ground = match open_at_path(ground, OFlag::O_DIRECTORY | OFlag::O_CLOEXEC, Mode::empty()) {
        Ok(opened) => trusted(opened, ground, path)?,
        Err(Errno::ENOENT | Errno::ENOTDIR) if !make => return Ok(None),
        Err(e) => return Err(cannot(if make { "make" } else { "reach" }, path, e)),
    };
    ours(&ground, path, make)
}

/// Opens a directory that somebody has open and lends: by `/proc/self/fd/N`, or by any path. Also what it is called.
///
/// # Errors
/// When it can't be opened or is not ours.
pub(super) fn lent(at: &Path) -> Result<(OwnedFd, PathBuf)> {
    let opened = open_at_path(at, OFlag::O_DIRECTORY | OFlag::O_CLOEXEC, Mode::empty());
    let opened = opened.map_err(|e| cannot("reach", at, e))?;
    let path = fs::read_link(reach(&opened)).map_err(|e| no_proc(at, &e))?;
    check(&opened, &path)?;
    Ok((opened, path))
}

/// Opens the directory of that path in the one that is open, or makes it there; `None` where there is none.
fn ours(within: &OwnedFd, path: &Path, make: bool) -> Result<Option<OwnedFd>> {
    let name = path.file_name().unwrap_or(OsStr::new("."));
    if make
        && let Err(e) = mkdirat(within, name, Mode::S_IRWXU)
        && e != Errno::EEXIST
    {
        return Err(cannot("make", path, e));
    }
    let flags = OFlag::O_DIRECTORY | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
    let opened = match openat(within, name, flags, Mode::empty()) {
        Ok(opened) => opened,
        Err(Errno::ENOENT) if !make => return Ok(None),
        Err(Errno::ENOTDIR | Errno::ELOOP) => return Err(refused(path, "is no directory")),
        Err(e) => return Err(cannot("open", path, e)),
    };
    check(&opened, path)?;
    // What lies in it is reached that way.
    fs::metadata(reach(&opened)).map_err(|e| no_proc(path, &e))?;
    Ok(Some(opened))
}

fn check(opened: &OwnedFd, path: &Path) -> Result<()> {
    let stat = stat(opened, path)?;
    if stat.st_uid != geteuid().as_raw() {
        return Err(refused(path, "belongs to another user"));
    }
    if stat.st_mode & 0o077 != 0 {
        return Err(refused(path, "can be entered by others"));
    }
    Ok(())
}

/// The directory in which ours lies: of us or of the machine, and such that nobody else may rename what is ours.
fn trusted(opened: OwnedFd, ground: &Path, path: &Path) -> Result<OwnedFd> {
    let stat = stat(&opened, ground)?;
    // In a namespace of users root may have another number.
    let root = fs::metadata("/").map_or(0, |root| root.uid());
    let why = if ![geteuid().as_raw(), root].contains(&stat.st_uid) {
        "belongs to another user"
    } else if stat.st_mode & (S_IWGRP | S_IWOTH) != 0 && stat.st_mode & S_ISVTX == 0 {
        "may be written to by others"
    } else {
        return Ok(opened);
    };
    let (path, ground) = (path.display(), ground.display());
    Err(Error::usage(format!(
        "nobody can trust the run directory {path}: {ground}, in which it lies, {why} ({ADVICE})"
    )))
}

fn stat(opened: &OwnedFd, path: &Path) -> Result<FileStat> {
    fstat(opened).map_err(|e| cannot("look at", path, e))
}

fn refused(path: &Path, why: &str) -> Error {
    Error::usage(format!("the run directory {} {why}: remove it or set XDG_RUNTIME_DIR", path.display()))
}

fn cannot(what: &str, path: &Path, e: Errno) -> Error {
    let (path, why) = (path.display(), reason(&io::Error::from(e)));
    Error::usage(format!("cannot {what} the run directory {path}: {why} ({ADVICE})"))
}

fn no_proc(path: &Path, e: &io::Error) -> Error {
    let (path, why) = (path.display(), reason(e));
    Error::failed(format!("cannot reach the run directory {path} by /proc/self/fd: {why} (mount /proc)"))
}
