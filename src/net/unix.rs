//! The path of a Unix socket: bound where nobody listens, and connected to without waiting.

use crate::error::{Error, Result, reason};
use crate::identity::Inode;
use nix::errno::Errno;
use nix::sys::socket::{AddressFamily, Backlog, SockFlag, SockType, UnixAddr, bind, socket};
use nix::sys::socket::{connect as connect_to, listen as listen_at};
use std::fs;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::os::unix::net::{UnixDatagram, UnixListener, UnixStream};
use std::path::{Path, PathBuf};

/// So many bytes a path may have (sun_path of unix(7), less the NUL at its end).
const PATH_MAX: usize = 107;

/// Why this can't be the path of a socket, whatever lies there.
pub(crate) fn check(path: &str) -> std::result::Result<(), String> {
    match path.len() {
        _ if path.is_empty() || path.ends_with('/') => {
            Err("the path names no socket: name a file".to_string())
        }
        _ if path.contains('\0') => Err("a path can't hold a NUL character".to_string()),
        len if len > PATH_MAX => Err(format!(
            "the path has {len} bytes, and that of a socket at most {PATH_MAX}: choose a shorter one, or one from the \
             current directory"
        )),
        _ => Ok(()),
    }
}

/// Listens at a path.
pub(crate) fn listen(path: &Path) -> Result<UnixListener> {
    make_way(path)?;
    let listen = || {
        let listener = UnixListener::bind(path)?;
        listener.set_nonblocking(true)?;
        Ok(listener)
    };
    listen().map_err(|e| refused(path, &reason(&e)))
}

/// Whether a path can be bound, as far as that is sure: who listens there now may have ended when it is.
pub(crate) fn may_be_bound(path: &Path) -> Result<()> {
    is_there(path).map(drop)
}

/// Whether a socket lies at a path. Anything else is refused, and so is a folder that is not there.
fn is_there(path: &Path) -> Result<bool> {
    match fs::symlink_metadata(path) {
        Ok(found) if found.file_type().is_socket() => Ok(true),
        Ok(_) => Err(refused(path, "a file that is no socket lies there (move it away)")),
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(refused(path, &reason(&e))),
        Err(_) => match path.parent().filter(|folder| !folder.as_os_str().is_empty() && !folder.is_dir()) {
            Some(folder) => Err(refused(path, &format!("there is no folder {} (make it)", folder.display()))),
            None => Ok(false),
        },
    }
}

/// Takes a socket away that was left at a path and that nobody listens on. Anything else is refused, and not touched.
pub(crate) fn make_way(path: &Path) -> Result<()> {
    if !is_there(path)? {
        return Ok(());
    }
    match connect(path) {
        Err(Errno::ECONNREFUSED) => fs::remove_file(path).map_err(|e| refused(path, &reason(&e))),
        Err(Errno::ENOENT) => Ok(()),
        // One for datagrams answers a stream so, if it is alive.
        Ok(_) | Err(Errno::EAGAIN | Errno::EPROTOTYPE) => Err(refused(path, "another process listens there")),
        Err(e) => Err(refused(path, &e.desc().to_lowercase())),
    }
}

fn refused(path: &Path, why: &str) -> Error {
    Error::failed(format!("cannot bind {}: {why}", path.display()))
}

/// Connects to a path, or says at once why not.
pub(crate) fn connect(path: &Path) -> std::result::Result<UnixStream, Errno> {
    let flags = SockFlag::SOCK_NONBLOCK | SockFlag::SOCK_CLOEXEC;
    let socket = socket(AddressFamily::Unix, SockType::Stream, flags, None)?;
    connect_to(socket.as_raw_fd(), &UnixAddr::new(path)?)?;
    Ok(UnixStream::from(socket))
}

/// A path that is bound: taken away when this is dropped, unless another has taken its place.
pub(crate) struct Bound {
    path: PathBuf,
    inode: Option<Inode>,
}

impl Bound {
    /// The file that was just made there.
    pub(crate) fn new(path: &Path) -> Bound {
        let inode = fs::symlink_metadata(path).ok().map(|there| Inode::of(&there));
        Bound { path: path.to_path_buf(), inode }
    }
}

impl Drop for Bound {
    fn drop(&mut self) {
        let there = fs::symlink_metadata(&self.path).ok().map(|there| Inode::of(&there));
        if there.is_some() && there == self.inode {
            // What can't be taken away is found to be stale by the next who binds there.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Listens at a path where only this user may connect, from the first moment on.
pub(crate) fn listen_alone(path: &Path) -> Result<(UnixListener, Bound)> {
    let (socket, bound) = bind_alone(path, SockType::Stream)?;
    listen_at(&socket, Backlog::MAXCONN).map_err(|e| refused(path, e.desc()))?;
    Ok((UnixListener::from(socket), bound))
}

/// The same for datagrams.
pub(crate) fn datagrams_alone(path: &Path) -> Result<(UnixDatagram, Bound)> {
    bind_alone(path, SockType::Datagram).map(|(socket, bound)| (UnixDatagram::from(socket), bound))
}

fn bind_alone(path: &Path, kind: SockType) -> Result<(OwnedFd, Bound)> {
    make_way(path)?;
    let flags = SockFlag::SOCK_NONBLOCK | SockFlag::SOCK_CLOEXEC;
    let socket = socket(AddressFamily::Unix, kind, flags, None).map_err(|e| refused(path, e.desc()))?;
    // Nobody gets in through what may be open for a moment: who connects to a stream is refused before `listen`.
    let address = UnixAddr::new(path).map_err(|e| refused(path, e.desc()))?;
    bind(socket.as_raw_fd(), &address).map_err(|e| refused(path, &e.desc().to_lowercase()))?;
    let bound = Bound::new(path);
    fs::set_permissions(path, fs::Permissions::from_mode(0o600)).map_err(|e| refused(path, &reason(&e)))?;
    Ok((socket, bound))
}
