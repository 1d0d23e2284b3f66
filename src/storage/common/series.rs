//! The names of a series of files: `events.000001.jsonl`, and what grows beside them until it is the next.

use super::place::cannot_io;
use crate::error::Result;
use crate::identity::Inode;
use crate::storage::warn;
use std::fs;
use std::path::{Path, PathBuf};

/// Where they lie, and how they are called.
#[derive(Clone, Debug)]
pub(crate) struct Series {
    folder: PathBuf,
    /// What stands before the number, and behind it.
    before: String,
    behind: String,
}

/// Numbers are written with so many digits at least, so that names sort.
const DIGITS: usize = 6;

impl Series {
    /// Of the file at `path`; `ending` is that of a compressed one.
    pub(crate) fn of(path: &str, ending: &str) -> Series {
        let path = Path::new(path);
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        // `events.jsonl` and `events.jsonl.gz` are called the same.
        let plain = name.strip_suffix(ending).filter(|plain| !plain.is_empty()).unwrap_or(&name);
        let (before, behind) = match plain.rfind('.') {
            Some(at) if at > 0 => plain.split_at(at),
            _ => (plain, ""),
        };
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        Series {
            folder: folder.to_path_buf(),
            before: format!("{before}."),
            behind: format!("{behind}{ending}"),
        }
    }

    /// As a person, or a shell, calls them all.
    pub(crate) fn pattern(&self) -> String {
        self.folder.join(format!("{}*{}", self.before, self.behind)).display().to_string()
    }

    pub(crate) fn path(&self, number: u64) -> PathBuf {
        self.folder.join(format!("{}{number:0DIGITS$}{}", self.before, self.behind))
    }

    /// The numbers that there are, the least first.
    pub(crate) fn numbers(&self) -> Result<Vec<u64>> {
        let entries = match fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(e) => return Err(cannot_io(&self.folder.display().to_string(), &e)),
        };
        let names = entries.flatten().filter_map(|entry| entry.file_name().into_string().ok());
        let mut numbers: Vec<u64> = names.filter_map(|name| self.number(&name)).collect();
        numbers.sort_unstable();
        Ok(numbers)
    }

    /// The number of a file among those from a number on.
    pub(crate) fn number_of(&self, file: Inode, from: u64) -> Result<Option<u64>> {
        let is_it = |number: &u64| *number >= from && Inode::at(&self.path(*number)) == Some(file);
        Ok(self.numbers()?.into_iter().find(is_it))
    }

    /// Removes the oldest, so that so many stay.
    pub(crate) fn keep(&self, keep: u64) -> Result<()> {
        let numbers = self.numbers()?;
        let gone = numbers.len().saturating_sub(usize::try_from(keep).unwrap_or(usize::MAX));
        for number in &numbers[..gone] {
            let path = self.path(*number);
            if let Err(e) = fs::remove_file(&path) {
                warn(&format!("{} should go, and stays: {}", path.display(), crate::error::reason(&e)));
            }
        }
        Ok(())
    }

    fn number(&self, name: &str) -> Option<u64> {
        let digits = name.strip_prefix(&self.before)?.strip_suffix(&self.behind)?;
        (digits.len() >= DIGITS && digits.bytes().all(|byte| byte.is_ascii_digit())).then_some(())?;
        digits.parse().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_a_number_before_their_ending() {
        for (path, ending, first) in [
            ("out/events.jsonl", "", "out/events.000001.jsonl"),
            ("out/events.jsonl.gz", ".gz", "out/events.000001.jsonl.gz"),
            ("out/events.jsonl", ".gz", "out/events.000001.jsonl.gz"),
            ("events", "", "./events.000001"),
            (".hidden", ".zst", "./.hidden.000001.zst"),
            ("/a.b/c.d.csv", "", "/a.b/c.d.000001.csv"),
        ] {
            assert_eq!(Series::of(path, ending).path(1).to_str(), Some(first), "{path}");
        }
        let series = Series::of("events.jsonl", ".gz");
        let told = |name: &str| series.number(name);
        assert_eq!(told("events.000012.jsonl.gz"), Some(12));
        assert_eq!(told("events.1234567.jsonl.gz"), Some(1_234_567));
        for other in
            ["events.12.jsonl.gz", "events.000012.jsonl", "events..jsonl.gz", "xevents.000012.jsonl.gz"]
        {
            assert_eq!(told(other), None, "{other}");
        }
        assert_eq!(series.pattern(), "./events.*.jsonl.gz");
    }
}
