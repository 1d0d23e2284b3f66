//! What a child says on its standard error, passed on line by line, and no more of it than anybody would read.

use crate::error::say;
use std::io::{ErrorKind, Read};
use std::process::ChildStderr;

/// A longer line is cut.
const LINE_MAX: usize = 1000;
/// So many lines a second are passed on; the rest is counted.
const LINES_MAX: u64 = 100;
const SECOND_NS: u64 = 1_000_000_000;
/// So much is read in one call at the most.
const PIECES_MAX: usize = 16;

pub(super) struct Complaints {
    program: String,
    from: Option<ChildStderr>,
    line: Vec<u8>,
    last: Option<String>,
    /// When the second began that counts, and how many lines it has had.
    since_ns: u64,
    lines: u64,
}

impl Complaints {
    pub(super) fn new(program: &str, from: ChildStderr) -> Complaints {
        let program = program.to_string();
        Complaints { program, from: Some(from), line: Vec::new(), last: None, since_ns: 0, lines: 0 }
    }

    /// Reads what is there. Whether that was the end.
    pub(super) fn hear(&mut self, who: &str, now_ns: u64) -> bool {
        if now_ns.saturating_sub(self.since_ns) >= SECOND_NS {
            self.tell_dropped(who);
            (self.since_ns, self.lines) = (now_ns, 0);
        }
        let mut bytes = [0; 8 << 10];
        for _ in 0..PIECES_MAX {
            let Some(from) = &mut self.from else { return false };
            match from.read(&mut bytes) {
                Ok(n) if n > 0 => self.take(&bytes[..n], who),
                Err(e) if e.kind() == ErrorKind::WouldBlock => return false,
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                _ => {
                    self.finish_line(who);
                    self.tell_dropped(who);
                    return true;
                }
            }
        }
        false
    }

    /// It has come to its end, and is not read any more.
    pub(super) fn ended(&mut self) -> Option<ChildStderr> {
        self.from.take()
    }

    pub(super) fn last(&self) -> Option<&str> {
        self.last.as_deref()
    }

    fn take(&mut self, bytes: &[u8], who: &str) {
        for (at, part) in bytes.split(|byte| *byte == b'\n').enumerate() {
            if at > 0 {
                self.finish_line(who);
            }
            let room = LINE_MAX.saturating_sub(self.line.len());
            self.line.extend_from_slice(&part[..part.len().min(room)]);
        }
    }

    fn finish_line(&mut self, who: &str) {
        let text = String::from_utf8_lossy(&self.line).trim_end().to_string();
        self.line.clear();
        if text.is_empty() {
            return;
        }
        self.lines += 1;
        if self.lines <= LINES_MAX {
            say(&format!("{who}: {}: {text}", self.program));
        }
        self.last = Some(text);
    }

    fn tell_dropped(&mut self, who: &str) {
        if self.lines > LINES_MAX {
            let more = self.lines - LINES_MAX;
            say(&format!("{who}: {}: {more} more lines were left out", self.program));
        }
        self.lines = 0;
    }
}
