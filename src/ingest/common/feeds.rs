//! Lines of CSV or JSON out of the streams of many peers.

use super::crowd::{HELD_MAX, Heard, Talk};
use super::lines::{Filled, Lines};
use super::pace::Pace;
use super::stream::Stream;
use crate::data::{Batch, Schema};
use crate::format::{Form, Records};
use crate::net::Socket;
use crate::operator::{Advice, Cx};
use std::io::{self, ErrorKind, Read};
use std::os::fd::{AsFd, BorrowedFd};

/// So much memory a peer takes whose records are short.
const ROOM: usize = 4 << 10;

/// The reasons for which a peer's records are rejected beside those of their form.
fn remedies() -> [(&'static str, String); 1] {
    [(
        "cut",
        "a line has an end: its sender has gone in the middle of it, or held too much of it".to_string(),
    )]
}

pub(crate) struct Feeds {
    form: Form,
    schema: Schema,
    lines: Lines,
}

pub(crate) struct Feed {
    records: Records<Tail>,
    /// Its columns are others: what stands behind its header is not read.
    refused: bool,
}

/// A stream whose end is no end of a text: a line that it breaks off is none.
struct Tail {
    socket: Socket,
    read: u64,
    gone: bool,
    /// The last read took all that was there.
    empty: bool,
}

impl Read for Tail {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.gone || self.empty {
            return Err(ErrorKind::WouldBlock.into());
        }
        match self.socket.read(into) {
            Ok(n) if n > 0 || into.is_empty() => {
                self.read += n as u64;
                // Asking again would cost a call, and the next wait tells of what comes behind it.
                self.empty = n < into.len();
                Ok(n)
            }
            Err(e) if matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => Err(e),
            // It was closed, or broke.
            Ok(_) | Err(_) => {
                self.gone = true;
                Err(ErrorKind::WouldBlock.into())
            }
        }
    }
}

impl AsFd for Feed {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.records.source().socket.as_fd()
    }
}

impl Feeds {
    pub(crate) fn new(stream: &Stream) -> Feeds {
        let Stream { form, schema, .. } = stream;
        Feeds { form: form.clone(), schema: schema.clone(), lines: stream.lines(&remedies()) }
    }
}

impl Talk for Feeds {
    type Client = Feed;

    fn welcome(&mut self, socket: Socket) -> Feed {
        let mut records =
            self.form.records(Tail { socket, read: 0, gone: false, empty: false }, 0, &self.schema);
        records.set_room(ROOM);
        Feed { records, refused: false }
    }

    fn begin(&mut self, cx: &Cx) {
        self.lines.begin(cx);
    }

    fn serve(
        &mut self,
        feed: &mut Feed,
        pace: &mut Pace,
        max: usize,
        batch: &mut Batch,
        cx: &mut Cx,
    ) -> Heard {
        feed.records.source_mut().empty = false;
        self.lines.now_in(|| feed.records.source().socket.peer());
        let filled = self.lines.fill(&mut feed.records, pace, max, batch, cx);
        match filled {
            Ok(Filled::Enough) => Heard::More,
            Ok(Filled::Nothing) if !feed.records.source().gone => {
                feed.records.slim();
                Heard::Nothing
            }
            // A text that never ends by itself ends where its header is another.
            Ok(Filled::End) => {
                feed.refused = true;
                Heard::Gone
            }
            // What is wrong with a stream its reader has seen: it is gone.
            Ok(_) | Err(_) => Heard::Gone,
        }
    }

    fn close(&mut self, feed: &mut Feed) {
        feed.records.source_mut().gone = true;
    }

    fn leave(&mut self, feed: Feed, cx: &mut Cx) {
        let Feed { records, refused } = feed;
        if !refused && records.source().read > records.position() {
            cx.read(1);
            self.lines.now_in(|| records.source().socket.peer());
            self.lines.refuse(cx, records.rest(), "cut");
        }
    }

    fn end(&mut self, batch: &mut Batch) {
        self.lines.end(batch);
    }

    fn held(feed: &Feed) -> usize {
        feed.records.held().saturating_sub(ROOM)
    }

    /// Memory grows by doubling.
    fn held_max(&self) -> usize {
        HELD_MAX.max(2 * self.form.line_max())
    }

    fn advice(&self, reason: &str) -> Option<Advice> {
        self.lines.advice(reason)
    }
}
