//! Lines of CSV or JSON out of the streams of many peers.

use super::crowd::{Heard, Place, Talk};
use super::lines::{Filled, Lines};
use super::pace::Pace;
use crate::data::{Batch, Schema};
use crate::format::{Form, Kind, Records};
use crate::net::{Peers, Socket, Target, address};
use crate::operator::{Advice, Cx};
use crate::params::{JsonSchema, Params, Problem};
use serde::{Deserialize, Serialize};
use std::io::{self, ErrorKind, Read};
use std::net::SocketAddr;
use std::os::fd::{AsFd, BorrowedFd};

/// Who connects does so again, unless something else is said.
pub(crate) fn reconnect() -> bool {
    true
}

/// So many clients may be connected, unless something else is said.
pub(crate) fn connections() -> usize {
    1024
}

/// Who listens never ends by itself, nor who connects again.
pub(crate) fn endless(params: &Params) -> bool {
    params.contains_key("listen")
        || params.get("reconnect").and_then(toml::Value::as_bool).unwrap_or_else(reconnect)
}

/// So much memory a peer takes whose records are short.
const ROOM: usize = 4 << 10;

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

/// The reasons for which a peer's records are rejected beside those of their form.
fn remedies() -> [(&'static str, String); 1] {
    [(
        "cut",
        "a line has an end: its sender has gone in the middle of it, or held too much of it".to_string(),
    )]
}

pub(crate) struct Feeds {
    form: Form,
    schema: Schema,
    lines: Lines,
}

pub(crate) struct Feed {
    records: Records<Tail>,
    /// Its columns are others: what stands behind its header is not read.
    refused: bool,
}

/// A stream whose end is no end of a text: a line that it breaks off is none.
struct Tail {
    socket: Socket,
    read: u64,
    gone: bool,
    /// The last read took all that was there.
    empty: bool,
}

impl Read for Tail {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.gone || self.empty {
            return Err(ErrorKind::WouldBlock.into());
        }
        match self.socket.read(into) {
            Ok(n) if n > 0 || into.is_empty() => {
                self.read += n as u64;
                // Asking again would cost a call, and the next wait tells of what comes behind it.
                self.empty = n < into.len();
                Ok(n)
            }
            Err(e) if matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted) => Err(e),
            // It was closed, or broke.
            Ok(_) | Err(_) => {
                self.gone = true;
                Err(ErrorKind::WouldBlock.into())
            }
        }
    }
}

impl AsFd for Feed {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.records.source().socket.as_fd()
    }
}

impl Feeds {
    pub(crate) fn new(form: &Form, schema: &Schema) -> Feeds {
        let lines = Lines::new(form, schema, &remedies());
        Feeds { form: form.clone(), schema: schema.clone(), lines }
    }

    pub(crate) fn advice(&self, reason: &str) -> Option<Advice> {
        self.lines.advice(reason)
    }
}

impl Talk for Feeds {
    type Client = Feed;

    fn welcome(&mut self, socket: Socket) -> Feed {
        let mut records =
            self.form.records(Tail { socket, read: 0, gone: false, empty: false }, 0, &self.schema);
        records.set_room(ROOM);
        Feed { records, refused: false }
    }

    fn begin(&mut self) {
        self.lines.begin();
    }

    fn serve(
        &mut self,
        feed: &mut Feed,
        pace: &mut Pace,
        max: usize,
        batch: &mut Batch,
        cx: &mut Cx,
    ) -> Heard {
        feed.records.source_mut().empty = false;
        let filled = self.lines.fill(&mut feed.records, pace, max, batch, cx);
        match filled {
            Ok(Filled::Enough) => Heard::More,
            Ok(Filled::Nothing) if !feed.records.source().gone => {
                feed.records.slim();
                Heard::Nothing
            }
            // A text that never ends by itself ends where its header is another.
            Ok(Filled::End) => {
                feed.refused = true;
                Heard::Gone
            }
            // What is wrong with a stream its reader has seen: it is gone.
            Ok(_) | Err(_) => Heard::Gone,
        }
    }

    fn close(&mut self, feed: &mut Feed) {
        feed.records.source_mut().gone = true;
    }

    fn leave(&mut self, feed: Feed, cx: &mut Cx) {
        let Feed { records, refused } = feed;
        if !refused && records.source().read > records.position() {
            cx.read(1);
            self.lines.refuse(cx, records.rest(), "cut");
        }
    }

    fn end(&mut self, batch: &mut Batch) {
        self.lines.end(batch);
    }

    fn held(feed: &Feed) -> usize {
        feed.records.held().saturating_sub(ROOM)
    }
}

/// Where peers come from, as `listen` and `connect` say it: one of both.
pub(crate) fn place<T>(
    listen: Option<&str>,
    connect: Option<&str>,
    listens: impl FnOnce(&str) -> std::result::Result<T, String>,
    connects: impl FnOnce(&str) -> std::result::Result<T, String>,
    problems: &mut Vec<Problem>,
) -> Option<T> {
    let (key, place) = match (listen, connect) {
        (Some(listen), None) => ("listen", listens(listen)),
        (None, Some(connect)) => ("connect", connects(connect)),
        (Some(_), Some(_)) => ("connect", Err("it either listens or connects: say one of both".to_string())),
        (None, None) => {
            problems.push(Problem::whole("where are its records? Say \"listen\" or \"connect\""));
            return None;
        }
    };
    place.map_err(|what| problems.push(Problem::at(key, what))).ok()
}

/// The address to listen at, and who may come there.
pub(crate) fn tcp(
    listen: &str,
    peers: impl FnOnce(Option<SocketAddr>) -> Peers,
) -> std::result::Result<Place, String> {
    match address(listen) {
        Ok(at) => Ok(Place::Tcp(at, peers(Some(at)))),
        Err(what) => {
            peers(None);
            Err(what)
        }
    }
}

/// The path to listen at.
pub(crate) fn unix(listen: &str) -> std::result::Result<Place, String> {
    Target::unix(listen).map(|_| Place::Unix(listen.to_string()))
}
