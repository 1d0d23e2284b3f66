//! What can be looked at of data that are read but once: its beginning, kept in memory as a file is.

use crate::error::{Error, Result, reason};
use nix::sys::memfd::{MFdFlags, memfd_create};
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::{AsRawFd, OwnedFd};
use std::path::{Path, PathBuf};

/// So many bytes are looked at.
const BYTES_MAX: u64 = 1 << 20;
/// So many of them tell whether it is text.
const HEAD_MAX: u64 = 64 << 10;
/// What gzip and zstd begin with.
const COMPRESSED: [&[u8]; 2] = [&[0x1f, 0x8b], &[0x28, 0xb5, 0x2f, 0xfd]];
/// The file that is standard input.
pub(super) const STDIN: &str = "-";

/// Data that can be opened as often as one likes.
pub(super) struct Peeked {
    path: PathBuf,
    /// It is only the beginning of what is compressed, which ends anywhere.
    pub cut: bool,
    /// What is in memory is there as long as this is open.
    _held: Option<OwnedFd>,
}

impl Peeked {
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether it begins as a text does, whatever its encoding: without signs that no text has.
    pub(super) fn is_text(&self) -> bool {
        let mut head = Vec::new();
        let read = File::open(&self.path).and_then(|file| file.take(HEAD_MAX).read_to_end(&mut head));
        read.is_ok() && !head.iter().any(|byte| *byte < b' ' && !byte.is_ascii_whitespace())
    }
}

/// The file itself, or the beginning of what comes from elsewhere.
pub(super) fn open(path: &Path) -> Result<Peeked> {
    let told = |e: &io::Error| Error::usage(format!("cannot read {}: {}", path.display(), reason(e)));
    let stdin = path == Path::new(STDIN);
    let meta = if stdin { None } else { Some(std::fs::metadata(path).map_err(|e| told(&e))?) };
    match meta {
        Some(meta) if meta.is_dir() => {
            let what = format!("cannot read {}: it is a folder (name a file in it)", path.display());
            return Err(Error::usage(what));
        }
        Some(meta) if meta.is_file() => {
            return Ok(Peeked { path: path.to_path_buf(), cut: false, _held: None });
        }
        _ => {}
    }
    let mut bytes = Vec::new();
    let read = match stdin {
        true => io::stdin().take(BYTES_MAX).read_to_end(&mut bytes),
        false => File::open(path).and_then(|file| file.take(BYTES_MAX).read_to_end(&mut bytes)),
    };
    let read = read.map_err(|e| told(&e))?;
    let compressed = COMPRESSED.iter().any(|magic| bytes.starts_with(magic));
    let cut = read as u64 == BYTES_MAX;
    if cut && !compressed {
        // The last line has no end here.
        bytes.truncate(bytes.iter().rposition(|byte| *byte == b'\n').map_or(bytes.len(), |at| at + 1));
    }
    let kept = keep(&bytes).map_err(|e| told(&e))?;
    let path = format!("/proc/self/fd/{}", kept.as_raw_fd()).into();
    Ok(Peeked { path, cut: cut && compressed, _held: Some(kept.into()) })
}

fn keep(bytes: &[u8]) -> io::Result<File> {
    let mut file = File::from(memfd_create("data", MFdFlags::MFD_CLOEXEC)?);
    file.write_all(bytes)?;
    Ok(file)
}
