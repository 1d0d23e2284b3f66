//! Puts records into the order of their event time, as far as they are not later than is allowed.
//!
//! ```toml
//! operator = "sort"
//! allowed_lateness = "1min"    # so far behind a record may come; none, if absent
//! ```
//!
//! | ts event_time (in) | x i64 (in) | ts event_time (out) | x i64 (out) |
//! |---|---|---|---|
//! | 2013-01-01T10:00:30Z 2013-01-01T10:00:00Z 2013-01-01T10:00:30Z 2013-01-01T10:00:10Z NULL | 1 2 3 4 5 | 2013-01-01T10:00:00Z 2013-01-01T10:00:10Z 2013-01-01T10:00:30Z 2013-01-01T10:00:30Z | 2 4 1 3 |
//!
//! The stream needs an event time: `time = "ts"` at its source. A record waits until time has come `allowed_lateness`
//! further on all streams that are read, so that none can come before it. Records of one time go on by their id, which
//! is the order in which their source read them. A record without a time is rejected (`no_time`). One that lies further
//! behind than is allowed leaves by port `late` as it came; so does one that comes too late for another reason (a
//! source was idle, or started anew).
//!
//! There is one worker: what several put in order would come mixed to who reads them.
//!
//! `rows_max` (1000000) bounds the records that wait, `memory` ("512MiB") the bytes of their texts: when there is one
//! more, the earliest goes on before its time, counted (`early`); what comes then and is earlier still is out of order.
//! Memory is that of the columns, at most twice, and 40 bytes a record.
//!
//! When the stream ends, all go on. So they do when the run is stopped; where the stage says `snapshot_every` they wait
//! in the last snapshot instead. What went on does not go on again after a crash, but for what went on `early`.
//!
//! The report tells how many are `waiting`, went on `early`, were `late`, and of those the ones that were too late for
//! the other reason (`closed`).

use super::common::pairing::{Frame, Intake, LEFT, Queue, Reached, Waiting};
use crate::data::state::{Loader, Saver};
use crate::data::{Batch, Schema, Type, Value};
use crate::error::Result;
use crate::operator::{
    Advice, Cx, Input, Next, Operator, Passes, PlanResult, Planned, PlannedPort, Port, Shows, Spec, only,
};
use crate::params::{self, Problem};
use given::Params;

mod given;

pub(super) const OPERATOR: Spec =
    Spec::new("sort", "records in the order of their event time", include_str!("sort.rs"), plan)
        .parameters::<Params>()
        .called(&["order_by", "orderby", "order", "reorder", "sort_by", "arrange"])
        .alone("what several put in order would come mixed to who reads them")
        .leaves(|_, inputs| Some(only(inputs).clone()))
        .shows(Shows::Quality, &["waiting", "early", "late"])
        .ports(&[Port {
            name: "late",
            about: "records that came too late to be put in order, as they were",
        }]);

const STATE_VERSION: u16 = 5;
const REPORT: [&str; 4] = ["waiting", "early", "late", "closed"];

fn plan(params: params::Params, inputs: &[Input]) -> PlanResult {
    let Params { allowed_lateness, rows_max, memory } = params::read(params)?;
    let schema = only(inputs);
    let Some(time) = schema.time() else {
        let what = format!(
            "the stream has no event time: say time = \"…\" at its source, or put the step event_time before it (there \
             is: {schema})"
        );
        return Err(vec![Problem::whole(what)]);
    };
    let intake = Intake::new(Some([time; 2]), allowed_lateness.map_or(0, |span| span.ns));
    let sort = Sort {
        frame: Frame::new(OPERATOR.name, schema.clone(), schema.to_string(), intake, rows_max),
        waiting: Waiting::new(schema),
        queue: Queue::default(),
        rows_max,
        bytes_max: memory.0 as usize,
        coming: (0, 0),
        early: 0,
        going: Vec::new(),
        births: Vec::new(),
    };
    let report = REPORT.iter().fold(Schema::default(), |report, name| report.with(name, Type::I64));
    let planned = Planned::new(schema.clone(), move || sort.clone());
    let ports = vec![PlannedPort::moves("late", schema.clone())];
    // Each record goes on as it came.
    let passes = Passes::These((0..schema.len()).map(Some).collect());
    Ok(Planned {
        report: Some(report),
        ports,
        passes,
        stateful: true,
        any_order: true,
        absorbs: true,
        ..planned
    })
}

#[derive(Clone)]
struct Sort {
    frame: Frame,
    waiting: Waiting,
    /// By time and id.
    queue: Queue<(i64, u64)>,
    rows_max: usize,
    bytes_max: usize,
    /// Rows that came and were not looked at: the next, and the end.
    coming: (u32, u32),
    /// They went on before their time.
    early: u64,
    /// Rows that go on with this call, and when they are born.
    going: Vec<u32>,
    births: Vec<u64>,
}

impl Sort {
    /// Begins a call: what went on already does not go on out of an older state.
    fn begin(&mut self, cx: &Cx) {
        let Sort { frame, waiting, queue, .. } = self;
        frame.begin(cx, |mut past| {
            while let Some((_, row)) = queue.first().filter(|((time, id), _)| past.has(*time, *id)) {
                queue.pop();
                waiting.go(row);
            }
        });
    }

    /// Rows of a batch come in.
    fn come(&mut self, batch: &Batch, cx: &mut Cx) {
        let Frame { intake, gone, .. } = &mut self.frame;
        intake.take(LEFT, batch, gone.shut_to(), cx);
        if self.waiting.is_loose() {
            self.waiting.close_up();
            let Sort { waiting, queue, .. } = self;
            queue.moved(|row| waiting.now(row));
        }
        let from = self.waiting.places() as u32;
        let Intake { rows, times, .. } = &self.frame.intake;
        self.waiting.add(batch, rows, times);
        self.coming = (from, from + rows.len() as u32);
    }

    /// Those that came wait, until so many that had to make room go on. Whether all do.
    fn look(&mut self, born_ns: u64, most: usize) -> bool {
        while self.coming.0 < self.coming.1 {
            if self.going.len() >= most {
                return false;
            }
            let row = self.coming.0;
            self.coming.0 += 1;
            self.waiting.stays(row);
            self.wait(row);
            while self.queue.len() > self.rows_max || self.waiting.bytes() > self.bytes_max {
                self.early += 1;
                self.go(born_ns);
            }
        }
        true
    }

    fn wait(&mut self, row: u32) {
        let at = row as usize;
        self.queue.push((self.waiting.times[at], self.waiting.rows.id[at]), row);
    }

    /// The earliest goes on.
    fn go(&mut self, born_ns: u64) {
        let Some((_, row)) = self.queue.pop() else { return };
        self.waiting.go(row);
        self.going.push(row);
        self.births.push(born_ns);
    }

    /// Those before a time go on, with `None` all, until they are so many. Whether all do.
    fn advance(&mut self, before: Option<i64>, born_ns: u64, most: usize, to: &mut Reached) -> bool {
        let comes = |time: i64| before.is_none_or(|before| time < before);
        while let Some(((time, id), _)) = self.queue.first().filter(|((time, _), _)| comes(*time)) {
            if self.going.len() >= most {
                return false;
            }
            to.pass(time, id);
            self.go(born_ns);
        }
        true
    }

    /// Ends a call.
    fn end(&mut self, batch: &mut Batch, cx: &mut Cx) -> Result<()> {
        let Sort { frame, waiting, going, births, .. } = self;
        frame.out.gather(&waiting.rows, going);
        std::mem::swap(&mut frame.out.born_ns, births);
        births.clear();
        going.clear();
        frame.tell_room(self.early, "the earliest go on before their time, counted as early", cx);
        frame.end(batch, cx)
    }
}

impl Operator for Sort {
    fn process(&mut self, batch: &mut Batch, cx: &mut Cx) -> Result<Next> {
        self.begin(cx);
        let born_ns = batch.born_ns.iter().copied().max().unwrap_or(cx.now_ns);
        if !batch.is_empty() {
            self.come(batch, cx);
        }
        let most = cx.records_max.max(1);
        let horizon = self.frame.intake.horizon(cx.watermark());
        let mut gone = self.frame.gone.clone();
        let done = self.look(born_ns, most)
            && gone.close_to(horizon, |to| self.advance(Some(horizon), born_ns, most, to));
        cx.hold_back(gone.closed_to(), self.queue.len());
        self.frame.gone = gone;
        self.end(batch, cx)?;
        Ok(if done { Next::Wait } else { Next::Again })
    }

    fn finish(&mut self, batch: &mut Batch, cx: &mut Cx) -> Result<Next> {
        self.begin(cx);
        let (now_ns, most) = (cx.now_ns, cx.records_max.max(1));
        let mut gone = self.frame.gone.clone();
        let done = gone.finish(self.queue.len(), cx, |to| self.advance(None, now_ns, most, to));
        self.frame.gone = gone;
        self.end(batch, cx)?;
        Ok(if done { Next::End } else { Next::Again })
    }

    /// A record without a time is all that it rejects.
    fn advice(&self, reason: &str) -> Option<Advice> {
        Advice::of_no_time(reason)
    }

    fn report(&mut self, out: &mut Batch, _cx: &mut Cx) -> Result<Next> {
        let Intake { late, closed, .. } = self.frame.intake;
        let numbers = [self.queue.len() as u64, self.early, late, closed];
        out.columns.iter_mut().zip(numbers).for_each(|(column, n)| column.push(Value::I64(n as i64)));
        Ok(Next::End)
    }

    fn save(&mut self, out: &mut Saver<'_>) -> Result<Next> {
        self.frame.save(STATE_VERSION, self.early, &mut [&mut self.waiting], out)
    }

    fn load(&mut self, from: &mut Loader<'_>) -> Result<()> {
        let mut loaded = self.clone();
        loaded.early = loaded.frame.load(STATE_VERSION, &mut [&mut loaded.waiting], from)?;
        (0..loaded.waiting.places() as u32).for_each(|row| loaded.wait(row));
        *self = loaded;
        Ok(())
    }
}
