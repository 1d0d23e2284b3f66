//! Posts records to a server over HTTP or HTTPS, a batch at a time.
//!
//! ```toml
//! operator = "http"
//! url = "http://127.0.0.1:8080/orders"
//! format = "jsonl"                       # an object a line; "json": an array of them; "csv": with a header line
//! commit = { records = 1000, age = "1s" }   # what is held is posted at so many records, or when the first is so old
//! patience = "30s"                       # how long a batch is tried again
//! ```
//!
//! | id i64 (in) | name str (in) |
//! |---|---|
//! | 1 2 | ann NULL |
//!
//! ```json
//! {"id":1,"name":"ann"}
//! {"id":2,"name":null}
//! ```
//!
//! **A record is stored when the server has answered 2xx.** A batch is tried again, with pauses that grow or as long
//! as the server's `Retry-After` says, when it can't be reached, and at 408, 425, 429 and 5xx. What `patience` can't
//! mend is rejected, as `unreached` or `http:503`; so is a batch at once that the server refuses (4xx, as `http:400`),
//! but for 413: then it is posted in halves. See them at `STAGE/rejected`; `max_rejects` says how many may be.
//! Meanwhile the stream waits. An answer that gets lost makes the batch come again, so a server may see records twice.
//!
//! Headers of your own are `headers = { "X-Source" = "shop" }`; a token lies in a file that others can't read
//! (`token_file`) and is sent as `Authorization: Bearer TOKEN`. Certificates are checked against those that the system
//! trusts (`SSL_CERT_FILE` names others). Redirects are not followed, and rejected as `http:301`. Proxies that the
//! environment names (`HTTPS_PROXY`, `NO_PROXY`) are used, but not to this host.
//!
//! RFC 9110; RFC 6750.

mod delivery;

use super::common::lines::Lines;
use crate::data::{Batch, Schema};
use crate::error::Result;
use crate::format::csv::Writer as CsvWriter;
use crate::format::jsonl::Writer as JsonWriter;
use crate::net::courier::{Errand, Url};
use crate::net::token;
use crate::operator::{Advice, Commit, Cx, Held, Input, Next, Operator, PlanResult, Planned, Spec, only};
use crate::params::{self, JsonSchema, Problem};
use crate::units::Span;
use delivery::Delivery;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

pub(super) const OPERATOR: Spec = Spec::new(
    "http",
    "posts records to a server over HTTP or HTTPS, a batch at a time",
    include_str!("http.rs"),
    plan,
)
.parameters::<Params>()
.called(&["webhook", "https", "post", "http_client", "rest", "http_sink"])
.server("a server");

/// How a body is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum Format {
    /// An object of JSON a line.
    #[default]
    Jsonl,
    /// An array of objects.
    Json,
    /// A header line, and a line for each record.
    Csv,
}

#[derive(Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Params {
    /// Where to post.
    url: String,
    /// How a body is written: "jsonl", "json" or "csv".
    #[serde(default)]
    format: Format,
    /// Header fields to send, by name.
    #[serde(default)]
    headers: BTreeMap<String, String>,
    /// A file with a token, which is sent as that of a bearer.
    token_file: Option<String>,
    /// When what is held is posted.
    #[serde(default)]
    commit: Commit,
    /// How long a batch is tried again before it is rejected.
    #[serde(default = "super::patience")]
    patience: Span,
}

impl Format {
    fn content(self) -> &'static str {
        match self {
            Format::Jsonl => "application/x-ndjson",
            Format::Json => "application/json",
            Format::Csv => "text/csv; header=present",
        }
    }

    fn lines(self, schema: &Schema) -> Lines {
        match self {
            Format::Jsonl | Format::Json => Lines::Jsonl(JsonWriter::new(schema)),
            Format::Csv => Lines::Csv(CsvWriter::new(schema, b',', "")),
        }
    }
}

/// Fields that say how a request is built, or hold a secret.
const OURS: [&str; 8] = [
    "authorization",
    "proxy-authorization",
    "cookie",
    "content-type",
    "content-length",
    "transfer-encoding",
    "connection",
    "host",
];

fn plan(given: params::Params, inputs: &[Input]) -> PlanResult {
    let params: Params = params::read(given)?;
    let mut problems = Vec::new();
    let url = Url::parse(&params.url).map_err(|what| problems.push(Problem::at("url", what))).ok();
    for (name, value) in &params.headers {
        if let Some(what) = unfit(name, value) {
            let path = vec!["headers".to_string(), name.clone()];
            problems.push(Problem { path, what, ..Problem::default() });
        }
    }
    let schema = only(inputs).clone();
    if schema.is_empty() {
        problems.push(Problem::whole("there is nothing to post: the sink reads no columns"));
    }
    let (Some(url), true) = (url, problems.is_empty()) else { return Err(problems) };
    let mut warnings = Vec::new();
    if params.token_file.is_some() && url.is_open() {
        let what = "the token goes to another host as everybody on the way can read it: say https";
        warnings.push(Problem::at("url", what));
    }
    let file = params.token_file.clone();
    let made = move || Http {
        params: params.clone(),
        url: url.clone(),
        held: Held::new(params.commit, [&schema]),
        delivery: None,
        schema: schema.clone(),
    };
    let planned = Planned { warnings, ..Planned::new(Schema::default(), made) };
    Ok(planned.looks(move || file.as_deref().map_or(Ok(()), token::check)))
}

/// Why this can't be a header field.
fn unfit(name: &str, value: &str) -> Option<String> {
    let is_name = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    if name.is_empty() || !name.bytes().all(is_name) {
        return Some(format!("{name:?} is no name of a header field"));
    }
    if OURS.contains(&name.to_ascii_lowercase().as_str()) {
        return Some(format!("\"{name}\" is not for a topology to say (secrets are for token_file)"));
    }
    let is_text = value.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ');
    (!is_text).then(|| format!("the value of \"{name}\" must be ASCII text on one line"))
}

struct Http {
    params: Params,
    url: Url,
    schema: Schema,
    held: Held,
    delivery: Option<Delivery>,
}

impl Http {
    fn open(&mut self) -> Result<&mut Delivery> {
        if self.delivery.is_none() {
            let Params { format, headers, token_file, patience, .. } = self.params.clone();
            let errand = Errand {
                url: self.url.clone(),
                headers: headers.into_iter().collect(),
                token: token_file.as_deref().map(token::read).transpose()?,
                content: format.content(),
            };
            let lines = format.lines(&self.schema);
            self.delivery = Some(Delivery::new(errand, lines, format == Format::Json, patience)?);
        }
        Ok(self.delivery.as_mut().expect("it has just been opened"))
    }

    /// Posts all that is held.
    fn deliver(&mut self, cx: &mut Cx) -> Result<()> {
        self.open()?;
        let Http { held, delivery: Some(delivery), schema, .. } = self else { return Ok(()) };
        delivery.all(schema, &held.batches()[0], cx)?;
        held.clear();
        Ok(())
    }
}

impl Operator for Http {
    fn process(&mut self, batch: &mut Batch, cx: &mut Cx) -> Result<Next> {
        self.open()?;
        self.held.add(batch, cx);
        if self.held.is_due(cx.now_ns) {
            self.deliver(cx)?;
        }
        Ok(self.held.next(cx))
    }

    fn finish(&mut self, _: &mut Batch, cx: &mut Cx) -> Result<Next> {
        self.deliver(cx)?;
        Ok(Next::End)
    }

    fn advice(&self, reason: &str) -> Option<Advice> {
        self.delivery.as_ref()?.advice(reason)
    }
}
