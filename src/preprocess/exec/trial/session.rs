//! A program that is being tried: what is said to it, and what it says.

use crate::clock::mono_ns;
use crate::data::Schema;
use crate::error::{Error, Result};
use crate::format::{Found, Records, TypingParams};
use crate::net::child::{Child, Program};
use crate::preprocess::exec::written::Written;
use crate::printable::one_line;
use crate::units::Span;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use serde_json::Value;
use std::io::ErrorKind;
use std::process::ChildStdout;

/// A line may be so long, as where it is to work.
const LINE_MAX: usize = 1 << 20;
/// So many letters are shown of it.
const SHOWN: usize = 120;
/// It is looked at so often.
const SLICE_MS: u16 = 20;
/// Who takes nothing for so long is stuck, since nobody reads.
const STUCK_NS: u64 = 200_000_000;

/// A line or value that it has written.
pub(super) struct Said {
    /// What it is; or what is wrong with it, as a clause.
    pub value: std::result::Result<Value, String>,
    /// As a person may see it.
    pub shown: String,
}

pub(super) struct Session {
    child: Child,
    records: Records<ChildStdout>,
    written: Written,
    /// What it says is not for anybody.
    deaf: bool,
    over: bool,
    time_max: Span,
}

impl Session {
    pub(super) fn start(program: &Program, written: Written, deaf: bool, time_max: Span) -> Result<Session> {
        let (child, stdout) = Child::start(program)?;
        let usual: TypingParams = toml::from_str("").expect("all of it has a usual form");
        let typing = usual.check(toml::from_str("").expect("all of it has a usual form"), &mut Vec::new());
        let typing = typing.ok_or_else(|| Error::failed("nothing can be read"))?;
        // Lines are never out of step.
        let heard = if deaf { Written::Json } else { written };
        let records = heard.form(LINE_MAX, typing).records(stdout, 0, &Schema::default());
        Ok(Session { child, records, written, deaf, over: false, time_max })
    }

    pub(super) fn say(&mut self, bytes: &[u8]) {
        self.child.outbox().extend_from_slice(bytes);
        self.child.push();
    }

    pub(super) fn close(&mut self) {
        self.child.close();
    }

    /// The next line that it says, or nothing before the deadline.
    pub(super) fn line(&mut self, deadline_ns: u64) -> std::result::Result<Option<Said>, String> {
        loop {
            let ended = self.child.has_ended();
            if let Some(said) = self.hear(deadline_ns)? {
                return Ok(Some(said));
            }
            if mono_ns() >= deadline_ns {
                return Ok(None);
            }
            if ended {
                let how = self.child.end();
                self.child.hear_complaints("it says", mono_ns());
                return Err(format!("it {how} with records unanswered"));
            }
        }
    }

    /// All that it still says until its output ends; each is judged as it comes, and not kept.
    pub(super) fn rest(
        &mut self,
        mut judge: impl FnMut(&Said) -> std::result::Result<(), String>,
    ) -> std::result::Result<(), String> {
        let deadline = mono_ns().saturating_add(self.time_max.ns);
        while !self.over && mono_ns() < deadline {
            if let Some(said) = self.hear(deadline)? {
                judge(&said)?;
            }
        }
        match self.over {
            true => Ok(()),
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

    /// Writes what waits, and takes what it has said next; waits a little where that is nothing.
    fn hear(&mut self, deadline_ns: u64) -> std::result::Result<Option<Said>, String> {
        self.child.push();
        self.child.hear_complaints("it says", mono_ns());
        while !self.over {
            match self.records.next() {
                Ok(Found::End) => {
                    self.over = true;
                    self.child.forget_voice();
                    return Ok(None);
                }
                Err(e) if e.kind() == ErrorKind::WouldBlock => break,
                Err(e) => return Err(format!("it can't be heard: {}", crate::error::reason(&e))),
                Ok(_) if self.deaf => {}
                Ok(Found::Record) => return Ok(Some(self.said())),
                Ok(Found::Nothing) if !self.records.is_too_long() => {}
                Ok(Found::Bad("too_long") | Found::Nothing) => {
                    return Err(format!("it wrote {} longer than {LINE_MAX} bytes", self.written.unit()));
                }
                Ok(Found::Bad(reason)) => {
                    let said = self.said();
                    return Err(format!(
                        "it wrote {} that is none ({reason}): {}",
                        self.written.unit(),
                        said.shown
                    ));
                }
            }
            if mono_ns() >= deadline_ns {
                return Ok(None);
            }
        }
        self.wait();
        Ok(None)
    }

    fn said(&self) -> Said {
        let bytes = self.records.record();
        let value = self.written.json(bytes);
        // Of a text each letter is a value of MessagePack: it is shown as the text that it is.
        let shown = match (&value, self.written) {
            (Ok(value @ Value::Object(_)), Written::Msgpack) => value.to_string(),
            (_, Written::Msgpack) => {
                String::from_utf8_lossy(&[bytes, self.records.rest()].concat()).into_owned()
            }
            (_, Written::Json) => String::from_utf8_lossy(bytes).into_owned(),
        };
        let text: String = shown.chars().take(SHOWN).collect();
        Said { value, shown: one_line(&text).into_owned() }
    }

    fn wait(&self) {
        let mut fds = [PollFd::new(self.child.events(), PollFlags::POLLIN)];
        let _ = poll(&mut fds, PollTimeout::from(SLICE_MS));
    }
}
