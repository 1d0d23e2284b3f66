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
//! With `rotate` it writes a series of files, `events.000001.jsonl` and so on:
//!
//! ```toml
//! rotate = { size = "100MiB", age = "1h", keep = 24 }   # closed at a size, at an age of its first record, or both
//! compression = "zstd"                                  # or "gzip"; without rotate too
//! ```
//!
//! One grows under a hidden name (`.events.jsonl.sluicebox-part`) and appears as a whole, by a rename, when it is
//! closed, and at the end. With more than `keep` the oldest go. `if_exists = "append"` goes on behind the last number;
//! there is no `replace`, since who reads a file that has appeared may rely on it: `keep` bounds a series, and another
//! `path` begins a new one. A compressed one is called `.gz` or `.zst`. Compressed records are written, and counted,
//! each second or with 256 KiB of them, so a file is whole behind each write; the ratio is that of these pieces.
//!
//! JSON Lines, <https://jsonlines.org>; RFC 8259.

use super::IfExists;
use super::common::file::{Format, Target};
use super::common::rolling::{Rolled, Rotate};
use super::common::squeeze::Compression;
use crate::data::Batch;
use crate::format::jsonl::Writer;
use crate::operator::{Cx, Input, PlanResult, Spec, only};
use crate::params::{self, JsonSchema};
use crate::units::Span;
use std::io::Read;

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
    /// Closes the file at a size or an age, and begins the next: { size, age, keep }.
    rotate: Option<Rotate>,
    /// How it is compressed; not at all, if absent.
    compression: Option<Compression>,
    /// How long to wait for a full disk, or for the reader of a FIFO, before failing.
    #[serde(default = "super::patience")]
    patience: Span,
}

fn plan(params: params::Params, inputs: &[Input]) -> PlanResult {
    let Params { path, if_exists, rotate, compression, patience } = params::read(params)?;
    let writer = Writer::new(only(inputs));
    if let Some(rotate) = rotate {
        let rolled = Rolled::check(&path, (rotate, compression), (if_exists, patience));
        return rolled.map(|rolled| rolled.planned(writer)).map_err(|problem| vec![problem]);
    }
    let target = Target::new(path, if_exists, patience).map_err(|problem| vec![problem])?;
    Ok(target.compressed(compression).planned(writer))
}

impl Format for Writer {
    fn head(&self) -> &[u8] {
        &[]
    }

    fn rows(&mut self, batch: &Batch, _: &mut Cx, out: &mut Vec<u8>) {
        Writer::rows(self, batch, out);
    }

    fn differs(&self, _: &mut dyn Read) -> Option<String> {
        None
    }
}
