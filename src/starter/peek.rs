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
const HEAD_MAX: usize = 64 << 10;
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

    /// Whether it begins as a text that is not UTF-8: without signs that no text has, and with more lines that are not
    /// than lines that are, of those that have more than ASCII.
    pub(super) fn is_text_of_bytes(&self) -> bool {
        let mut begin = Vec::new();
        let read = File::open(&self.path).and_then(|file| file.take(BYTES_MAX).read_to_end(&mut begin));
        let mut head = begin.iter().take(HEAD_MAX);
        if read.is_err() || head.any(|byte| *byte < b' ' && !byte.is_ascii_whitespace()) {
            return false;
        }
        let lines = begin.split(|byte| *byte == b'\n').filter(|line| !line.is_ascii());
        let (utf8, others): (Vec<&[u8]>, Vec<&[u8]>) = lines.partition(|line| str::from_utf8(line).is_ok());
        others.len() > utf8.len()
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
        bytes.truncate(bytes.iter().rposition(|byte| *byte == b'\n').map_or(bytes.len(), |at| {
            // A character may have two bytes, the first of which says it.
            let two = at % 2 == 0 && bytes.get(at + 1) == Some(&0);
            at + 1 + usize::from(two)
        }));
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
