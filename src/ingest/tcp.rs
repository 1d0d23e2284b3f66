//! Receives records over TCP, from many clients or from one server: lines of JSON or CSV.
//!
//! ```toml
//! operator = "tcp"
//! listen = "127.0.0.1:7000"   # or connect = "host:port"
//! types = { user = "str", amount = "f64", paid = "bool" }
//! ```
//!
//! ```jsonl
//! {"user":"ann","amount":12.5,"paid":true}
//! {"user":"bob","amount":7}
//! ```
//!
//! | user str (out) | amount f64 (out) | paid bool (out) |
//! |---|---|---|
//! | ann bob | 12.5 7 | true NULL |
//!
//! ```toml
//! operator = "tcp"
//! listen = "127.0.0.1:7000"
//! format = "csv"
//! header = true               # each connection's first line names the columns; false, if absent
//! types = { user = "str", amount = "f64" }
//! ```
//!
//! ```csv
//! user,amount
//! ann,12.5
//! "bob, jr",7
//! ```
//!
//! | user str (out) | amount f64 (out) |
//! |---|---|
//! | ann "bob, jr" | 12.5 7 |
//!
//! Columns are those of `types`, in its order (of CSV those of `names`, where it is given). A field of JSON that no
//! column names is left out, a missing one is NULL, and `types = { "user.city" = "str" }` reads a nested one. What
//! does not fit is rejected under `type:COLUMN`, `json`, `fields` and other reasons, as at `csv`.
//!
//! Every client is served in turn, a bounded piece each, so a fast one keeps no other waiting. A client that goes in
//! the middle of a line loses only that line, rejected as `cut`. When `connections_max` are there and one more comes,
//! a client that has given no record yet goes for it, the longest there first, then one that was silent for a minute.
//! Each that goes so, or may not come, counts as `refused` in the account.
//! All clients together may have 32 MiB of lines that are not whole, or twice `line_max`; beyond that the longest is
//! cut. While the stream is held up nothing is read, and clients wait.
//!
//! It listens on this host alone, unless `expose = true` and `allow` names the networks that may come. Nothing is
//! encrypted, and whoever may come can send what is rejected: mind `max_rejects`. `rejects = "bad.csv"` keeps it in a
//! file, with the address of who sent it, up to `rejects_max`. With `connect` it reads from one server, and connects
//! again when that goes (with pauses of up to 2 s); with `reconnect = false` the stream ends then.
//!
//! A connection can't be read again: what had come and was in no account when the process was killed is lost, and
//! *lost* in the account as far as it was counted as read. At a stop what was read goes its way, and clients are cut
//! off.

use super::common::clients::{self, AllOf};
use crate::net::{PeersParams, Target};
use crate::operator::{Input, PlanResult, Spec};
use crate::params::{self, JsonSchema, With};
use serde::Deserialize;

pub(super) const OPERATOR: Spec = clients::card(Spec::new(
    "tcp",
    "receives records over TCP, as lines of JSON or CSV",
    include_str!("tcp.rs"),
    plan,
))
.parameters::<AllOf<With<Params, PeersParams>>>()
.called(&["socket", "tcp_server", "tcp_source", "netcat", "nc", "tcp_listener"])
.alone("several can't listen at one address");

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Params {
    /// The address and port to listen at; port 0 is one that is free, and is told.
    listen: Option<String>,
    /// Host and port of the server to read from, instead.
    connect: Option<String>,
}

fn plan(given: params::Params, _: &[Input]) -> PlanResult {
    clients::plan::<With<Params, PeersParams>>(given, |With { own, shared: peers }, problems| {
        let Params { listen, connect } = own;
        let mut others = Vec::new();
        let listens = |listen: &str| clients::tcp(listen, |at| peers.check(at, &mut others));
        let place = clients::place([listen.as_deref(), connect.as_deref()], listens, Target::tcp, problems);
        problems.append(&mut others);
        place
    })
}
