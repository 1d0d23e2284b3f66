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
//! does not go out again, but for what had to make room.
//!
//! The report tells how many wait (`left`, `right`), `pairs`, how many went alone (`unmatched`), had to make room
//! (`gone`), had NULL in their key (`null_keys`), were looked at for a partner (`visited`), were `late`, and of those
//! the ones that were too late for the other reason (`closed`). A record looks at those of its key that lie within, or
//! not much further, however many the key has.

use super::common::pairing::{Gone, Intake, LEFT, NO_TIME, PORTS, RIGHT, ROLES};
use crate::data::state::{Loader, Saver};
use crate::data::{Batch, Schema, Type, Value};
use crate::error::{Error, Result, say};
use crate::operator::{
    Advice, Cx, Ending, Input, Inputs, Next, Operator, Passes, PlanResult, Planned, PlannedPort, Shows, Spec,
};
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

const STATE_VERSION: u16 = 2;
const REPORT: [&str; 9] =
    ["left", "right", "pairs", "unmatched", "gone", "null_keys", "visited", "late", "closed"];

fn plan(params: params::Params, inputs: &[Input]) -> PlanResult {
    let Given { both, kind, within, time } = given::check(params, inputs)?;
    let sides = Sides::new(&both.schemas, &both.keys, (kind, within), (both.rows_max, both.bytes_max));
    let identity = format!("{kind:?} {within:?} {:?} {} | {}", both.keys, both.schemas[0], both.schemas[1]);
    let join = Join {
        output: both.output.clone(),
        identity,
        ahead: within.map_or(0, |Within { to, .. }| to.max(0)),
        intake: Intake::new(time, both.allowed),
        sides,
        rows_max: both.rows_max,
        gone: Gone::NOTHING,
        told: false,
        saving: None,
        out: Batch::default(),
    };
    let [lacks_left, lacks_right] = [kind.keeps()[RIGHT], kind.keeps()[LEFT]];
    let ports = PORTS.iter().zip(&both.schemas).filter(|_| time.is_some());
    let ports = ports.map(|(port, schema)| PlannedPort::moves(port.name, schema.clone())).collect();
    let report = REPORT.iter().fold(Schema::default(), |report, name| report.with(name, Type::I64));
    Ok(Planned {
        report: Some(report),
        ports,
        passes: Passes::These(both.passes([!lacks_left, !lacks_right])),
        stateful: true,
        per: both.first_key(),
        any_order: true,
        absorbs: true,
        ..Planned::new(both.output, move || join.clone())
    })
}

#[derive(Clone)]
struct Join {
    output: Schema,
    /// What must be the same for a state to fit.
    identity: String,
    /// So far behind the right a record of the left may be that is still paired.
    ahead: i64,
    intake: Intake,
    sides: Sides,
    rows_max: usize,
    gone: Gone,
    /// It was said that records had to go.
    told: bool,
    /// Which side is being saved.
    saving: Option<usize>,
    out: Batch,
}

impl Join {
    /// Begins a call: what went out already does not go out of an older state.
    fn begin(&mut self, cx: &Cx) {
        self.out.reset(&self.output);
        let Join { sides, gone, .. } = self;
        gone.catch_up(cx, |before, of_it| sides.forget(before, of_it));
    }

    /// Ends a call: what was found and who goes alone goes on.
    fn end(&mut self, batch: &mut Batch, cx: &mut Cx) -> Result<()> {
        let Join { sides, out, .. } = self;
        out.id.extend((0..sides.pairs.len()).map(|_| cx.new_id()));
        cx.made(sides.pairs.len() as u64);
        let [left, right] = &sides.of;
        sides.pairs.write(&left.waiting.rows, &right.waiting.rows, out);
        if sides.counts.gone > 0 && !self.told {
            self.told = true;
            say(&format!(
                "warning: stage \"{}\": join holds {} records that wait for partners, or as many bytes as it may, and \
                 there are more: those whose partners end first go, counted as gone (rows_max and memory say how many \
                 wait; a side that says nothing holds the other back: idle_after at its source lets time go on)",
                cx.stage(),
                self.rows_max
            ));
        }
        std::mem::swap(batch, &mut self.out);
        self.gone.tell(cx)
    }
}

impl Operator for Join {
    fn process(&mut self, batch: &mut Batch, cx: &mut Cx) -> Result<Next> {
        self.begin(cx);
        let side = if cx.role() == Some(ROLES[RIGHT].name) { RIGHT } else { LEFT };
        let born_ns = batch.born_ns.iter().copied().max().unwrap_or(cx.now_ns);
        if !batch.is_empty() {
            self.intake.take(side, batch, self.gone.closed_to, cx);
            self.sides.come(side, batch, &self.intake.rows, &self.intake.times);
        }
        let most = cx.records_max.max(1);
        let horizon = self.intake.horizon(cx.watermark());
        let mut done = self.sides.look(most);
        if done && self.ahead_of(horizon) {
            done = self.sides.let_go(Some(horizon), born_ns, most, &mut self.gone);
            if done {
                self.gone.reach(horizon);
            }
        }
        cx.hold_back(self.gone.closed_to.saturating_sub(self.ahead), self.sides.len());
        self.end(batch, cx)?;
        Ok(if done { Next::Wait } else { Next::Again })
    }

    fn finish(&mut self, batch: &mut Batch, cx: &mut Cx) -> Result<Next> {
        self.begin(cx);
        let most = cx.records_max.max(1);
        let done = match cx.ending() {
            Ending::Kept => {
                cx.wait_open(self.sides.len() as u64);
                true
            }
            ending => {
                self.gone.begin_to_empty();
                let done = self.sides.let_go(None, cx.now_ns, most, &mut self.gone);
                self.gone.empty(done, ending == Ending::Stopped);
                done
            }
        };
        self.end(batch, cx)?;
        Ok(if done { Next::End } else { Next::Again })
    }

    /// A record without a time is all that it rejects.
    fn advice(&self, reason: &str) -> Option<Advice> {
        (reason == NO_TIME).then(|| Advice::to("filter records without a time before"))
    }

    fn report(&mut self, out: &mut Batch, _cx: &mut Cx) -> Result<Next> {
        let Counts { pairs, unmatched, gone, null_keys, visited } = self.sides.counts;
        let waiting = [LEFT, RIGHT].map(|side| self.sides.of[side].queue.len() as u64);
        let Intake { late, closed, .. } = self.intake;
        let numbers = [waiting[0], waiting[1], pairs, unmatched, gone, null_keys, visited, late, closed];
        out.columns.iter_mut().zip(numbers).for_each(|(column, n)| column.push(Value::I64(n as i64)));
        Ok(Next::End)
    }

    fn save(&mut self, out: &mut Saver<'_>) -> Result<Next> {
        let saved = self.save_piece(out);
        if !matches!(saved, Ok(Next::Again)) {
            self.saving = None;
        }
        saved
    }

    fn load(&mut self, from: &mut Loader<'_>) -> Result<()> {
        let mut loaded = self.clone();
        let (identity, counts, gone, came, late): (String, Counts, Gone, u64, [u64; 2]) =
            from.get(STATE_VERSION)?;
        if identity != self.identity {
            return Err(Error::failed(
                "the state is of other keys, columns or times than the topology asks for (start without it)",
            ));
        }
        loaded.sides.forget(None, 0);
        for side in &mut loaded.sides.of {
            side.waiting.load(STATE_VERSION, from)?;
        }
        loaded.sides.settle();
        (loaded.sides.counts, loaded.gone) = (counts, gone);
        (loaded.intake.came, [loaded.intake.late, loaded.intake.closed]) = (came, late);
        *self = loaded;
        Ok(())
    }
}

impl Join {
    fn ahead_of(&self, horizon: i64) -> bool {
        self.sides.has_time() && horizon > self.gone.closed_to
    }

    fn save_piece(&mut self, out: &mut Saver<'_>) -> Result<Next> {
        let side = match self.saving {
            Some(side) => side,
            None => {
                let Intake { came, late, closed, .. } = self.intake;
                out.put(
                    STATE_VERSION,
                    &(&self.identity, self.sides.counts, self.gone, came, [late, closed]),
                )?;
                self.sides.of.iter_mut().for_each(|side| side.waiting.begin_saving());
                LEFT
            }
        };
        let more = self.sides.of[side].waiting.save_piece(STATE_VERSION, out)?;
        let next = if more { side } else { side + 1 };
        self.saving = Some(next);
        Ok(if next > RIGHT { Next::End } else { Next::Again })
    }
}
