//! What stands in the bytes of a connection: pure, so that any cutting of them can be tried.

use super::frame;
use super::greeting::{COMMAND_MAX, GREETING, Role, judge_greeting, judge_ready, pong, ready};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Greeting,
    Ready,
    Open,
}

/// How far a connection has come, and what it may bring.
#[derive(Debug)]
pub(super) struct Decoder {
    role: Role,
    phase: Phase,
    message_max: u64,
    /// Inside a message of several parts, which is thrown away part by part.
    parts: bool,
}

/// What comes first in the bytes.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// Not enough: so many bytes are wanted in all.
    More(usize),
    /// So many bytes are dealt with, and this is to be said.
    Talk(usize, Vec<u8>),
    /// A message from this byte to that one. A refused one, of several parts, is empty.
    Message(usize, usize),
}

impl Decoder {
    /// `message_max`: a longer message cuts the peer off, before anything is allocated for it.
    pub(super) fn new(role: Role, message_max: u64) -> Decoder {
        Decoder { role, phase: Phase::Greeting, message_max, parts: false }
    }

    /// Messages may flow.
    pub(super) fn is_open(&self) -> bool {
        self.phase == Phase::Open
    }

    /// Looks at the bytes that have come and are not dealt with yet.
    ///
    /// # Errors
    /// Why this peer must be cut off.
    #[inline]
    pub(super) fn step(&mut self, bytes: &[u8]) -> Result<Step, &'static str> {
        if self.phase == Phase::Greeting {
            return self.greet(bytes);
        }
        let Some(head) = frame::read(bytes)? else { return Ok(Step::More(frame::HEAD_MAX)) };
        let max = if head.command || !self.is_open() { COMMAND_MAX } else { self.message_max };
        if head.len > max {
            return Err("a frame longer than it may be");
        }
        let end = head.size + head.len as usize;
        if bytes.len() < end {
            return Ok(Step::More(end));
        }
        if head.command {
            return self.hear(&bytes[head.size..end]).map(|said| Step::Talk(end, said));
        }
        if !self.is_open() {
            return Err("a message before READY");
        }
        if self.role == Role::Push {
            return Err("a message from a PULL socket");
        }
        let refused = std::mem::replace(&mut self.parts, head.more) || head.more;
        Ok(match (refused, head.more) {
            (true, true) => Step::Talk(end, Vec::new()),
            (true, false) => Step::Message(end, end),
            (false, _) => Step::Message(head.size, end),
        })
    }

    fn greet(&mut self, bytes: &[u8]) -> Result<Step, &'static str> {
        let greeting = &bytes[..bytes.len().min(GREETING)];
        // The mechanism is 20 bytes; what is behind it is filler.
        judge_greeting(&greeting[..greeting.len().min(32)])?;
        if greeting.len() < GREETING {
            return Ok(Step::More(GREETING));
        }
        self.phase = Phase::Ready;
        Ok(Step::Talk(GREETING, ready(self.role)))
    }

    fn hear(&mut self, body: &[u8]) -> Result<Vec<u8>, &'static str> {
        if !self.is_open() {
            judge_ready(body, self.role)?;
            self.phase = Phase::Open;
            return Ok(Vec::new());
        }
        match frame::read_command(body)? {
            (b"PING", said) => pong(said),
            (b"ERROR", _) => Err("it gave up"),
            // RFC 37 adds commands for other kinds of sockets; what we don't know is none of our business.
            _ => Ok(Vec::new()),
        }
    }
}

#[cfg(test)]
mod tests;
