//! Reads logs while others write them: all in order of time, then on from where it ended.

use super::{Log, before};
use crate::data::time;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Bytes of the time before a line.
const STAMP: usize = "1970-01-01T00:00:00.000Z".len();

/// One line of a log.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// When it was heard, since 1970 in UTC.
    pub ns: i64,
    pub text: String,
}

/// Several logs.
pub struct Tails {
    all: Vec<Tail>,
}

/// One log, read up to a place.
struct Tail {
    path: PathBuf,
    file: Option<Opened>,
    /// The beginning of a line whose end has not come yet.
    begun: Vec<u8>,
    last_ns: i64,
}

struct Opened {
    text: BufReader<File>,
    inode: u64,
}

impl Tails {
    pub fn new<'a>(logs: impl IntoIterator<Item = &'a Log>) -> Tails {
        let tail = |log: &Log| Tail { path: log.path.clone(), file: None, begun: Vec::new(), last_ns: 0 };
        Tails { all: logs.into_iter().map(tail).collect() }
    }

    /// Gives each line that has come since, with the place of its log, by time. `ended`: nothing more will come, so a
    /// line without an end is one too. `each` answers whether it wants more; false when it did not.
    pub fn drain(&mut self, ended: bool, mut each: impl FnMut(usize, &Line) -> bool) -> bool {
        let mut heads: Vec<Option<Line>> = self.all.iter_mut().map(|tail| tail.next(ended)).collect();
        let first = heads.iter().enumerate().filter_map(|(at, head)| Some(Reverse((head.as_ref()?.ns, at))));
        let mut next: BinaryHeap<_> = first.collect();
        while let Some(Reverse((_, at))) = next.pop() {
            let following = self.all[at].next(ended);
            next.extend(following.as_ref().map(|line| Reverse((line.ns, at))));
            let line = std::mem::replace(&mut heads[at], following);
            if line.is_some_and(|line| !each(at, &line)) {
                return false;
            }
        }
        true
    }
}

impl Tail {
    fn next(&mut self, ended: bool) -> Option<Line> {
        loop {
            if self.file.is_none() {
                self.file = Some(Opened::new(&before(&self.path)).or_else(|| Opened::new(&self.path))?);
            }
            let Opened { text, inode } = self.file.as_mut()?;
            // Looked at before the end is: what is full is not written to any more.
            let newer = inode_of(&self.path).filter(|newest| newest != inode);
            if !matches!(text.read_until(b'\n', &mut self.begun), Ok(1..)) {
                match newer {
                    Some(_) => {
                        self.file = self.following();
                        if !self.begun.is_empty() {
                            return Some(self.line());
                        }
                    }
                    None if ended && !self.begun.is_empty() => return Some(self.line()),
                    None => return None,
                }
            }
            if self.begun.ends_with(b"\n") {
                return Some(self.line());
            }
        }
    }

    /// The file after this one; of what was thrown away meanwhile nothing is left.
    fn following(&self) -> Option<Opened> {
        let mine = self.file.as_ref().map(|file| file.inode);
        let older = Opened::new(&before(&self.path)).filter(|older| Some(older.inode) != mine);
        older.or_else(|| Opened::new(&self.path))
    }

    fn line(&mut self) -> Line {
        let text = String::from_utf8_lossy(&self.begun);
        let text = text.trim_end_matches('\n');
        let heard = text
            .split_at_checked(STAMP)
            .and_then(|(stamp, rest)| Some((time::parse(stamp, None)?, rest.strip_prefix(' ')?.to_string())));
        // One that another program spoilt is told as it is.
        let (ns, text) = heard.unwrap_or_else(|| (self.last_ns, text.to_string()));
        self.begun.clear();
        self.last_ns = ns;
        Line { ns, text }
    }
}

impl Opened {
    fn new(path: &Path) -> Option<Opened> {
        let file = File::open(path).ok()?;
        let inode = file.metadata().ok()?.ino();
        Some(Opened { text: BufReader::new(file), inode })
    }
}

fn inode_of(path: &Path) -> Option<u64> {
    fs::metadata(path).ok().map(|file| file.ino())
}
