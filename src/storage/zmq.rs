//! Sends records as messages of ZeroMQ to other programs, in any language that has a binding to it.
//!
//! ```toml
//! operator = "zmq"
//! socket = "push"               # each record goes to one reader; or "pub": to all who subscribe
//! bind = "ipc://results.ipc"    # a file, from the current directory; or connect = "…", where readers bind
//! format = "json"               # or "msgpack", "csv"
//! rows_max = 2                  # so many records a message; a batch, if absent
//! ```
//!
//! | id i64 (in) | at time (in) | ok bool (in) | tags list<str> (in) |
//! |---|---|---|---|
//! | 1 2 3 | 2013-01-01T05:15:00Z NULL NULL | true false NULL | ["a","b"] [] NULL |
//!
//! ```json
//! {"id":1,"at":"2013-01-01T05:15:00Z","ok":true,"tags":["a","b"]}
//! {"id":2,"at":null,"ok":false,"tags":[]}
//! {"id":3,"at":null,"ok":null,"tags":null}
//! ```
//!
//! In Python, with pyzmq:
//!
//! ```text
//! socket = zmq.Context().socket(zmq.PULL)
//! socket.connect("ipc://results.ipc")
//! while True:
//!     for line in socket.recv().splitlines(): print(json.loads(line))
//! ```
//!
//! A message is a batch: JSON, an object a line; MessagePack, an array of maps, or with `rows_max = 1` a map, times as
//! texts; CSV, lines without a header. A batch grows with the load and holds what was there at a time, so nothing waits
//! for others. A PUB sends two parts, `topic` and body.
//!
//! PUSH waits while nobody is connected, or no reader takes more: that slows the stream, and nothing is dropped. It
//! waits for as long as `patience` says, for ever if absent. PUB waits for nobody: a reader that is slow, or not there
//! yet, misses what others get, and nobody counts it.
//!
//! A record counts as stored when the socket has its message. What is in the socket then, `queue_max` messages for each
//! reader at most, is lost if this process is killed or its reader goes away, and nobody can count it. At the end it is
//! sent, and read by those who pull, for as long as a run may drain: a warning tells that something may not have been
//! read by then, and a connection that says nothing costs two seconds. An endpoint that other hosts could reach is
//! refused.
//!
//! ZeroMQ: RFC 23 (ZMTP), 30 (PUSH and PULL), 29 (PUB and SUB); <https://msgpack.org>.

use crate::data::{Batch, Schema};
use crate::error::{Error, Result};
use crate::format::{MessageFormat, MessageWriter};
use crate::net::zmq::{Bounds, Kind, Sent, Socket, Way};
use crate::operator::{Cx, Input, Next, Operator, PlanResult, Planned, Spec, only};
use crate::params::{self, JsonSchema, Names, Problem};
use crate::storage::warn;
use crate::units::Span;
use std::time::Instant;

pub(super) const OPERATOR: Spec = Spec::new(
    "zmq",
    "sends records to other programs that pull or subscribe over ZeroMQ",
    include_str!("zmq.rs"),
    plan,
)
.parameters::<Params>()
.called(&["zeromq", "push", "pub", "publisher", "zmq_sink", "zeromq_sink"])
.server("those who read");

/// What readers say is no longer than a topic.
const HEARD_MAX: i64 = 64 << 10;
/// How long to wait for room before the next sign of life.
const SLICE_MS: i64 = 100;
/// How long those who come and go may pile up where no records come.
const LOOK_NS: u64 = 1_000_000_000;

#[derive(serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Params {
    /// Who gets a record: one of those who pull, or all who subscribe.
    #[serde(default)]
    socket: SocketKind,
    /// The endpoint at which readers connect: "ipc://FILE", or "tcp://127.0.0.1:PORT".
    bind: Option<String>,
    /// The endpoint, or the list of them, at which readers bind.
    #[serde(default)]
    connect: Names,
    /// What a message holds.
    #[serde(default)]
    format: MessageFormat,
    /// So many records a message has at most; a batch, if absent.
    #[schemars(range(min = 1, max = 1_000_000))]
    rows_max: Option<u32>,
    /// Of "pub": the topic of each message; the name of the stage, if absent.
    topic: Option<String>,
    /// So many messages wait in the socket for each reader.
    #[serde(default = "queue_max")]
    #[schemars(range(min = 1, max = 1_000_000))]
    queue_max: u32,
    /// How long to wait for a reader before failing; for ever, if absent.
    patience: Option<Span>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize, serde::Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum SocketKind {
    /// One of those who pull.
    #[default]
    Push,
    /// All who subscribe.
    Pub,
}

fn queue_max() -> u32 {
    100
}

fn plan(params: params::Params, inputs: &[Input]) -> PlanResult {
    let Params { socket, bind, connect, format, rows_max, topic, queue_max, patience } =
        params::read(params)?;
    let mut problems = Vec::new();
    let way = Way::check(bind.as_deref(), &connect, &mut problems);
    let kind = match socket {
        SocketKind::Push => Kind::Push,
        SocketKind::Pub => Kind::Pub,
    };
    let mut of_other = |key: &str, said: bool, what: &str| {
        if said {
            problems.push(Problem::at(key, what));
        }
    };
    of_other(
        "topic",
        topic.is_some() && kind == Kind::Push,
        "\"topic\" is of socket = \"pub\": what is pushed has none",
    );
    of_other(
        "patience",
        patience.is_some() && kind == Kind::Pub,
        "\"patience\" is of socket = \"push\": what is published waits for nobody",
    );
    let Some(way) = way.filter(|_| problems.is_empty()) else { return Err(problems) };
    let writer = format.writer(only(inputs));
    let alone = matches!(way, Way::Bind(_)).then_some("several can't bind one endpoint");
    let its = way.clone();
    let results = vec![way.to_string()];
    let bounds = Bounds { queue_max: queue_max as i32, message_max: HEARD_MAX };
    let rows_max = rows_max.map_or(usize::MAX, |rows| rows as usize);
    let planned = Planned::new(Schema::default(), move || Sink {
        kind: kind.clone(),
        way: way.clone(),
        bounds,
        rows_max,
        topic: topic.clone(),
        patience,
        writer: writer.clone(),
        socket: None,
        body: Vec::new(),
    });
    Ok(Planned { alone, results, ..planned }.looks(move || its.preflight()))
}

struct Sink {
    kind: Kind,
    way: Way,
    bounds: Bounds,
    rows_max: usize,
    topic: Option<String>,
    patience: Option<Span>,
    writer: MessageWriter,
    socket: Option<Socket>,
    body: Vec<u8>,
}

impl Sink {
    /// Hands the body over, and waits until it is taken.
    fn send(&self, socket: &mut Socket, cx: &mut Cx) -> Result<()> {
        let topic = match (&self.kind, &self.topic) {
            (Kind::Pub, None) => Some(cx.stage().to_string()),
            (Kind::Pub, Some(topic)) => Some(topic.clone()),
            _ => None,
        };
        let start = Instant::now();
        while socket.send(topic.as_deref(), &self.body)? == Sent::NotNow {
            socket.wait_for_room(SLICE_MS);
            let until =
                self.patience.map_or(String::new(), |patience| format!(", no longer than {patience}"));
            cx.wait(start, || format!("a reader at {} that takes more{until}", self.way))?;
            if self.patience.is_some_and(|patience| start.elapsed() > patience.duration()) {
                return Err(Error::failed(format!(
                    "nobody takes records at {} (start a reader there, or raise \"patience\")",
                    self.way
                )));
            }
        }
        Ok(())
    }

    fn write(&mut self, socket: &mut Socket, batch: &Batch, cx: &mut Cx) -> Result<()> {
        let mut from = 0;
        while from < batch.len() {
            let to = batch.len().min(from.saturating_add(self.rows_max));
            self.body.clear();
            self.writer.rows(batch, from..to, self.rows_max == 1, &mut self.body);
            self.send(socket, cx)?;
            from = to;
        }
        Ok(())
    }
}

impl Operator for Sink {
    fn process(&mut self, batch: &mut Batch, cx: &mut Cx) -> Result<Next> {
        let mut socket = match self.socket.take() {
            Some(socket) => socket,
            None => Socket::open(&self.kind, &self.way, self.bounds)?,
        };
        let written = self.write(&mut socket, batch, cx);
        let next = if socket.look() { Next::At(cx.now_ns + LOOK_NS) } else { Next::Wait };
        self.socket = Some(socket);
        written.map(|()| next)
    }

    /// Sends what is in the socket still.
    fn finish(&mut self, _: &mut Batch, cx: &mut Cx) -> Result<Next> {
        let Some(socket) = self.socket.take() else { return Ok(Next::End) };
        let (start, way) = (Instant::now(), &self.way);
        let what = || format!("a reader at {way} to take what was sent last");
        if !socket.end(cx.drain.duration(), || cx.wait(start, what))? {
            warn(&format!("what was sent last to {way} may not have come there: it was not read in time"));
        }
        Ok(Next::End)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Who comes and goes is heard of where no records come, too.
    #[test]
    fn a_sink_that_pushes_looks_now_and_then() {
        for (kind, next) in [(Kind::Push, Next::At(7 + LOOK_NS)), (Kind::Pub, Next::Wait)] {
            let folder = tempfile::tempdir().expect("a folder");
            let bind = format!("ipc://{}", folder.path().join("s").display());
            let way = Way::check(Some(&bind), &Names::default(), &mut Vec::new()).expect("an endpoint");
            let mut sink = Sink {
                kind,
                way,
                bounds: Bounds { queue_max: 1, message_max: HEARD_MAX },
                rows_max: 1,
                topic: None,
                patience: None,
                writer: MessageFormat::Json.writer(&Schema::default()),
                socket: None,
                body: Vec::new(),
            };
            let mut cx = Cx::new("run", "store", Default::default());
            cx.now_ns = 7;
            assert_eq!(sink.process(&mut Batch::default(), &mut cx), Ok(next));
        }
    }
}
