//! Receives records that are posted over HTTP: JSON lines, an array, or CSV.
//!
//! ```toml
//! operator = "http"
//! listen = "127.0.0.1:8080"
//! path = "/orders"            # where records are posted; "/" if absent
//! types = { user = "str", amount = "f64" }
//! ```
//!
//! ```json
//! [{"user":"ann","amount":12.5}, {"user":"bob","amount":7}]
//! ```
//!
//! | user str (out) | amount f64 (out) |
//! |---|---|
//! | ann bob | 12.5 7 |
//!
//! `curl -H 'Content-Type: application/json' -d '{"user":"ann"}' http://127.0.0.1:8080/orders` posts a record. The
//! type says what a body is: `application/json` (an object, or an array of them), `application/x-ndjson` (an object a
//! line) or `text/csv`; it may be chunked and gzip. Columns and formats are as at the source `tcp`.
//!
//! **200 means that the body was read, and is in the account.** It says how many records were accepted, and which were
//! rejected: `{"accepted":1,"rejected":[{"line":2,"reason":"type:amount"}]}`; of `application/json` `line` counts the
//! records. Of more than 100 it says how many `more` there are. One that was accepted may still be rejected for an
//! event time that is too far ahead (`time_ahead`), as the account says.
//!
//! Whatever else comes, no record of the body counts: 429 with `Retry-After` (the stream is held up), 503 (it ends),
//! 400 (no JSON array, no HTTP), 408 (too slow), 411 (no length), 413 (more than `body_max`, unpacked too), 415 (other
//! types), 404, 405, and 403, each with `{"error":"…"}`. A connection that breaks before the answer tells nothing: who
//! posts again then may post twice.
//!
//! 403 is for what must not come in: a wrong `Host` (names of this host, and `hosts`, are right), any `Origin`, a
//! `Sec-Fetch-Site` of another site and types that every page can send, so that no web page can post here; and a token
//! that is missing or wrong, where `token_file` names one (`Authorization: Bearer TOKEN`; the file must be unreadable
//! for others). It listens on this host alone, unless `expose = true`, which needs a token. There is no TLS: put a
//! proxy in front where the way is not safe.
//!
//! At most `connections_max` are there at a time: one that asks for nothing goes for a new one, or else the one whose
//! request has been coming the longest. All bodies together have 32 MiB at most. Who is sent away, and each request
//! that is not answered by 200, counts as `refused` in the account. It never ends by itself.
//!
//! RFC 9110; RFC 9112; RFC 6750.

mod posted;

use super::common::flow;
use super::common::lines::Lines;
use super::common::pace::Pace;
use super::common::rejects::RejectsFile;
use super::common::stream::All;
use crate::data::{Batch, Schema};
use crate::error::Result;
use crate::format::{Form, Kind};
use crate::net::http::{Content, Rules, Server};
use crate::net::{address, is_here, token};
use crate::operator::{Advice, Cx, EventTime, Input, Inputs, Next, Operator, PlanResult, Planned, Spec};
use crate::params::{self, JsonSchema, Problem, With};
use crate::units::Bytes;
use posted::Posted;
use serde::Deserialize;
use std::os::fd::{AsFd, BorrowedFd};

pub(super) const OPERATOR: Spec =
    Spec::new("http", "receives records that are posted over HTTP", include_str!("http.rs"), plan)
        .parameters::<All<Params>>()
        .called(&["http_server", "http_listener", "webhook", "rest", "post", "http_source"])
        .reads(Inputs::None)
        .alone("several can't listen at one address")
        .paced("rate")
        .typed("types")
        .endless(|_| true)
        .server("a client");

#[derive(Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Params {
    /// The address and port to listen at; port 0 is one that is free, and is told.
    listen: String,
    /// Where records are posted.
    #[serde(default = "root")]
    path: String,
    /// A file with the token that who posts must know; absent: anybody on this host may.
    token_file: Option<String>,
    /// Names under which it is called, beside localhost and its address.
    #[serde(default)]
    hosts: Vec<String>,
    /// Listens where other hosts can come too; needs a token.
    #[serde(default)]
    expose: bool,
    /// A longer body is refused.
    #[serde(default = "body")]
    #[schemars(range(min = 1, max = 33_554_432))]
    body_max: Bytes,
    /// So many clients may be connected; then one that asks for nothing goes for a new one.
    #[serde(default = "connections")]
    #[schemars(range(min = 1, max = 1024))]
    connections_max: usize,
}

fn root() -> String {
    "/".to_string()
}

fn body() -> Bytes {
    Bytes(8 << 20)
}

fn connections() -> usize {
    64
}

/// The places of its forms: objects, and CSV.
const JSON: usize = 0;
const CSV: usize = 1;

fn plan(given: params::Params, _: &[Input]) -> PlanResult {
    let mut problems = Vec::new();
    let read = |problems: &mut Vec<Problem>| flow::read::<All<Params>>(given.clone(), problems);
    let (Some(of_json), Some(of_csv)) = (read(&mut problems), read(&mut Vec::new())) else {
        return Err(problems);
    };
    let With { own: params, shared: With { own: stream, shared: With { own: rejects, shared: flow } } } =
        of_json;
    let rejects = rejects.check(&mut problems);
    let made = Kind::Json.form(stream, &mut problems);
    let csv = Kind::Csv.form(of_csv.shared.own, &mut Vec::new()).map(|(form, _)| form);
    let csv = csv.filter(|_| !given.contains_key("rest"));
    let rules = rules(&params, &mut problems);
    let time = made.as_ref().and_then(|(_, schema)| flow.event_time(schema, &mut problems));
    let (Some((json, schema)), Some(rules), true) = (made, rules, problems.is_empty()) else {
        return Err(problems);
    };
    let schema = time.as_ref().map_or(schema.clone(), |time: &EventTime| schema.with_time(time.column));
    let (token_file, fills) = (params.token_file, RejectsFile::fills(&rejects));
    let file = token_file.clone();
    let whole = json.clone().whole();
    let forms: Vec<Form> = [json].into_iter().chain(csv).collect();
    let planned = Planned::new(schema.clone(), move || Http {
        rules: rules.clone(),
        token_file: token_file.clone(),
        schema: schema.clone(),
        lines: Lines::of_forms(&forms, &schema, &[]).keep_rejects(rejects.clone()),
        forms: forms.clone(),
        whole: whole.clone(),
        pace: Pace::new(flow.rate),
        server: None,
        posted: None,
        read: None,
        paused: false,
    });
    let planned = Planned { time, fills, deterministic: false, ..planned };
    Ok(planned.looks(move || file.as_deref().map_or(Ok(()), token::check)))
}

fn rules(params: &Params, problems: &mut Vec<Problem>) -> Option<Rules> {
    let at = address(&params.listen).map_err(|what| problems.push(Problem::at("listen", what))).ok();
    if at.is_some_and(|at| !is_here(at.ip())) {
        if !params.expose {
            let what = format!(
                "{} can be reached from other hosts: listen at 127.0.0.1, or say expose = true, and a token_file",
                params.listen
            );
            problems.push(Problem::at("listen", what));
        } else if params.token_file.is_none() {
            let what = "expose = true needs a token that who posts must know: token_file = \"…\"";
            problems.push(Problem::at("token_file", what));
        }
    }
    let path = &params.path;
    if !path.starts_with('/') || !path.bytes().all(|byte| byte.is_ascii_graphic() && !b"?#".contains(&byte)) {
        let what = format!("{path:?} is not a path of a URL, such as \"/orders\"");
        problems.push(Problem::at("path", what));
    }
    Some(Rules {
        at: at?,
        path: path.clone(),
        token: None,
        hosts: params.hosts.clone(),
        body_max: params.body_max.0 as usize,
        connections_max: params.connections_max,
    })
}

struct Http {
    rules: Rules,
    token_file: Option<String>,
    schema: Schema,
    lines: Lines,
    /// What bodies are read as, by place; CSV is missing where a column of JSON text is asked for.
    forms: Vec<Form>,
    /// Objects of a body that is one text: they are cut in another way, and read as those of lines are.
    whole: Form,
    pace: Pace,
    server: Option<Server>,
    /// The body that is being read.
    posted: Option<Posted>,
    /// One that is read, and answered as soon as the account that speaks of it is public.
    read: Option<Posted>,
    /// Bodies wait, and no record is due.
    paused: bool,
}

impl Http {
    fn open(&mut self) -> Result<()> {
        if self.server.is_none() {
            if let Some(path) = &self.token_file {
                self.rules.token = Some(token::read(path)?.into_bytes());
            }
            self.server = Some(Server::start(self.rules.clone())?);
        }
        Ok(())
    }

    /// Sees that there is a body to read, if one was posted.
    fn take(&mut self) -> bool {
        while self.posted.is_none() {
            let Some(parcel) = self.server.as_mut().and_then(Server::next) else { return false };
            let form = match parcel.content {
                Content::Json => Some(&self.whole),
                Content::Lines => self.forms.get(JSON),
                Content::Csv => self.forms.get(CSV),
            };
            self.posted = Posted::begin(parcel, form, &self.schema);
        }
        true
    }

    /// Reads up to so many records of the body.
    fn fill(&mut self, max: usize, batch: &mut Batch, cx: &mut Cx) {
        let Http { posted, lines, pace, read, .. } = self;
        let Some(body) = posted else { return };
        lines.read_as(if body.is_csv() { CSV } else { JSON });
        lines.begin(cx);
        let ended = body.fill(lines, pace, max, batch, cx);
        lines.end(batch);
        if ended {
            *read = posted.take();
        }
    }
}

impl Operator for Http {
    fn process(&mut self, batch: &mut Batch, cx: &mut Cx) -> Result<Next> {
        batch.reset(&self.schema);
        self.open()?;
        cx.refused(self.server.as_ref().map_or(0, Server::refused));
        if let Some(read) = self.read.take() {
            read.answer();
        }
        let allowed = self.pace.allowed(cx.now_ns, cx.records_max);
        let due = self.pace.next(cx.now_ns);
        self.paused = allowed == 0 && due != Next::Again;
        if self.paused {
            return Ok(due);
        }
        if !self.take() {
            return Ok(Next::Wait);
        }
        self.fill(allowed.max(1), batch, cx);
        Ok(Next::Again)
    }

    fn finish(&mut self, batch: &mut Batch, cx: &mut Cx) -> Result<Next> {
        batch.reset(&self.schema);
        if let Some(read) = self.read.take() {
            read.answer();
        }
        if self.posted.is_some() {
            self.fill(cx.records_max, batch, cx);
            return Ok(Next::Again);
        }
        cx.refused(self.server.take().map_or(0, Server::end));
        Ok(Next::End)
    }

    fn wait_on(&self) -> Option<BorrowedFd<'_>> {
        self.server.as_ref().filter(|_| !self.paused).map(|server| server.as_fd())
    }

    fn advice(&self, reason: &str) -> Option<Advice> {
        self.lines.advice(reason)
    }
}
