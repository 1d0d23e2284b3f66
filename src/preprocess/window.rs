//! Counts, sums, quantiles and more of the records of each span of time: an hour, say, and each key of it.
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
//! | windows | are said by |
//! |---|---|
//! | one behind the other | `size = "1h"` |
//! | that overlap | `size = "1h"` and `slide = "5min"`: they begin every 5 minutes, and a record counts in each that holds it (10,000 at most) |
//! | sessions | `gap = "30min"`: a window of a key goes on until nothing has come for so long; its end is that of the gap |
//! | of so many records of a key | `count = 1000`, and `slide = 100` where they overlap (1,000 windows at most hold a record) |
//! | of the clock | `by_arrival = true` beside `size` or `gap`: a record belongs where the clock is when it comes, and needs no time |
//! | of local days | `time_zone = "Europe/Paris"` beside a `size` of whole days, or of a part of a day: a day has 23 or 25 hours when clocks are changed, and an hour that is there twice is two windows |
//!
//! | a field | is |
//! |---|---|
//! | `count()` `count(x)` | how many records there are, or have a value of x |
//! | `sum(x)` | of whole numbers a whole number (NULL beyond 64 bits), else f64 |
//! | `mean(x)` `stddev(x)` `variance(x)` | f64; the last two are of a sample (by n - 1), `stddev_pop` and `variance_pop` of all (by n) |
//! | `min(x)` `max(x)` | of numbers, times, bools and texts, of their own type |
//! | `first(x)` `last(x)` | the value of the earliest record that has one, or of the latest: by time, then by the record's id |
//! | `median(x)` `quantile(x, 0.95)` | f64, between two values as far as the share is; exact up to 255 values, then a rank within 1.3 % of that which was meant, in 99 of 100 windows (KLL) |
//! | `distinct(x)` | how many different values; exact up to 256, then within 5 % in 998 of 1,000 windows (HyperLogLog) |
//! | `top(x, 3)` | the commonest texts or whole numbers, as a list, of equally common ones the least text first; each is counted too high by 1 % of the values at most (space saving, 10 counters for each that is asked for and 100 at least) |
//! | `collect(x)` `collect(x, 50)` | the different texts or whole numbers, as a list, in the order of the records that had them first; at most 1,000, or so many |
//!
//! `x` is a column or an expression, and a condition may follow: `"sum(price * quantity) WHERE channel = 'web'"`; the
//! page of `derive` shows what both may say. NULL counts as nothing, and so does NaN; without a value all but counts,
//! `distinct` and lists are NULL.
//!
//! ```toml
//! operator = "window"
//! gap = "30min"
//! per = "visitor"
//! fields = { pages = "count()", first = "first(page)", bought = "count() WHERE page = 'pay'", seen = "collect(page)" }
//! ```
//!
//! | at event_time (in) | visitor str (in) | page str (in) | window_start event_time (out) | window_end time (out) | visitor str (out) | pages i64 (out) | first str (out) | bought i64 (out) | seen list<str> (out) |
//! |---|---|---|---|---|---|---|---|---|---|
//! | 2013-01-01T10:20:00Z 2013-01-01T10:00:00Z 2013-01-01T10:10:00Z 2013-01-01T10:50:00Z 2013-01-01T10:30:00Z | a a b a b | pay home home home home | 2013-01-01T10:00:00Z 2013-01-01T10:10:00Z 2013-01-01T10:50:00Z | 2013-01-01T10:50:00Z 2013-01-01T11:00:00Z 2013-01-01T11:20:00Z | a b a | 2 2 1 | home home home | 1 0 0 | ["home","pay"] ["home"] ["home"] |
//!
//! ```toml
//! operator = "window"
//! count = 3
//! slide = 2
//! per = "k"
//! fields = { total = "sum(x)", middle = "median(x)" }
//! ```
//!
//! | k str (in) | x i64 (in) | window_start i64 (out) | window_end i64 (out) | k str (out) | total i64 (out) | middle f64 (out) |
//! |---|---|---|---|---|---|---|
//! | a a b a a a | 1 2 9 4 8 16 | 0 2 0 4 | 3 5 1 5 | a a b a | 7 28 9 16 | 2 8 9 16 |
//!
//! The bounds of a window of records are numbers of records of its key, from 0; what is not full at the end of the
//! stream goes out as it is. Such a row has no event time.
//!
//! A window closes, and its row goes on, when time has come to its end on all streams that are read, and
//! `allowed_lateness` further (none, if absent): a row says the same however records are batched and shared out, but
//! for what is not exact (quantiles, `top`), which goes by the order in which they came. Rows come by their window's
//! start, those of one window in an order of its keys that is always the same, and not that of their values. When the
//! stream ends, what is open closes. So it does when the run is stopped, as it is; where the stage says
//! `snapshot_every` it stays open instead, in the last snapshot, and `run --resume` goes on with it.
//!
//! A record is late when its own source had read that far before it: beyond the end of all its windows, or for
//! a session by more than `allowed_lateness`. Late records leave by port `late` as they
//! came, counted: `from = "STAGE/late"` reads them. So does one that comes too late for another reason (a source was
//! idle, or started anew, while its window closed). Disordered records whose window is open count as any other. With
//! `late = "restate"` a window goes out as soon as time has come to its end, and again, `restated`, when records came
//! for it while `allowed_lateness` lasts: a `restated` row takes the place of the one before it, and how many go before
//! it depends on how records came.
//!
//! `every` lets open windows out before their end: after so many records of the worker (`every = 1000`) or so long by
//! the clock (`every = "5s"`) each that was given records since. Such a row is marked `early`.
//!
//! `empty = true` writes a row for each window of a key that had one before, also when no record came. A key is
//! forgotten after 1,000 such windows in a row. When the stream ends only those before a window with records are
//! sure to be there. With `late = "restate"` a key's first window may come last: then it depends on how records came
//! which of the empty ones behind it have rows.
//!
//! `keys_max` (100000) bounds the windows that are open at a time, over all keys: when there is one more, the one least
//! recently touched goes out as it is, and begins anew if it is touched again, so it has two rows then, to be put
//! together: neither is `restated`. Of windows that overlap it bounds the parts that they are put together of: two for
//! each `slide` of a key; of windows of so many records it bounds the keys, each with `count` / `slide` parts. Such a
//! part that has to go is a row of each of its windows, and of one that went out before it is missing in the rows that
//! are `restated` later. What grows with its values (texts, quantiles, `distinct`, lists) takes at most 12 KiB of
//! numbers, 4 KiB of `distinct`, and lists of texts of 1 KiB; `memory` (256MiB a worker) bounds all of that and of the
//! keys, and the one least recently touched goes out the same way.
//!
//! A window that overlaps others is put together of its parts when it goes out: that costs `size` / `slide` steps at
//! most, and where many go out at once four for each.
//!
//! After a crash the windows are those of the last snapshot and what came since the restart. A row that went out does
//! not go out again, but for one of a window that had to go, or of `count`, or of a session that may have gone on since
//! the snapshot: that goes out as it was there, so that no record of it is missing.
//!
//! The report tells how many windows are `open`, how many had to go (`gone`), and how many records were `late`, those
//! among them that were too late for the other reason (`closed`).

use crate::data::key::KeyOf;
use crate::data::state::{Loader, Saver};
use crate::data::{Batch, Schema, Type, Value};
use crate::error::Result;
use crate::operator::{
    Advice, Cx, Input, Next, Operator, Passes, PlanResult, Planned, PlannedPort, Port, Shows, Spec, only,
};
use crate::params;
use crate::units::Stretch;
use fields::Fields;
use given::{Given, Params};
use kind::Kind;
use rows::{BOUNDS, Shape};
use turn::Turn;

mod aggregate;
mod fields;
mod function;
mod given;
mod gone;
mod kind;
mod numbered;
mod panes;
mod quiet;
mod rows;
mod sessions;
mod spans;
mod sweep;
mod text;
mod turn;
mod work;

#[cfg(test)]
mod tests;

pub(super) const OPERATOR: Spec = Spec::new(
    "window",
    "counts, sums, quantiles and more of each span of time",
    include_str!("window.rs"),
    plan,
)
.parameters::<Params>()
.called(&[
    "aggregate",
    "group_by",
    "groupby",
    "reduce",
    "tumble",
    "tumbling",
    "hop",
    "hopping",
    "sliding",
    "sliding_window",
    "session",
    "session_window",
    "pivot",
    "top",
    "count",
    "resample",
    "rollup",
])
.keyed("per")
.shows(Shows::Quality, &["open", "gone", "late", "closed"])
.ports(&[Port { name: "late", about: "records that came after their window had closed, as they were" }]);

const NO_TIME: &str = "no_time";

fn plan(given: params::Params, inputs: &[Input]) -> PlanResult {
    let Given { time, by_arrival, kind, every, restates, per, keys_max, fields, output } =
        given::check(given, only(inputs))?;
    let alone = per.is_none().then_some("without per there is one row for all records");
    let per = per.map_or(Vec::new(), |per| per.columns);
    let marks = output.len() - BOUNDS - per.len();
    // A row of a key goes on where the records of that key are.
    let keys = per.iter().copied().map(Some);
    let made = [None; BOUNDS].into_iter().chain(keys).chain(std::iter::repeat_n(None, marks)).collect();
    let shape = Shape {
        width: per.len(),
        functions: fields.wanted.iter().map(|wanted| wanted.function).collect(),
        timed: !matches!(kind, Kind::Count(_)),
        early: every.is_some(),
        restated: restates,
    };
    let (any_order, warnings) = (time.is_some() && every.is_none() && !restates, fields.warnings.clone());
    // No record is late for a window of records; for one of the clock it is when that was set back.
    let late = (!matches!(kind, Kind::Count(_))).then(|| PlannedPort::moves("late", only(inputs).clone()));
    let window = Window {
        output: output.clone(),
        key: KeyOf::new(per.clone()),
        turn: Turn::new(time, by_arrival, every),
        shape,
        fields,
        keys_max,
        kind,
        late_rows: Vec::new(),
        late: 0,
        closed: 0,
        crowded_told: false,
        next: 0,
        rest: Batch::default(),
        more_early: false,
        emptying: false,
        position: Vec::new(),
        out: Batch::default(),
    };
    let report =
        Schema::of(&[("open", Type::I64), ("gone", Type::I64), ("late", Type::I64), ("closed", Type::I64)]);
    Ok(Planned {
        report: Some(report),
        ports: late.into_iter().collect(),
        alone,
        stateful: true,
        per,
        any_order,
        deterministic: !by_arrival && !matches!(every, Some(Stretch::Time(_))),
        passes: Passes::These(made),
        absorbs: true,
        warnings,
        ..Planned::new(output, move || window.clone())
    })
}

#[derive(Clone)]
struct Window {
    output: Schema,
    key: KeyOf,
    turn: Turn,
    shape: Shape,
    fields: Fields,
    /// How many windows all workers of the stage keep open together.
    keys_max: usize,
    kind: Kind,
    /// Rows of the batch at hand that are late.
    late_rows: Vec<u32>,
    /// Records that were late, and those of them whose window had closed though they were not.
    late: u64,
    closed: u64,
    crowded_told: bool,
    /// A batch for which more rows go out than one may have: the next of its records, and it.
    next: usize,
    rest: Batch,
    /// Of the rows that go out early some are still to come.
    more_early: bool,
    /// A stop lets all go.
    emptying: bool,
    /// The position that was said last.
    position: Vec<u8>,
    /// What goes on, while a batch is worked on.
    out: Batch,
}

impl Operator for Window {
    fn process(&mut self, batch: &mut Batch, cx: &mut Cx) -> Result<Next> {
        self.work(batch, cx)
    }

    fn finish(&mut self, batch: &mut Batch, cx: &mut Cx) -> Result<Next> {
        self.end(batch, cx)
    }

    /// A record without a time is all that it rejects.
    fn advice(&self, reason: &str) -> Option<Advice> {
        (reason == NO_TIME).then(|| Advice::to("filter records without a time before"))
    }

    fn report(&mut self, out: &mut Batch, _cx: &mut Cx) -> Result<Next> {
        let gone = self.kind.made_room() + self.kind.crowded();
        let numbers = [self.kind.open(), gone, self.late, self.closed];
        out.columns.iter_mut().zip(numbers).for_each(|(column, n)| column.push(Value::I64(n as i64)));
        Ok(Next::End)
    }

    fn save(&mut self, out: &mut Saver<'_>) -> Result<Next> {
        self.save_state(out)
    }

    fn load(&mut self, from: &mut Loader<'_>) -> Result<()> {
        self.load_state(from)
    }
}
