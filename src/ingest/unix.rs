//! Receives records over a Unix socket, from many clients or from one server: lines of JSON or CSV.
//!
//! ```toml
//! operator = "unix"
//! listen = "feed.sock"        # a path, from the current directory; or connect = "other.sock"
//! types = { user = "str", amount = "f64" }
//! ```
//!
//! ```jsonl
//! {"user":"ann","amount":12.5}
//! {"user":"bob"}
//! ```
//!
//! | user str (out) | amount f64 (out) |
//! |---|---|
//! | ann bob | 12.5 NULL |
//!
//! All is as at the source `tcp`: columns, formats, bounds, turns, what is rejected and why. The socket is this user's
//! alone (mode 0600), and goes with the source. A socket that was left there and on which nobody listens is replaced;
//! one on which somebody listens, and any other file, is refused. The path has 107 bytes at most.
//!
//! A connection can't be read again: what had come and was in no account when the process was killed is lost, and
//! *lost* in the account as far as it was counted as read. At a stop what was read goes its way, and clients are cut
//! off.

use super::common::crowd::{Crowd, Place};
use super::common::feeds::{self, Feeds, Format};
use super::common::pace::Pace;
use super::common::stream::{self, All, Stream};
use crate::data::Batch;
use crate::error::Result;
use crate::net::Target;
use crate::operator::{Advice, Cx, Input, Inputs, Next, Operator, PlanResult, Planned, Spec};
use crate::params::{self, JsonSchema};
use serde::Deserialize;
use std::os::fd::BorrowedFd;

pub(super) const OPERATOR: Spec = Spec::new(
    "unix",
    "receives records over a Unix socket, as lines of JSON or CSV",
    include_str!("unix.rs"),
    plan,
)
.parameters::<All<Params>>()
.called(&["unix_socket", "uds", "domain_socket", "unix_listener"])
.reads(Inputs::None)
.alone("several can't listen at one path")
.paced("rate")
.typed("types")
.endless(feeds::endless)
.server("a client");

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Params {
    /// The path to listen at, from the current directory.
    listen: Option<String>,
    /// The path of the server to read from, instead.
    connect: Option<String>,
    /// Whether to connect again when the server has gone; if not, the stream ends then.
    #[serde(default = "feeds::reconnect")]
    reconnect: bool,
    /// How records are written: "jsonl" or "csv".
    #[serde(default)]
    format: Format,
    /// So many clients may be connected; then one that says nothing goes for a new one.
    #[serde(default = "feeds::connections")]
    #[schemars(range(min = 1, max = 65_536))]
    connections_max: usize,
}

fn plan(given: params::Params, _: &[Input]) -> PlanResult {
    let (params, stream) = stream::read::<Params>(given, |own| own.format.kind())?;
    let mut problems = Vec::new();
    let place = feeds::place(
        params.listen.as_deref(),
        params.connect.as_deref(),
        feeds::unix,
        |connect| Target::unix(connect).map(|target| Place::Peer(target, params.reconnect)),
        &mut problems,
    );
    let (Some(place), true) = (place, problems.is_empty()) else { return Err(problems) };
    let Stream { form, schema, flow, time } = stream;
    let planned = Planned::new(schema.clone(), move || {
        let talk = Feeds::new(&form, &schema);
        Unix(Crowd::new(place.clone(), params.connections_max, talk, schema.clone(), Pace::new(flow.rate)))
    });
    Ok(Planned { time, deterministic: false, ..planned })
}

struct Unix(Crowd<Feeds>);

impl Operator for Unix {
    fn process(&mut self, batch: &mut Batch, cx: &mut Cx) -> Result<Next> {
        self.0.process(batch, cx)
    }

    fn finish(&mut self, batch: &mut Batch, cx: &mut Cx) -> Result<Next> {
        Ok(self.0.finish(batch, cx))
    }

    fn wait_on(&self) -> Option<BorrowedFd<'_>> {
        self.0.wait_on()
    }

    fn advice(&self, reason: &str) -> Option<Advice> {
        self.0.talk().advice(reason)
    }
}
