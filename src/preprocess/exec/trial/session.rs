//! A program that is being tried: what is said to it, and what it says.

use crate::clock::mono_ns;
use crate::error::Result;
use crate::net::child::{Child, Program};
use crate::units::Span;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use std::collections::VecDeque;
use std::io::{ErrorKind, Read};
use std::process::ChildStdout;

/// A line may be so long, as where it is to work.
const LINE_MAX: usize = 1 << 20;
/// It is looked at so often.
const SLICE_MS: u16 = 20;
/// Who takes nothing for so long is stuck, since nobody reads.
const STUCK_NS: u64 = 200_000_000;

pub(super) struct Session {
    child: Child,
    stdout: ChildStdout,
    text: Vec<u8>,
    lines: VecDeque<String>,
    over: bool,
    time_max: Span,
}

impl Session {
    pub(super) fn start(program: &Program, time_max: Span) -> Result<Session> {
        let (child, stdout) = Child::start(program)?;
        Ok(Session { child, stdout, text: Vec::new(), lines: VecDeque::new(), over: false, time_max })
    }

    pub(super) fn say(&mut self, text: &str) {
        self.say_bytes(text.as_bytes());
    }

    pub(super) fn say_bytes(&mut self, bytes: &[u8]) {
        self.child.outbox().extend_from_slice(bytes);
        self.child.push();
    }

    pub(super) fn close(&mut self) {
        self.child.close();
    }

    /// The next line that it says, or nothing before the deadline.
    pub(super) fn line(&mut self, deadline_ns: u64) -> std::result::Result<Option<String>, String> {
        loop {
            if let Some(line) = self.lines.pop_front() {
                return Ok(Some(line));
            }
            if mono_ns() >= deadline_ns {
                return Ok(None);
            }
            let ended = self.child.has_ended();
            match self.over {
                false => self.hear()?,
                true => self.wait(),
            }
            if ended && self.lines.is_empty() {
                let how = self.child.end();
                self.child.hear_complaints("it says", mono_ns());
                return Err(format!("it {how} with records unanswered"));
            }
        }
    }

    /// All that it still says until its output ends.
    pub(super) fn rest(&mut self) -> std::result::Result<Vec<String>, String> {
        let deadline = mono_ns().saturating_add(self.time_max.ns);
        while !self.over && mono_ns() < deadline {
            self.hear()?;
        }
        match self.over {
            true => Ok(self.lines.drain(..).collect()),
            false => Err(format!("its output did not end within {} of its input's end", self.time_max)),
        }
    }

    /// It must end by itself, with code 0.
    pub(super) fn ends_well(&mut self) -> std::result::Result<(), String> {
        let deadline = mono_ns().saturating_add(self.time_max.ns);
        while !self.child.has_ended() {
            if mono_ns() >= deadline {
                return Err(format!("it did not end within {} of its input's end", self.time_max));
            }
            self.wait();
        }
        match self.child.end().as_str() {
            "exited with code 0" => Ok(()),
            how => Err(format!("it {how}: a program that did its work exits with code 0")),
        }
    }

    /// Goes on writing until it takes nothing for a while, and reads nothing of what it says.
    pub(super) fn wait_until_stuck(&mut self) {
        let (mut before, mut since) = (self.child.written(), mono_ns());
        while self.child.waiting() > 0 && mono_ns().saturating_sub(since) < STUCK_NS {
            std::thread::sleep(std::time::Duration::from_millis(1));
            self.child.push();
            if self.child.written() != before {
                (before, since) = (self.child.written(), mono_ns());
            }
        }
    }

    /// Waits a little, writes what waits, and takes what it has said.
    fn hear(&mut self) -> std::result::Result<(), String> {
        self.wait();
        self.child.push();
        self.child.hear_complaints("it says", mono_ns());
        let mut bytes = [0; 64 << 10];
        match self.stdout.read(&mut bytes) {
            Ok(0) => {
                self.over = true;
                self.child.forget_voice();
            }
            Ok(n) => self.text.extend_from_slice(&bytes[..n]),
            Err(e) if matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => {}
            Err(e) => return Err(format!("it can't be heard: {}", crate::error::reason(&e))),
        }
        while let Some(end) = self.text.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = self.text.drain(..=end).collect();
            self.lines.push_back(String::from_utf8_lossy(&line[..end]).into_owned());
        }
        if self.text.len() > LINE_MAX {
            return Err(format!("it wrote a line longer than {LINE_MAX} bytes"));
        }
        if self.over && !self.text.is_empty() {
            return Err("its last line has no end".to_string());
        }
        Ok(())
    }

    fn wait(&self) {
        let mut fds = [PollFd::new(self.child.events(), PollFlags::POLLIN)];
        let _ = poll(&mut fds, PollTimeout::from(SLICE_MS));
    }
}
