//! Messages of syslog out of the streams of many senders.

use super::messages::Messages;
use crate::data::Batch;
use crate::format::syslog::{Frames, Step};
use crate::ingest::common::crowd::{Heard, Talk};
use crate::ingest::common::pace::Pace;
use crate::ingest::common::post::Open;
use crate::net::Socket;
use crate::operator::{Advice, Cx};
use std::io::{ErrorKind, Read};
use std::os::fd::{AsFd, BorrowedFd};

/// So much is read of one sender before others get their turn.
const PIECE: usize = 64 << 10;

pub(super) struct Streams {
    pub messages: Messages,
    /// What was read last, of whomever.
    scratch: Vec<u8>,
}

pub(super) struct Sender {
    socket: Socket,
    frames: Frames,
    /// The beginning of a message, or messages that found no room in the batch.
    held: Vec<u8>,
    closed: bool,
}

impl AsFd for Sender {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }
}

/// How far the messages of some bytes were taken.
struct Taken {
    bytes: usize,
    /// Whether the batch had room for all that are there.
    all: bool,
    /// Where the next one begins can't be known.
    broken: bool,
}

impl Streams {
    pub(super) fn new(messages: Messages) -> Streams {
        Streams { messages, scratch: Vec::new() }
    }

    /// Takes up to `max` messages out of some bytes.
    fn take(
        messages: &mut Messages,
        frames: &mut Frames,
        text: &[u8],
        pace: &mut Pace,
        max: usize,
        batch: &mut Batch,
        cx: &mut Cx,
    ) -> Taken {
        let (mut bytes, before) = (0, cx.done());
        while cx.done() - before < max as u64 {
            let rest = &text[bytes..];
            bytes += match frames.step(rest, messages.max) {
                Step::Message(at, done) => {
                    messages.add(&rest[at], pace, batch, cx);
                    done
                }
                Step::TooLong(at, done) => {
                    messages.refuse(&rest[at], "too_long", pace, cx);
                    done
                }
                Step::Passed(done) => done,
                Step::More => return Taken { bytes, all: true, broken: false },
                Step::Broken => {
                    messages.refuse(rest, "frame", pace, cx);
                    return Taken { bytes: text.len(), all: true, broken: true };
                }
            };
        }
        Taken { bytes, all: bytes == text.len(), broken: false }
    }
}

/// Whether whole messages may be at hand still.
fn heard(taken: &Taken, held: &[u8]) -> Heard {
    if taken.all || held.is_empty() { Heard::Nothing } else { Heard::More }
}

impl Talk for Streams {
    type Client = Sender;

    fn welcome(&mut self, socket: Socket) -> Sender {
        Sender { socket, frames: Frames::default(), held: Vec::new(), closed: false }
    }

    fn begin(&mut self, cx: &Cx) {
        self.messages.begin(cx);
    }

    fn serve(
        &mut self,
        sender: &mut Sender,
        pace: &mut Pace,
        max: usize,
        batch: &mut Batch,
        cx: &mut Cx,
    ) -> Heard {
        let Streams { messages, scratch } = self;
        let Sender { socket, frames, held, closed } = sender;
        messages.now_in(|| socket.peer());
        let mut left = max as u64 + cx.done();
        // What found no room the last time goes first.
        let taken = Streams::take(messages, frames, held, pace, max, batch, cx);
        held.drain(..taken.bytes);
        left -= cx.done();
        if left == 0 || *closed || taken.broken {
            return if taken.broken { Heard::Gone } else { heard(&taken, held) };
        }
        scratch.resize(PIECE, 0);
        let (read, gone) = match socket.read(scratch) {
            Ok(read) => (read, read == 0),
            Err(e) if matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => (0, false),
            Err(_) => (0, true),
        };
        let (text, left) = (&scratch[..read], left as usize);
        let taken = if held.is_empty() {
            let taken = Streams::take(messages, frames, text, pace, left, batch, cx);
            // Who says nothing costs no memory.
            *held = text[taken.bytes..].to_vec();
            taken
        } else {
            held.extend_from_slice(text);
            let taken = Streams::take(messages, frames, held, pace, left, batch, cx);
            held.drain(..taken.bytes);
            if held.is_empty() {
                *held = Vec::new();
            }
            taken
        };
        if taken.broken || (gone && taken.all) { Heard::Gone } else { heard(&taken, held) }
    }

    fn close(&mut self, sender: &mut Sender) {
        sender.closed = true;
    }

    fn leave(&mut self, sender: Sender, cx: &mut Cx) {
        // Of one that was too long that is told already.
        if !sender.held.is_empty() && sender.frames == Frames::Begin {
            self.messages.now_in(|| sender.socket.peer());
            self.messages.refuse(&sender.held, "cut", &mut Pace::new(None), cx);
        }
    }

    fn end(&mut self, _: &mut Batch) {}

    fn held(sender: &Sender) -> usize {
        sender.held.capacity()
    }

    fn advice(&self, reason: &str) -> Option<Advice> {
        self.messages.advice(reason)
    }
}
