//! The sink at work: what it has open, and what it writes.

use super::super::position::Position;
use super::super::squeeze::Piece;
use super::{Format, Out, Target};
use crate::data::Batch;
use crate::error::Result;
use crate::operator::{Cx, Ending, Next, Operator};
use crate::storage::{IfExists, warn};

pub(super) struct Sink<F> {
    pub target: Target,
    pub format: F,
    pub out: Option<Out>,
    pub looked_ns: u64,
    /// What is to come before the next record.
    pub pending: Vec<u8>,
    /// What is to be written next.
    pub piece: Piece,
    pub buffer: Vec<u8>,
}

/// How often the sink looks whether its file still lies where it was.
const LOOK_NS: u64 = 1_000_000_000;

impl<F: Format> Sink<F> {
    /// Sees that the file is open: here the first time, and again when it has been moved away.
    fn open(&mut self, cx: &mut Cx) -> Result<()> {
        let mut before = Position::of(cx);
        let compressed = self.target.compression.is_some();
        if let Some(Out::File(file)) = &mut self.out
            && cx.now_ns.saturating_sub(self.looked_ns) >= LOOK_NS
        {
            self.looked_ns = cx.now_ns;
            if file.was_moved() {
                file.must_be_there(&self.target.path)?;
                warn(&format!(
                    "{} was removed or replaced while it was written to: what it held went with it; the sink goes on \
                    in a new file",
                    self.target.path
                ));
                // Whatever lies there now is not ours to drop.
                self.target.if_exists = IfExists::Append;
                (self.out, before) = (None, None);
            } else if file.settle()? {
                self.pending =
                    self.out.as_ref().map_or(Ok(Vec::new()), |out| out.pending(&self.format, compressed))?;
            }
        }
        if self.out.is_none() {
            let out = self.target.open(&self.format, before, cx)?;
            self.looked_ns = cx.now_ns;
            self.pending = out.pending(&self.format, compressed)?;
            out.position().keep(cx);
            self.out = Some(out);
        }
        Ok(())
    }

    /// Takes the rows of a batch, and writes them if it is time.
    fn take(&mut self, batch: &Batch, cx: &mut Cx) -> Result<()> {
        self.open(cx)?;
        if !batch.is_empty() {
            self.format.rows(batch, cx, &mut self.piece.text);
            self.piece.took(batch, cx);
        }
        if self.piece.is_due(cx) { self.write(cx) } else { Ok(()) }
    }

    /// Writes the piece behind what is pending, and tells how far the file has come.
    fn write(&mut self, cx: &mut Cx) -> Result<()> {
        let shows = !self.piece.is_empty() && cx.shows_what_it_reads();
        self.piece.write(&self.pending, &mut self.buffer)?;
        let Target { path, patience, .. } = &self.target;
        let out = self.out.as_mut().expect("it has been opened");
        match out {
            Out::File(file) => {
                file.write(&self.buffer, *patience, cx)?;
                if file.is_beside() && shows {
                    file.swap(path)?;
                }
            }
            Out::Stream(stream, written) => {
                stream.write(&self.buffer, *patience, cx)?;
                *written += self.buffer.len() as u64;
            }
        }
        self.pending.clear();
        out.position().keep(cx);
        Ok(())
    }
}

impl<F: Format> Operator for Sink<F> {
    fn process(&mut self, batch: &mut Batch, cx: &mut Cx) -> Result<Next> {
        self.take(batch, cx)?;
        Ok(self.piece.next(cx))
    }

    fn finish(&mut self, _: &mut Batch, cx: &mut Cx) -> Result<Next> {
        self.open(cx)?;
        if !self.piece.is_empty() {
            self.write(cx)?;
        }
        let out = self.out.take().expect("it has just been opened");
        let (Out::File(mut file), path) = (out, &self.target.path) else { return Ok(Next::End) };
        // A compressed file has its head together with records.
        let head = if self.target.compression.is_some() { 0 } else { self.format.head().len() as u64 };
        let holds_records = file.position().len > head;
        if file.is_beside() && !(holds_records && cx.ending() == Ending::Drained) {
            file.stay_beside(path, holds_records)?;
            return Ok(Next::End);
        }
        file.swap(path)?;
        file.sync()?;
        self.out = Some(Out::File(file));
        // The header of a file that got no records.
        if !holds_records && !self.pending.is_empty() {
            self.write(cx)?;
        }
        Ok(Next::End)
    }
}
