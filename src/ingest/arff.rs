//! Reads ARFF, the files of Weka and MOA, which say what their columns are.
//!
//! ```toml
//! operator = "arff"
//! path = "data/weather.arff"       # or a list, or patterns such as "data/*.arff.gz"; "-" is standard input
//! ```
//!
//! ```arff
//! % who plays, and when
//! @relation weather
//! @attribute outlook {sunny, overcast, 'light rain'}
//! @attribute temperature numeric
//! @attribute "days since" integer
//! @attribute note string
//! @attribute at date "yyyy-MM-dd HH:mm:ss"
//! @attribute play {yes, no}
//!
//! @data
//! sunny, 85, 3, 'it\'s hot', "2026-05-01 10:00:00", no
//! 'light rain', ?, 4, ?, ?, yes   % nobody measured
//! {1 64.5, 3 cold}
//! snow, 1, 5, x, ?, no
//! ```
//!
//! | outlook str (out) | temperature f64 (out) | days since i64 (out) | note str (out) | at time (out) | play str (out) |
//! |---|---|---|---|---|---|
//! | sunny "light rain" sunny | 85 NULL 64.5 | 3 4 0 | "it's hot" NULL cold | 2026-05-01T10:00:00Z NULL NULL | no yes yes |
//!
//! Types come from the head: numeric and real are f64, integer i64, string and values in braces str, a date is a time
//! where its pattern is one of `yyyy-MM-dd`, `yyyy-MM-dd HH:mm`, `yyyy-MM-dd HH:mm:ss` and that with a T, or where it
//! has none; else str. `types = { id = "str" }` says otherwise of some columns, and `time_format` how times are
//! written. The case of key words does not matter.
//!
//! `?` is NULL, and so are an empty value and the texts of `null = ["NA"]`. Words may stand in quotes of either kind,
//! a backslash takes the meaning of what is behind it (`\'`, `\\`, `\n`, `\t`, `\u00e9`). What is behind a % is no
//! part of a line. In braces stand only the values that are not usual, each behind the number of its column, from 0
//! on: others are 0, of values in braces the first, of texts and dates NULL. A comma at the end, as MOA writes it,
//! and the weight of a record in braces are left out.
//!
//! A record that can't be read is rejected, with the reason `type:COLUMN` (a value is not of its column's type, or
//! none of those in braces), `fields` (there are more or fewer values than columns), `duplicate` (a column is said
//! twice), `quote` (a quote is never closed, or has text behind it), `too_long` (`line_max = "1MiB"`), or `utf8`
//! (`encoding`, where that is said). More than 1 % of such records end the run: the stage's key `max_rejects` says
//! how many may be.
//!
//! Several files are read one after another, and must have the same head. The page of `csv` says how files are found,
//! how gzip and zstd are read, what `follow`, `repeat`, `rate`, `time`, `rejects` and `path = "-"` mean, and how it
//! goes on after a crash: all of it is the same here. Of standard input nothing can be looked at before it comes, so
//! `types` says what all columns are, in their order.

mod given;

use super::common::files::given::{self as files, card};
use crate::error::Result;
use crate::operator::{Input, PlanResult, Sample, Spec};
use crate::params::Params;
use given::{All, check};

pub(super) const OPERATOR: Spec = card(Spec::new(
    "arff",
    "reads ARFF, the files of Weka and MOA, with the types they say",
    include_str!("arff.rs"),
    plan,
))
.parameters::<All>()
.called(&["weka", "read_arff", "arff_file_stream"])
.sample(sample);

fn sample(params: &Params) -> Result<Sample> {
    files::sample(check(params.clone()))
}

fn plan(given: Params, inputs: &[Input]) -> PlanResult {
    files::plan(check(given)?, inputs)
}
