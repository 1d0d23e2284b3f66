//! Tells when a condition begins to hold, and when it ends: once for each time, not for each record.
//!
//! ```toml
//! operator = "alert"
//! where = "cpu > 90"
//! for = "30s"               # a time, or so many records in a row; absent: the first record fires
//! per = "host"              # or a list of columns; absent: one alert for all records
//! message = "{host} runs at {cpu} %"
//! fields = ["cpu"]          # columns of the record that go along
//! ```
//!
//! | at event_time (in) | host str (in) | cpu f64 (in) | at event_time (out) | host str (out) | cpu f64 (out) | time time (out alert) | state str (out alert) | since time (out alert) | host str (out alert) | message str (out alert) | cpu f64 (out alert) |
//! |---|---|---|---|---|---|---|---|---|---|---|---|
//! | 2013-01-01T10:00:00Z 2013-01-01T10:00:10Z 2013-01-01T10:00:20Z 2013-01-01T10:00:40Z 2013-01-01T10:01:00Z 2013-01-01T10:01:10Z 2013-01-01T10:01:20Z | a b a a a b b | 95 50 97 99 20 93 80 | 2013-01-01T10:00:00Z 2013-01-01T10:00:10Z 2013-01-01T10:00:20Z 2013-01-01T10:00:40Z 2013-01-01T10:01:00Z 2013-01-01T10:01:10Z 2013-01-01T10:01:20Z | a b a a a b b | 95 50 97 99 20 93 80 | 2013-01-01T10:00:30Z 2013-01-01T10:01:00Z | firing resolved | 2013-01-01T10:00:00Z 2013-01-01T10:00:00Z | a a | "a runs at 97 %" "a runs at 20 %" | 97 20 |
//!
//! All records pass by the main port as they came. Alerts leave by the port `alert`, which any sink reads: `from =
//! "STAGE/alert"`. A row says `time`, `state` (`firing` or `resolved`), `since` when the condition has held, the
//! columns of `per`, `message`, and `fields`. Without `message` it is the key and the condition; `{{` is a brace.
//!
//! The condition begins to hold with the first record for which it is true, and must go on until `for` is over: of
//! records so many in a row (of the key), of a time as long as no record says otherwise. So it fires at the moment when
//! the time is over, with the last record before that, though no record comes just then. Where it is false or NULL it
//! holds no more: what was firing is resolved.
//!
//! ```toml
//! operator = "alert"
//! where = "errors > 10"
//! until = "errors < 2"      # what resolves it; absent: where not being true
//! for = 2
//! cooldown = "1h"           # a time or a number of records in which the same key fires no second time
//! resolved = true           # false: no rows say that it is over
//! ```
//!
//! | at event_time (in) | errors i64 (in) | at event_time (out) | errors i64 (out) | time time (out alert) | state str (out alert) | since time (out alert) | message str (out alert) |
//! |---|---|---|---|---|---|---|---|
//! | 2013-01-01T10:00:00Z 2013-01-01T10:01:00Z 2013-01-01T10:02:00Z 2013-01-01T10:03:00Z 2013-01-01T10:04:00Z 2013-01-01T10:05:00Z 2013-01-01T10:06:00Z 2013-01-01T11:02:00Z 2013-01-01T11:03:00Z | 12 15 5 1 20 30 0 11 12 | 2013-01-01T10:00:00Z 2013-01-01T10:01:00Z 2013-01-01T10:02:00Z 2013-01-01T10:03:00Z 2013-01-01T10:04:00Z 2013-01-01T10:05:00Z 2013-01-01T10:06:00Z 2013-01-01T11:02:00Z 2013-01-01T11:03:00Z | 12 15 5 1 20 30 0 11 12 | 2013-01-01T10:01:00Z 2013-01-01T10:03:00Z 2013-01-01T11:03:00Z | firing resolved firing | 2013-01-01T10:00:00Z 2013-01-01T10:00:00Z 2013-01-01T11:02:00Z | "errors > 10" "errors > 10" "errors > 10" |
//!
//! What would fire within `cooldown` waits, and fires when that is over if the condition holds still.
//!
//! Times are the event time where the stream has one: then results depend on the records alone, whenever they come.
//! Where a time is said, a record that is late (its source had read beyond it) passes and tells nothing, and one
//! without a time is rejected (`no_time`). When the stream ends, so does time: what holds then fires. Without an event
//! time it is that of arrival. Within a key records are taken as they come.
//!
//! Only keys whose condition holds, or whose cooldown runs, are remembered, `keys_max` (100000) at most; the one least
//! recently touched goes, without a word at the port. A cooldown of so many records runs until the key itself has had
//! them: one that comes no more is remembered all the same, so where keys come and go, as orders do, say a time. After
//! a crash it goes on from the last snapshot: what has fired since then may fire once more.

use crate::clock::{mono_ns, wall_ns};
use crate::data::key::{self, KeyOf};
use crate::data::state::{Loader, Saver};
use crate::data::{Batch, Column, Value, Values};
use crate::error::{Error, Result};
use crate::expr::Predicate;
use crate::operator::{
    Advice, Cx, Ending, Input, Next, Operator, PlanResult, Planned, PlannedPort, Port, Spec, only,
};
use crate::params;
use given::{Given, Params};
use message::Message;
use rule::{Keys, Moment, Told};

mod given;
mod message;
mod rule;

pub(super) const OPERATOR: Spec = Spec::new(
    "alert",
    "tells when a condition begins to hold, and when it ends",
    include_str!("alert.rs"),
    plan,
)
.parameters::<Params>()
.called(&["alarm", "alerting", "trigger", "threshold", "monitor", "notify", "rule", "watcher"])
.keyed("per")
.leaves(|_, inputs| Some(only(inputs).clone()))
.ports(&[Port { name: "alert", about: "a row when it begins to fire, and one when that is over" }]);

const STATE_VERSION: u16 = 1;
const NO_TIME: &str = "no_time";
/// Somebody has set the calendar's clock when it is off by more: two looks at two clocks never agree.
const CLOCK_SET_NS: u64 = 1_000_000;
/// The place of `alert` among its ports.
const ALERT: usize = 0;
const FIRING: &str = "firing";
const RESOLVED: &str = "resolved";

fn plan(params: params::Params, inputs: &[Input]) -> PlanResult {
    let schema = only(inputs);
    let Given { begins, ends, rule, per, keys_max, kept, message, rows, resolved, warnings } =
        given::check(params, schema)?;
    let scratch = kept.iter().map(|at| Column::new(schema.fields[*at].of)).collect();
    let event_time = schema.time();
    let alert = Alert {
        begins,
        ends,
        event_time,
        keys: Keys::new(rule, keys_max),
        keys_max,
        key: KeyOf::new(per.clone()),
        width: per.len(),
        values: KeyOf::new(kept),
        scratch,
        message,
        resolved,
        identity: format!("{rule:?} {schema} {rows} {per:?}"),
        date_ns: 0,
        out: Batch::new(&rows),
        keep: Vec::new(),
        clear: Vec::new(),
    };
    Ok(Planned {
        ports: vec![PlannedPort::adds("alert", rows)],
        stateful: true,
        per,
        // Without an event time it tells the hour of arrival.
        deterministic: event_time.is_some(),
        warnings,
        ..Planned::new(schema.clone(), move || alert.clone())
    })
}

#[derive(Clone)]
struct Alert {
    begins: Predicate,
    ends: Option<Predicate>,
    /// The column of the event time.
    event_time: Option<usize>,
    keys: Keys,
    /// How many keys all workers of the stage remember together.
    keys_max: usize,
    key: KeyOf,
    /// How many columns a key has; they are the first of the values that are kept.
    width: usize,
    /// What is kept of a record for its row: key, columns of the message, fields.
    values: KeyOf,
    scratch: Vec<Column>,
    message: Message,
    resolved: bool,
    /// What the clock of records is behind that of the calendar.
    date_ns: i64,
    /// What must be the same for a state to fit.
    identity: String,
    /// Rows for the port.
    out: Batch,
    keep: Vec<bool>,
    clear: Vec<bool>,
}

impl Alert {
    /// When a record happened, as far as it is known, and whether it counts: a late one does not where times matter.
    fn moment(&self, batch: &Batch, row: usize, cx: &Cx) -> Option<i64> {
        let Some(at) = self.event_time else { return Some(batch.born_ns[row] as i64) };
        let Values::Time(times) = &batch.columns[at].values else { panic!("an event time is a time") };
        let time = times[row];
        if !self.keys.rule.is_timed() {
            return Some(time);
        }
        (!cx.is_late(batch, row, time, time)).then_some(time)
    }

    /// Puts a row for the port aside.
    fn tell(&mut self, told: &Told, cx: &mut Cx) {
        if told.state == RESOLVED && !self.resolved {
            return;
        }
        self.scratch.iter_mut().for_each(Column::clear);
        key::read(&told.values, &mut self.scratch).expect("the values were written of these columns");
        let date_ns = wall_ns() - mono_ns() as i64;
        if date_ns.abs_diff(self.date_ns) > CLOCK_SET_NS {
            self.date_ns = date_ns;
        }
        let out = &mut self.out;
        out.id.push(cx.new_id());
        out.born_ns.push(told.born_ns);
        let shown = |time: Option<i64>| match time {
            None => Value::Null,
            Some(time) if self.event_time.is_some() => Value::Time(time),
            // The clock of records has no date.
            Some(mono) => Value::Time(self.date_ns + mono),
        };
        let text = self.message.text(&self.scratch);
        let (keys, fields) = (0..self.width, self.message.fields());
        let head = [shown(told.time), Value::Str(told.state), shown(told.since)];
        let keys = keys.map(|at| self.scratch[at].value(0));
        let fields = fields.iter().map(|at| self.scratch[*at].value(0));
        let row = head.into_iter().chain(keys).chain([Value::Str(&text)]).chain(fields);
        out.columns.iter_mut().zip(row).for_each(|(column, value)| column.push(value));
    }

    /// Lets all records count that came, in their order.
    fn count(&mut self, batch: &mut Batch, cx: &mut Cx) -> Result<()> {
        self.clear.clear();
        if let Some(ends) = &mut self.ends {
            self.clear.extend_from_slice(ends.keep(batch)?);
        }
        let mut begins = std::mem::take(&mut self.keep);
        begins.clear();
        begins.extend_from_slice(self.begins.keep(batch)?);
        let needs_time = self.event_time.filter(|_| self.keys.rule.is_timed());
        let mut stays: Option<Vec<bool>> = None;
        for (row, holds) in begins.iter().enumerate() {
            if needs_time.is_some_and(|at| !batch.columns[at].valid.get(row)) {
                cx.reject(batch, row, NO_TIME);
                stays.get_or_insert_with(|| vec![true; batch.len()])[row] = false;
                continue;
            }
            let Some(time) = self.moment(batch, row, cx) else { continue };
            let known = self.event_time.is_none_or(|at| batch.columns[at].valid.get(row));
            let over = if self.ends.is_some() { self.clear[row] } else { !holds };
            let moment = Moment {
                time,
                known,
                holds: *holds,
                over,
                born_ns: batch.born_ns[row],
                values: self.values.of(batch, row),
            };
            for told in self.keys.record(self.key.of(batch, row), &moment).into_iter().flatten() {
                self.tell(&told, cx);
            }
        }
        self.keep = begins;
        if let Some(stays) = stays {
            batch.retain(&stays);
        }
        Ok(())
    }

    /// What fires because time has come to it.
    fn fire_due(&mut self, time: i64, cx: &mut Cx) {
        while let Some(told) = self.keys.due(time) {
            self.tell(&told, cx);
        }
    }

    fn let_out(&mut self, cx: &mut Cx) {
        if !self.out.is_empty() {
            cx.side_rows(ALERT, &self.out);
            self.out.clear();
        }
    }
}

impl Operator for Alert {
    fn process(&mut self, batch: &mut Batch, cx: &mut Cx) -> Result<Next> {
        self.keys.set_keys_max(cx.share(self.keys_max));
        let gone = self.keys.gone();
        self.count(batch, cx)?;
        let now = if self.event_time.is_some() { cx.watermark() } else { cx.now_ns as i64 };
        self.fire_due(now, cx);
        self.let_out(cx);
        cx.keys_gone(self.keys.gone() - gone, self.keys_max);
        let next = self.keys.next_due().filter(|_| self.event_time.is_none());
        Ok(next.map_or(Next::Wait, |due| Next::At(due.max(0) as u64)))
    }

    fn finish(&mut self, _: &mut Batch, cx: &mut Cx) -> Result<Next> {
        if self.event_time.is_some() && cx.ending() == Ending::Drained {
            self.fire_due(i64::MAX, cx);
            self.let_out(cx);
        }
        Ok(Next::End)
    }

    fn advice(&self, reason: &str) -> Option<Advice> {
        (reason == NO_TIME).then(|| Advice::to("filter records without a time before"))
    }

    fn save(&mut self, out: &mut Saver<'_>) -> Result<Next> {
        if !self.keys.is_saving() {
            out.put(STATE_VERSION, &self.identity)?;
        }
        self.keys.save(STATE_VERSION, out)
    }

    fn load(&mut self, from: &mut Loader<'_>) -> Result<()> {
        let identity: String = from.get(STATE_VERSION)?;
        let mut columns: Vec<Column> = self.scratch.iter().map(|column| Column::new(column.of())).collect();
        let mut reads = |bytes: &[u8], n: usize| {
            columns.iter_mut().for_each(Column::clear);
            key::read(bytes, &mut columns[..n]).is_some_and(<[u8]>::is_empty)
        };
        let (width, all) = (self.width, self.scratch.len());
        let fits = |key: &[u8], values: Option<&[u8]>| {
            reads(key, width) && values.is_none_or(|values| reads(values, all))
        };
        if identity != self.identity || !self.keys.load(STATE_VERSION, from, fits)? {
            return Err(Error::failed(
                "the state is of another condition, key or columns than the topology asks for (start without it)",
            ));
        }
        Ok(())
    }
}
