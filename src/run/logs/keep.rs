//! Keeps what one process says. Nothing that goes wrong here may stop who writes: what can't be kept is counted.

use super::{BYTES_MAX, before, stamp};
use crate::clock::wall_ns;
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::PathBuf;

/// The lines of one process, as they come.
pub(crate) struct Keeper {
    path: PathBuf,
    /// The file that is written to, and how long it is.
    file: Option<(File, u64)>,
    /// Lines that found no room since the last one that did.
    missed: u64,
}

impl Keeper {
    pub(crate) fn new(path: PathBuf) -> Keeper {
        Keeper { path, file: None, missed: 0 }
    }

    /// Keeps a line, heard now.
    pub(crate) fn keep(&mut self, text: &str) {
        let mut lines = Vec::with_capacity(text.len() + 32);
        let now = wall_ns();
        if self.missed > 0 {
            line(now, &format!("{} lines before this one could not be kept", self.missed), &mut lines);
        }
        line(now, text, &mut lines);
        match self.write(&lines) {
            Ok(()) => self.missed = 0,
            Err(_) => self.missed += 1,
        }
    }

    fn write(&mut self, lines: &[u8]) -> std::io::Result<()> {
        if self.file.as_ref().is_some_and(|(_, len)| len + lines.len() as u64 > BYTES_MAX / 2) {
            fs::rename(&self.path, before(&self.path))?;
            self.file = None;
        }
        if self.file.is_none() {
            let file = OpenOptions::new().append(true).create(true).open(&self.path)?;
            let len = file.metadata()?.len();
            self.file = Some((file, len));
        }
        let Some((file, len)) = &mut self.file else { return Ok(()) };
        let written = file.write_all(lines);
        match written {
            Ok(()) => *len += lines.len() as u64,
            // Half a line would spoil the next one.
            Err(_) => file.set_len(*len)?,
        }
        written
    }
}

/// Appends a line with its time before it.
fn line(ns: i64, text: &str, out: &mut Vec<u8>) {
    stamp(ns, out);
    out.push(b' ');
    out.extend_from_slice(text.as_bytes());
    out.push(b'\n');
}

#[cfg(test)]
mod tests {
    use super::super::{Log, Tails};
    use super::*;

    #[test]
    fn the_last_lines_are_kept_within_the_bound_and_across_restarts() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("0.0.log");
        let (mut keeper, mut said) = (Keeper::new(path.clone()), Vec::new());
        for n in 0..1_000 {
            if n % 300 == 0 {
                keeper = Keeper::new(path.clone());
            }
            said.push(format!("line {n} {}", "x".repeat(n * 13 % 40_000)));
            keeper.keep(&said[n]);
            let sizes = [&path, &before(&path)].map(|path| path.metadata().map_or(0, |file| file.len()));
            assert!(sizes.iter().sum::<u64>() <= BYTES_MAX, "{sizes:?}");
        }
        let log = Log { name: "a".to_string(), workers: Vec::new(), path };
        let mut kept = Vec::new();
        Tails::new(&[log]).drain(true, |_, line| {
            kept.push(line.text.clone());
            true
        });
        assert!(kept.iter().map(String::len).sum::<usize>() as u64 > BYTES_MAX / 3, "{}", kept.len());
        assert_eq!(kept, said[said.len() - kept.len()..]);
    }

    #[test]
    fn what_can_not_be_kept_is_counted() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("later/0.0.log");
        let mut keeper = Keeper::new(path.clone());
        ["a", "b"].iter().for_each(|text| keeper.keep(text));
        fs::create_dir(folder.path().join("later")).unwrap();
        ["c", "d"].iter().for_each(|text| keeper.keep(text));
        let text = fs::read_to_string(&path).unwrap();
        let texts: Vec<&str> = text.lines().map(|line| &line[25..]).collect();
        assert_eq!(texts, ["2 lines before this one could not be kept", "c", "d"]);
    }

    #[test]
    fn a_line_begins_with_its_time() {
        for (ns, said) in [(0, "1970-01-01T00:00:00.000Z a\n"), (-1, "1969-12-31T23:59:59.999Z a\n")] {
            let mut out = Vec::new();
            line(ns, "a", &mut out);
            assert_eq!(String::from_utf8(out).unwrap(), said);
        }
    }
}
