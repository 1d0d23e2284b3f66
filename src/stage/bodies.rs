//! Batches as the bodies of frames: cut where the limits ask for it, in buffers that are used again.

use crate::data::Batch;
use crate::topology::plan::BatchLimits;
use crate::wire::codec;
use crate::wire::header::Header;
use std::ops::Range;

/// One frame's worth of records, encoded.
#[derive(Default)]
pub(super) struct Body {
    pub count: u32,
    /// What its frame's header says of it.
    pub flags: u8,
    pub bytes: Vec<u8>,
}

pub(super) struct Bodies {
    /// The first `used` are in use, the others keep their memory.
    all: Vec<Body>,
    used: usize,
    /// Rows of a batch that is too large for one frame.
    piece: Batch,
    records_max: usize,
    bytes_max: usize,
    fit: usize,
}

impl Bodies {
    pub(super) fn new(limits: &BatchLimits) -> Bodies {
        Bodies {
            all: Vec::new(),
            used: 0,
            piece: Batch::default(),
            records_max: limits.records_max,
            bytes_max: limits.bytes_max.0 as usize,
            fit: limits.records_max,
        }
    }

    pub(super) fn get(&self, at: usize) -> &Body {
        &self.all[at]
    }

    pub(super) fn clear(&mut self) {
        self.used = 0;
    }

    /// How many records a batch should have, so that it goes out as one frame, without being cut and copied.
    pub(super) fn fit(&self) -> usize {
        self.fit
    }

    /// Learns from a batch that is not empty how many such records fit; with a little room, since records differ.
    pub(super) fn learn(&mut self, batch: &Batch) {
        let fit = self.bytes_max / 16 * 15 * batch.len() / codec::batch_bytes(batch);
        self.fit = fit.clamp(1, self.records_max);
    }

    /// Encodes a batch into as many bodies as the limits ask for.
    pub(super) fn encode(&mut self, batch: &Batch) -> Range<usize> {
        let first = self.used;
        if batch.len() <= self.records_max && codec::batch_bytes(batch) <= self.bytes_max {
            self.encode_one(batch);
            return first..self.used;
        }
        let mut piece = std::mem::take(&mut self.piece);
        piece.reset_like(batch);
        let mut from = 0;
        while from < batch.len() {
            let (mut to, mut bytes) = (from + 1, codec::row_bytes(batch, from));
            while to < batch.len() && to - from < self.records_max {
                bytes += codec::row_bytes(batch, to);
                if bytes > self.bytes_max {
                    break;
                }
                to += 1;
            }
            piece.clear();
            piece.extend(batch, from, to);
            self.encode_one(&piece);
            from = to;
        }
        self.piece = piece;
        first..self.used
    }

    fn encode_one(&mut self, batch: &Batch) {
        if self.used == self.all.len() {
            self.all.push(Body::default());
        }
        let body = &mut self.all[self.used];
        self.used += 1;
        body.count = batch.len() as u32;
        body.bytes.clear();
        body.flags = if codec::encode(batch, &mut body.bytes) { Header::LATE } else { 0 };
    }
}
