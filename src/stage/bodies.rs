//! Batches as the bodies of frames: cut where the limits ask for it, in buffers that are shared and used again.

use crate::data::Batch;
use crate::topology::plan::BatchLimits;
use crate::wire::codec;
use crate::wire::header::Header;
use crate::wire::link::Load;
use std::ops::Range;

/// So many buffers are kept for later; more than that were needed for a queue that is gone.
const FREE_MAX: usize = 64;

/// One frame's worth of records, encoded.
#[derive(Default)]
struct Body {
    count: u32,
    /// What its frame's header says of it.
    flags: u8,
    youngest_ns: u64,
    bytes: Vec<u8>,
    /// How many links have it in their queue, and one more while it is being dealt out.
    uses: usize,
}

#[derive(Default)]
pub(super) struct Bodies {
    all: Vec<Body>,
    /// Those of them that nobody uses.
    free: Vec<usize>,
    /// And those of which only the place is left.
    bare: Vec<usize>,
    /// What was encoded and is being dealt out.
    fresh: Vec<usize>,
    /// Rows of a batch that is too large for one frame.
    piece: Batch,
    /// Some link sheds what is too old, so bodies must know.
    aged: bool,
    records_max: usize,
    bytes_max: usize,
    fit: usize,
}

impl Bodies {
    pub(super) fn new(limits: &BatchLimits, aged: bool) -> Bodies {
        Bodies {
            aged,
            records_max: limits.records_max,
            bytes_max: limits.bytes_max.0 as usize,
            fit: limits.records_max,
            ..Bodies::default()
        }
    }

    pub(super) fn bytes(&self, body: usize) -> &[u8] {
        &self.all[body].bytes
    }

    /// One of those encoded last gets one more user, who knows it by what is answered.
    pub(super) fn share(&mut self, fresh: usize) -> Load {
        let at = self.fresh[fresh];
        let body = &mut self.all[at];
        body.uses += 1;
        let Body { count, flags, youngest_ns, ref bytes, .. } = *body;
        Load { body: at, count, len: bytes.len() as u32, flags, youngest_ns }
    }

    /// One user less.
    pub(super) fn release(&mut self, at: usize) {
        let body = &mut self.all[at];
        body.uses -= 1;
        if body.uses > 0 {
            return;
        }
        if self.free.len() < FREE_MAX {
            self.free.push(at);
        } else {
            body.bytes = Vec::new();
            self.bare.push(at);
        }
    }

    /// What was encoded is dealt out: what nobody uses is free.
    pub(super) fn dealt_out(&mut self) {
        while let Some(at) = self.fresh.pop() {
            self.release(at);
        }
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

    /// Encodes a batch into as many bodies as the limits ask for, to be dealt out.
    pub(super) fn encode(&mut self, batch: &Batch) -> Range<usize> {
        let first = self.fresh.len();
        if batch.len() <= self.records_max && codec::batch_bytes(batch) <= self.bytes_max {
            self.encode_one(batch);
            return first..self.fresh.len();
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
        first..self.fresh.len()
    }

    fn encode_one(&mut self, batch: &Batch) {
        let at = self.free.pop().or_else(|| self.bare.pop()).unwrap_or_else(|| {
            self.all.push(Body::default());
            self.all.len() - 1
        });
        self.fresh.push(at);
        let body = &mut self.all[at];
        (body.count, body.uses) = (batch.len() as u32, 1);
        if self.aged {
            body.youngest_ns = batch.born_ns.iter().copied().max().unwrap_or(0);
        }
        body.bytes.clear();
        body.flags = if codec::encode(batch, &mut body.bytes) { Header::LATE } else { 0 };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Column, Type, Value};
    use crate::units::Bytes;

    fn batch(rows: u64) -> Batch {
        let mut batch = Batch::default();
        batch.columns.push(Column::new(Type::I64));
        for row in 0..rows {
            batch.id.push(row);
            batch.born_ns.push(row);
            batch.columns[0].push(Value::I64(7));
        }
        batch
    }

    #[test]
    fn a_buffer_is_used_again_when_its_last_user_is_gone() {
        let mut bodies = Bodies::new(&BatchLimits { records_max: 2, bytes_max: Bytes(1 << 20) }, true);
        assert_eq!(bodies.encode(&batch(3)), 0..2);
        let loads = [bodies.share(0), bodies.share(0), bodies.share(1)];
        bodies.dealt_out();
        assert_eq!(loads.map(|load| (load.count, load.youngest_ns)), [(2, 1), (2, 1), (1, 2)]);
        bodies.release(loads[0].body);
        assert_eq!(bodies.encode(&batch(1)), 0..1, "both are in use: a third one");
        bodies.dealt_out();
        assert_eq!((bodies.all.len(), bodies.free.len()), (3, 1));
        bodies.release(loads[1].body);
        bodies.release(loads[2].body);
        bodies.encode(&batch(5));
        bodies.dealt_out();
        assert_eq!((bodies.all.len(), bodies.free.len()), (3, 3), "and no fourth one ever");
    }

    #[test]
    fn what_a_long_queue_needed_is_given_back() {
        let mut bodies = Bodies::new(&BatchLimits { records_max: 1, bytes_max: Bytes(1 << 20) }, true);
        bodies.encode(&batch(3 * FREE_MAX as u64));
        bodies.dealt_out();
        let kept = |bodies: &Bodies| bodies.all.iter().filter(|body| body.bytes.capacity() > 0).count();
        assert_eq!((bodies.all.len(), kept(&bodies)), (3 * FREE_MAX, FREE_MAX));
        bodies.encode(&batch(1));
        assert_eq!(
            (bodies.free.len(), kept(&bodies)),
            (FREE_MAX - 1, FREE_MAX),
            "those with memory go first"
        );
    }
}
