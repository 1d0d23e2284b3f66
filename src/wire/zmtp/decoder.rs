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
    /// To a SUB socket: a part of a message, and whether others follow.
    Part(usize, usize, bool),
    /// To an XPUB socket: from here to there stands the beginning of topics that are wanted from now on, or no longer.
    Wish(bool, usize, usize),
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
        let body = &bytes[head.size..end];
        if head.command {
            return match self.wish(body) {
                Some((on, from)) => Ok(Step::Wish(on, head.size + from, end)),
                None => self.hear(body).map(|said| Step::Talk(end, said)),
            };
        }
        if !self.is_open() {
            return Err("a message before READY");
        }
        match self.role {
            Role::Push => return Err("a message from a PULL socket"),
            Role::Pull => {}
            Role::Subscribe => return Ok(Step::Part(head.size, end, head.more)),
            // So peers of ZMTP 3.0 say it; other messages are none of our business.
            Role::Publish => {
                return Ok(match (body, head.more) {
                    ([on @ (0 | 1), ..], false) => Step::Wish(*on == 1, head.size + 1, end),
                    _ => Step::Talk(end, Vec::new()),
                });
            }
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

    /// What a SUB socket says of topics (RFC 37), and where in the command they begin.
    fn wish(&self, body: &[u8]) -> Option<(bool, usize)> {
        let (name, topic) =
            frame::read_command(body).ok().filter(|_| self.role == Role::Publish && self.is_open())?;
        let on = match name {
            b"SUBSCRIBE" => true,
            b"CANCEL" => false,
            _ => return None,
        };
        Some((on, body.len() - topic.len()))
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
