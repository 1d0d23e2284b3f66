//! The source of records that lie in files, or come as a stream of text: what `csv` and `jsonl` have in common.

pub(crate) mod given;
mod recorded;

use super::follow::Follow;
use super::input::Input;
use super::lines::{Filled, Lines};
use super::pace::Pace;
use super::paths::Place;
use super::sequence::{Sequence, Way};
use super::shape::Shape;
use crate::data::{Batch, Schema};
use crate::error::Result;
use crate::operator::{Advice, Cx, Next, Operator};
use recorded::Recorded;
use std::os::fd::BorrowedFd;

/// The reason for which the beginning of a record is rejected, where a stop comes before the rest.
const CUT: &str = "cut";

pub(crate) struct Files<S: Shape> {
    schema: Schema,
    from: From<S>,
    lines: Lines,
    pace: Pace,
    /// Records are read at the pace at which they were made.
    recorded: Option<Recorded>,
    /// A stream had nothing.
    dry: bool,
}

enum From<S: Shape> {
    /// One after another, to the end of the last.
    Whole(Box<Sequence<S>>),
    /// As they grow.
    Growing(Box<Follow<S>>),
}

impl<S: Shape> Files<S> {
    /// Nothing is opened yet.
    fn new(
        shape: S,
        place: &Place,
        schema: &Schema,
        lines: Lines,
        (pace, recorded): (Pace, Option<(f64, usize)>),
    ) -> Files<S> {
        let columns = schema.names().map(str::to_string).collect();
        let place = place.clone();
        // A FIFO is followed by never seeing its end.
        let from = if place.follow && place.places.stream().is_none() {
            From::Growing(Box::new(Follow::new(shape, place.places, place.encoding, columns)))
        } else {
            From::Whole(Box::new(Sequence::new(shape, place, columns)))
        };
        let recorded = recorded.map(|(times, column)| Recorded::new(times, column, schema));
        Files { schema: schema.clone(), from, lines, pace, recorded, dry: false }
    }

    fn produce(&mut self, batch: &mut Batch, cx: &mut Cx) -> Result<Next> {
        let Files { from, lines, pace, recorded, dry, .. } = self;
        *dry = false;
        let files = match from {
            From::Whole(files) => files,
            From::Growing(files) => return files.fill(lines, pace, batch, cx),
        };
        match files.open(cx)? {
            Way::There => {}
            Way::Goes => return Ok(Next::Again),
            Way::Waits => {
                *dry = true;
                return Ok(Next::Wait);
            }
        }
        if let Some(recorded) = recorded {
            let next = recorded.fill(files, lines, pace, batch, cx)?;
            *dry = next.is_none();
            return Ok(next.unwrap_or(Next::Wait));
        }
        let Some((records, called)) = files.records() else { return Ok(Next::Again) };
        lines.begin(cx);
        lines.now_in(|| called);
        let allowed = pace.allowed(cx.now_ns, cx.records_max);
        let filled = lines.fill(records, pace, allowed, batch, cx).map_err(|e| Input::failure(called, &e));
        // Of an error too: what was read before it goes its way.
        lines.end(batch);
        let next = pace.next(cx.now_ns);
        // The end is told at once, not when one more record would be due.
        let ended = match (&filled, next) {
            (Ok(Filled::Enough), Next::At(_)) => records.is_at_end().is_ok_and(|ended| ended),
            (Ok(filled), _) => *filled == Filled::End,
            (Err(_), _) => false,
        };
        files.keep(cx, None)?;
        if filled? == Filled::Nothing {
            *dry = true;
            return Ok(Next::Wait);
        }
        if !ended || files.next(cx)? {
            return Ok(next);
        }
        Ok(if batch.id.is_empty() { Next::End } else { Next::Again })
    }
}

impl<S: Shape> Operator for Files<S> {
    fn process(&mut self, batch: &mut Batch, cx: &mut Cx) -> Result<Next> {
        batch.reset(&self.schema);
        self.produce(batch, cx)
    }

    /// Of a stream, gives what was read and is not given yet, a batch at a time: nobody can read that again.
    fn finish(&mut self, batch: &mut Batch, cx: &mut Cx) -> Result<Next> {
        batch.reset(&self.schema);
        let Files { from: From::Whole(files), lines, pace, .. } = self else { return Ok(Next::End) };
        if !files.close_stream() {
            return Ok(Next::End);
        }
        while files.open(cx)? == Way::Goes {}
        let Some((records, called)) = files.records() else { return Ok(Next::End) };
        lines.begin(cx);
        lines.now_in(|| called);
        let filled = lines.fill(records, pace, cx.records_max, batch, cx);
        if matches!(filled, Ok(Filled::Nothing)) && records.source().offset() > records.position() {
            cx.read(1);
            lines.refuse(cx, records.rest(), CUT);
        }
        lines.end(batch);
        let filled = filled.map_err(|e| Input::failure(called, &e))?;
        Ok(if filled == Filled::Enough { Next::Again } else { Next::End })
    }

    fn wait_on(&self) -> Option<BorrowedFd<'_>> {
        match &self.from {
            From::Whole(files) => files.waits_on().filter(|_| self.dry),
            From::Growing(files) => files.waits_on(),
        }
    }

    fn advice(&self, reason: &str) -> Option<Advice> {
        self.lines.advice(reason)
    }
}
