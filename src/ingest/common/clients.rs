//! What a topology says to the sources `tcp` and `unix` alike: where their peers are, how many may be there, and how
//! they write.

use super::crowd::{Crowd, Place};
use super::feeds::Feeds;
use super::stream::{self, All};
use crate::format::Kind;
use crate::net::{Peers, Target, address, unix as unix_socket};
use crate::operator::{Inputs, PlanResult, Spec};
use crate::params::{JsonSchema, Params, Problem, With};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;
use std::path::Path;

/// All that can be said to such a source: `Own` says where its peers are.
pub(crate) type AllOf<Own> = All<With<Own, ClientsParams>>;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ClientsParams {
    /// Whether to connect again when the server has gone; if not, the stream ends then.
    #[serde(default = "reconnect")]
    reconnect: bool,
    /// How records are written: "jsonl" or "csv".
    #[serde(default)]
    format: Format,
    /// So many clients may be connected; then one that says nothing goes for a new one.
    #[serde(default = "connections")]
    #[schemars(range(min = 1, max = 65_536))]
    connections_max: usize,
}

fn reconnect() -> bool {
    true
}

fn connections() -> usize {
    1024
}

/// How records are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Format {
    /// An object of JSON a line.
    #[default]
    Jsonl,
    /// CSV, of the columns that names or types says.
    Csv,
}

impl Format {
    pub(crate) fn kind(self) -> Kind {
        match self {
            Format::Jsonl => Kind::Json,
            Format::Csv => Kind::Csv,
        }
    }
}

/// What the cards of such sources say alike.
pub(crate) const fn card(spec: Spec) -> Spec {
    spec.reads(Inputs::None).paced("rate").typed("types").endless(endless).server("a client")
}

/// Who listens never ends by itself, nor who connects again.
fn endless(params: &Params) -> bool {
    params.contains_key("listen")
        || params.get("reconnect").and_then(toml::Value::as_bool).unwrap_or_else(reconnect)
}

/// Plans such a source. `place`: where its own parameters say that its peers are.
pub(crate) fn plan<Own: DeserializeOwned + JsonSchema>(
    given: Params,
    place: impl FnOnce(Own, &mut Vec<Problem>) -> Option<Where>,
) -> PlanResult {
    let mut problems = Vec::new();
    let read = stream::read::<With<Own, ClientsParams>>(given, |all| all.shared.format.kind(), &mut problems);
    let Some((With { own, shared: params }, stream)) = read else { return Err(problems) };
    let place = place(own, &mut problems);
    let (Some(place), Some(stream), true) = (place, stream, problems.is_empty()) else {
        return Err(problems);
    };
    let place = match place {
        Where::Here(place) => place,
        Where::There(target) => Place::Peer(target, params.reconnect),
    };
    let at = place.clone();
    let planned = stream.planned(move |stream| {
        let talk = Feeds::new(stream);
        Crowd::new(place.clone(), params.connections_max, talk, stream.schema.clone(), stream.pace())
    });
    Ok(planned.looks(move || match &at {
        Place::Unix(path) => unix_socket::may_be_bound(Path::new(path)),
        Place::Tcp(..) | Place::Peer(..) => Ok(()),
    }))
}

/// Where peers are.
pub(crate) enum Where {
    /// They come here.
    Here(Place),
    There(Target),
}

/// What `listen` and `connect` say, one of both.
pub(crate) fn place(
    [listen, connect]: [Option<&str>; 2],
    listens: impl FnOnce(&str) -> Result<Place, String>,
    connects: impl FnOnce(&str) -> Result<Target, String>,
    problems: &mut Vec<Problem>,
) -> Option<Where> {
    let (key, place) = match (listen, connect) {
        (Some(listen), None) => ("listen", listens(listen).map(Where::Here)),
        (None, Some(connect)) => ("connect", connects(connect).map(Where::There)),
        (Some(_), Some(_)) => ("connect", Err("it either listens or connects: say one of both".to_string())),
        (None, None) => {
            problems.push(Problem::whole("where are its records? Say \"listen\" or \"connect\""));
            return None;
        }
    };
    place.map_err(|what| problems.push(Problem::at(key, what))).ok()
}

/// The address to listen at, and who may come there.
pub(crate) fn tcp(listen: &str, peers: impl FnOnce(Option<SocketAddr>) -> Peers) -> Result<Place, String> {
    match address(listen) {
        Ok(at) => Ok(Place::Tcp(at, peers(Some(at)))),
        Err(what) => {
            peers(None);
            Err(what)
        }
    }
}

/// The path to listen at.
pub(crate) fn unix(listen: &str) -> Result<Place, String> {
    Target::unix(listen).map(|_| Place::Unix(listen.to_string()))
}
