//! One outgoing link: its credit, its headers, and whether its receiver has heard the end.

use super::bodies::Body;
use crate::error::Result;
use crate::operator::Amount;
use crate::run::wiring::Link;
use crate::wire::endpoint::Outbox;
use crate::wire::header::{Header, Kind};
use crate::wire::ledger::{Ledger, State};
use crate::wire::watermark::Telling;

/// A link as its sender has it.
pub(super) struct Outlet {
    pub link: Link,
    pub socket: Outbox,
    pub receiver: Ledger,
    pub epoch: u32,
    pub credit: Amount,
    pub sent_last_ns: u64,
    pub time: Telling,
}

/// Something to send: rows of one body to one link.
pub(super) struct Frame {
    pub outlet: usize,
    pub body: usize,
    pub seq: u64,
    pub count: u32,
    /// Body bytes offered on the link up to and with this frame.
    pub offered_bytes: u64,
    pub watermark: i64,
    pub taken: bool,
}

impl Outlet {
    pub(super) fn offer(&mut self, frame: &Frame, body: &Body, now: u64) -> Result<bool> {
        if self.receiver.state() >= State::Finished {
            return Ok(true);
        }
        let records = (frame.seq, u64::from(frame.count));
        if !self.receiver.received(self.link.incoming).admits(records, frame.offered_bytes, self.credit) {
            return Ok(false);
        }
        let header = Header {
            flags: body.flags,
            count: frame.count,
            body_len: body.bytes.len() as u32,
            watermark: frame.watermark,
            ..self.header(Kind::Data, frame.seq, frame.offered_bytes, now)
        };
        let taken = self.socket.offer(&header.write(), &body.bytes, now)?;
        if taken {
            self.sent_last_ns = now;
            self.time.handed_over(frame.watermark);
        }
        Ok(taken)
    }

    /// Sends the rest of what was taken; false when some of it is still here.
    pub(super) fn flush(&mut self, now: u64) -> Result<bool> {
        Ok(self.receiver.state() >= State::Finished || self.socket.flush(now)?)
    }

    /// The head of a frame without records.
    pub(super) fn header(&self, kind: Kind, seq: u64, bytes: u64, now: u64) -> Header {
        let Link { number, schema, .. } = self.link;
        Header { seq, schema, sent_ns: now, bytes, ..Header::new(kind, number, self.epoch) }
    }

    pub(super) fn heard_end(&self) -> bool {
        self.receiver.state() >= State::Finished || self.receiver.received(self.link.incoming).ended
    }
}
