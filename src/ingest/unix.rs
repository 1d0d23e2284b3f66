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

use super::common::clients::{self, AllOf};
use crate::net::Target;
use crate::operator::{Input, PlanResult, Spec};
use crate::params::{self, JsonSchema};
use serde::Deserialize;

pub(super) const OPERATOR: Spec = clients::card(Spec::new(
    "unix",
    "receives records over a Unix socket, as lines of JSON or CSV",
    include_str!("unix.rs"),
    plan,
))
.parameters::<AllOf<Params>>()
.called(&["unix_socket", "uds", "domain_socket", "unix_listener"])
.alone("several can't listen at one path");

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Params {
    /// The path to listen at, from the current directory.
    listen: Option<String>,
    /// The path of the server to read from, instead.
    connect: Option<String>,
}

fn plan(given: params::Params, _: &[Input]) -> PlanResult {
    clients::plan::<Params>(given, |Params { listen, connect }, problems| {
        clients::place([listen.as_deref(), connect.as_deref()], clients::unix, Target::unix, problems)
    })
}
