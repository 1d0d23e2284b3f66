//! Receives records over UDP: each datagram holds one or more lines of JSON or CSV.
//!
//! ```toml
//! operator = "udp"
//! listen = "127.0.0.1:7000"
//! types = { sensor = "str", value = "f64" }
//! ```
//!
//! ```jsonl
//! {"sensor":"a","value":20.5}
//! {"sensor":"b","value":19}
//! ```
//!
//! | sensor str (out) | value f64 (out) |
//! |---|---|
//! | a b | 20.5 19 |
//!
//! Columns, formats and what is rejected are as at the source `tcp`; the end of a datagram ends its last line. One
//! that was longer than a datagram may be is rejected as `cut`.
//!
//! **UDP promises nothing.** Datagrams that find no room with the kernel, while the stream is held up or a burst
//! comes, are lost before they are read: the account counts them as `missed`, and the stage says how many (once a
//! minute, and at its end). It asks for 8 MiB of room; `sysctl net.core.rmem_max` says how much it may have. At a stop
//! what has come is taken, and what comes meanwhile is missed. What had come and was in no account when the process was
//! killed is lost.
//!
//! It listens on this host alone, unless `expose = true` and `allow` names the networks that may send; datagrams of
//! others count as `refused`. A sender's address can be forged. It never ends by itself.

use super::common::clients::Format;
use super::common::parcels::Parcels;
use super::common::post::{Place, Post};
use super::common::stream::{self, All};
use crate::net::{PeersParams, address};
use crate::operator::{Input, Inputs, PlanResult, Spec};
use crate::params::{self, JsonSchema, Problem, With};
use serde::Deserialize;

pub(super) const OPERATOR: Spec =
    Spec::new("udp", "receives records over UDP, as lines of JSON or CSV", include_str!("udp.rs"), plan)
        .parameters::<All<With<Params, PeersParams>>>()
        .called(&["datagram", "udp_server", "udp_source", "statsd"])
        .reads(Inputs::None)
        .alone("several can't listen at one address")
        .paced("rate")
        .typed("types")
        .endless(|_| true)
        .server("a sender");

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Params {
    /// The address and port to listen at; port 0 is one that is free, and is told.
    listen: String,
    /// How records are written: "jsonl" or "csv".
    #[serde(default)]
    format: Format,
}

fn plan(given: params::Params, _: &[Input]) -> PlanResult {
    let mut problems = Vec::new();
    if given.get("header").and_then(toml::Value::as_bool) == Some(true) {
        let what = "a datagram has no header line: say the columns in names, or in types";
        problems.push(Problem::at("header", what));
    }
    let read = stream::read::<With<Params, PeersParams>>(given, |own| own.own.format.kind(), &mut problems);
    let Some((With { own: params, shared: peers }, stream)) = read else { return Err(problems) };
    let at = address(&params.listen).map_err(|what| problems.push(Problem::at("listen", what))).ok();
    let peers = peers.check(at, &mut problems);
    let (Some(at), Some(stream), true) = (at, stream, problems.is_empty()) else { return Err(problems) };
    Ok(stream.planned(move |stream| {
        let place = Place::Udp(at, peers.clone());
        Post::new(place, Parcels::new(stream), stream.schema.clone(), stream.pace())
    }))
}
