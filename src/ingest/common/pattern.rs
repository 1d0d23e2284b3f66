//! Patterns of paths, as a shell has them: `*`, `?`, `[a-z]` within a name, `**` for any folders.
//!
//! They are walked here because who follows files must know in which folders one may appear.

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
    said.contains(['*', '?', '[']) && fs::symlink_metadata(said).is_err()
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
        Component::Normal(name) if is_wild(name) => {
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

fn is_wild(name: &OsStr) -> bool {
    name.as_bytes().iter().any(|byte| b"*?[".contains(byte))
}

/// Whether a name fits. One that begins with a dot does so only if the pattern does.
pub(super) fn fits(pattern: &[u8], name: &[u8]) -> bool {
    if name.first() == Some(&b'.') && pattern.first() != Some(&b'.') {
        return false;
    }
    // Where to go on when what stands behind the last `*` does not fit: there, with one character more for it.
    let (mut p, mut n, mut back) = (0, 0, None);
    while n < name.len() {
        let taken = match pattern.get(p) {
            Some(b'*') => {
                back = Some((p + 1, n));
                p += 1;
                continue;
            }
            Some(b'?') => Some((1, letter(name, n))),
            Some(b'[') => class(&pattern[p..], name[n]).map(|len| (len, 1)),
            Some(byte) if *byte == name[n] => Some((1, 1)),
            _ => None,
        };
        match (taken, &mut back) {
            (Some((len, of)), _) => (p, n) = (p + len, n + of),
            (None, Some((behind, from))) => {
                *from += 1;
                (p, n) = (*behind, *from);
            }
            (None, None) => return false,
        }
    }
    pattern[p..].iter().all(|byte| *byte == b'*')
}

/// How many bytes the character has that begins there.
fn letter(name: &[u8], at: usize) -> usize {
    1 + name[at + 1..].iter().take_while(|byte| (0x80..0xc0).contains(*byte)).count()
}

/// How long a `[…]` is that has the byte in it; one that is never closed is a bracket.
fn class(pattern: &[u8], byte: u8) -> Option<usize> {
    let not = matches!(pattern.get(1), Some(b'!' | b'^'));
    let from = if not { 2 } else { 1 };
    let Some(len) = pattern.get(from + 1..).and_then(|rest| rest.iter().position(|of| *of == b']')) else {
        return (byte == b'[').then_some(1);
    };
    let (set, mut at, mut found) = (&pattern[from..=from + len], 0, false);
    while at < set.len() {
        match set[at..] {
            [low, b'-', high, ..] => {
                found |= (low..=high).contains(&byte);
                at += 3;
            }
            _ => {
                found |= set[at] == byte;
                at += 1;
            }
        }
    }
    (found != not).then_some(from + len + 2)
}

#[cfg(test)]
mod tests;
