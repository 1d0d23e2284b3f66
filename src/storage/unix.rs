//! Writes records to a Unix socket, one JSON object or CSV record a line.
//!
//! ```toml
//! operator = "unix"
//! connect = "reader.sock"   # the path of the socket, from the current directory
//! format = "csv"            # a header line on each connection, then the records; or "jsonl"
//! patience = "30s"          # how long to wait for who listens there, before failing
//! ```
//!
//! | id i64 (in) | name str (in) |
//! |---|---|
//! | 1 2 | ann NULL |
//!
//! ```csv
//! id,name
//! 1,ann
//! 2,
//! ```
//!
//! Values are written as by the sinks `jsonl` and `csv`. Each worker of the stage has a connection of its own.
//!
//! A record counts as stored when the socket has its line. A reader that is slow slows the stream; nothing is dropped.
//! When a connection breaks, it is made anew, and the lines that the socket did not have whole go first. **What the
//! socket had and the reader had not, is lost or not: nobody is told.** The reader may then find the beginning of a
//! line twice, at the end of the old connection and, as a whole line, on the new one. What the reader says is read and
//! forgotten.
//!
//! JSON Lines, <https://jsonlines.org>; RFC 4180.

use super::common::peer::{self, AllOf};
use crate::net::Target;
use crate::operator::{Input, PlanResult, Spec};
use crate::params::{self, JsonSchema};

pub(super) const OPERATOR: Spec = Spec::new(
    "unix",
    "writes records to a Unix socket, one JSON object or CSV record a line",
    include_str!("unix.rs"),
    plan,
)
.parameters::<AllOf<Params>>()
.called(&["unix_socket", "uds", "domain_socket", "unix_sink"])
.server("a reader");

#[derive(serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Params {
    /// The path of the socket, from the current directory.
    connect: String,
}

fn plan(given: params::Params, inputs: &[Input]) -> PlanResult {
    peer::plan::<Params>(given, inputs, |own| Target::unix(&own.connect))
}
