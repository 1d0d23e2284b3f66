//! The path of a Unix socket: bound where nobody listens, and connected to without waiting.

use crate::error::{Error, Result, reason};
use nix::errno::Errno;
use nix::sys::socket::{AddressFamily, SockFlag, SockType, UnixAddr, connect as connect_to, socket};
use std::fs;
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::FileTypeExt;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;

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

/// Takes a socket away that was left at a path and that nobody listens on. Anything else is refused, and not touched.
pub(crate) fn make_way(path: &Path) -> Result<()> {
    match fs::symlink_metadata(path) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(e) => return Err(refused(path, &reason(&e))),
        Ok(found) if !found.file_type().is_socket() => {
            return Err(refused(path, "a file that is no socket lies there (move it away)"));
        }
        Ok(_) => {}
    }
    match connect(path) {
        Err(Errno::ECONNREFUSED) => fs::remove_file(path).map_err(|e| refused(path, &reason(&e))),
        Err(Errno::ENOENT) => Ok(()),
        Ok(_) | Err(Errno::EAGAIN) => Err(refused(path, "another process listens there")),
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
