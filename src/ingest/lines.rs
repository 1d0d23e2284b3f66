//! Reads text, a line a record: logs, above all, that a step `parse` takes apart. Whole files, or as they grow.
//!
//! ```toml
//! operator = "lines"
//! path = "logs/app.log"        # or a list, or patterns such as "logs/**/*.log.gz"; "-" is standard input
//! column = "line"              # what the column of the text is called
//! ```
//!
//! ```text
//! 10:00:01 started
//! 10:00:02 "ready"; waits
//!
//! 10:00:03 NULL
//! ```
//!
//! | line str (out) |
//! |---|
//! | "10:00:01 started" "10:00:02 \"ready\"; waits" "10:00:03 NULL" |
//!
//! A line ends at a line feed, or at the end of its file. Blanks at both ends of it (a carriage return is one) are none
//! of it, and blank lines are no records. Nothing in it has a meaning: there is no quote and no NULL.
//!
//! A line that is longer than `line_max` is rejected (`too_long`, and is never held in memory), and so is one that is
//! no UTF-8 (`utf8`; `encoding` where that is said). More than 1 % of such lines end the run: the stage's key
//! `max_rejects` says how many may be.
//!
//! With `follow = true` it never ends, as `tail -F` does not: what is written to the files is read, and files that
//! come. Several files are read one after another. The page of `csv` says how files are found, how gzip and zstd are
//! read, what `follow`, `rate`, `rejects` and `path = "-"` mean, and how it goes on after a crash: all of it is the
//! same here. Where a line says a time, a step `event_time` behind the step that parses it makes it the event time.

mod given;

use super::common::files::given::{self as files, untyped_card};
use crate::error::Result;
use crate::operator::{Input, PlanResult, Sample, Spec};
use crate::params::Params;
use given::{All, check};

pub(super) const OPERATOR: Spec = untyped_card(Spec::new(
    "lines",
    "reads text, a line a record: whole files, files as they grow, or standard input",
    include_str!("lines.rs"),
    plan,
))
.parameters::<All>()
.called(&["file", "text", "log", "logs", "logfile", "tail_file", "read_text", "plain"])
.sample(sample);

fn sample(params: &Params) -> Result<Sample> {
    files::sample(check(params.clone()))
}

fn plan(given: Params, inputs: &[Input]) -> PlanResult {
    files::plan(check(given)?, inputs)
}
