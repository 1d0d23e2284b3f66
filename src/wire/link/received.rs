//! The receiving end of a link: which frames are taken, and what the sender is told by it.

use crate::wire::header::{Header, Kind};
use serde::{Deserialize, Serialize};

/// What has come over a link: kept in the receiver's ledger, read by the sender.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Received {
    /// The sequence number that comes next.
    pub next: u64,
    /// Records taken.
    pub records: u64,
    /// Body bytes that the sender had offered when it sent what came last.
    pub bytes: u64,
    pub duplicates: u64,
    /// The sender's life from which frames come.
    pub epoch: u32,
    /// The sender has sent all it ever will.
    pub ended: bool,
    /// The life before, and its next: frames of it may arrive late, behind the first of the new one.
    pub old: (u32, u64),
    /// The greatest watermark that has come; `i64::MIN` before the first.
    pub watermark: i64,
    /// The sender says that nothing is to be expected of it for now.
    pub idle: bool,
    /// The sender has ended because it was stopped: its source had more.
    pub stopped: bool,
    /// Records that went by and were not seen, where these are copies.
    pub missed: u64,
}

impl Default for Received {
    /// Of a link over which nothing has come.
    fn default() -> Received {
        Received {
            next: 0,
            records: 0,
            bytes: 0,
            duplicates: 0,
            epoch: 0,
            ended: false,
            old: (0, 0),
            watermark: i64::MIN,
            idle: false,
            stopped: false,
            missed: 0,
        }
    }
}

/// What to do with a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Its records are new.
    Take,
    /// It carries no records, or such as were taken before.
    Pass,
}

impl Received {
    /// Judges a frame and moves on.
    pub fn judge(&mut self, frame: &Header) -> Verdict {
        let end = frame.seq + u64::from(frame.count);
        if frame.epoch == self.old.0 && self.epoch > frame.epoch {
            return self.judge_late(frame, end);
        }
        if frame.epoch < self.epoch {
            return self.refuse(frame);
        }
        if frame.epoch > self.epoch {
            self.old = (self.epoch, self.next);
            self.epoch = frame.epoch;
        }
        if frame.seq < self.next {
            return self.refuse(frame);
        }
        self.next = end;
        self.bytes = self.bytes.max(frame.bytes);
        self.ended |= frame.kind == Kind::End;
        self.stopped |= frame.has(Header::STOPPED) && frame.kind == Kind::End;
        self.idle = frame.has(Header::IDLE);
        self.take(frame)
    }

    /// A frame of the sender's life before: what it had sent last may be read after what the new one sent first.
    fn judge_late(&mut self, frame: &Header, end: u64) -> Verdict {
        if frame.kind != Kind::Data || frame.seq < self.old.1 {
            return self.refuse(frame);
        }
        self.old.1 = end;
        self.next = self.next.max(end);
        self.take(frame)
    }

    fn take(&mut self, frame: &Header) -> Verdict {
        self.records += u64::from(frame.count);
        // It holds behind the frame's records, and a sender that starts anew may know less than was told before.
        self.watermark = self.watermark.max(frame.watermark);
        if frame.kind == Kind::Data { Verdict::Take } else { Verdict::Pass }
    }

    fn refuse(&mut self, frame: &Header) -> Verdict {
        self.duplicates += u64::from(frame.count);
        Verdict::Pass
    }
}
