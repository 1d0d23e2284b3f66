//! Receives syslog messages over UDP, TCP or a Unix socket, as RFC 5424 has them or RFC 3164.
//!
//! ```toml
//! operator = "syslog"
//! listen = "127.0.0.1:5514"   # or, for "unix", the path of a socket
//! transport = "udp"           # or "tcp", or "unix"
//! message_max = "64KiB"       # a longer message is rejected
//! time_zone = "Europe/Paris"  # of times without an offset; UTC if absent
//! ```
//!
//! ```text
//! <34>1 2003-10-11T22:14:15.003Z web su - ID47 [login@1 user="ann" tries="3"] su failed
//! <86>2024-06-01T02:00:00+01:00 db sshd[812]: session opened
//! <13>app: no time, no host
//! ```
//!
//! | time time (out) | severity str (out) | level i64 (out) | facility str (out) | host str (out) | app str (out) | procid str (out) | msgid str (out) | message str (out) | data str (out) |
//! |---|---|---|---|---|---|---|---|---|---|
//! | 2003-10-11T22:14:15.003Z 2024-06-01T01:00:00Z NULL | crit info notice | 2 6 5 | auth authpriv user | web db NULL | su sshd app | NULL 812 NULL | ID47 NULL NULL | "su failed" "session opened" "no time, no host" | {"login@1":{"user":"ann","tries":"3"}} NULL NULL |
//!
//! What a message does not say is NULL. `severity` and `facility` are words as in syslog.h, `level` is the severity as
//! a number, 0 the gravest; `data` are its structured data as JSON (`procid` is a word: `CAST` makes it a number). A
//! time of RFC 3164 has no year, so it gets the one nearest to now, and no zone: say it in `time_zone`. `time =
//! "time"` makes it the event time, `rate`, `ahead_max` and `idle_after` are as at `csv`.
//!
//! Over `udp` and `unix` (what `logger -u` and `/dev/log` speak) each datagram is a message; over `tcp` a message says
//! its length or ends its line (RFC 6587). Rejected are `pri` (it does not begin with `<NUMBER>`), `syslog` (it says
//! that it is one of RFC 5424 and is not), `utf8`, `too_long`, `cut` (its sender has gone in the middle of it) and
//! `frame` (its length is none; the connection is closed, since where the next one begins can't be known).
//!
//! It listens on this host alone, unless `expose = true` and `allow` names the networks that may come; a Unix socket
//! is this user's alone. Whoever may come can send what is rejected: mind `max_rejects`; `rejects = "bad.csv"` keeps it
//! in a file, up to `rejects_max`. It never ends by itself.
//! Datagrams that find no room with the kernel are lost before they are read, and count as `missed`; senders that are
//! sent away count as `refused`. What a process had read and not accounted for when it was killed is *lost*.
//!
//! RFC 5424; RFC 3164; RFC 5426; RFC 6587.

mod messages;
mod streams;

use super::common::crowd::{self, Crowd};
use super::common::flow::{self, OfTexts};
use super::common::pace::Pace;
use super::common::post::{self, Post};
use super::common::rejects::RejectsFile;
use crate::data::Schema;
use crate::data::time::{self, TimeZone};
use crate::net::{PeersParams, Target, address, unix};
use crate::operator::{EventTime, Input, Inputs, PlanResult, Planned, Spec};
use crate::params::{self, JsonSchema, Problem, With};
use crate::units::Bytes;
use messages::Messages;
use serde::{Deserialize, Serialize};
use std::path::Path;
use streams::Streams;

pub(super) const OPERATOR: Spec = Spec::new(
    "syslog",
    "receives syslog messages over UDP, TCP or a Unix socket",
    include_str!("syslog.rs"),
    plan,
)
.parameters::<All>()
.called(&["rsyslog", "syslog_ng", "log_receiver", "journald", "logs"])
.reads(Inputs::None)
.alone("several can't listen at one address")
.paced("rate")
.endless(|_| true)
.server("a sender")
.leaves(|params, _| left(params));

type All = With<Params, With<PeersParams, OfTexts>>;

/// How messages come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Transport {
    /// Each datagram is a message.
    #[default]
    Udp,
    /// One after another.
    Tcp,
    /// Datagrams at a path.
    Unix,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Params {
    /// The address and port to listen at; for "unix" a path, from the current directory.
    listen: String,
    /// How messages come: "udp", "tcp" or "unix".
    #[serde(default)]
    transport: Transport,
    /// A longer message is rejected, and never held in memory.
    #[serde(default = "longest")]
    #[schemars(range(min = 480, max = 1_048_576))]
    message_max: Bytes,
    /// Over TCP: so many senders may be connected; then one that says nothing goes for a new one.
    #[serde(default = "connections")]
    #[schemars(range(min = 1, max = 65_536))]
    connections_max: usize,
    /// The IANA name of the zone of times without an offset; UTC, if absent.
    time_zone: Option<String>,
}

fn longest() -> Bytes {
    Bytes(64 << 10)
}

fn connections() -> usize {
    1024
}

fn plan(given: params::Params, _: &[Input]) -> PlanResult {
    let mut problems = Vec::new();
    let all = flow::read::<All>(given, &mut problems);
    let Some(With { own: params, shared: With { own: peers, shared } }) = all else { return Err(problems) };
    let With { own: rejects, shared: flow } = shared;
    let rejects = rejects.check(&mut problems);
    let time = flow.event_time(&messages::schema(), &mut problems);
    let zone = zone(params.time_zone.as_deref(), &mut problems);
    let place = place(&params, &peers, &mut problems);
    let (Some(place), true) = (place, problems.is_empty()) else { return Err(problems) };
    let path = params.listen.clone();
    let is_path = params.transport == Transport::Unix;
    let schema = time.map_or(messages::schema(), |time| messages::schema().with_time(time.column));
    let (fills, output) = (RejectsFile::fills(&rejects), schema.clone());
    let max = params.message_max.0 as usize;
    let messages = move || Messages::new(max, zone.clone()).keep_rejects(rejects.clone());
    let pace = move || Pace::new(flow.rate);
    let planned = match place {
        Listens::Stream(place) => Planned::new(output, move || {
            let talk = Streams::new(messages());
            Crowd::new(place.clone(), params.connections_max, talk, schema.clone(), pace())
        }),
        Listens::Post(place) => {
            Planned::new(output, move || Post::new(place.clone(), messages(), schema.clone(), pace()))
        }
    };
    let look = move || if is_path { unix::may_be_bound(Path::new(&path)) } else { Ok(()) };
    Ok(Planned { time, fills, deterministic: false, ..planned }.looks(look))
}

fn zone(name: Option<&str>, problems: &mut Vec<Problem>) -> Option<TimeZone> {
    let zone = time::zone(name?);
    if zone.is_none() {
        let what =
            format!("there is no time zone {:?} (IANA names are known, such as \"Europe/Paris\")", name?);
        problems.push(Problem::at("time_zone", what));
    }
    zone
}

/// Where it listens.
enum Listens {
    Stream(crowd::Place),
    Post(post::Place),
}

fn place(params: &Params, peers: &PeersParams, problems: &mut Vec<Problem>) -> Option<Listens> {
    let listen = &params.listen;
    if params.transport == Transport::Unix {
        peers.check(None, problems);
        let told = Target::unix(listen).map_err(|what| problems.push(Problem::at("listen", what)));
        return told.ok().map(|_| Listens::Post(post::Place::Unix(listen.clone())));
    }
    let at = address(listen).map_err(|what| problems.push(Problem::at("listen", what))).ok();
    let peers = peers.check(at, problems);
    Some(match params.transport {
        Transport::Tcp => Listens::Stream(crowd::Place::Tcp(at?, peers)),
        _ => Listens::Post(post::Place::Udp(at?, peers)),
    })
}

/// Its columns, of which one may be the event time, whatever else its parameters say.
fn left(params: &params::Params) -> Option<Schema> {
    let Some(time) = params.get("time") else { return Some(messages::schema()) };
    let column = EventTime::column(&messages::schema(), "time", time.as_str()?).ok()?;
    Some(messages::schema().with_time(column))
}
