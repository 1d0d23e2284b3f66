//! Patterns of paths, as a shell has them: `*`, `?`, `[a-z]` within a name, `**` for any folders.
//!
//! They are walked here because who follows files must know in which folders one may appear.

use crate::wild;
use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};

/// More files can't be meant.
pub(super) const FILES_MAX: usize = 100_000;

/// What a pattern found.
#[derive(Default)]
pub(super) struct Walked {
    /// What fits and is no folder, in the order of its name.
    pub files: BTreeSet<PathBuf>,
    /// The folders that were looked in.
    pub folders: BTreeSet<PathBuf>,
}

/// Whether a path is a pattern: nothing is called so, and it has a character that stands for others.
pub(super) fn is_pattern(said: &str) -> bool {
    wild::is_wild(said.as_bytes()) && fs::symlink_metadata(said).is_err()
}

/// What fits a pattern now.
///
/// # Errors
/// When a folder can't be read, or more fits than can be meant.
pub(super) fn walk(said: &str) -> io::Result<Walked> {
    let mut walked = Walked::default();
    let parts: Vec<Component<'_>> = Path::new(said).components().collect();
    go(&parts, PathBuf::new(), &mut walked)?;
    Ok(walked)
}

fn go(parts: &[Component<'_>], at: PathBuf, walked: &mut Walked) -> io::Result<()> {
    let [part, rest @ ..] = parts else { return Ok(()) };
    let name = part.as_os_str();
    match part {
        Component::Normal(name) if *name == "**" => deep(rest, at, walked),
        Component::Normal(name) if wild::is_wild(name.as_bytes()) => {
            for entry in entries(&at, walked)? {
                if fits(name.as_bytes(), entry.file_name().as_bytes()) {
                    step(rest, at.join(entry.file_name()), walked)?;
                }
            }
            Ok(())
        }
        _ if rest.is_empty() => {
            // Who waits for it looks where it would be.
            walked.folders.insert(folder(&at));
            step(rest, at.join(name), walked)
        }
        _ => {
            let next = at.join(name);
            if !next.is_dir() {
                walked.folders.insert(folder(&at));
            }
            go(rest, next, walked)
        }
    }
}

/// Goes on with what fits so far.
fn step(rest: &[Component<'_>], at: PathBuf, walked: &mut Walked) -> io::Result<()> {
    if !rest.is_empty() {
        return if at.is_dir() { go(rest, at, walked) } else { Ok(()) };
    }
    if fs::symlink_metadata(&at).is_ok() && !at.is_dir() {
        walked.files.insert(at);
        if walked.files.len() > FILES_MAX {
            return Err(io::Error::other(format!("more than {FILES_MAX} files fit it")));
        }
    }
    Ok(())
}

/// The rest of a pattern, in this folder and in all below it. A link to a folder is not followed: it may be a circle.
fn deep(rest: &[Component<'_>], at: PathBuf, walked: &mut Walked) -> io::Result<()> {
    let all = [Component::Normal(OsStr::new("*"))];
    go(if rest.is_empty() { &all } else { rest }, at.clone(), walked)?;
    for entry in entries(&at, walked)? {
        let below = entry.file_type().is_ok_and(|of| of.is_dir());
        if below && !entry.file_name().as_bytes().starts_with(b".") {
            deep(rest, at.join(entry.file_name()), walked)?;
        }
    }
    Ok(())
}

/// What lies in a folder; nothing where there is none.
fn entries(at: &Path, walked: &mut Walked) -> io::Result<Vec<fs::DirEntry>> {
    let at = folder(at);
    let found = match fs::read_dir(&at) {
        Ok(found) => found.collect::<io::Result<Vec<_>>>(),
        Err(e) if matches!(e.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            Ok(Vec::new())
        }
        Err(e) => Err(e),
    };
    let named =
        |e: io::Error| io::Error::new(e.kind(), format!("{}: {}", at.display(), crate::error::reason(&e)));
    let found = found.map_err(named)?;
    walked.folders.insert(at);
    Ok(found)
}

fn folder(at: &Path) -> PathBuf {
    if at.as_os_str().is_empty() { PathBuf::from(".") } else { at.to_path_buf() }
}

/// Whether a name fits. One that begins with a dot does so only if the pattern does.
pub(super) fn fits(pattern: &[u8], name: &[u8]) -> bool {
    if name.first() == Some(&b'.') && pattern.first() != Some(&b'.') {
        return false;
    }
    wild::fits(pattern, name)
}

#[cfg(test)]
mod tests;
