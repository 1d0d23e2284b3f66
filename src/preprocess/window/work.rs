//! The step at work: records go into their windows, rows go out, and the state comes and goes.

use super::gone::Gone;
use super::kind::{Head, Kind};
use super::quiet::ROWS;
use super::rows::{BOUNDS, Record, Rows, State, Taken};
use super::{NO_TIME, Window};
use crate::clock;
use crate::data::state::{Loader, Saver};
use crate::data::{Batch, Column, Values, key};
use crate::error::{Error, Result, say};
use crate::operator::{Cx, Ending, Next};

const STATE_VERSION: u16 = 6;
/// The place of `late` among its ports.
const LATE: usize = 0;

impl Window {
    /// A call with a batch, or for more of the one before.
    pub(super) fn work(&mut self, batch: &mut Batch, cx: &mut Cx) -> Result<Next> {
        self.out.reset(&self.output);
        let came = if self.next > 0 {
            std::mem::take(&mut self.rest)
        } else {
            self.fields.read(batch)?;
            std::mem::take(batch)
        };
        // A row is born with the record that closed its window, or with the Beat.
        let born_ns = came.born_ns.iter().copied().max().unwrap_or(cx.now_ns);
        self.catch_up(born_ns, cx);
        let now = self.turn.clock(cx.now_ns, clock::mono_ns, clock::wall_ns);
        // By arrival nothing comes that belongs before now.
        let mut all = now.is_none_or(|now| self.let_go(now, born_ns, cx));
        let whole = self.add(&came, born_ns, now.unwrap_or(0), cx);
        match whole {
            true => *batch = came,
            false => self.rest = came,
        }
        if now.is_none() {
            // What is still to be added may lie before the watermark, and not before what was let go.
            let closed_to = |kind: &mut Kind| kind.gone().map_or(i64::MIN, |gone| gone.closed.to);
            let to = if whole { cx.watermark() } else { closed_to(&mut self.kind) };
            all = self.let_go(to, born_ns, cx);
            let to = self.kind.earliest(to);
            cx.hold_back(to, self.kind.open() as usize);
        }
        // Of those nothing is said yet: should the process go, they are lost.
        cx.under_way(self.rest.len().saturating_sub(self.next) as u64);
        self.tell_gone(cx)?;
        cx.made(self.out.len() as u64);
        std::mem::swap(batch, &mut self.out);
        if !all || !whole || self.more_early {
            return Ok(Next::Again);
        }
        let end = now.filter(|_| self.kind.waits_for_the_clock()).map(|now| self.kind.next_end(now));
        Ok(self.turn.next(end))
    }

    /// A call at the end.
    pub(super) fn end(&mut self, batch: &mut Batch, cx: &mut Cx) -> Result<Next> {
        self.out.reset(&self.output);
        self.catch_up(cx.now_ns, cx);
        let (born_ns, Window { kind, out, shape, emptying, .. }) = (cx.now_ns, &mut *self);
        let ending = cx.ending();
        let mut rows = Rows { out, cx, born_ns, shape };
        let mut all = true;
        match ending {
            Ending::Drained => all = kind.close(i64::MAX, &mut rows),
            // Nothing is said of a stop that finds nothing.
            Ending::Stopped if *emptying || kind.open() > 0 => {
                *emptying = true;
                all = kind.empty(&mut rows);
            }
            Ending::Stopped => {}
            Ending::Kept => rows.cx.wait_open(kind.waiting()),
        }
        self.tell_gone(cx)?;
        cx.made(self.out.len() as u64);
        std::mem::swap(batch, &mut self.out);
        Ok(if all { Next::End } else { Next::Again })
    }

    /// Forgets what went out already, of a state that is older.
    fn catch_up(&mut self, born_ns: u64, cx: &mut Cx) {
        if cx.position() == self.position {
            return;
        }
        let at = Gone::read(cx.position());
        let Window { kind, out, shape, .. } = self;
        kind.catch_up(&at, &mut Rows { out, cx, born_ns, shape });
    }

    /// Adds the records of a batch to their windows, until so many rows go out for them as a batch may have; those that
    /// had to make room, and those that are late, leave. Whether all were added.
    fn add(&mut self, batch: &Batch, born_ns: u64, now: i64, cx: &mut Cx) -> bool {
        let most = cx.records_max.max(1);
        let Window { key, fields, kind, out, shape, turn, late_rows, more_early, .. } = self;
        kind.set_keys_max(cx.share(self.keys_max));
        late_rows.clear();
        let (gone, mut absorbed) = (kind.made_room(), 0);
        let times = turn.time.map(|at| match &batch.columns[at].values {
            Values::Time(times) => (times, &batch.columns[at].valid),
            _ => panic!("an event time is a time"),
        });
        let mut rows = Rows { out, cx, born_ns, shape };
        let mut left = std::mem::take(&mut self.next)..batch.len();
        for row in left.by_ref() {
            let (time, passed) = match times {
                Some((_, valid)) if !valid.get(row) => {
                    rows.cx.reject(batch, row, NO_TIME);
                    continue;
                }
                Some((times, _)) => (times[row], rows.cx.read_before(batch, row, times[row])),
                None => (now, None),
            };
            // What goes out because of a record is born with it.
            rows.born_ns = batch.born_ns[row];
            match kind.add(Record { batch, row, time, passed }, key, fields, &mut rows) {
                Taken::In => {
                    absorbed += 1;
                    if turn.counts() {
                        *more_early = !kind.tell_early(&mut rows);
                    }
                }
                taken => {
                    self.closed += u64::from(taken == Taken::Closed);
                    late_rows.push(row as u32);
                }
            }
            if rows.out.len() >= most || kind.again() >= ROWS {
                break;
            }
        }
        let whole = left.is_empty();
        self.next = if whole { 0 } else { left.start };
        cx.absorbed(absorbed);
        cx.keys_gone(kind.made_room() - gone, self.keys_max);
        self.late += late_rows.len() as u64;
        if !late_rows.is_empty() {
            cx.side(LATE, batch, late_rows);
        }
        whole
    }

    /// Lets go on what a watermark closes, and what is to be told again or early. False: there is more.
    fn let_go(&mut self, watermark: i64, born_ns: u64, cx: &mut Cx) -> bool {
        let Window { kind, out, shape, turn, more_early, .. } = self;
        *more_early |= turn.is_due(cx.now_ns);
        let mut rows = Rows { out, cx, born_ns, shape };
        kind.tell_again(&mut rows);
        let all = rows.out.len() < ROWS && kind.close(watermark, &mut rows);
        if *more_early && rows.out.len() < ROWS {
            *more_early = !kind.tell_early(&mut rows);
        }
        all && !*more_early
    }

    /// Says how far windows have gone out, where a crash finds it in step with their rows.
    fn tell_gone(&mut self, cx: &mut Cx) -> Result<()> {
        if self.kind.crowded() > 0 && !self.crowded_told {
            self.crowded_told = true;
            say(&format!(
                "warning: stage \"{}\": window: its keys and what its fields hold take more than memory says: the \
                 window least recently touched goes out as it is, counted in the report as gone",
                cx.stage()
            ));
        }
        let Some(gone) = self.kind.gone().filter(|gone| **gone != Gone::NOTHING) else { return Ok(()) };
        gone.write(&mut self.position);
        if cx.position() == self.position { Ok(()) } else { cx.set_position(&self.position) }
    }

    /// What must be the same for a state to fit.
    fn identity(&self) -> String {
        let wanted: Vec<&str> = self.fields.wanted.iter().map(|wanted| wanted.text.as_str()).collect();
        format!("{} {} {wanted:?}", self.kind.identity(), self.output)
    }

    pub(super) fn save_state(&mut self, out: &mut Saver<'_>) -> Result<Next> {
        if !self.kind.is_saving() {
            let counts = (self.late, self.closed, self.turn.since);
            out.put(STATE_VERSION, &(self.identity(), counts, self.kind.head()))?;
        }
        self.kind.save(STATE_VERSION, out)
    }

    pub(super) fn load_state(&mut self, from: &mut Loader<'_>) -> Result<()> {
        let (identity, counts, head): (String, (u64, u64, u64), Head) = from.get(STATE_VERSION)?;
        let mut columns: Vec<_> = self.output.fields[BOUNDS..][..self.shape.width]
            .iter()
            .map(|field| Column::new(field.of))
            .collect();
        let reads = |key: &[u8]| {
            columns.iter_mut().for_each(Column::clear);
            key::read(key, &mut columns).map(<[u8]>::len)
        };
        let fresh = State::new(self.fields.fresh());
        if identity != self.identity() || !self.kind.load(STATE_VERSION, from, head, &fresh, reads)? {
            return Err(Error::failed(
                "the state is of other windows, keys or fields than the topology asks for (start without it)",
            ));
        }
        (self.late, self.closed, self.turn.since) = counts;
        Ok(())
    }
}
