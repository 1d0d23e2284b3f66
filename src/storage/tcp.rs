//! Writes records to a TCP connection, one JSON object or CSV record a line.
//!
//! ```toml
//! operator = "tcp"
//! connect = "127.0.0.1:7001"   # host and port of who reads the lines
//! format = "jsonl"             # or "csv": a header line on each connection, then the records
//! patience = "30s"             # how long to wait for who listens there, before failing
//! ```
//!
//! | id i64 (in) | at time (in) | ok bool (in) |
//! |---|---|---|
//! | 1 2 | 2013-01-01T05:15:00Z NULL | true false |
//!
//! ```json
//! {"id":1,"at":"2013-01-01T05:15:00Z","ok":true}
//! {"id":2,"at":null,"ok":false}
//! ```
//!
//! Values are written as by the sinks `jsonl` and `csv`. Each worker of the stage has a connection of its own.
//!
//! A record counts as stored when the socket has its line. A reader that is slow slows the stream; nothing is dropped.
//! When a connection breaks, it is made anew, and the lines that the socket did not have whole go first. **What the
//! socket had and the reader had not, is lost or not: nobody is told.** Where that matters, use the sink `http` or
//! `zmq`, or a file. The reader may then find the beginning of a line twice, at the end of the old connection and, as
//! a whole line, on the new one. What the reader says is read and forgotten.
//!
//! JSON Lines, <https://jsonlines.org>; RFC 4180.

use super::common::peer::{self, AllOf};
use crate::net::Target;
use crate::operator::{Input, PlanResult, Spec};
use crate::params::{self, JsonSchema};

pub(super) const OPERATOR: Spec = Spec::new(
    "tcp",
    "writes records to a TCP connection, one JSON object or CSV record a line",
    include_str!("tcp.rs"),
    plan,
)
.parameters::<AllOf<Params>>()
.called(&["socket", "tcp_sink", "tcp_client", "forward", "netcat", "nc"])
.server("a reader");

#[derive(serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Params {
    /// Host and port of who reads the lines.
    connect: String,
}

fn plan(given: params::Params, inputs: &[Input]) -> PlanResult {
    peer::plan::<Params>(given, inputs, |own| Target::tcp(&own.connect))
}
