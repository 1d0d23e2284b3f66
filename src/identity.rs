//! What a path leads to, whatever it is called: which file, or which stream of this process.
//!
//! Two names mean one thing where they lead to one device and inode; where nothing lies yet, to one name in one real
//! folder. So links of either kind, `.` and `..` hide nothing.

use std::fs::{self, Metadata};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Component, Path, PathBuf};

/// One file or pipe, wherever it is named from.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Identity {
    /// It is there.
    There(Inode),
    /// It would be made: the real folder, and the name in it.
    ToCome(PathBuf),
}

/// A device, and the number of a file on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Inode {
    pub device: u64,
    pub number: u64,
}

impl Inode {
    pub(crate) fn of(there: &Metadata) -> Inode {
        Inode { device: there.dev(), number: there.ino() }
    }

    /// Of what lies at the path now, links followed.
    pub(crate) fn at(path: &Path) -> Option<Inode> {
        fs::metadata(path).ok().as_ref().map(Inode::of)
    }
}

/// More links in a row are a circle (path_resolution(7)).
const LINKS_MAX: usize = 40;

impl Identity {
    /// `None` for a device, which takes from all and gives to all.
    pub(crate) fn of(path: &Path) -> Option<Identity> {
        match fs::metadata(path) {
            Ok(there) if there.file_type().is_char_device() || there.file_type().is_block_device() => None,
            Ok(there) => Some(Identity::There(Inode::of(&there))),
            Err(_) => Some(Identity::ToCome(real(path))),
        }
    }
}

/// The path without a link, `.` or `..`, as far as its folders are there.
pub(crate) fn real(path: &Path) -> PathBuf {
    let mut path = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
    for _ in 0..LINKS_MAX {
        // A link that leads to nothing: what it names will be made.
        let Ok(to) = fs::read_link(&path) else { break };
        path = path.parent().unwrap_or(Path::new("/")).join(to);
    }
    for folder in path.ancestors() {
        let (Ok(mut real), Ok(rest)) = (fs::canonicalize(folder), path.strip_prefix(folder)) else {
            continue;
        };
        for part in rest.components() {
            match part {
                Component::Normal(name) => real.push(name),
                Component::ParentDir => drop(real.pop()),
                _ => {}
            }
        }
        return real;
    }
    path
}

/// The descriptor that a path means: `/dev/stdout`, `/proc/self/fd/1`, `/proc/PID/fd/1` of who shares it, or a link to
/// one of these. Of a process that is not this one only a standard stream is known.
pub(crate) fn descriptor(path: &Path) -> Option<i32> {
    let mut path = path.to_path_buf();
    for _ in 0..LINKS_MAX {
        let folder = path
            .parent()
            .map(|folder| if folder.as_os_str().is_empty() { Path::new(".") } else { folder })?;
        let (folder, name) = (fs::canonicalize(folder).ok()?, path.file_name()?);
        if let Some(ours) = descriptors_of(&folder) {
            let number: i32 = name.to_str()?.parse().ok()?;
            let same = |of: &i32| Inode::at(&stream(*of)) == Inode::at(&folder.join(name));
            return if ours { Some(number) } else { [1, 2, 0].into_iter().find(same) };
        }
        path = folder.join(fs::read_link(folder.join(name)).ok()?);
    }
    None
}

/// Whether a folder lists the descriptors of this process; `None` where it lists no descriptors at all.
fn descriptors_of(folder: &Path) -> Option<bool> {
    let rest = folder.strip_prefix("/proc").ok()?;
    let process: u32 = rest.components().next()?.as_os_str().to_str()?.parse().ok()?;
    rest.ends_with("fd").then(|| process == std::process::id())
}

/// Where a descriptor of this process is to be found.
fn stream(descriptor: i32) -> PathBuf {
    Path::new("/proc/self/fd").join(descriptor.to_string())
}

/// The regular files that standard output and standard error lead into, and what each is called.
pub(crate) fn standard_files() -> Vec<(&'static str, Inode)> {
    let file = |(of, name)| {
        let there = fs::metadata(stream(of)).ok().filter(Metadata::is_file)?;
        Some((name, Inode::of(&there)))
    };
    [(1, "standard output"), (2, "standard error")].into_iter().filter_map(file).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn one_file_has_one_identity_by_whatever_name() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir(at("sub")).unwrap();
        fs::write(at("a"), "x").unwrap();
        fs::hard_link(at("a"), at("hard")).unwrap();
        symlink("a", at("soft")).unwrap();
        symlink(at("sub"), at("folder")).unwrap();
        symlink("sub/new", at("dangling")).unwrap();
        let of = |name: &str| Identity::of(&at(name)).unwrap();
        for same in ["./a", "sub/../a", "hard", "soft", "folder/../a"] {
            assert_eq!(of(same), of("a"), "{same}");
        }
        assert_ne!(of("a"), of("b"));
        for same in ["sub/./new", "folder/new", "dangling", "sub/none/../new"] {
            assert_eq!(of(same), of("sub/new"), "{same}");
        }
        assert_eq!(Identity::of(Path::new("/dev/null")), None);
    }

    #[test]
    fn a_stream_of_this_process_is_known_by_all_its_names() {
        let folder = tempfile::tempdir().unwrap();
        let link = folder.path().join("out");
        symlink("/dev/stdout", &link).unwrap();
        let own = format!("/proc/{}/fd/1", std::process::id());
        for path in ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1", "/proc/thread-self/fd/1", &own] {
            assert_eq!(descriptor(Path::new(path)), Some(1), "{path}");
        }
        assert_eq!(descriptor(&link), Some(1));
        assert_eq!(descriptor(Path::new("/dev/stderr")), Some(2));
        assert_eq!(descriptor(Path::new("/dev/stdin")), Some(0));
        for path in ["/dev/null", "x", "", "/proc/self/fdinfo/1", "/dev/fd/x"] {
            assert_eq!(descriptor(Path::new(path)), None, "{path}");
        }
    }
}
