//! Counts, sums and extremes of the records of each span of event time: an hour, say, and each key of it.
//!
//! ```toml
//! operator = "window"
//! size = "1h"
//! per = "shop"                  # or a list of columns; absent: one row a window, and one worker
//! fields = { orders = "count()", revenue = "sum(amount)", most = "max(amount)" }
//! ```
//!
//! | ts event_time (in) | shop str (in) | amount f64 (in) | window_start event_time (out) | window_end time (out) | shop str (out) | orders i64 (out) | revenue f64 (out) | most f64 (out) |
//! |---|---|---|---|---|---|---|---|---|
//! | 2013-01-01T10:10:00Z 2013-01-01T11:00:00Z 2013-01-01T10:59:59Z 2013-01-01T10:00:00Z NULL | a a b a a | 1 2 4.5 NULL 9 | 2013-01-01T10:00:00Z 2013-01-01T10:00:00Z 2013-01-01T11:00:00Z | 2013-01-01T11:00:00Z 2013-01-01T11:00:00Z 2013-01-01T12:00:00Z | a b a | 2 1 1 | 1 4.5 2 | 1 4.5 2 |
//!
//! The stream needs an event time: `time = "ts"` at its source, or the step `event_time`. Windows begin at multiples
//! of `size` since 1970 UTC, plus `offset` (none, if absent), and hold the times from their start to just before their
//! end. A record without a time is rejected (`no_time`).
//!
//! | a field | is |
//! |---|---|
//! | `count()` | how many records there are |
//! | `count(x)` | how many have a value of x |
//! | `sum(x)` | of whole numbers a whole number (NULL beyond 64 bits), else f64 |
//! | `mean(x)` | f64 |
//! | `min(x)` `max(x)` | of numbers and times, of their own type |
//!
//! NULL counts as nothing, and so does NaN; without a value all but the counts are NULL.
//!
//! A window closes, and its row goes on, when time has come to its end on all streams that are read, and
//! `allowed_lateness` further (none, if absent): a row says the same however records are batched and shared out. Rows
//! come by their window's start, those of one window by their key. When the stream ends, what is open closes. So it
//! does when the run is stopped, as it is; where the stage says `snapshot_every` it stays open instead, in the last
//! snapshot, and `run --resume` goes on with it.
//!
//! A record is late when its own source had read that far before it. Late records leave by port `late` as they
//! came, counted: `from = "STAGE/late"` reads them. So does one that comes too late for another reason (a source was
//! idle, or started anew, while its window closed). Disordered records whose window is open count as any other.
//!
//! `keys_max` (100000) bounds the windows that are open at a time, over all keys: when there is one more, the one least
//! recently touched goes out as it is, and begins anew if it is touched again, so it has two rows then.
//!
//! After a crash the windows are those of the last snapshot and what came since the restart. A row that went out does
//! not go out again, but for one of a window that had to go.
//!
//! The report tells how many windows are `open`, how many had to go (`gone`), and how many records were `late`, those
//! among them that were too late for the other reason (`closed`).

use crate::data::key::{self, KeyOf};
use crate::data::state::{Loader, Saver};
use crate::data::{Batch, Column, Schema, Type, Value, Values};
use crate::error::{Error, Result};
use crate::operator::{
    Advice, Cx, Ending, Input, Next, Operator, Passes, PlanResult, Planned, PlannedPort, Port, Shows, Spec,
    only,
};
use crate::params;
use aggregate::{Aggregate, Wanted};
use given::{Given, Params};
use panes::{Gone, Panes};

mod aggregate;
mod given;
mod panes;

pub(super) const OPERATOR: Spec = Spec::new(
    "window",
    "counts, sums and extremes of each span of event time",
    include_str!("window.rs"),
    plan,
)
.parameters::<Params>()
.called(&["aggregate", "group_by", "groupby", "reduce", "tumble", "tumbling", "hop", "count", "resample"])
.keyed("per")
.shows(Shows::Quality, &["open", "gone", "late", "closed"])
.ports(&[Port { name: "late", about: "records that came after their window had closed, as they were" }]);

const STATE_VERSION: u16 = 2;
const NO_TIME: &str = "no_time";
/// The place of `late` among its ports.
const LATE: usize = 0;
/// Start and end stand before the key's columns.
const BOUNDS: usize = 2;

fn plan(given: params::Params, inputs: &[Input]) -> PlanResult {
    let Given { time, spans, per, keys_max, wanted, output } = given::check(given, only(inputs))?;
    let alone = per.is_none().then_some("without per there is one row for all records");
    let per = per.map_or(Vec::new(), |per| per.columns);
    // A row of a key goes on where the records of that key are.
    let keys = per.iter().copied().map(Some);
    let made = [None; BOUNDS].into_iter().chain(keys).chain(wanted.iter().map(|_| None)).collect();
    let window = Window {
        output: output.clone(),
        time,
        key: KeyOf::new(per.clone()),
        width: per.len(),
        keys_max,
        panes: Panes::new(spans, keys_max, fresh(&wanted)),
        wanted,
        late_rows: Vec::new(),
        late: 0,
        closed: 0,
        out: Batch::default(),
    };
    let passes = Passes::These(made);
    let report =
        Schema::of(&[("open", Type::I64), ("gone", Type::I64), ("late", Type::I64), ("closed", Type::I64)]);
    Ok(Planned {
        report: Some(report),
        ports: vec![PlannedPort::moves("late", only(inputs).clone())],
        alone,
        stateful: true,
        per,
        any_order: true,
        passes,
        absorbs: true,
        ..Planned::new(output, move || window.clone())
    })
}

#[derive(Clone)]
struct Window {
    output: Schema,
    /// The column of the event time.
    time: usize,
    key: KeyOf,
    /// How many columns a key has.
    width: usize,
    wanted: Vec<Wanted>,
    /// How many windows all workers of the stage keep open together.
    keys_max: usize,
    panes: Panes,
    /// Rows of the batch at hand that are late.
    late_rows: Vec<u32>,
    /// Records that were late, and those of them whose window had closed though they were not.
    late: u64,
    closed: u64,
    /// What goes on, while a batch is worked on.
    out: Batch,
}

impl Window {
    /// Adds the records of a batch to their windows; those that had to make room, and those that are late, leave.
    fn add(&mut self, batch: &Batch, born_ns: u64, cx: &mut Cx) {
        let Window { key, width, wanted, panes, out, .. } = self;
        panes.open.set_keys_max(cx.share(self.keys_max));
        self.late_rows.clear();
        let Values::Time(times) = &batch.columns[self.time].values else { panic!("an event time is a time") };
        let Panes { spans, open, gone: out_to, waiting, .. } = panes;
        let (gone, mut absorbed) = (open.gone(), 0);
        for (row, time) in times.iter().enumerate() {
            if !batch.columns[self.time].valid.get(row) {
                cx.reject(batch, row, NO_TIME);
                continue;
            }
            let start = spans.start(*time);
            let closes = spans.closes(start);
            let late = cx.is_late(batch, row, *time, closes);
            if late || out_to.has_closed(closes) {
                self.closed += u64::from(!late);
                self.late_rows.push(row as u32);
                continue;
            }
            let state = open.touch(key.of_at(batch, row, start), |key, state| {
                let going = panes::start_of(key);
                *waiting -= aggregate::records(state);
                write(out, (key, going, spans.end(going)), *width, state, (cx.new_id(), born_ns));
            });
            let (records, fields) = state.split_first_mut().expect("it counts its records");
            records.take(None, row);
            for (aggregate, wanted) in fields.iter_mut().zip(wanted.iter()) {
                aggregate.take(wanted.column.map(|at| &batch.columns[at]), row);
            }
            *waiting += 1;
            absorbed += 1;
        }
        cx.absorbed(absorbed);
        cx.keys_gone(open.gone() - gone, self.keys_max);
        self.late += self.late_rows.len() as u64;
        if !self.late_rows.is_empty() {
            cx.side(LATE, batch, &self.late_rows);
        }
    }

    /// Lets go on what closes at a watermark.
    fn close(&mut self, watermark: i64, born_ns: u64, cx: &mut Cx) {
        let Window { width, panes, out, .. } = self;
        panes.close(watermark, |bounds, state| write(out, bounds, *width, state, (cx.new_id(), born_ns)));
    }
}

/// What a window begins with: a count of its records, which is in no row, before what was wanted.
fn fresh(wanted: &[Wanted]) -> Vec<Aggregate> {
    std::iter::once(Aggregate::Count(0)).chain(wanted.iter().map(|wanted| wanted.fresh)).collect()
}

/// Adds a window's row: its key, start and end, and what was wanted of it.
fn write(
    out: &mut Batch,
    (key, start, end): (&[u8], i64, i64),
    width: usize,
    state: &[Aggregate],
    (id, born_ns): (u64, u64),
) {
    out.id.push(id);
    out.born_ns.push(born_ns);
    out.columns[0].push(Value::Time(start));
    out.columns[1].push(Value::Time(end));
    let (keys, fields) = out.columns[BOUNDS..].split_at_mut(width);
    key::read(key, keys).expect("the key was made of these columns");
    state.iter().skip(1).zip(fields).for_each(|(aggregate, column)| aggregate.write(column));
}

impl Operator for Window {
    fn process(&mut self, batch: &mut Batch, cx: &mut Cx) -> Result<Next> {
        self.out.reset(&self.output);
        // A row is born with the record that closed its window, or with the Beat.
        let born_ns = batch.born_ns.iter().copied().max().unwrap_or(cx.now_ns);
        self.panes.catch_up(Gone::read(cx.position()));
        self.add(batch, born_ns, cx);
        self.close(cx.watermark(), born_ns, cx);
        self.tell_gone(cx)?;
        cx.made(self.out.len() as u64);
        cx.hold_back(self.panes.earliest(cx.watermark()), self.panes.open.len());
        std::mem::swap(batch, &mut self.out);
        Ok(Next::Wait)
    }

    fn finish(&mut self, batch: &mut Batch, cx: &mut Cx) -> Result<Next> {
        self.out.reset(&self.output);
        self.panes.catch_up(Gone::read(cx.position()));
        match cx.ending() {
            Ending::Drained => self.close(i64::MAX, cx.now_ns, cx),
            Ending::Stopped => {
                let (born_ns, Window { width, panes, out, .. }) = (cx.now_ns, &mut *self);
                panes.empty(|bounds, state| write(out, bounds, *width, state, (cx.new_id(), born_ns)));
            }
            Ending::Kept => cx.wait_open(self.panes.waiting),
        }
        self.tell_gone(cx)?;
        cx.made(self.out.len() as u64);
        std::mem::swap(batch, &mut self.out);
        Ok(Next::End)
    }

    /// A record without a time is all that it rejects.
    fn advice(&self, reason: &str) -> Option<Advice> {
        (reason == NO_TIME).then(|| Advice::to("filter records without a time before"))
    }

    fn report(&mut self, out: &mut Batch, _cx: &mut Cx) -> Result<Next> {
        let numbers = [self.panes.open.len() as u64, self.panes.open.gone(), self.late, self.closed];
        out.columns.iter_mut().zip(numbers).for_each(|(column, n)| column.push(Value::I64(n as i64)));
        Ok(Next::End)
    }

    fn save(&mut self, out: &mut Saver<'_>) -> Result<Next> {
        let identity = self.identity();
        let Window { panes, late, closed, .. } = self;
        if !panes.open.is_saving() {
            let Gone { closed_to, emptied } = panes.gone;
            out.put(STATE_VERSION, &(identity, *late, *closed, closed_to, emptied))?;
        }
        panes.open.save(STATE_VERSION, out)
    }

    fn load(&mut self, from: &mut Loader<'_>) -> Result<()> {
        let (identity, late, closed, closed_to, emptied): (String, u64, u64, i64, u64) =
            from.get(STATE_VERSION)?;
        let mut columns: Vec<_> =
            self.output.fields[BOUNDS..][..self.width].iter().map(|field| Column::new(field.of)).collect();
        let mut reads = |key: &[u8]| {
            columns.iter_mut().for_each(Column::clear);
            key::read(key, &mut columns).is_some_and(|rest| rest.len() == panes::START_BYTES)
        };
        let fresh = fresh(&self.wanted);
        let fits = |key: &[u8], state: &Vec<Aggregate>| reads(key) && aggregate::alike(state, &fresh);
        if identity != self.identity() || !self.panes.open.load(STATE_VERSION, from, fits)? {
            return Err(Error::failed(
                "the state is of other windows, keys or fields than the topology asks for (start without it)",
            ));
        }
        (self.late, self.closed, self.panes.gone) = (late, closed, Gone { closed_to, emptied });
        self.panes.waiting = self.panes.open.iter().map(|(_, state)| aggregate::records(state)).sum();
        Ok(())
    }
}

impl Window {
    /// Says how far windows have gone out, where a crash finds it in step with their rows.
    fn tell_gone(&self, cx: &mut Cx) -> Result<()> {
        let position = self.panes.gone.position();
        if cx.position() != position { cx.set_position(&position) } else { Ok(()) }
    }

    /// What must be the same for a state to fit.
    fn identity(&self) -> String {
        let wanted: Vec<&str> = self.wanted.iter().map(|wanted| wanted.text.as_str()).collect();
        format!("{:?} {} {wanted:?}", self.panes.spans, self.output)
    }
}
