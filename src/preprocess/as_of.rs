//! Gives each record what was known then: the newest record of another stream that is not younger.
//!
//! ```toml
//! operator = "as_of"
//! # from = { left = "flights", right = "weather" }
//! by = { left = "origin", right = "station" }
//! within = "2h"                # so old it may be; any age will do, if absent
//! prefix = "w_"                # before the names of the right's columns; needed where both have one of a name
//! ```
//!
//! | origin str (in left) | ts event_time (in left) | station str (in right) | ts event_time (in right) | temp f64 (in right) | origin str (out) | ts event_time (out) | w_station str (out) | w_ts time (out) | w_temp f64 (out) |
//! |---|---|---|---|---|---|---|---|---|---|
//! | JFK JFK LGA NULL | 2013-01-01T10:30:00Z 2013-01-01T09:59:00Z 2013-01-01T11:00:00Z 2013-01-01T12:00:00Z | JFK JFK LGA | 2013-01-01T10:00:00Z 2013-01-01T10:31:00Z 2013-01-01T11:00:00Z | 1.5 2.5 3.5 | JFK JFK LGA NULL JFK | 2013-01-01T09:59:00Z 2013-01-01T10:30:00Z 2013-01-01T11:00:00Z 2013-01-01T12:00:00Z 2013-01-01T12:31:01Z | NULL JFK LGA NULL NULL | NULL 2013-01-01T10:00:00Z 2013-01-01T11:00:00Z NULL NULL | NULL 1.5 3.5 NULL NULL |
//! | JFK | 2013-01-01T12:31:01Z | | | | | | | | |
//!
//! Each record of the left goes on once, with the columns of the right behind its own: those of the right's newest
//! record of its key, or NULLs where there is none. Of records of one time the one with the greatest id counts, which a
//! source read last. A key that has NULL in a column finds nothing. Without `by` all records are of one key.
//!
//! Both sides need an event time (`time = "ts"` at their sources). A record of the left waits until time has come so
//! far on both sides that the answer is settled, and `allowed_lateness` further; they go on in the order of their time.
//! So a side that says nothing holds the left's records back (`idle_after` at its source lets time go on). A record
//! that lies further behind than `allowed_lateness` (none, if absent) leaves by port `late`, one of the right by port
//! `late_right`, as it came; so does one that comes too late for another reason (a source was idle, or started anew).
//! One without a time is rejected (`no_time`).
//!
//! ```toml
//! operator = "as_of"
//! by = "k"
//! order = "arrival"
//! prefix = "now_"
//! ```
//!
//! | k str (in left) | x i64 (in left) | k str (in right) | x i64 (in right) | k str (out) | x i64 (out) | now_k str (out) | now_x i64 (out) |
//! |---|---|---|---|---|---|---|---|
//! | a | 1 | a b a | 10 20 30 | a a b | 1 2 3 | NULL a b | NULL 30 20 |
//! | a b | 2 3 | | | | | | |
//!
//! With `order = "arrival"` no time is looked at, and nothing waits: a record gets what has come last of its key. Its
//! answers are then those of the order in which the two streams happened to come.
//!
//! `rows_max` (1000000) bounds the records that a worker holds: those of both sides whose time has not come, and one of
//! the right a key. `memory` ("512MiB") bounds the bytes of their texts. Where there is one more, the side of which
//! most wait gives its earliest before its time, or the key whose record is the oldest is forgotten; that is counted
//! (`gone`): others may lack an answer by it. Memory is that of the columns, at most twice, and 60 bytes a record.
//!
//! With several workers, records go by the key. When the stream ends, all go on. So they do when the run is stopped;
//! where the stage says `snapshot_every` they wait in the last snapshot instead. After a crash what came since the last
//! snapshot is not known; what went on does not go on again, but for what went on before its time.
//!
//! The report tells how many wait (`left`, `right`), how many `keys` have a newest record, how many records of the left
//! `found` one and how many did not (`unmatched`), what had to make room (`gone`), had NULL in its key (`null_keys`),
//! was `late`, and of that what was too late for the other reason (`closed`).

use super::common::pairing::{Frame, Intake, LEFT, PORTS, Pairs, RIGHT, ROLES};
use crate::data::state::{Loader, Saver};
use crate::data::{Batch, Value};
use crate::error::Result;
use crate::operator::{Advice, Cx, Input, Inputs, Next, Operator, PlanResult, Planned, Shows, Spec};
use crate::params;
use given::{Given, Params};
use newest::{Counts, Newest};

mod given;
mod newest;

pub(super) const OPERATOR: Spec = Spec::new(
    "as_of",
    "each record with the newest record of another stream that is not younger",
    include_str!("as_of.rs"),
    plan,
)
.parameters::<Params>()
.called(&["asof", "asof_join", "merge_asof", "temporal_join", "latest", "enrich_latest", "point_in_time"])
.reads(Inputs::Roles(ROLES))
.shows(Shows::Quality, &["left", "keys", "found", "unmatched", "gone", "late"])
.ports(PORTS);

const STATE_VERSION: u16 = 4;
const REPORT: [&str; 9] =
    ["left", "right", "keys", "found", "unmatched", "gone", "null_keys", "late", "closed"];

fn plan(params: params::Params, inputs: &[Input]) -> PlanResult {
    let Given { both, age_max, time } = given::check(params, inputs)?;
    let timed = time.is_some();
    let newest = Newest::new(&both.schemas, &both.keys, (timed, age_max), (both.rows_max, both.bytes_max));
    let frame = both.frame(OPERATOR.name, &format!("{timed} {age_max:?}"), time);
    let as_of = AsOf { frame, timed, newest, found: Vec::new() };
    let planned = both.planned(timed, &REPORT, [true, false], move || as_of.clone());
    Ok(Planned { any_order: timed, ..planned })
}

#[derive(Clone)]
struct AsOf {
    frame: Frame,
    /// The newest is that by event time, and not what has come last.
    timed: bool,
    newest: Newest,
    /// For each record of the left the right's, by its place.
    found: Vec<u32>,
}

impl AsOf {
    /// Begins a call: what went on already does not go on out of an older state.
    fn begin(&mut self, cx: &Cx) {
        let AsOf { frame, newest, .. } = self;
        frame.begin(cx, |past| newest.catch_up(past));
    }

    /// Ends a call: who has an answer goes on.
    fn end(&mut self, batch: &mut Batch, cx: &mut Cx) -> Result<()> {
        let AsOf { frame, newest, .. } = self;
        let [left, right] = &newest.waiting;
        frame.out.id.extend(newest.pairs.left().iter().map(|row| left.rows.id[*row as usize]));
        newest.pairs.write(&left.rows, &right.rows, &mut frame.out);
        let what = "some are answered before their time, or the oldest key is forgotten, counted as gone";
        frame.tell_room(newest.counts.gone, what, cx);
        frame.end(batch, cx)
    }

    /// Records of the left pass, each with what has come last of its key.
    fn answer_at_once(&mut self, batch: &mut Batch) {
        let AsOf { newest, found, .. } = self;
        found.clear();
        found.extend((0..batch.len()).map(|row| newest.newest_for(batch, row).unwrap_or(Pairs::NONE)));
        let unmatched = found.iter().filter(|found| **found == Pairs::NONE).count() as u64;
        newest.counts.unmatched += unmatched;
        newest.counts.found += batch.len() as u64 - unmatched;
        for from in &newest.waiting[RIGHT].rows.columns {
            let mut column = batch.new_column(from.of());
            column.gather_some(from, found);
            batch.columns.push(column);
        }
    }
}

impl Operator for AsOf {
    fn process(&mut self, batch: &mut Batch, cx: &mut Cx) -> Result<Next> {
        let side = if cx.role() == Some(ROLES[RIGHT].name) { RIGHT } else { LEFT };
        if !self.timed && side == LEFT && !batch.is_empty() {
            self.answer_at_once(batch);
            return Ok(Next::Wait);
        }
        self.begin(cx);
        let AsOf { frame, newest, .. } = self;
        let born_ns = batch.born_ns.iter().copied().max().unwrap_or(cx.now_ns);
        if !batch.is_empty() {
            frame.intake.take(side, batch, frame.gone.shut_to(), cx);
            newest.come(side, batch, &frame.intake.rows, &frame.intake.times);
        }
        let most = cx.records_max.max(1);
        let mut done = newest.look(born_ns, most);
        if self.timed {
            let horizon = frame.intake.horizon(cx.watermark());
            let let_go = |to: &mut _| newest.advance(Some(horizon), born_ns, most, to);
            done = done && frame.gone.close_to(horizon, let_go);
            cx.hold_back(frame.gone.closed_to(), newest.queues[LEFT].len());
        }
        self.end(batch, cx)?;
        Ok(if done { Next::Wait } else { Next::Again })
    }

    fn finish(&mut self, batch: &mut Batch, cx: &mut Cx) -> Result<Next> {
        self.begin(cx);
        let AsOf { frame, newest, .. } = self;
        let (now_ns, most) = (cx.now_ns, cx.records_max.max(1));
        let waiting = newest.queues[LEFT].len();
        let done = frame.gone.finish(waiting, cx, |to| newest.advance(None, now_ns, most, to));
        self.end(batch, cx)?;
        Ok(if done { Next::End } else { Next::Again })
    }

    /// A record without a time is all that it rejects.
    fn advice(&self, reason: &str) -> Option<Advice> {
        Advice::of_no_time(reason)
    }

    fn report(&mut self, out: &mut Batch, _cx: &mut Cx) -> Result<Next> {
        let Counts { found, unmatched, gone, null_keys } = self.newest.counts;
        let [left, right] = [LEFT, RIGHT].map(|side| self.newest.queues[side].len() as u64);
        let Intake { late, closed, .. } = self.frame.intake;
        let known = self.newest.known as u64;
        let numbers = [left, right, known, found, unmatched, gone, null_keys, late, closed];
        out.columns.iter_mut().zip(numbers).for_each(|(column, n)| column.push(Value::I64(n as i64)));
        Ok(Next::End)
    }

    fn save(&mut self, out: &mut Saver<'_>) -> Result<Next> {
        let Newest { counts, waiting, .. } = &mut self.newest;
        self.frame.save(STATE_VERSION, counts, &mut waiting.each_mut(), out)
    }

    fn load(&mut self, from: &mut Loader<'_>) -> Result<()> {
        let AsOf { mut frame, mut newest, .. } = self.clone();
        newest.counts = frame.load(STATE_VERSION, &mut newest.waiting.each_mut(), from)?;
        newest.settle();
        (self.frame, self.newest) = (frame, newest);
        Ok(())
    }
}
