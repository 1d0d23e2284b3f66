//! Writes records to a CSV file with a header.
//!
//! ```toml
//! operator = "csv"
//! path = "out/orders.csv"   # folders are made; "-" is standard output; a FIFO works too
//! delimiter = ","           # one ASCII character between the cells
//! null = ""                 # what NULL is written as
//! if_exists = "fail"        # what to do with a file that holds records: "append", "replace" or "fail"
//! patience = "30s"          # how long to wait for a full disk, or for the reader of a FIFO, before failing
//! ```
//!
//! | name str (in) | x f64 (in) | at time (in) | ok bool (in) | tags list<str> (in) |
//! |---|---|---|---|---|
//! | "a, b" "" NULL | 1.5 NULL -2 | 2013-01-01T05:15:00Z NULL NULL | true false NULL | ["p","q"] [] NULL |
//!
//! ```csv
//! name,x,at,ok,tags
//! "a, b",1.5,2013-01-01T05:15:00Z,1,"[""p"",""q""]"
//! "",,,0,[]
//! ,-2.0,,,
//! ```
//!
//! NULL and numbers that are not finite are empty cells, an empty text is `""`; in a file of one column NULL is
//! `""` too, because an empty line is no record to many readers. With `null = "NA"` they are `NA`, and a value that
//! reads the same is `"NA"`: a source with `null = ["NA"]` and `quoted_null = false` reads all back as it was. A text
//! that a spreadsheet would compute (`=1+1`, `@x`) is written as it is: formulas pass unchanged.
//!
//! Times are RFC 3339 text in UTC, a bool is 0 or 1, a list is a JSON array. Lines end in a line feed. `append` wants
//! the header that it would write itself.
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
//! With `rotate` it writes a series of files, `orders.000001.csv` and so on:
//!
//! ```toml
//! rotate = { size = "100MiB", age = "1h", keep = 24 }   # closed at a size, at an age of its first record, or both
//! compression = "zstd"                                  # or "gzip"; without rotate too
//! ```
//!
//! One grows under a hidden name (`.orders.csv.sluicebox-part`) and appears as a whole, by a rename, when it is
//! closed, and at the end. With more than `keep` the oldest go. `if_exists = "append"` goes on behind the last number;
//! there is no `replace`, since who reads a file that has appeared may rely on it: `keep` bounds a series, and another
//! `path` begins a new one. A compressed one is called `.gz` or `.zst`. Compressed records are written, and counted,
//! each second or with 256 KiB of them, so a file is whole behind each write; the ratio is that of these pieces.
//!
//! RFC 4180.

use super::IfExists;
use super::common::file::{Format, Target};
use super::common::lines::unfit;
use super::common::rolling::{Rolled, Rotate};
use super::common::squeeze::Compression;
use crate::data::{Batch, Schema};
use crate::format::csv::Writer;
use crate::operator::{Cx, Input, PlanResult, Spec, only};
use crate::params::{self, JsonSchema};
use crate::units::Span;
use std::io::Read;

pub(super) const OPERATOR: Spec =
    Spec::new("csv", "writes records to a CSV file", include_str!("csv.rs"), plan)
        .parameters::<Params>()
        .called(&["tsv", "csv_writer", "write_csv"])
        .alone(super::ALONE)
        .place("path")
        .stdout();

#[derive(serde::Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Params {
    /// The file; "-" is standard output.
    path: String,
    /// One ASCII character between cells.
    #[serde(default = "comma")]
    delimiter: char,
    /// What NULL is written as.
    #[serde(default)]
    null: String,
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

fn comma() -> char {
    ','
}

fn plan(params: params::Params, inputs: &[Input]) -> PlanResult {
    let Params { path, delimiter, null, if_exists, rotate, compression, patience } = params::read(params)?;
    let schema = only(inputs);
    let problems = unfit(schema, delimiter, &null);
    let csv = || Csv::new(schema, delimiter as u8, &null);
    let planned = match rotate {
        Some(rotate) => Rolled::check(&path, (rotate, compression), (if_exists, patience))
            .map(|rolled| problems.is_empty().then(|| rolled.planned(csv()))),
        None => Target::new(path, if_exists, patience)
            .map(|target| problems.is_empty().then(|| target.compressed(compression).planned(csv()))),
    };
    match planned {
        Ok(Some(planned)) => Ok(planned),
        Ok(None) => Err(problems),
        Err(problem) => Err(problems.into_iter().chain([problem]).collect()),
    }
}

#[derive(Clone)]
struct Csv {
    names: Vec<String>,
    delimiter: u8,
    writer: Writer,
}

/// A header longer than this is no header.
const HEAD_BYTES_MAX: u64 = 1 << 20;

impl Csv {
    fn new(schema: &Schema, delimiter: u8, null: &str) -> Csv {
        let names = schema.names().map(str::to_string).collect();
        Csv { names, delimiter, writer: Writer::new(schema, delimiter, null) }
    }
}

impl Format for Csv {
    fn head(&self) -> &[u8] {
        self.writer.head()
    }

    fn rows(&mut self, batch: &Batch, _: &mut Cx, out: &mut Vec<u8>) {
        self.writer.rows(batch, out);
    }

    fn differs(&self, there: &mut dyn Read) -> Option<String> {
        let mut reader = ::csv::ReaderBuilder::new()
            .has_headers(false)
            .delimiter(self.delimiter)
            .from_reader(there.take(HEAD_BYTES_MAX));
        let ours = String::from_utf8_lossy(self.head().strip_suffix(b"\n").unwrap_or_default());
        let mut theirs = ::csv::ByteRecord::new();
        match reader.read_byte_record(&mut theirs) {
            Err(e) => Some(format!("its header can't be read: {e}")),
            Ok(_) if theirs.iter().eq(self.names.iter().map(String::as_bytes)) => None,
            Ok(_) => {
                let theirs: Vec<_> = theirs.iter().map(String::from_utf8_lossy).collect();
                let theirs = theirs.join(&char::from(self.delimiter).to_string());
                Some(format!("its header is {theirs:?}, the records have {ours:?}"))
            }
        }
    }
}
