//! One connected Unix socket: its receive buffer, and what is said on it besides messages.

use super::decoder::{Decoder, Step};
use super::greeting::{Role, greeting, refusal};
use nix::sys::socket::{getsockopt, sockopt::PeerCredentials};
use nix::unistd::geteuid;
use std::io::{ErrorKind, Read, Write};
use std::ops::Range;
use std::os::unix::net::UnixStream;

/// A read takes what is there, up to this; a frame of the usual size fits in it twice.
const ROOM: usize = 128 << 10;

pub(super) struct Connection {
    pub stream: UnixStream,
    decoder: Decoder,
    role: Role,
    buffer: Vec<u8>,
    /// What the longest message needs.
    room_max: usize,
    /// What is in the buffer and not dealt with yet.
    start: usize,
    end: usize,
    pub since_ns: u64,
    /// The process at the other end.
    pub pid: u32,
    /// What is to be said, where somebody else writes it.
    answers: Option<Vec<u8>>,
}

/// What a read brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Filled {
    /// Bytes; the socket may have more.
    Full,
    /// All that was there.
    Some,
    Nothing,
    /// The peer is gone.
    Closed,
}

impl Connection {
    /// Begins to talk on a non-blocking stream; `None` when the peer is gone already, or is another user's.
    pub(super) fn begin(stream: UnixStream, role: Role, message_max: u64, now: u64) -> Option<Connection> {
        let peer = getsockopt(&stream, PeerCredentials).ok()?;
        let decoder = Decoder::new(role, message_max);
        let room_max = usize::try_from(message_max).unwrap_or(usize::MAX).saturating_add(ROOM);
        let buffer = Vec::new();
        let pid = u32::try_from(peer.pid()).unwrap_or(0);
        let mut connection = Connection {
            stream,
            decoder,
            role,
            buffer,
            room_max,
            start: 0,
            end: 0,
            since_ns: now,
            pid,
            answers: None,
        };
        let ours = peer.uid() == geteuid().as_raw();
        (ours && connection.say(&greeting())).then_some(connection)
    }

    /// Messages may flow.
    pub(super) fn is_open(&self) -> bool {
        self.decoder.is_open()
    }

    /// How long its buffer is.
    pub(super) fn room(&self) -> usize {
        self.buffer.len()
    }

    /// From now on answers wait in `answers`: they may not stand in the middle of a message that is being written.
    pub(super) fn keep_answers(&mut self) {
        self.answers.get_or_insert_default();
    }

    /// The answers since this was asked last.
    pub(super) fn answers(&mut self) -> Vec<u8> {
        self.answers.as_mut().map(std::mem::take).unwrap_or_default()
    }

    /// Says something short; false when it can't be said, and the connection is of no more use. A socket whose
    /// buffer is full of answers belongs to a peer that asks and does not listen.
    pub(super) fn say(&mut self, said: &[u8]) -> bool {
        if let Some(answers) = &mut self.answers {
            answers.extend_from_slice(said);
            return answers.len() <= ROOM;
        }
        said.is_empty() || matches!(self.stream.write(said), Ok(n) if n == said.len())
    }

    /// Reads what is there, once.
    pub(super) fn read(&mut self) -> Filled {
        if self.start == self.end {
            (self.start, self.end) = (0, 0);
        }
        if self.buffer.len() - self.end < ROOM / 2 {
            self.make_room();
        }
        match self.stream.read(&mut self.buffer[self.end..]) {
            Ok(0) => Filled::Closed,
            Ok(n) => {
                self.end += n;
                if self.end == self.buffer.len() { Filled::Full } else { Filled::Some }
            }
            Err(e) if e.kind() == ErrorKind::WouldBlock => Filled::Nothing,
            Err(e) if e.kind() == ErrorKind::Interrupted => Filled::Full,
            Err(_) => Filled::Closed,
        }
    }

    /// Moves what is left to the front, and grows the buffer where one message needs it: twofold, so that a long one is
    /// not moved again and again, and never far beyond the longest.
    fn make_room(&mut self) {
        if self.start > 0 {
            self.buffer.copy_within(self.start..self.end, 0);
            (self.start, self.end) = (0, self.end - self.start);
        }
        let room = (2 * self.end).min(self.room_max).max(self.end + ROOM / 2).max(ROOM);
        if self.buffer.len() < room {
            self.buffer.resize(room, 0);
        }
    }

    /// The next whole message in the buffer; what the peer says otherwise is heard and answered.
    ///
    /// # Errors
    /// When the peer must be cut off.
    #[inline]
    pub(super) fn next(&mut self) -> Result<Option<Range<usize>>, &'static str> {
        loop {
            match self.decoder.step(&self.buffer[self.start..self.end]) {
                Ok(Step::Message(from, to)) => {
                    let message = self.start + from..self.start + to;
                    self.start = message.end;
                    return Ok(Some(message));
                }
                Ok(Step::More(_)) => return Ok(None),
                Ok(Step::Talk(used, said)) => self.answer(used, &said)?,
                // No peer of a PUSH or a PULL says such a thing.
                Ok(Step::Part(_, to, _) | Step::Wish(_, _, to)) => self.start += to,
                Err(why) => return Err(self.refuse(why)),
            }
        }
    }

    #[cold]
    fn answer(&mut self, used: usize, said: &[u8]) -> Result<(), &'static str> {
        self.start += used;
        if self.say(said) { Ok(()) } else { Err("it does not listen") }
    }

    #[cold]
    fn refuse(&mut self, why: &'static str) -> &'static str {
        self.say(&refusal(self.role));
        why
    }

    /// The next part of a message to a SUB socket, and whether others follow.
    pub(super) fn next_part(&mut self) -> Result<Option<(Range<usize>, bool)>, &'static str> {
        Ok(match self.found()? {
            Some((Step::Part(_, _, more), at)) => Some((at, more)),
            _ => None,
        })
    }

    /// The next wish of a SUB socket: what topics begin with that it wants, or no longer.
    pub(super) fn next_wish(&mut self) -> Result<Option<(bool, Range<usize>)>, &'static str> {
        Ok(match self.found()? {
            Some((Step::Wish(on, ..), at)) => Some((on, at)),
            _ => None,
        })
    }

    /// What stands next in the buffer that is to be dealt with elsewhere, and where.
    fn found(&mut self) -> Result<Option<(Step, Range<usize>)>, &'static str> {
        loop {
            match self.decoder.step(&self.buffer[self.start..self.end]) {
                Ok(Step::More(_)) => return Ok(None),
                Ok(Step::Talk(used, said)) => self.answer(used, &said)?,
                Ok(step @ (Step::Message(from, to) | Step::Part(from, to, _) | Step::Wish(_, from, to))) => {
                    let at = self.start + from..self.start + to;
                    self.start = at.end;
                    return Ok(Some((step, at)));
                }
                Err(why) => return Err(self.refuse(why)),
            }
        }
    }

    /// The bytes of a message that `next` found, until the next `read`.
    #[inline]
    pub(super) fn bytes(&self, message: Range<usize>) -> &[u8] {
        &self.buffer[message]
    }
}
