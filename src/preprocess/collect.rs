//! Makes one record of the rows of a key: the things of an order, of a visit, of a day.
//!
//! ```toml
//! operator = "collect"
//! per = "invoice"              # or a list of columns: the rows of one key are one basket
//! items = "sku"                # what is collected; the list comes out under the same name
//! until = "last"               # a basket closes with the row for which this is true; absent: at the end
//! retract = "quantity < 0"     # such a row takes its thing out again
//! ```
//!
//! | invoice i64 (in) | sku str (in) | quantity i64 (in) | last bool (in) | invoice i64 (out) | sku list<str> (out) | count i64 (out) |
//! |---|---|---|---|---|---|---|
//! | 1 1 2 1 2 1 3 | tea milk bread tea jam milk tea | 2 1 1 1 3 -1 1 | false false false false true true false | 2 1 3 | ["bread","jam"] ["tea"] ["tea"] | 2 1 1 |
//!
//! A record has the columns of `per`, the list of things in the order in which they came first, and how many they are
//! (`count`). A thing that comes twice is in the basket once, and is taken out when all rows that brought it were taken
//! back. A basket without a thing left is none (`empty`), and what is taken back and is in no open basket is counted
//! (`unmatched`): cancel by a key under which the first rows still wait. A row without a thing (NULL) is counted as
//! `skipped`; it closes its basket all the same if `until` is true for it.
//!
//! | a basket closes | with |
//! |---|---|
//! | `until = "…"` | the row for which the condition is true, which is in it |
//! | `gap = "30min"` | as long an event time without a row of its key |
//! | `max_count = 10000` (the usual one) | so many things |
//! | `max_open = 100000` (the usual one) | one more open basket than that: those that are over by `gap` go out, then the one least recently touched as it is, counted (`early`) |
//! | `memory = "256MiB"` (the usual one) | more bytes in all open baskets: the same |
//! | nothing of these | the end of the stream |
//!
//! ```toml
//! operator = "collect"
//! per = "visitor"
//! items = "page"
//! gap = "30min"
//! ```
//!
//! | at event_time (in) | visitor str (in) | page str (in) | at event_time (out) | visitor str (out) | page list<str> (out) | count i64 (out) |
//! |---|---|---|---|---|---|---|
//! | 2013-01-01T10:00:00Z 2013-01-01T10:10:00Z 2013-01-01T10:20:00Z 2013-01-01T11:00:00Z 2013-01-01T10:59:00Z | a b a a a | home home help home buy | 2013-01-01T10:20:00Z 2013-01-01T10:10:00Z 2013-01-01T11:00:00Z | a b a | ["home","help"] ["home"] ["home","buy"] | 2 1 2 |
//!
//! `gap` needs an event time (`time = "ts"` at the source). A row's own source tells how far time had come before it:
//! a basket whose last row is `gap` before that is closed for it, so that what is in a basket depends on the rows
//! alone. A row that lies `gap` behind leaves by port `late` as it came; without `gap` there is no such port. Where
//! there is an event time the record has that of its latest row, under the column's name; with `gap` it is the event
//! time of what comes out. A row without a time is rejected then (`no_time`).
//!
//! When the stream ends, what is open closes, the least recently touched first. So it does when the run is stopped;
//! where the stage says `snapshot_every` it stays open instead, in the last snapshot. After a crash a basket that has
//! gone out since the last snapshot may go out once more.
//!
//! A row costs the length of its basket at most: a thing is looked for among those that are there. Memory is what
//! `memory` says; what goes out frees its own. The report tells how many baskets are `open`, how many were `closed`,
//! and of the others `early`, `empty`, `unmatched`, `skipped` and `late`.

use crate::data::key::{self, KeyOf};
use crate::data::state::{Loader, Saver};
use crate::data::{Batch, Column, Schema, Type, Value, Values};
use crate::error::{Error, Result, say};
use crate::expr::Predicate;
use crate::operator::{
    Advice, Cx, Ending, Input, NO_TIME, Next, Operator, Passes, PlanResult, Planned, PlannedPort, Port,
    Shows, Spec, only,
};
use crate::params;
use basket::Basket;
use given::{Given, Params};
use open::{Closed, Open};
use rows::{thing, write};

mod basket;
mod given;
mod open;
mod rows;

pub(super) const OPERATOR: Spec = Spec::new(
    "collect",
    "one record of the rows of a key: baskets of orders, sessions of visitors",
    include_str!("collect.rs"),
    plan,
)
.parameters::<Params>()
.called(&["baskets", "basket", "session", "sessionize", "sessions", "group", "collect_list", "transactions"])
.keyed("per")
.shows(Shows::Quality, &["open", "closed", "early"])
.ports(&[Port { name: "late", about: "rows that came after their basket had closed, as they were" }]);

const STATE_VERSION: u16 = 2;
/// The place of `late` among its ports.
const LATE: usize = 0;
const REPORT: [&str; 7] = ["open", "closed", "early", "empty", "unmatched", "skipped", "late"];

fn plan(params: params::Params, inputs: &[Input]) -> PlanResult {
    let schema = only(inputs);
    let Given { items, time, gap, max_count, max_open, bytes_max, per, until, retract, output, warnings } =
        given::check(params, schema)?;
    let timed = usize::from(time.is_some());
    let passed = std::iter::repeat_n(None, timed).chain(per.iter().copied().map(Some)).chain([None; 2]);
    let collect = Collect {
        identity: format!("{output} {gap:?}"),
        output: output.clone(),
        items,
        time,
        until,
        retract,
        key: KeyOf::new(per.clone()),
        width: per.len(),
        open: Open::new(gap, max_count, bytes_max),
        max_open,
        text: String::new(),
        masks: [Vec::new(), Vec::new()],
        late_rows: Vec::new(),
        warned: false,
        out: Batch::default(),
    };
    // Without a gap no row is late.
    let late = gap.map(|_| PlannedPort::moves("late", schema.clone()));
    let report = REPORT.iter().fold(Schema::default(), |report, name| report.with(name, Type::I64));
    Ok(Planned {
        report: Some(report),
        ports: late.into_iter().collect(),
        stateful: true,
        passes: Passes::These(passed.collect()),
        per,
        absorbs: true,
        warnings,
        ..Planned::new(output, move || collect.clone())
    })
}

#[derive(Clone)]
struct Collect {
    output: Schema,
    /// What must be the same for a state to fit.
    identity: String,
    items: usize,
    time: Option<usize>,
    until: Option<Predicate>,
    retract: Option<Predicate>,
    key: KeyOf,
    /// How many columns a key has.
    width: usize,
    open: Open,
    /// How many baskets all workers of the stage keep open together.
    max_open: usize,
    /// A thing that is no text, as one.
    text: String,
    /// Which rows end their basket, and which take their thing out.
    masks: [Vec<bool>; 2],
    late_rows: Vec<u32>,
    warned: bool,
    out: Batch,
}

impl Collect {
    /// Which rows end their basket, and which take their thing out.
    fn judge(&mut self, batch: &Batch) -> Result<()> {
        for (mask, condition) in self.masks.iter_mut().zip([&mut self.until, &mut self.retract]) {
            mask.clear();
            match condition {
                Some(condition) => mask.extend_from_slice(condition.keep(batch)?),
                None => mask.resize(batch.len(), false),
            }
        }
        Ok(())
    }

    fn add(&mut self, batch: &Batch, cx: &mut Cx) {
        let timed = self.time.is_some();
        let Collect { open, key, text, masks, late_rows, out, width, .. } = self;
        open.set_max_open(cx.share(self.max_open));
        late_rows.clear();
        let mut absorbed = 0;
        let column = &batch.columns[self.items];
        for row in 0..batch.len() {
            let time = match self.time.map(|at| &batch.columns[at]) {
                None => 0,
                Some(times) if !times.valid.get(row) && open.has_gap() => {
                    cx.reject(batch, row, NO_TIME);
                    continue;
                }
                Some(times) if !times.valid.get(row) => i64::MIN,
                Some(Column { values: Values::Time(times), .. }) => times[row],
                Some(_) => panic!("an event time is a time"),
            };
            if open.closes(time).is_some_and(|closes| cx.is_late(batch, row, time, closes)) {
                late_rows.push(row as u32);
                continue;
            }
            absorbed += 1;
            let now = time.saturating_add_unsigned(batch.late(row));
            let (ends, takes) = (masks[0][row], masks[1][row]);
            let born_ns = batch.born_ns[row];
            let out = |closed: Closed<'_>| write(out, timed, *width, &closed, (cx.new_id(), born_ns));
            match thing(column, row, text) {
                Some(thing) => open.add((key.of(batch, row), thing), (time, now), (ends, takes), out),
                None => open.skip(key.of(batch, row), ends, out),
            }
        }
        cx.absorbed(absorbed);
        open.late += late_rows.len() as u64;
        if !late_rows.is_empty() {
            cx.side(LATE, batch, late_rows);
        }
    }

    fn close(&mut self, watermark: i64, born_ns: u64, cx: &mut Cx) {
        let (timed, Collect { open, out, width, .. }) = (self.time.is_some(), self);
        open.close(watermark, |closed| write(out, timed, *width, &closed, (cx.new_id(), born_ns)));
    }

    fn warn(&mut self, cx: &Cx) {
        if self.open.early > 0 && !self.warned {
            self.warned = true;
            say(&format!(
                "warning: stage \"{}\": collect: more baskets are open than may be: the one least recently touched \
                 goes out as it is, counted in the report as early (max_open and memory say how many may be open)",
                cx.stage()
            ));
        }
    }
}

impl Operator for Collect {
    fn process(&mut self, batch: &mut Batch, cx: &mut Cx) -> Result<Next> {
        self.out.reset(&self.output);
        self.judge(batch)?;
        let born_ns = batch.born_ns.iter().copied().max().unwrap_or(cx.now_ns);
        self.add(batch, cx);
        self.close(cx.watermark(), born_ns, cx);
        self.warn(cx);
        cx.made(self.out.len() as u64);
        cx.hold_back(self.open.earliest(cx.watermark()), self.open.len());
        std::mem::swap(batch, &mut self.out);
        Ok(Next::Wait)
    }

    fn finish(&mut self, batch: &mut Batch, cx: &mut Cx) -> Result<Next> {
        self.out.reset(&self.output);
        match cx.ending() {
            Ending::Kept => cx.wait_open(self.open.rows()),
            Ending::Drained | Ending::Stopped => {
                let (timed, born_ns) = (self.time.is_some(), cx.now_ns);
                let Collect { open, out, width, .. } = self;
                open.empty(|closed| write(out, timed, *width, &closed, (cx.new_id(), born_ns)));
            }
        }
        cx.made(self.out.len() as u64);
        std::mem::swap(batch, &mut self.out);
        Ok(Next::End)
    }

    /// A row without a time is all that it rejects.
    fn advice(&self, reason: &str) -> Option<Advice> {
        Advice::of_no_time(reason)
    }

    fn report(&mut self, out: &mut Batch, _: &mut Cx) -> Result<Next> {
        let Open { closed, early, empty, unmatched, skipped, late, .. } = self.open;
        let numbers = [self.open.len() as u64, closed, early, empty, unmatched, skipped, late];
        out.columns.iter_mut().zip(numbers).for_each(|(column, n)| column.push(Value::I64(n as i64)));
        Ok(Next::End)
    }

    fn save(&mut self, out: &mut Saver<'_>) -> Result<Next> {
        self.open.save(STATE_VERSION, &self.identity, out)
    }

    fn load(&mut self, from: &mut Loader<'_>) -> Result<()> {
        let keys = &self.output.fields[usize::from(self.time.is_some())..][..self.width];
        let mut columns: Vec<_> = keys.iter().map(|field| Column::new(field.of)).collect();
        let fits = |key: &[u8], basket: &Basket| {
            columns.iter_mut().for_each(Column::clear);
            key::read(key, &mut columns).is_some_and(<[u8]>::is_empty) && basket.is_sound()
        };
        if self.open.load(STATE_VERSION, &self.identity, from, fits)? {
            return Ok(());
        }
        Err(Error::failed("the state is of other baskets than the topology asks for (start without it)"))
    }
}
