//! The place a sink writes to: its path, the folders above it, and whether one may write there.

use crate::error::{Error, Result, reason};
use crate::params::Problem;
use crate::surroundings::file_bytes_max;
use nix::unistd::{AccessFlags, access};
use std::fs;
use std::io;
use std::os::unix::fs::FileTypeExt;
use std::path::Path;

/// A write that a limit has refused was no longer than this.
const PIECE_MAX: u64 = 128 * 1024;

/// What lies at a path that may be written to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Nothing,
    File,
    Fifo,
    /// A terminal, `/dev/null` and the like.
    Device,
}

/// The path as a parameter: what is wrong with it whatever the world is like.
pub(crate) fn check(path: &str) -> Option<Problem> {
    let what = if path.is_empty() {
        "the path is empty: name a file"
    } else if path.ends_with('/') {
        "the path names a folder: name a file in it"
    } else if path.contains('\0') {
        "a path can't hold a NUL character"
    } else {
        return None;
    };
    Some(Problem::at("path", what))
}

/// `cannot write to PATH: WHY (ADVICE)`.
pub(crate) fn cannot(path: &str, why: &str, advice: &str) -> Error {
    Error::failed(format!("cannot write to {path}: {why} ({advice})"))
}

/// The same for an error of the operating system.
pub(crate) fn cannot_io(path: &str, error: &io::Error) -> Error {
    let advice = match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            "free some space, or choose another path"
        }
        io::ErrorKind::FileTooLarge => "raise the limit of a file's size, or choose another path",
        io::ErrorKind::PermissionDenied => "grant the right to write there, or choose another path",
        _ => "choose another path",
    };
    cannot(path, &reason(error), advice)
}

/// Whether a file may not grow any more, by the limit that the process has for all its files.
pub(crate) fn is_at_limit(path: &str) -> bool {
    file_bytes_max().is_some_and(|max| fs::metadata(path).is_ok_and(|there| there.len() + PIECE_MAX > max))
}

/// What lies at `path`, if it can be written to or made.
pub(crate) fn inspect(path: &str) -> Result<Kind> {
    let kind = match fs::metadata(path) {
        Ok(there) => there.file_type(),
        Err(e) if e.kind() == io::ErrorKind::NotFound => {
            return folder(path).map(|()| Kind::Nothing);
        }
        Err(e) => return Err(cannot_io(path, &e)),
    };
    let kind = if kind.is_file() {
        Kind::File
    } else if kind.is_fifo() {
        Kind::Fifo
    } else if kind.is_char_device() {
        Kind::Device
    } else if kind.is_dir() {
        return Err(cannot(path, "it is a folder", "name a file in it"));
    } else {
        return Err(cannot(path, "it is neither a file nor a pipe", "choose another path"));
    };
    access(path, AccessFlags::W_OK).map_err(|e| cannot_io(path, &e.into()))?;
    Ok(kind)
}

/// Whether the file could be made: the nearest folder that exists above it lets us.
fn folder(path: &str) -> Result<()> {
    let above = Path::new(path).ancestors().skip(1).map(|folder| match folder.as_os_str().is_empty() {
        true => Path::new("."),
        false => folder,
    });
    for folder in above {
        match fs::metadata(folder) {
            Ok(there) if there.is_dir() => {
                return access(folder, AccessFlags::W_OK | AccessFlags::X_OK)
                    .map_err(|e| cannot_io(path, &e.into()));
            }
            Ok(_) => {
                let why = format!("{} is not a folder", folder.display());
                return Err(cannot(path, &why, "choose another path"));
            }
            Err(e) if e.kind() == io::ErrorKind::NotFound => {}
            Err(e) => return Err(cannot_io(path, &e)),
        }
    }
    Ok(())
}

/// Makes the folders above the file.
pub(crate) fn make_folders(path: &str) -> Result<()> {
    match Path::new(path).parent() {
        Some(folder) if !folder.as_os_str().is_empty() => {
            fs::create_dir_all(folder).map_err(|e| cannot_io(path, &e))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_judged_before_it_is_used() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name).to_str().unwrap().to_string();
        assert_eq!(inspect(&at("new/deep/x.csv")), Ok(Kind::Nothing));
        fs::write(at("x.csv"), "a").unwrap();
        assert_eq!(inspect(&at("x.csv")), Ok(Kind::File));
        assert_eq!(inspect("/dev/null"), Ok(Kind::Device));
        assert_eq!(inspect("surely-not-there.csv"), Ok(Kind::Nothing));
        let told = inspect(&at("x.csv/y.csv")).unwrap_err().sentence;
        assert!(told.ends_with("x.csv/y.csv: not a directory (choose another path)"), "{told}");
        assert!(inspect(&at("")).unwrap_err().sentence.contains("it is a folder (name a file in it)"));
        assert!(make_folders(&at("x.csv/deep/y.csv")).is_err());
        assert!(check("").is_some() && check("a/").is_some() && check("a\0b").is_some());
        assert_eq!(check("a"), None);
    }
}
