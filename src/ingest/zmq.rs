//! Reads records that other programs send as messages of ZeroMQ, in any language that has a binding to it.
//!
//! ```toml
//! operator = "zmq"
//! socket = "pull"               # of those who push; or "sub": copies of what others publish
//! bind = "ipc://orders.ipc"     # a file, from the current directory; or connect = "…", where others bind
//! format = "json"               # or "msgpack", "csv"
//! types = { id = "i64", "customer.city" = "str", tags = "list<str>" }
//! ```
//!
//! ```json
//! {"id":1,"customer":{"city":"Ulm","vat":null},"tags":["new"]}
//! [{"id":2},{"id":"x"},{"id":3,"customer":{"city":"Graz"}}]
//! ```
//!
//! | id i64 (out) | customer.city str (out) | tags list<str> (out) |
//! |---|---|---|
//! | 1 2 3 | Ulm NULL Graz | ["new"] NULL NULL |
//!
//! In Python, with pyzmq:
//!
//! ```text
//! socket = zmq.Context().socket(zmq.PUSH)
//! socket.connect("ipc://orders.ipc")
//! socket.send_json({"id": 1, "customer": {"city": "Ulm"}})
//! ```
//!
//! A message holds any number of records. JSON: an object, several one behind the other, one a line, or an array of
//! them; one that is broken ends before the next line that begins with an object. MessagePack: a map, several, or an
//! array of them; times are timestamps or texts. CSV: lines; the columns are those of `types` in its order, or `names`;
//! with `header = true` each message begins with a line that names them.
//!
//! Columns are the fields that `types` names, in its order; `customer.city` is a field of a field. Others are left out,
//! or kept together as JSON in a column of their own (`rest = "raw"`). A field that is not there is NULL. Nothing
//! becomes what it is not: a text is no number, and a number no text. A record that can't be read is rejected with the
//! reason `type:COLUMN`, `json`, `msgpack`, `utf8`, `duplicate` (a key of a column, or of the rest, stands twice),
//! `too_deep`, `too_long` or, of CSV, `fields`, `quote` and `header`; `rejects = "bad.csv"` keeps it in a file, up to
//! `rejects_max`.
//!
//! A message of several parts is rejected (`parts`), but what a SUB takes: a topic and a body, or the three parts with
//! which each stage of a topology can be watched (`connect` to the endpoint that `status --json` tells, with a `topic`
//! such as "clean/json", or "clean/csv" with `header = true`). What was missed of these is told, and counted as
//! `missed` in the account. A topic becomes a column with `topic_as`.
//!
//! A stage that is slower than those who push slows them: each has `queue_max` messages waiting here and as many with
//! itself, then its `send` blocks. A SUB misses what comes then. A message longer than `message_max` cuts off who sends
//! it.
//!
//! A record counts as read when the source has taken its message. What still waits in the socket when the process is
//! killed is lost and nobody can count it: `queue_max` messages of each who pushes, at most. At a stop what waits is
//! taken, then those who send are cut off: what one who goes on sending has under way then is lost, as it is when a
//! connection breaks. A file that a killed process has left is replaced; one where another listens is refused, and so
//! is each endpoint that other hosts could reach.
//!
//! ZeroMQ: RFC 23 (ZMTP), 30 (PUSH and PULL), 29 (PUB and SUB); <https://msgpack.org>.

mod given;
mod taps;

use super::common::lines::{Filled, Lines};
use super::common::pace::Pace;
use super::common::stream::All;
use crate::data::{Batch, Schema, Value};
use crate::error::{Error, Result, reason, say};
use crate::format::{Head, Records};
use crate::net::zmq::{Body, Kind, Parts, Socket};
use crate::operator::{Advice, Cx, Input, Inputs, Next, Operator, PlanResult, Planned, Spec};
use crate::params;
use crate::units::counted;
use given::{Given, Params};
use std::os::fd::BorrowedFd;
use taps::Taps;

pub(super) const OPERATOR: Spec = Spec::new(
    "zmq",
    "reads records that other programs push or publish over ZeroMQ",
    include_str!("zmq.rs"),
    plan,
)
.parameters::<All<Params>>()
.called(&["zeromq", "pull", "sub", "subscriber", "zmq_source", "zeromq_source"])
.reads(Inputs::None)
.paced("rate")
.endless(|_| true)
.server("those who send");

/// So many messages are looked at in a call.
const MESSAGES_MAX: usize = 1_000;

fn plan(given: params::Params, _: &[Input]) -> PlanResult {
    let given = Given::check(given)?;
    let (alone, output, way) = (given.alone(), given.schema.clone(), given.way.clone());
    let planned = given.stream.clone().planned(move |_| Source::new(given.clone()));
    Ok(Planned { alone, output, ..planned }.looks(move || way.preflight()))
}

struct Source {
    given: Given,
    socket: Option<Socket>,
    parts: Parts,
    /// Those of the last message; some of it is still to be read.
    records: Records<Body>,
    pending: bool,
    topic: String,
    lines: Lines,
    pace: Pace,
    taps: Taps,
    /// At the end: so many messages more are taken before those who send are cut off.
    ending: Option<usize>,
}

impl Source {
    fn new(given: Given) -> Source {
        let Given { stream, .. } = &given;
        let others = [
            ("parts", "send a message as one part, or as a topic and a body to a SUB".to_string()),
            ("utf8", "texts are UTF-8: write them so".to_string()),
        ];
        Source {
            socket: None,
            parts: Parts::default(),
            records: stream.form.records(Body::default(), 0, &stream.schema),
            pending: false,
            topic: String::new(),
            lines: stream.lines(&others),
            pace: stream.pace(),
            taps: Taps::default(),
            ending: None,
            given,
        }
    }

    /// Reads up to so many records more; whether nothing is left for now.
    fn read(&mut self, max: usize, batch: &mut Batch, cx: &mut Cx) -> Result<bool> {
        self.lines.begin(cx);
        let read = self.read_all(max, batch, cx);
        self.lines.end(batch);
        read
    }

    fn read_all(&mut self, max: usize, batch: &mut Batch, cx: &mut Cx) -> Result<bool> {
        let Some(socket) = &mut self.socket else { return Ok(true) };
        socket.hear();
        let (before, mut messages) = (cx.done(), 0);
        loop {
            let left = max.saturating_sub((cx.done() - before) as usize);
            if left == 0 {
                return Ok(false);
            }
            if self.pending {
                let filled = self.lines.fill(&mut self.records, &mut self.pace, left, batch, cx);
                self.name_topics(batch);
                match filled.map_err(|e| Error::failed(format!("cannot read a message: {}", reason(&e))))? {
                    Filled::End => self.pending = false,
                    Filled::Enough | Filled::Nothing => return Ok(false),
                }
                continue;
            }
            if messages == MESSAGES_MAX {
                return Ok(false);
            }
            messages += 1;
            let Some(socket) = &mut self.socket else { return Ok(true) };
            if self.ending == Some(0) {
                socket.close_door();
            }
            if !socket.take(&mut self.parts)? {
                return Ok(true);
            }
            self.ending = self.ending.map(|left| left.saturating_sub(1));
            self.open(cx);
        }
    }

    /// Looks at the parts of a message, and begins to read its body.
    fn open(&mut self, cx: &mut Cx) {
        let subscribes = matches!(self.given.kind, Kind::Sub(_));
        self.topic.clear();
        match self.parts.count() {
            1 => {}
            2 if subscribes => self.topic.push_str(&String::from_utf8_lossy(self.parts.get(0))),
            3 if subscribes && let Some(head) = Head::read(self.parts.get(1)) => {
                self.topic.push_str(&String::from_utf8_lossy(self.parts.get(0)));
                cx.missed(self.taps.see(&self.topic, &head));
            }
            _ => {
                cx.read(1);
                self.pace.take(cx.now_ns);
                self.lines.now_in(|| "");
                return self.lines.refuse(cx, self.parts.get(0), "parts");
            }
        }
        self.lines.now_in(|| &self.topic);
        self.records.restart(self.parts.take_last());
        self.pending = true;
    }

    /// Writes the topic beside the rows that came with it.
    fn name_topics(&self, batch: &mut Batch) {
        let Some(column) = self.given.topic else { return };
        let rows = batch.id.len();
        let column = &mut batch.columns[column];
        while column.len() < rows {
            match self.topic.as_str() {
                "" => column.push_null(),
                topic => column.push(Value::Str(topic)),
            }
        }
    }

    fn schema(&self) -> &Schema {
        &self.given.schema
    }
}

impl Operator for Source {
    fn process(&mut self, batch: &mut Batch, cx: &mut Cx) -> Result<Next> {
        batch.reset(self.schema());
        if self.socket.is_none() {
            let Given { kind, way, bounds, .. } = &self.given;
            self.socket = Some(Socket::open(kind, way, *bounds)?);
            return Ok(Next::Again);
        }
        let allowed = self.pace.allowed(cx.now_ns, cx.records_max);
        let empty = self.read(allowed, batch, cx)?;
        Ok(if empty { Next::Wait } else { self.pace.next(cx.now_ns) })
    }

    /// Takes what has come, cuts off those who send, and takes what is left of them.
    fn finish(&mut self, batch: &mut Batch, cx: &mut Cx) -> Result<Next> {
        batch.reset(self.schema());
        // Who goes on sending would be heard for ever.
        let left = *self.ending.get_or_insert(self.given.waiting_max());
        if !self.read(cx.records_max, batch, cx)? {
            return Ok(Next::Again);
        }
        if left > 0 {
            self.ending = Some(0);
            return Ok(Next::Again);
        }
        if self.taps.missed() > 0 {
            let missed = counted(
                self.taps.missed(),
                "record that was published was",
                "records that were published were",
            );
            say(&format!("{missed} missed"));
        }
        self.socket = None;
        Ok(Next::End)
    }

    fn wait_on(&self) -> Option<BorrowedFd<'_>> {
        self.socket.as_ref().map(Socket::fd)
    }

    fn advice(&self, reason: &str) -> Option<Advice> {
        self.lines.advice(reason)
    }
}
