//! Writes records to a file, one JSON object a line.
//!
//! ```toml
//! operator = "jsonl"
//! path = "out/events.jsonl"   # folders are made; "-" is standard output; a FIFO works too
//! if_exists = "fail"          # what to do with a file that holds records: "append", "replace" or "fail"
//! patience = "30s"            # how long to wait for a full disk, or for the reader of a FIFO, before failing
//! ```
//!
//! | id i64 (in) | at time (in) | ok bool (in) | tags list<str> (in) |
//! |---|---|---|---|
//! | 1 2 | 2013-01-01T05:15:00Z NULL | true false | ["a","b"] [] |
//!
//! ```json
//! {"id":1,"at":"2013-01-01T05:15:00Z","ok":true,"tags":["a","b"]}
//! {"id":2,"at":null,"ok":false,"tags":[]}
//! ```
//!
//! Times are RFC 3339 text in UTC, a bool is `true` or `false`, a list is an array, NULL and numbers that are
//! not finite are `null`.
//!
//! `replace` writes a new file beside the old (`.NAME.sluicebox-part`), which nobody else may read. It takes the old
//! one's place, with its rights, when all sources have come to their end and there is a record; where a source never
//! ends, with the first records. So a run that fails, is stopped or stores nothing leaves what was; what it did store
//! stays beside it until the next run that replaces it, or goes on (`--resume`).
//!
//! Each batch is written as one; after a crash the file is cut back to what the account says, so no record is
//! there twice or by half. What others have written behind it meanwhile is not cut off: the run then says so, and does
//! not go on. A pipe can't be cut: its reader may see records again. At the end a file is synced to the disk. While it
//! is written, no other sink of any run may write to the file; one that is moved away is followed by a new one within a
//! second.
//!
//! JSON Lines, <https://jsonlines.org>; RFC 8259.

use super::IfExists;
use super::common::file::{Format, Target};
use crate::data::Batch;
use crate::format::jsonl::Writer;
use crate::operator::{Cx, Input, PlanResult, Spec, only};
use crate::params::{self, JsonSchema};
use crate::units::Span;
use std::fs::File;

pub(super) const OPERATOR: Spec =
    Spec::new("jsonl", "writes records to a file, one JSON object a line", include_str!("jsonl.rs"), plan)
        .parameters::<Params>()
        .called(&["json", "ndjson", "jsonlines", "json_lines", "stdout", "log", "file"])
        .alone(super::ALONE)
        .place("path")
        .stdout();

#[derive(serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Params {
    /// The file; "-" is standard output.
    path: String,
    /// What to do with a file that holds records.
    #[serde(default)]
    if_exists: IfExists,
    /// How long to wait for a full disk, or for the reader of a FIFO, before failing.
    #[serde(default = "super::patience")]
    patience: Span,
}

fn plan(params: params::Params, inputs: &[Input]) -> PlanResult {
    let Params { path, if_exists, patience } = params::read(params)?;
    let target = Target::new(path, if_exists, patience).map_err(|problem| vec![problem])?;
    Ok(target.planned(Writer::new(only(inputs))))
}

impl Format for Writer {
    fn head(&self) -> &[u8] {
        &[]
    }

    fn rows(&mut self, batch: &Batch, _: &mut Cx, out: &mut Vec<u8>) {
        Writer::rows(self, batch, out);
    }

    fn differs(&self, _: &File) -> Option<String> {
        None
    }
}
