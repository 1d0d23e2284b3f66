//! Reads CSV, record by record: whole files, files as they grow, or standard input.
//!
//! ```toml
//! operator = "csv"
//! path = "data/flights.csv.gz"     # or a list, or patterns such as "logs/**/*.csv.gz"; "-" is standard input
//! types = { flight = "str", delay = "f64" }   # of some columns; the rest is guessed
//! null = ["NA"]                    # texts that mean NULL; an empty field always does
//! time_zone = "America/New_York"   # of times without an offset; UTC if absent
//! time = "ts"                      # the event time, for windows and lateness; none if absent
//! ```
//!
//! ```csv
//! ts,carrier,flight,delay
//! 2013-01-01 05:15:00,UA,1545,2.5
//! 2013-01-01T10:29:00Z,"B6, Inc",1714,NA
//! 2013-01-01 05:40:00,AA,1141,late
//! 2013-01-01 05:45:00,,725,-1.5
//! ```
//!
//! | ts event_time (out) | carrier str (out) | flight str (out) | delay f64 (out) |
//! |---|---|---|---|
//! | 2013-01-01T10:15:00Z 2013-01-01T10:29:00Z 2013-01-01T10:45:00Z | UA "B6, Inc" NULL | 1545 1714 725 | 2.5 NULL -1.5 |
//!
//! A file as a spreadsheet or a database wrote it:
//!
//! ```toml
//! operator = "csv"
//! path = "data/shops.csv"
//! skip = 1                         # lines above the header line
//! delimiter = ";"
//! unique_names = true              # a second "a" is "a_2", a third column without a name is "column3"
//! comment = "#"                    # a line that begins so is no record
//! ragged = true                    # a record may have fewer fields, or empty ones too many
//! quoted_null = false              # "" in quotes is an empty text
//! trim = true                      # blanks around fields are no part of them
//! decimal = ","
//! thousands = "."
//! time_format = "%d.%m.%Y"         # as for strptime
//! true = ["ja"]                    # besides "true"
//! false = ["nein"]
//! ```
//!
//! ```csv
//! Shops, as of May
//! name;name;since;sales;open;
//! "Nord; 1"; "" ;31.12.2019;1.234,5;ja;
//! # closed last year
//! Ost;;01.02.2020;-7;Nein
//! ```
//!
//! | name str (out) | name_2 str (out) | since time (out) | sales f64 (out) | open bool (out) |
//! |---|---|---|---|---|
//! | "Nord; 1" Ost | "" NULL | 2019-12-31T00:00:00Z 2020-02-01T00:00:00Z | 1234.5 -7 | true false |
//!
//! More parameters: `quote = "'"` (`""` for none), `escape = "\\"` (it takes the meaning of a quote, a delimiter, a
//! line end or itself behind it; anything else it leaves alone), `encoding = "windows-1252"` (by the names of the web;
//! a byte-order mark wins), `names = ["a", "b"]` (instead of the header line's; `header = false`: there is none),
//! `lenient_quotes = true` (text behind a closing quote is taken as it is), `line_max = "1MiB"` (a longer record is
//! never held in memory), `rate = "20k/s"` (absent: as fast as it can be read; `"recorded x60"`: each record as long
//! after the first as it was made after it, by the column `time`, sixty times as fast), `repeat = 3` or `"forever"`
//! (all files once more, one round after the other; not with `time`), `rejects = "bad.csv"` (a file of what was
//! rejected: its reason, its number, its file and its text, up to `rejects_max`).
//!
//! The type of a column is guessed from the first 10,000 records (or the first MiB): the first of i64, f64, time,
//! bool (true, false) and str that holds all its values and changes none of them. So these are str: digits with a
//! leading zero or a plus sign, `12E4` (a number has a point or a signed exponent, as `5.9e-05`), whole numbers beyond
//! 2⁵³ beside decimals, decimals with more digits than an f64 keeps, dates without a time of day, and a column of
//! NULLs, unless a stage reads it together with one of its name that has a type. What comes later and would be changed
//! is rejected (`type:COLUMN`). A number must be finite; thousands must stand in groups of three digits. A list<str>,
//! which is never guessed, is a JSON array. `check` and `run` warn where another delimiter seems to be meant, or no
//! record has a field for each column.
//!
//! A time is RFC 3339, or a date and a time of day of `time_zone`; an offset or a zone that it names (`+05:30`,
//! `[Europe/Paris]`) holds before that. One that clocks were put forward over, or that is there twice when they are
//! put back, is rejected. With `types = { d = "time" }` a date alone is the moment at which it begins in `time_zone`.
//! The zone goes with the columns: it holds for expressions on them too. With `time_format` a time is read so only.
//!
//! A record that can't be read is rejected, with the reason `type:COLUMN` (a value is not of its column's type),
//! `fields` (there are more or fewer than columns), `quote` (a quote is never closed, or has text behind it: only the
//! line where the record begins is rejected), `too_long`, or `utf8` (`encoding`, where that is said). More than 1 % of
//! such records end the run: the stage's key `max_rejects` says how many may be. Blank lines are no records; `\n`,
//! `\r\n` and `\r` end a line. Any byte may stand in a field. A byte-order mark at the start of a line is none of it.
//!
//! With `time` each record is known to be late by how far its time lies behind the greatest that was read before
//! it. A time more than `ahead_max` beyond that is rejected (`time_ahead`; absent: no bound, and one wrong year makes
//! all that follow late). Windows wait for a source that reads nothing, unless that is so for `idle_after`: then time
//! goes on with the others, and to the last of those that have ended.
//!
//! Files are read one after another, each once: in the order of the list, and of a pattern (`*`, `?`, `[a-z]`, `**`
//! for any folders) in that of their names. All have the same header; an empty one among several is none. gzip and
//! zstd are told by what a file begins with. NULs behind the last member are padding; anything else is left out, with
//! a warning. Of a compressed file that was cut the whole lines are read, then it fails. After a crash it goes on
//! where it was, in that file, at a byte of its text, if it is the same file still: one that was replaced, cut,
//! written anew or taken away is told. It may grow.
//!
//! With `follow = true` it never ends: what is written to the files is read, and files that come. A record that has no
//! end yet waits. A file that is put aside (renamed), replaced or deleted is read to its end, and behind it what took
//! its name: also when that happened several times since it was looked at, or while nobody read, as long as the files
//! are still in that folder under a name with numbers or a date added (`app.csv.1`, `app-20260131.csv`). Of these, only
//! what came into being since is read, and not what begins with all that was read before: that is a copy, and told.
//! A file is read on until two others have had its name. One that is cut in place (`copytruncate`) is read from its
//! start again, with its header or without: what was written between the last look and the cut is not known, which is
//! told. One that is written anew, is no shorter, and has the same first 4 KiB can't be told from one that has grown.
//! A pattern that fits copies or compressed ones of a file (`app.csv*`) reads them again. At most 1,536 files are
//! followed at a time. inotify tells when there is something; on file systems of a network it is looked each second.
//! Where there is no file yet, `types` says the columns in their order.
//!
//! `path = "-"` is standard input; a FIFO, a device or `<(command)` is read as well. It ends with who writes to it (a
//! FIFO with `follow` does not end). Nothing can be looked at before it comes, so `types` says what all columns are,
//! in their order; the first line must name them so, unless `header = false`. What was read can't be read again, so
//! the run ends with a sentence when the source is killed. At a stop all that was read is given; a record of which only
//! the beginning was read is rejected then (`cut`). RFC 4180.

mod given;
mod table;

use super::common::files::given::{self as files, card};
use crate::error::Result;
use crate::operator::{Input, PlanResult, Sample, Spec};
use crate::params::Params;
use given::{All, check};

pub(super) const OPERATOR: Spec = card(Spec::new(
    "csv",
    "reads CSV files, whole or as they grow, or standard input",
    include_str!("csv.rs"),
    plan,
))
.parameters::<All>()
.called(&["file", "files", "tsv", "read_csv", "csv_reader", "csv_file"])
.sample(sample);

fn sample(params: &Params) -> Result<Sample> {
    files::sample(check(params.clone()))
}

fn plan(given: Params, inputs: &[Input]) -> PlanResult {
    files::plan(check(given)?, inputs)
}
