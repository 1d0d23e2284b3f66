//! Puts records of two streams together that have the same key, and lie near each other in time.
//!
//! ```toml
//! operator = "join"
//! # from = { left = "orders", right = "payments" }
//! by = { left = "order", right = "of" }
//! within = ["-5min", "1h"]     # the right's time less the left's, ends included; "1h" is ["-1h", "1h"]
//! kind = "left"                # inner (the usual one), left or full
//! prefix = "paid_"             # before the names of the right's columns; needed where both have one of a name
//! ```
//!
//! | order i64 (in left) | ts event_time (in left) | of i64 (in right) | ts event_time (in right) | eur f64 (in right) | order i64 (out) | ts event_time (out) | paid_of i64 (out) | paid_ts time (out) | paid_eur f64 (out) |
//! |---|---|---|---|---|---|---|---|---|---|
//! | 1 2 NULL | 2013-01-01T10:00:00Z 2013-01-01T10:00:00Z 2013-01-01T10:10:00Z | 2 2 | 2013-01-01T11:00:00Z 2013-01-01T11:00:01Z | 7 9 | NULL 2 | 2013-01-01T10:10:00Z 2013-01-01T10:00:00Z | NULL 2 | NULL 2013-01-01T11:00:00Z | NULL 7 |
//! | 2 | 2013-01-01T11:05:00Z | | | | 2 2 1 | 2013-01-01T11:05:00Z 2013-01-01T11:05:00Z 2013-01-01T10:00:00Z | 2 2 NULL | 2013-01-01T11:00:00Z 2013-01-01T11:00:01Z NULL | 7 9 NULL |
//!
//! A record looks for partners among those that are there, and waits then for those that come. Each pair is a record:
//! the columns of the left, then those of the right. A key has NULL in no column that finds a partner, as in SQL.
//!
//! | `kind` | goes on without a partner, with NULLs for the other side |
//! |---|---|
//! | `inner` | nothing |
//! | `left` | a record of the left |
//! | `full` | a record of either side |
//!
//! Both sides need an event time: `time = "ts"` at their sources. That of a pair is its left record's; a record of the
//! right that goes on alone has none. What found no partner goes on when time has come so far on both sides that none
//! can come, and `allowed_lateness` further: so a side that says nothing holds the other's records back (`idle_after`
//! at its source lets time go on). A record that lies further behind than `allowed_lateness` (none, if absent) leaves
//! by port `late`, one of the right by port `late_right`, as it came; so does one that comes too late for another
//! reason (a source was idle, or started anew). One without a time is rejected (`no_time`).
//!
//! ```toml
//! operator = "join"
//! by = "k"
//! kind = "full"
//! prefix = "b_"
//! ```
//!
//! | k str (in left) | x i64 (in left) | k str (in right) | x i64 (in right) | k str (out) | x i64 (out) | b_k str (out) | b_x i64 (out) |
//! |---|---|---|---|---|---|---|---|
//! | a b a | 1 2 3 | a c | 10 20 | a a b NULL | 1 3 2 NULL | a a NULL c | 10 10 NULL 20 |
//!
//! Without `within` no time is needed: all records of one key are partners, and what has none goes on at the end. So
//! all records wait; what comes out has no event time.
//!
//! `rows_max` (1000000) bounds the records of both sides that wait in a worker, `memory` ("512MiB") the bytes of their
//! texts. Where there is one more, the one goes whose partners end first: alone, if its side is kept, and counted
//! (`gone`). Memory is that of the columns, at most twice, and 60 bytes a record.
//!
//! With several workers, records go by the key. When the stream ends, all go that wait. So they do when the run is
//! stopped; where the stage says `snapshot_every` they wait in the last snapshot instead. After a crash, what came
//! since the last snapshot finds no partners, and what had found one since may go out alone too; what went out alone
//! does not go out again, but for what had to make room, or came when no partner of it could come any more.
//!
//! The report tells how many wait (`left`, `right`), `pairs`, how many went alone (`unmatched`), had to make room
//! (`gone`), had NULL in their key (`null_keys`), were looked at for a partner (`visited`), were `late`, and of those
//! the ones that were too late for the other reason (`closed`). A record looks at those of its key that lie within, or
//! not much further, however many the key has.

use super::common::pairing::{Frame, Intake, LEFT, PORTS, RIGHT, ROLES};
use crate::data::state::{Loader, Saver};
use crate::data::{Batch, Value};
use crate::error::Result;
use crate::operator::{Advice, Cx, Input, Inputs, Next, Operator, PlanResult, Shows, Spec};
use crate::params::{self, Within};
use given::{Given, Params};
use sides::{Counts, Sides};

mod given;
mod sides;

pub(super) const OPERATOR: Spec = Spec::new(
    "join",
    "records of two streams that have the same key and lie near each other in time, put together",
    include_str!("join.rs"),
    plan,
)
.parameters::<Params>()
.called(&[
    "inner_join",
    "left_join",
    "outer_join",
    "full_join",
    "interval_join",
    "merge_join",
    "cogroup",
    "correlate",
])
.reads(Inputs::Roles(ROLES))
.shows(Shows::Quality, &["left", "right", "pairs", "unmatched", "gone", "late"])
.ports(PORTS);

const STATE_VERSION: u16 = 4;
const REPORT: [&str; 9] =
    ["left", "right", "pairs", "unmatched", "gone", "null_keys", "visited", "late", "closed"];

fn plan(params: params::Params, inputs: &[Input]) -> PlanResult {
    let Given { both, kind, within, time } = given::check(params, inputs)?;
    let sides = Sides::new(&both.schemas, &both.keys, (kind, within), (both.rows_max, both.bytes_max));
    let frame = both.frame(OPERATOR.name, &format!("{kind:?} {within:?}"), time);
    let join = Join { frame, ahead: within.map_or(0, |Within { to, .. }| to.max(0)), sides };
    let [lacks_left, lacks_right] = [kind.keeps()[RIGHT], kind.keeps()[LEFT]];
    Ok(both.planned(time.is_some(), &REPORT, [!lacks_left, !lacks_right], move || join.clone()))
}

#[derive(Clone)]
struct Join {
    frame: Frame,
    /// So far behind the right a record of the left may be that is still paired.
    ahead: i64,
    sides: Sides,
}

impl Join {
    /// Begins a call: what went out already does not go out of an older state.
    fn begin(&mut self, cx: &Cx) {
        let Join { frame, sides, .. } = self;
        frame.begin(cx, |past| sides.forget(past));
    }

    /// Ends a call: what was found and who goes alone goes on.
    fn end(&mut self, batch: &mut Batch, cx: &mut Cx) -> Result<()> {
        let Join { frame, sides, .. } = self;
        frame.out.id.extend((0..sides.pairs.len()).map(|_| cx.new_id()));
        let [left, right] = &sides.of;
        sides.pairs.write(&left.waiting.rows, &right.waiting.rows, &mut frame.out);
        let what = "those whose partners end first go, counted as gone";
        frame.tell_room(sides.counts.gone, what, cx);
        frame.end(batch, cx)
    }
}

impl Operator for Join {
    fn process(&mut self, batch: &mut Batch, cx: &mut Cx) -> Result<Next> {
        self.begin(cx);
        let Join { frame, sides, .. } = self;
        let side = if cx.role() == Some(ROLES[RIGHT].name) { RIGHT } else { LEFT };
        let born_ns = batch.born_ns.iter().copied().max().unwrap_or(cx.now_ns);
        if !batch.is_empty() {
            frame.intake.take(side, batch, frame.gone.shut_to(), cx);
            sides.come(side, batch, &frame.intake.rows, &frame.intake.times);
        }
        let most = cx.records_max.max(1);
        let mut done = sides.look(most);
        if sides.within.is_some() {
            let horizon = frame.intake.horizon(cx.watermark());
            let let_go = |to: &mut _| sides.let_go(Some(horizon), born_ns, most, to);
            done = done && frame.gone.close_to(horizon, let_go);
        }
        cx.hold_back(frame.gone.closed_to().saturating_sub(self.ahead), sides.len());
        self.end(batch, cx)?;
        Ok(if done { Next::Wait } else { Next::Again })
    }

    fn finish(&mut self, batch: &mut Batch, cx: &mut Cx) -> Result<Next> {
        self.begin(cx);
        let Join { frame, sides, .. } = self;
        let (now_ns, most) = (cx.now_ns, cx.records_max.max(1));
        let done = frame.gone.finish(sides.len(), cx, |to| sides.let_go(None, now_ns, most, to));
        self.end(batch, cx)?;
        Ok(if done { Next::End } else { Next::Again })
    }

    /// A record without a time is all that it rejects.
    fn advice(&self, reason: &str) -> Option<Advice> {
        Advice::of_no_time(reason)
    }

    fn report(&mut self, out: &mut Batch, _cx: &mut Cx) -> Result<Next> {
        let Counts { pairs, unmatched, gone, null_keys, visited } = self.sides.counts;
        let waiting = [LEFT, RIGHT].map(|side| self.sides.of[side].queue.len() as u64);
        let Intake { late, closed, .. } = self.frame.intake;
        let numbers = [waiting[0], waiting[1], pairs, unmatched, gone, null_keys, visited, late, closed];
        out.columns.iter_mut().zip(numbers).for_each(|(column, n)| column.push(Value::I64(n as i64)));
        Ok(Next::End)
    }

    fn save(&mut self, out: &mut Saver<'_>) -> Result<Next> {
        let counts = self.sides.counts;
        self.frame.save(STATE_VERSION, counts, &mut self.sides.waiting(), out)
    }

    fn load(&mut self, from: &mut Loader<'_>) -> Result<()> {
        let Join { mut frame, mut sides, .. } = self.clone();
        sides.counts = frame.load(STATE_VERSION, &mut sides.waiting(), from)?;
        sides.settle();
        (self.frame, self.sides) = (frame, sides);
        Ok(())
    }
}
