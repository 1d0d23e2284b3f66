//! Reads JSON lines, an object a line: whole files, files as they grow, or standard input.
//!
//! ```toml
//! operator = "jsonl"
//! path = "data/orders.jsonl"       # or a list, or patterns such as "logs/**/*.jsonl.gz"; "-" is standard input
//! types = { id = "i64", "customer.city" = "str", total = "f64", tags = "list<str>" }   # what is read, in its order
//! ```
//!
//! ```jsonl
//! {"id": 1, "customer": {"city": "Oslo", "vip": true}, "total": 9.5, "tags": ["new", "big"]}
//! {"total": 3, "id": 2, "customer": {}, "note": "no city"}
//! {"id": "3", "total": 1}
//! ```
//!
//! | id i64 (out) | customer.city str (out) | total f64 (out) | tags list<str> (out) |
//! |---|---|---|---|
//! | 1 2 | Oslo NULL | 9.5 3 | ["new","big"] NULL |
//!
//! Without `types` the first 10,000 objects (or the first MiB) of the first file tell which fields there are, in the
//! order in which they come first, and of which type: text, number, truth or list of texts as JSON has them, a time
//! where all texts of a field are RFC 3339.
//!
//! ```toml
//! operator = "jsonl"
//! path = "data/events.jsonl"
//! time = "at"                      # the event time, for windows and lateness; none if absent
//! ```
//!
//! ```jsonl
//! {"at": "2026-05-01T10:00:00Z", "user": {"name": "ada"}, "ok": true}
//! {"at": "2026-05-01T10:00:05Z", "user": {"name": "bob"}, "ok": false}
//! ```
//!
//! | at event_time (out) | user.name str (out) | ok bool (out) |
//! |---|---|---|
//! | 2026-05-01T10:00:00Z 2026-05-01T10:00:05Z | ada bob | true false |
//!
//! A column is called by the path of its field: `customer.city` is the field `city` of the object `customer`, or a
//! field that is called so with its dot. A field that is missing or null is NULL. A field that `types` does not name
//! is left out, unless `rest = "more"`
//! keeps all of them, as the text of an object in a column `more`.
//!
//! Nothing becomes what it is not: a text where a number is wanted is rejected (`type:COLUMN`), and so is a number
//! where a text is. So is a line that is no object (`json`), says a name twice that is that of a column or of the rest
//! (`duplicate`), is nested more than 127 deep (`too_deep`), is longer than `line_max` (`too_long`, and is never held
//! in memory), or is no UTF-8 (`utf8`; `encoding` where that is said). More than 1 % of such records end the run: the
//! stage's key `max_rejects` says how many may be. Blank lines are no records.
//!
//! Files are read one after another, each once: in the order of the list, and of a pattern in that of their names.
//! gzip and zstd are told by what a file begins with. After a crash it goes on in the file and at the byte where it
//! was, if it is the same file still.
//!
//! With `follow = true` it never ends: what is written to the files is read, and files that come. A file that is put
//! aside (renamed), replaced or deleted is read to its end before the one that took its name; one that is cut is read
//! from its start again, which is told. A line that has no end yet waits. The page of `csv` says more of this, and of
//! `path = "-"`: both are the same here.

mod given;

use super::common::files::given::{self as files, card};
use crate::error::Result;
use crate::operator::{Input, PlanResult, Sample, Spec};
use crate::params::Params;
use given::{All, check};

pub(super) const OPERATOR: Spec = card(Spec::new(
    "jsonl",
    "reads files of JSON lines, whole or as they grow, or standard input",
    include_str!("jsonl.rs"),
    plan,
))
.parameters::<All>()
.called(&["json", "ndjson", "json_lines", "jsonlines", "read_json", "tail"])
.sample(sample);

fn sample(params: &Params) -> Result<Sample> {
    files::sample(check(params.clone()))
}

fn plan(given: Params, inputs: &[Input]) -> PlanResult {
    files::plan(check(given)?, inputs)
}
